/**
 * Owns what may befall the active, as the API would show it: its pod deleted by force, its containers ended, its node lost.
 * Must not decide what follows: decide() does, on the view that the strike leaves.
 */
import type { NodeView } from '../../controller/node-view.ts';
import type { SingletonPods } from '../../controller/singleton-pods.ts';
import { words } from '../../controller/words.ts';
import { parseResourceVersion } from '../../core/identity.ts';
import type { NodeObject } from '../../kube/decode-node.ts';
import type { PodContainer, PodObject } from '../../kube/decode-pod.ts';
import type { MonotonicMs } from '../../time/clock.ts';

export const strikes = ['pod-deleted', 'containers-ended', 'node-lost'] as const;

export type Strike = (typeof strikes)[number];

/** As `kubectl delete --force`: the pod is leaving with no grace, and then gone. */
function deletePod(pods: SingletonPods, pod: PodObject, now: MonotonicMs): void {
  pods.depart(pod.uid, { ...newer(pod), deletion: { atMs: 0, graceSeconds: 0 } }, undefined, now);
}

/** As `kill -9` of what makes the member: its critical containers, or all where none is marked. */
function endContainers(pods: SingletonPods, pod: PodObject, now: MonotonicMs): void {
  const critical = pod.containers.filter(isCritical);
  const ending = critical.length > 0 ? critical : pod.containers.filter(({ sidecar }) => !sidecar);
  const containers = pod.containers.map((one) => (ending.includes(one) ? ended(one) : one));
  pods.apply({ ...newer(pod), containers, ready: false, notReadyReason: 'ContainersNotReady' }, now);
}

/** As after the node's grace period: the node controller has given it up, and with it whatever runs there. */
function loseNode(nodes: NodeView, pod: PodObject): void {
  if (pod.node === undefined) return;
  const lost: NodeObject = {
    namespace: '',
    name: pod.node,
    uid: '',
    resourceVersion: '',
    createdAtMs: 0,
    labels: {},
    annotations: {},
    ready: 'Unknown',
    unschedulable: false,
    taints: [],
    hasCilium: false,
  };
  nodes.sink().onApplied(lost, '');
}

/** Changes what is seen as if this had just happened to the holder. */
export function strikeHolder(
  strike: Strike,
  holder: PodObject,
  seen: { readonly pods: SingletonPods; readonly nodes: NodeView; readonly now: MonotonicMs },
): void {
  switch (strike) {
    case 'pod-deleted':
      deletePod(seen.pods, holder, seen.now);
      break;
    case 'containers-ended':
      endContainers(seen.pods, holder, seen.now);
      break;
    case 'node-lost':
      loseNode(seen.nodes, holder);
      break;
  }
}

export function isCritical({ env }: PodContainer): boolean {
  return env.findLast(({ name }) => name === words.criticality)?.value === 'critical';
}

/** A later version of the same pod: an older one would be taken for what is known already. */
function newer(pod: PodObject): PodObject {
  const version = parseResourceVersion(pod.resourceVersion) ?? 0n;
  return { ...pod, resourceVersion: String(version + 1n) };
}

function ended(container: PodContainer): PodContainer {
  return {
    ...container,
    ready: false,
    state: {
      kind: 'terminated',
      exitCode: 137,
      signal: undefined,
      reason: 'Error',
      containerId: container.containerId,
      finishedAtMs: undefined,
    },
  };
}
