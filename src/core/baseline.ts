/**
 * Owns the memory of one pod's containers: from the state at first sight, which critical one has ended since.
 * Must not judge the member nor delete anything: it only says that a death happened, and by which sign.
 *
 * Why a memory at all: a kubelet may restart a container between two status writes, so that `terminated`
 * is never visible. Only restartCount, containerID and lastState then tell (kubelet status manager, syncBatch).
 */
import type { MonotonicMs } from '../time/clock.ts';
import type { Container, CriticalDeath } from './member.ts';

interface ContainerBaseline {
  readonly containerId: string | undefined;
  readonly restartCount: number;
  /** Seen between two lives: the one that starts next has not died. */
  readonly ended: boolean;
}

export interface Baseline {
  readonly containers: ReadonlyMap<string, ContainerBaseline>;
  /** The last death of a critical container since first sight. It stays until the pod is gone. */
  readonly death: CriticalDeath | undefined;
  /** How many such deaths were seen: a new one moves it. */
  readonly deaths: number;
}

/** Takes in one more sight of the pod's containers. Without `before`, this is the first. */
export function observeContainers(
  before: Baseline | undefined,
  containers: readonly Container[],
  now: MonotonicMs,
): Baseline {
  const next = new Map<string, ContainerBaseline>();
  let death = before?.death;
  let deaths = before?.deaths ?? 0;
  for (const container of containers) {
    const known = before?.containers.get(container.name);
    const sign = known === undefined || !container.critical ? undefined : signOfDeath(known, container);
    if (sign !== undefined) {
      death = { container: container.name, sign, at: now };
      deaths += 1;
    }
    next.set(container.name, baselineAfter(known, container));
  }
  return { containers: next, death, deaths };
}

/** The most direct sign comes first; any one of them is enough. */
function signOfDeath(known: ContainerBaseline, seen: Container): CriticalDeath['sign'] | undefined {
  if (isSameSight(known, seen)) return undefined;
  if (known.ended) return signOfDeathAfterGap(known, seen);
  if (seen.state === 'terminated') return 'terminated';
  if (seen.restartCount > known.restartCount) return 'restartCount';
  if (known.containerId === undefined)
    return seen.lastEndedContainerId === undefined ? undefined : 'lastState';
  if (seen.containerId !== undefined && seen.containerId !== known.containerId) return 'containerID';
  // A container that ran and now waits has ended, whatever lastState says.
  return seen.state === 'waiting' || seen.lastEndedContainerId === known.containerId
    ? 'lastState'
    : undefined;
}

/** The container was first seen ended: one restart from there is a birth, and only what follows is a death. */
function signOfDeathAfterGap(known: ContainerBaseline, seen: Container): CriticalDeath['sign'] | undefined {
  if (seen.restartCount > known.restartCount + 1) return 'restartCount';
  if (seen.state === 'running' || seen.containerId === known.containerId) return undefined;
  return seen.state === 'terminated' ? 'terminated' : 'containerID';
}

function isSameSight(known: ContainerBaseline, seen: Container): boolean {
  return (
    seen.containerId === known.containerId &&
    seen.restartCount === known.restartCount &&
    isEnded(seen) === known.ended
  );
}

function baselineAfter(known: ContainerBaseline | undefined, seen: Container): ContainerBaseline {
  return {
    containerId: seen.containerId ?? known?.containerId,
    restartCount: Math.max(seen.restartCount, known?.restartCount ?? 0),
    ended: isEnded(seen),
  };
}

/** Ended and not started again: terminated, or waiting (CrashLoopBackOff) with the ID of an earlier life. */
function isEnded(seen: Container): boolean {
  if (seen.state === 'terminated') return true;
  return (
    seen.state === 'waiting' && (seen.containerId !== undefined || seen.lastEndedContainerId !== undefined)
  );
}
