/**
 * Owns the judgement of a scene: whether what has to come of it has come, and if not, what is wrong.
 * Must not wait or look by itself: it reads one standing after another.
 */
import { decodeTold } from '../../controller/pod-codec.ts';
import { words } from '../../controller/words.ts';
import type { PodObject } from '../../kube/decode-pod.ts';
import type { GoodStanding, Standing } from '../hapod/standing.ts';

/** What is not yet, or wrongly, so after a failover from the standing before; undefined when all is well. */
export function failoverProblem(
  before: GoodStanding,
  after: Standing,
  pods: readonly PodObject[],
): string | undefined {
  const { active: old, standby: heir, epoch } = before;
  const [active, ...more] = after.application.actives;
  if (after.record?.holder !== heir.name)
    return `the record names ${after.record?.holder ?? 'nobody'}, not ${heir.name}`;
  if (after.record.epoch !== epoch + 1) return `the epoch is ${after.record.epoch}, not ${epoch + 1}`;
  if (more.length > 0) return `${1 + more.length} pods have role=active`;
  if (active?.uid !== heir.uid) return `${active?.name ?? 'no pod'} has role=active, not ${heir.name}`;
  if (pods.some((pod) => pod.uid === old.uid)) return `${old.name} is not deleted`;
  const told = decodeTold(active.annotations[words.told] ?? '');
  if (told?.epoch !== epoch + 1 || !told.isHeard) {
    return `${heir.name} was not told of epoch ${epoch + 1}`;
  }
  return undefined;
}

/** What has moved although nothing had to; undefined when all is as it was. */
export function movementProblem(before: GoodStanding, after: Standing): string | undefined {
  const [active, ...more] = after.application.actives;
  if (active?.uid !== before.active.uid || more.length > 0)
    return `${before.active.name} is not the one active any more`;
  if (active.deletion !== undefined) return `${active.name} is being deleted`;
  if (after.record?.holder !== before.active.name)
    return `the record names ${after.record?.holder ?? 'nobody'}`;
  if (after.record.epoch !== before.epoch)
    return `the epoch went from ${before.epoch} to ${after.record.epoch}`;
  return undefined;
}

/** True once the kubelet has said that one of these containers of `before` ended. */
export function endIsReported(before: PodObject, now: PodObject, containers: readonly string[]): boolean {
  return containers.some((name) => {
    const old = before.containers.find((container) => container.name === name);
    const current = now.containers.find((container) => container.name === name);
    if (old === undefined || current === undefined) return false;
    return current.state.kind === 'terminated' || current.restartCount > old.restartCount;
  });
}

/** True once every one of these containers runs again, in a new life. */
export function runsAgain(before: PodObject, now: PodObject, containers: readonly string[]): boolean {
  return containers.every((name) => {
    const old = before.containers.find((container) => container.name === name);
    const current = now.containers.find((container) => container.name === name);
    return current?.state.kind === 'running' && current.containerId !== old?.containerId;
  });
}
