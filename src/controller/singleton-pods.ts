/**
 * Owns the pods of one singleton: its members, their past, and those that are gone.
 * Must not decide anything, and must not let an older version of a pod overwrite a newer one.
 */
import { type Baseline, observeContainers } from '../core/baseline.ts';
import { deathStands } from '../core/critical-death.ts';
import {
  type CriticalDeletes,
  countDeath,
  countDelete,
  noCriticalDeletes,
} from '../core/critical-deletes.ts';
import {
  believable,
  type Epoch,
  higherEpoch,
  type Incarnation,
  noEpoch,
  type PodUid,
  parseResourceVersion,
  type ResourceVersion,
} from '../core/identity.ts';
import { hasStopped } from '../core/judge.ts';
import { type DepartedMember, incarnationOf, type Member } from '../core/member.ts';
import type { PodObject } from '../kube/decode-pod.ts';
import type { MonotonicMs } from '../time/clock.ts';
import { limits } from './limits.ts';
import { type MemberTerms, readPod, withPast } from './pod-codec.ts';

interface TrackedPod {
  readonly pod: PodObject;
  readonly version: ResourceVersion | undefined;
  readonly member: Member;
  readonly baseline: Baseline;
  /** Our DELETE was accepted: it is leaving, whatever an answer or an event of an earlier version says. */
  readonly deleteGraceSeconds: number | undefined;
}

interface DepartedPod extends DepartedMember {
  readonly containersEndedAtMs: number | undefined;
}

export interface SingletonPodsOptions {
  readonly namespace: string;
  readonly terms: () => MemberTerms;
  /** The member that the record names is never forgotten. */
  readonly isHolder: (uid: PodUid) => boolean;
  /** Said once per pod and problem. */
  readonly onProblem: (podName: string, problem: string) => void;
}

export class SingletonPods {
  readonly namespace: string;
  readonly #options: SingletonPodsOptions;
  readonly #tracked = new Map<string, TrackedPod>();
  #departed: DepartedPod[] = [];
  #members: readonly Member[] | undefined;
  #criticalDeletes: CriticalDeletes = noCriticalDeletes;
  #evidenceVersion: ResourceVersion | undefined;
  #falseVersion: ResourceVersion | undefined;
  #highestEpoch: Epoch = noEpoch;

  constructor(options: SingletonPodsOptions) {
    this.namespace = options.namespace;
    this.#options = options;
  }

  get members(): readonly Member[] {
    this.#members ??= [...this.#tracked.values()].map(({ member }) => member);
    return this.#members;
  }

