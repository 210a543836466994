/**
 * Owns the removal of pods whose node can't: it is gone, or a person has declared it out of service.
 * It writes phase Failed without having seen the containers end. (kubernetes pkg/controller/podgc)
 */
import type { MonotonicMs, Timer } from '../../time/clock.ts';
import { listAt, objectAt, stringAt } from '../api/json.ts';
import { resourceTypes } from '../api/resource-types.ts';
import { changed, type StoredObject, timestamp } from '../api/stored-object.ts';
import { ApiUnreachableError } from '../store-link.ts';
import { withCondition } from './conditions.ts';
import {
  type Controller,
  type ControllerContext,
  conditionStatus,
  isLeaving,
  isTerminal,
  nodeNameOf,
} from './controller.ts';
import { POD_GC_PERIOD_MS, POD_GC_QUARANTINE_MS } from './limits.ts';

const OUT_OF_SERVICE = 'node.kubernetes.io/out-of-service';

export function startPodGarbageCollector({
  link,
  clock,
}: Pick<ControllerContext, 'link' | 'clock'>): Controller {
  const missingSince = new Map<string, MonotonicMs>();
  let timer: Timer | undefined = clock.schedule(POD_GC_PERIOD_MS, collect);

  function collect(): void {
    timer = clock.schedule(POD_GC_PERIOD_MS, collect);
    try {
      const pods = link.list(resourceTypes.pods);
      noteMissing(new Set(pods.map(nodeNameOf).filter((name) => name !== '')));
      for (const pod of pods) if (isLost(pod)) remove(pod);
    } catch (error) {
      if (!(error instanceof ApiUnreachableError)) throw error;
    }
  }

  function noteMissing(named: ReadonlySet<string>): void {
    for (const name of [...missingSince.keys()]) if (!named.has(name)) missingSince.delete(name);
    for (const name of named) {
      if (link.get(resourceTypes.nodes, undefined, name) !== undefined) missingSince.delete(name);
      else if (!missingSince.has(name)) missingSince.set(name, clock.now());
    }
  }

  /** A node may be made anew, or be made only after its pods. */
  function isMissingForLong(name: string): boolean {
    const since = missingSince.get(name);
    return since !== undefined && clock.now() - since >= POD_GC_QUARANTINE_MS;
  }

  function isLost(pod: StoredObject): boolean {
    const name = nodeNameOf(pod);
    if (name === '') return isLeaving(pod) && (pod.metadata.finalizers ?? []).length === 0;
    const node = link.get(resourceTypes.nodes, undefined, name);
    if (node === undefined) return isMissingForLong(name);
    const declared = listAt(node, 'spec', 'taints').some(
      (taint) => stringAt(taint, 'key') === OUT_OF_SERVICE,
    );
    return declared && isLeaving(pod) && conditionStatus(node, 'Ready') !== 'True';
  }

  function remove(pod: StoredObject): void {
    const { namespace, name, uid } = pod.metadata;
    if (!isTerminal(pod) && nodeNameOf(pod) !== '') {
      const condition = {
        type: 'DisruptionTarget',
        status: 'True',
        reason: 'DeletionByPodGC',
        message: 'PodGC: node no longer exists',
      } as const;
      const marked = withCondition(pod, condition, timestamp(clock.wallTimeMs()));
      const failed = changed(marked, { status: { ...objectAt(marked, 'status'), phase: 'Failed' } });
      link.update(resourceTypes.pods, failed, { subresource: 'status' });
    }
    link.delete(resourceTypes.pods, namespace, name, { gracePeriodSeconds: 0, uid });
  }

  return { close: () => timer?.cancel() };
}
