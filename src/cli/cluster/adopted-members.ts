/**
 * Owns finding the pods of a singleton that was adopted by label: its record has only its name, which its selector gave it.
 * Must not guess: a selector is taken only when it gives that very name.
 */
import { parseAdoption } from '../../controller/adoption.ts';
import { words } from '../../controller/words.ts';
import type { PodObject } from '../../kube/decode-pod.ts';
import { limits } from './limits.ts';

type Labels = Readonly<Record<string, string>>;

/** The pods that the selector of this name takes in; none where no pod has labels that give the name. */
export function adoptedMembers(singletonName: string, pods: readonly PodObject[]): readonly PodObject[] {
  const tried = new Set<string>();
  for (const { labels } of pods) {
    const key = JSON.stringify(Object.entries(labels).sort());
    if (tried.has(key)) continue;
    tried.add(key);
    const selector = selectorNamed(singletonName, labels);
    if (selector !== undefined) return pods.filter((pod) => hasAll(pod.labels, selector));
  }
  return [];
}

/** Those of the labels that `--adopt` was given, as a label selector; undefined where no part of them gives the name. */
function selectorNamed(singletonName: string, labels: Labels): Labels | undefined {
  const entries = Object.entries(labels).filter(([key]) => key !== words.role);
  if (entries.length > limits.namingLabelsMax) return undefined;
  for (let choice = 1; choice < 2 ** entries.length; choice++) {
    const chosen = entries.filter((_, index) => (choice & (1 << index)) !== 0);
    const parsed = parseAdoption(chosen.map(([key, value]) => `${key}=${value}`).join(','));
    if (parsed.kind === 'adoption' && parsed.adoption.singletonName === singletonName)
      return Object.fromEntries(chosen);
  }
  return undefined;
}

/** Whether these labels have every one that is asked for. */
export function hasAll(labels: Labels, wanted: Labels): boolean {
  return Object.entries(wanted).every(([key, value]) => labels[key] === value);
}