  /** The pods themselves, of all members. */
  get pods(): readonly PodObject[] {
    return [...this.#tracked.values()].map(({ pod }) => pod);
  }

  get departed(): readonly DepartedMember[] {
    return this.#departed;
  }

  get criticalDeletes(): CriticalDeletes {
    return this.#criticalDeletes;
  }

  /** Highest epoch that any pod of it ever carried. */
  get highestEpoch(): Epoch {
    return this.#highestEpoch;
  }

  /** The newest version that the watch has brought of these very pods: what a decision about them rests on. */
  get evidenceVersion(): ResourceVersion | undefined {
    return this.#evidenceVersion;
  }

  /** The record says that it rests on pods of this version, and a complete list has shown that there is no such one. */
  disbelieve(version: ResourceVersion): void {
    this.#falseVersion = version;
  }

  believes(version: ResourceVersion | undefined): boolean {
    return version === undefined || version !== this.#falseVersion;
  }

  get isEmpty(): boolean {
    return this.#tracked.size === 0;
  }

  memberByName(name: string): Member | undefined {
    return this.members.find((member) => member.name === name);
  }

  memberByUid(uid: PodUid): Member | undefined {
    return this.#tracked.get(uid)?.member;
  }

  /** The pod is there, not leaving, and still in this very life. */
  isIncarnation(uid: PodUid, incarnation: Incarnation): boolean {
    const member = this.memberByUid(uid);
    return member !== undefined && member.leaving === undefined && incarnationOf(member) === incarnation;
  }

  /** One version of a pod from the watch. False where nothing is new about it. */
  apply(pod: PodObject, now: MonotonicMs): boolean {
    if (this.#departed.some(({ uid }) => uid === pod.uid) && !this.#returns(pod)) return false;
    this.#raiseEvidence(parseResourceVersion(pod.resourceVersion));
    return this.#put(pod, now);
  }

  /** This version of the pod is older than what is held here of it; or it has gone since. */
  hasNewer(pod: PodObject): boolean {
    const tracked = this.#tracked.get(pod.uid);
    const version = parseResourceVersion(pod.resourceVersion);
    return tracked === undefined || (isNotNewer(version, tracked.version) && version !== tracked.version);
  }

  /**
   * The store has gone back (a backup was restored). `restored` are those whose older version counts again: they are
   * met as by a controller that has just started. Epochs are remembered all the same: they never fall.
   */
  startOver(restored: readonly PodObject[], now: MonotonicMs): void {
    this.#evidenceVersion = undefined;
    for (const { uid } of restored) this.#tracked.delete(uid);
    for (const { version } of this.#tracked.values()) this.#raiseEvidence(version);
    const uids = new Set(restored.map(({ uid }) => uid));
    this.#departed = this.#departed.filter(({ uid }) => !uids.has(uid));
    for (const pod of restored) this.apply(pod, now);
  }

  /** The terms have changed: every pod is read by the new ones. What became of its containers is remembered. */
  readAgain(now: MonotonicMs): void {
    for (const tracked of this.#tracked.values()) {
      const { member } = readPod(tracked.pod, this.#options.terms());
      const baseline = observeContainers(tracked.baseline, member.containers, now);
      const { deleteGraceSeconds } = tracked;
      const seen = withPast(member, baseline);
      const isDeleted = deleteGraceSeconds !== undefined;
      this.#set({ ...tracked, baseline, member: isDeleted ? leavingWithin(seen, deleteGraceSeconds) : seen });
    }
  }

  /** The answer to an own write. It never brings back a pod that has gone. */
  applyOwnWrite(pod: PodObject, now: MonotonicMs): boolean {
    return this.#tracked.has(pod.uid) && this.#put(pod, now);
  }

  /** An own DELETE was accepted, or found the pod gone: the event that says so is on its way. */
  applyOwnDelete(uid: PodUid, graceSeconds: number): void {
    const tracked = this.#tracked.get(uid);
    if (tracked === undefined) return;
    const deleteGraceSeconds = Math.min(graceSeconds, tracked.deleteGraceSeconds ?? graceSeconds);
    this.#set({ ...tracked, deleteGraceSeconds, member: leavingWithin(tracked.member, deleteGraceSeconds) });
  }

  /** The pod is gone: a DELETED event, or a completed list without it. */
  depart(
    uid: string,
    last: PodObject | undefined,
    version: ResourceVersion | undefined,
    now: MonotonicMs,
  ): boolean {
    this.#raiseEvidence(version);
    const tracked = this.#tracked.get(uid);
    if (tracked === undefined) return false;
    if (last !== undefined) this.#put(last, now);
    const { member, pod, deleteGraceSeconds } = this.#tracked.get(uid) ?? tracked;
    this.#tracked.delete(uid);
    this.#members = undefined;
    const wentByRule = deleteGraceSeconds !== undefined || deathStands(member, now);
    if (wentByRule) this.#criticalDeletes = countDelete(this.#criticalDeletes, now);
    this.#remember({
      uid: member.uid,
      name: member.name,
      stopped: hasStopped(member),
      going: member.leaving !== undefined,
      containersEndedAtMs: containersEndedAt(pod),
    });
    return true;
  }

  /** Uids of what is held here: to be compared with a completed list. */
  trackedUids(): readonly string[] {
    return [...this.#tracked.keys()];
  }

  /** When its last container ended, in wall ms, as far as the kubelet has said: for the timeline only. */
  containersEndedAtMs(uid: PodUid): number | undefined {
    const tracked = this.#tracked.get(uid);
    if (tracked !== undefined) return containersEndedAt(tracked.pod);
    return this.#departed.find((departed) => departed.uid === uid)?.containersEndedAtMs;
  }

  #put(pod: PodObject, now: MonotonicMs): boolean {
    const before = this.#tracked.get(pod.uid);
    const version = parseResourceVersion(pod.resourceVersion);
    if (before !== undefined && isNotNewer(version, before.version)) return false;
    const { member, problems } = readPod(pod, this.#options.terms());
    const baseline = observeContainers(before?.baseline, member.containers, now);
    if (baseline.deaths > (before?.baseline.deaths ?? 0))
      this.#criticalDeletes = countDeath(this.#criticalDeletes, now);
    const graceSeconds = before?.deleteGraceSeconds;
    const seen = withPast(member, baseline);
    const written = higherEpoch(member.labelEpoch, member.told?.epoch ?? noEpoch);
    this.#highestEpoch = higherEpoch(this.#highestEpoch, believable(written));
    this.#sayNewProblems(pod, before?.pod, problems);
    this.#set({
      pod,
      version,
      baseline,
      deleteGraceSeconds: graceSeconds,
      member: graceSeconds === undefined ? seen : leavingWithin(seen, graceSeconds),
    });
    return true;
  }

  #set(tracked: TrackedPod): void {
    this.#tracked.set(tracked.pod.uid, tracked);
    this.#members = undefined;
  }

  /** With a label selector, a pod that matches again comes back under the same UID. */
  #returns(pod: PodObject): boolean {
    const version = parseResourceVersion(pod.resourceVersion);
    if (this.#evidenceVersion !== undefined && isNotNewer(version, this.#evidenceVersion)) return false;
    this.#departed = this.#departed.filter(({ uid }) => uid !== pod.uid);
    return true;
  }

  #raiseEvidence(version: ResourceVersion | undefined): void {
    if (version === undefined) return;
    if (this.#evidenceVersion === undefined || version > this.#evidenceVersion)
      this.#evidenceVersion = version;
  }

  #remember(departed: DepartedPod): void {
    this.#departed.push(departed);
    if (this.#departed.length <= limits.departedMax) return;
    const oldest = this.#departed.findIndex(({ uid }) => !this.#options.isHolder(uid));
    this.#departed.splice(oldest, 1);
  }

  #sayNewProblems(pod: PodObject, before: PodObject | undefined, problems: readonly string[]): void {
    if (problems.length === 0) return;
    const known = before === undefined ? [] : readPod(before).problems;
    for (const problem of problems) {
      if (!known.includes(problem)) this.#options.onProblem(pod.name, problem);
    }
  }
}

function leavingWithin(member: Member, graceSeconds: number): Member {
  const shortest = Math.min(graceSeconds, member.leaving?.graceSeconds ?? graceSeconds);
  return { ...member, leaving: { graceSeconds: shortest } };
}

function isNotNewer(version: ResourceVersion | undefined, known: ResourceVersion | undefined): boolean {
  return version !== undefined && known !== undefined && version <= known;
}

function containersEndedAt(pod: PodObject): number | undefined {
  let latest: number | undefined;
  for (const { state, lastTerminated } of pod.containers) {
    const finishedAtMs = state.kind === 'terminated' ? state.finishedAtMs : lastTerminated?.finishedAtMs;
    if (finishedAtMs !== undefined && (latest === undefined || finishedAtMs > latest)) latest = finishedAtMs;
  }
  return latest;
}
