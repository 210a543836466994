/**
 * Owns the question of G5 and liveness: whether, now that everything has healed, a singleton with a fit member has exactly
 * one active, which knows it and which clients reach.
 */
import { at, listAt, stringAt } from '../../src/sandbox/api/json.ts';
import type { StoredObject } from '../../src/sandbox/api/stored-object.ts';
import { isPodReady } from '../../src/sandbox/controllers/controller.ts';
import { holderUid, lastHolderUid, nodeOf } from '../faults/fault.ts';
import type { SingletonPlan } from '../swarm/plan.ts';
import type { World } from '../world/world.ts';

/** Attempts of this long have to be answered, all by the one active. */
const servedForMs = 1_000;

/** One sentence for what is missing; undefined where all is well, or nothing can be asked for. */
export function whatIsMissing(world: World, plan: SingletonPlan): string | undefined {
  // Those on a node that is dead for good are not started elsewhere here.
  if (world.controllers.every(({ isAlive }) => !isAlive)) return undefined;
  const pods = world.pods(plan.name).filter((pod) => !world.deadNodes.has(nodeOf(pod)));
  const uid = holderUid(world, plan.name);
  const holder = world.pods(plan.name).find(({ metadata }) => metadata.uid === uid);
  if (pods.filter(isReady).length === 0) return undefined;
  const last = uid ?? lastHolderUid(world, plan.name);
  const believed = last === undefined ? labelledActive(world, plan.name) : [last];
  if (plan.safety === 'Strict' && believed.some((each) => mayStillAct(world, each))) return undefined;
  if (holder === undefined) return 'nobody holds the role';
  const attempts = world.attemptsOf(plan.name).filter(({ atMs }) => atMs > world.clock.now() - servedForMs);
  if (attempts.length === 0) return 'nobody has asked';
  if (attempts.some(({ podUid }) => podUid !== uid)) return `clients do not reach ${holder.metadata.name}`;
  const application = world.applications.livingOf(holder.metadata.uid)[0];
  if (plan.notify === 'json' || plan.notify === 'http')
    if (application?.belief === undefined) return `${holder.metadata.name} does not know that it is active`;
  return undefined;
}

/** Whom a label calls active, where no record does: somebody has taken it away. */
function labelledActive(world: World, singleton: string): readonly string[] {
  return world
    .pods(singleton)
    .filter(({ metadata }) => metadata.labels?.role === 'active')
    .map(({ metadata }) => metadata.uid);
}

/** On a node that nobody hears of any more, or deleted by force: under Strict nobody takes over from there. */
function mayStillAct(world: World, uid: string): boolean {
  const last = world.lastSeenOf(uid);
  if (last === undefined || world.deadNodes.has(nodeOf(last.object))) return true;
  return last.type === 'DELETED' && !wasProofSeen(world, uid);
}

/** Its end stood in its status while controllers could look: nothing had befallen them or the API for a while. */
function wasProofSeen(world: World, uid: string): boolean {
  const ended = world.changesOf(uid).filter(({ event }) => {
    const statuses = listAt(event.object, 'status', 'containerStatuses');
    const isTerminal = ['Failed', 'Succeeded'].includes(stringAt(event.object, 'status', 'phase') ?? '');
    return isTerminal && statuses.every((each) => at(each, 'state', 'terminated') !== undefined);
  });
  const [first] = ended;
  if (first === undefined) return false;
  return !world.wasSightTroubled(first.atMs - troubleLastsMs, ended.at(-1)?.atMs ?? first.atMs);
}

/** The longest of a fault, and until a controller sees again after it. */
const troubleLastsMs = 15_000;

function isReady(pod: StoredObject): boolean {
  return pod.metadata.deletionTimestamp === undefined && isPodReady(pod);
}
