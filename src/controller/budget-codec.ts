/**
 * Owns the PodDisruptionBudget that we keep for a Singleton: it protects whoever has the role, and nobody else.
 * Must not decide when there is one: disruption-budget.ts does.
 */
import { singletonVersion } from '../api/singleton.ts';
import type { LabelSelector } from '../kube/label-selector.ts';
import type { JsonBody } from '../kube/request.ts';
import { recordName } from './stored-record.ts';
import { words } from './words.ts';

export interface BudgetSubject {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly matchLabels: Readonly<Record<string, string>>;
}

export function budgetName(singletonName: string): string {
  return recordName(singletonName);
}

/** As the API server has it. */
export function isAsWanted(selector: LabelSelector | undefined, subject: BudgetSubject): boolean {
  if (selector === undefined || selector.matchExpressions.length > 0) return false;
  const wanted = Object.entries(protectedLabels(subject));
  return (
    Object.keys(selector.matchLabels).length === wanted.length &&
    wanted.every(([key, value]) => selector.matchLabels[key] === value)
  );
}

function protectedLabels({ matchLabels }: BudgetSubject): Readonly<Record<string, string>> {
  return { ...matchLabels, [words.role]: 'active' };
}

/** What there is to say beside its name and namespace. */
export function encodeBudget(subject: BudgetSubject): {
  readonly metadata: JsonBody;
  readonly rest: JsonBody;
} {
  const { name, uid } = subject;
  return {
    metadata: {
      labels: { [words.singleton]: name },
      // It goes with its Singleton; nobody waits for it.
      ownerReferences: [{ apiVersion: singletonVersion, kind: 'Singleton', name, uid }],
    },
    rest: {
      spec: {
        minAvailable: 1,
        selector: { matchLabels: protectedLabels(subject) },
        // An active that is not Ready serves nobody: its eviction costs nothing (policy/v1, since 1.27).
        unhealthyPodEvictionPolicy: 'AlwaysAllow',
      },
    },
  };
}
