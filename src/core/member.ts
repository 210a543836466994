/**
 * Owns what the decision knows of one member: a pod, reduced to what a failover depends on.
 * Must not judge it (judge.ts) nor remember its past (baseline.ts).
 */
import type { MonotonicMs } from '../time/clock.ts';
import {
  type Companions,
  companions,
  type Epoch,
  type Incarnation,
  incarnation,
  type PodUid,
} from './identity.ts';

/** `status.containerStatuses[].state`, of which only these four kinds matter. */
export type ContainerState = 'waiting' | 'running' | 'terminated' | 'unknown';

export interface Container {
  readonly name: string;
  /** Marked by env pwcriticality=critical, in any position. */
  readonly critical: boolean;
  readonly state: ContainerState;
  readonly ready: boolean;
  /** The ID of the current (or just ended) instance; undefined before the first start. */
  readonly containerId: string | undefined;
  /** The ID in `lastState.terminated`: the instance before the current one. */
  readonly lastEndedContainerId: string | undefined;
  readonly restartCount: number;
}

export type PodPhase = 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown';

export interface Member {
  readonly uid: PodUid;
  readonly name: string;
  readonly node: string | undefined;
  readonly ip: string | undefined;
  /** metadata.creationTimestamp in ms since 1970: compared between members, never with a clock. */
  readonly createdAtMs: number;
  readonly resourceVersion: string;
  readonly phase: PodPhase;
  /** The pod's condition Ready. */
  readonly ready: boolean;
  /** Set as soon as metadata.deletionTimestamp is. `graceSeconds` 0 is a forced delete. */
  readonly leaving: { readonly graceSeconds: number } | undefined;
  /** The label `role` as it stands: `active`, `standby`, nothing, or what somebody wrote there. */
  readonly roleLabel: string | undefined;
  /** Annotation understudy.dev/epoch, written with the role label. */
  readonly labelEpoch: Epoch;
  /** Annotation understudy.dev/told: the last incarnation that was told, of which role and epoch. */
  readonly told: Told | undefined;
  /** Annotation understudy.dev/priority; a higher one is chosen first. `never` keeps a pod standby. */
  readonly priority: number | 'never';
  readonly containers: readonly Container[];
  /** What the observer remembers of this pod: see baseline.ts. */
  readonly criticalDeath: CriticalDeath | undefined;
  /** False once the node controller has said that the pod's node is not Ready. */
  readonly nodeReady: boolean;
  /** When this controller saw that the pod's node was cordoned; undefined where it is not. */
  readonly cordonedAt: MonotonicMs | undefined;
  /** UID of its controlling owner: members of one owner are of one template. */
  readonly owner: string | undefined;
  /** The pod condition that promotion asks for is True, or none is asked for. */
  readonly gateOpen: boolean;
}

/**
 * Who was told its role, and with which epoch. Not `isHeard`: nobody knows yet whether it heard. It has only got the label
 * of an `active`, or was asked to step down (`standby`) and has not acknowledged it: in both it may believe that it is active.
 */
export interface Told {
  readonly epoch: Epoch;
  readonly incarnation: Incarnation;
  /** Its companions then; undefined where it had none. */
  readonly companions: Companions | undefined;
  readonly role: 'active' | 'standby';
  readonly isHeard: boolean;
}

/** A critical container of this member ended since it was first seen. */
export interface CriticalDeath {
  readonly container: string;
  /** When it was seen, on this controller's clock. */
  readonly at: MonotonicMs;
  /** Which of the signs in the pod's status gave it away. */
  readonly sign: 'terminated' | 'restartCount' | 'containerID' | 'lastState' | 'phase';
}

/** A member whose pod is gone: seen as a DELETED event for that UID, or missing from a completed relist. */
export interface DepartedMember {
  readonly uid: PodUid;
  readonly name: string;
  /** Its last status had a terminal phase with every container terminated: it had stopped before it went. */
  readonly stopped: boolean;
  /** It was being deleted when it was last seen. Without that it may live on, taken out of the selector by its labels. */
  readonly going: boolean;
}

/** The incarnation that this pod is now. Stable under any order of the containers. */
export function incarnationOf(member: Pick<Member, 'uid' | 'containers'>): Incarnation {
  const marked = member.containers.filter((container) => container.critical);
  return incarnation(`${member.uid}/${livesOf(marked.length > 0 ? marked : member.containers)}`);
}

/**
 * The lives of those of its containers that do not count for its incarnation. One of them may be the one that listens:
 * started anew, it has heard nothing.
 */
export function companionsOf({ containers }: Pick<Member, 'containers'>): Companions {
  const marked = containers.some((container) => container.critical);
  return companions(livesOf(marked ? containers.filter((container) => !container.critical) : []));
}

function livesOf(containers: readonly Container[]): string {
  return containers
    .map(({ name, containerId }) => `${name}=${shortId(containerId)}`)
    .sort()
    .join(',');
}

/** Twelve hex digits, as `docker ps` and `crictl ps` print them: enough to tell lives of one pod apart. */
function shortId(containerId: string | undefined): string {
  if (containerId === undefined) return '-';
  return containerId.replace(/^[a-z-]+:\/\//, '').slice(0, 12);
}
