/**
 * Owns a Deployment's status: counts over its ReplicaSets, and the conditions that `kubectl rollout status` waits for.
 * Pure. (kubernetes pkg/controller/deployment/sync.go calculateStatus, progress.go)
 */
import { type JsonObject, listAt, numberAt, stringAt } from '../api/json.ts';
import type { StoredObject } from '../api/stored-object.ts';
import { fenceposts } from './rollout.ts';

export interface DeploymentCounts {
  readonly observedGeneration: number;
  readonly replicas: number;
  readonly updatedReplicas: number;
  readonly readyReplicas: number;
  readonly availableReplicas: number;
  readonly unavailableReplicas: number;
  readonly [field: string]: number;
}

export function statusOf(
  deployment: StoredObject,
  newest: StoredObject | undefined,
  owned: readonly StoredObject[],
): DeploymentCounts {
  const sum = (field: string) =>
    owned.reduce((total, set) => total + (numberAt(set, 'status', field) ?? 0), 0);
  const wanted = owned.reduce((total, set) => total + (numberAt(set, 'spec', 'replicas') ?? 0), 0);
  const availableReplicas = sum('availableReplicas');
  return {
    observedGeneration: deployment.metadata.generation ?? 0,
    replicas: sum('replicas'),
    updatedReplicas: numberAt(newest, 'status', 'replicas') ?? 0,
    readyReplicas: sum('readyReplicas'),
    availableReplicas,
    unavailableReplicas: Math.max(0, wanted - availableReplicas),
  };
}

export function conditionsOf(
  deployment: StoredObject,
  newest: StoredObject | undefined,
  counts: DeploymentCounts,
  now: string,
): readonly JsonObject[] {
  return [available(deployment, counts), progressing(deployment, newest, counts)].map((next) => {
    const before = listAt(deployment, 'status', 'conditions').find(
      (condition) => stringAt(condition, 'type') === next.type,
    );
    const same = (field: 'status' | 'reason' | 'message') => stringAt(before, field) === next[field];
    const lastTransitionTime = same('status') ? (stringAt(before, 'lastTransitionTime') ?? now) : now;
    const unchanged = same('status') && same('reason') && same('message');
    return {
      ...next,
      lastTransitionTime,
      lastUpdateTime: unchanged ? (stringAt(before, 'lastUpdateTime') ?? now) : now,
    };
  });
}

interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False';
  readonly reason: string;
  readonly message: string;
}

function available(deployment: StoredObject, { availableReplicas }: DeploymentCounts): Condition {
  const replicas = numberAt(deployment, 'spec', 'replicas') ?? 1;
  const rolling = listedRolling(deployment);
  const enough =
    availableReplicas >=
    replicas - fenceposts(rolling.maxSurge, rolling.maxUnavailable, replicas).maxUnavailable;
  return enough
    ? {
        type: 'Available',
        status: 'True',
        reason: 'MinimumReplicasAvailable',
        message: 'Deployment has minimum availability.',
      }
    : {
        type: 'Available',
        status: 'False',
        reason: 'MinimumReplicasUnavailable',
        message: 'Deployment does not have minimum availability.',
      };
}

/** Recreate has no such numbers: nothing may be missing. */
function listedRolling(deployment: StoredObject): {
  readonly maxSurge: unknown;
  readonly maxUnavailable: unknown;
} {
  const path = ['spec', 'strategy', 'rollingUpdate'] as const;
  const read = (field: string) =>
    numberAt(deployment, ...path, field) ?? stringAt(deployment, ...path, field);
  return { maxSurge: read('maxSurge') ?? 1, maxUnavailable: read('maxUnavailable') ?? 0 };
}

function progressing(
  deployment: StoredObject,
  newest: StoredObject | undefined,
  counts: DeploymentCounts,
): Condition {
  const replicas = numberAt(deployment, 'spec', 'replicas') ?? 1;
  const complete =
    counts.updatedReplicas === replicas &&
    counts.replicas === replicas &&
    counts.availableReplicas === replicas;
  const name = newest?.metadata.name ?? '';
  return complete
    ? {
        type: 'Progressing',
        status: 'True',
        reason: 'NewReplicaSetAvailable',
        message: `ReplicaSet "${name}" has successfully progressed.`,
      }
    : {
        type: 'Progressing',
        status: 'True',
        reason: 'ReplicaSetUpdated',
        message: `ReplicaSet "${name}" is progressing.`,
      };
}
