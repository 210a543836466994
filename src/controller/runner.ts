/**
 * Owns the carrying out of one decision, phase by phase, exactly as src/core/decision.ts says.
 * Must not decide, retry or wait for a change: how a pass ended says what its loop does next.
 */
import { type Decision, type Effect, type Phase, phaseOf } from '../core/decision.ts';
import { believable, type Epoch, type PodUid } from '../core/identity.ts';
import { decodePod } from '../kube/decode-pod.ts';
import { deleteRequest, mergePatchRequest, objectPatch } from '../kube/request.ts';
import { PODS } from '../kube/resources.ts';
import type { Clock, MonotonicMs } from '../time/clock.ts';
import { type ApiCalls, type CallFailure, isRefusedForGood, readObject, saysOtherUid } from './api-calls.ts';
import { encodeRole, podDecoding } from './pod-codec.ts';
import type { RecordOutcome } from './record-writer.ts';
import type { SingletonPods } from './singleton-pods.ts';
import type { SingletonRecords } from './singleton-records.ts';
import type { TellEffect, Teller } from './teller.ts';
import type { Moments } from './timeline.ts';

export type PassEnd =
  | { readonly kind: 'done' }
  /** The record is another one than the decision was made on, or has moved on since: decide again. */
  | { readonly kind: 'lost' }
  /** A pod has changed under the label patch: its newer version is due on the watch. */
  | { readonly kind: 'pod-changed'; readonly uid: PodUid; readonly resourceVersion: string }
  | { readonly kind: 'failed'; readonly failure: CallFailure; readonly what: string };

export interface PassReport {
  readonly end: PassEnd;
  readonly moments: Moments;
  readonly recordWritten: boolean;
  /** Deletes that the API accepted. */
  readonly deleted: readonly DeleteEffect[];
}

export interface RunnerOptions {
  readonly namespace: string;
  readonly clock: Clock;
  readonly calls: ApiCalls;
  readonly pods: SingletonPods;
  readonly records: Pick<
    SingletonRecords,
    | 'mode'
    | 'write'
    | 'writeTraffic'
    | 'touchTraffic'
    | 'noteEnd'
    | 'follow'
    | 'retireOther'
    | 'withdrawTraffic'
    | 'names'
  >;
  readonly teller: Teller;
}

export type DeleteEffect = Extract<Effect, { readonly kind: 'delete-pod' }>;
type RecordEffect = Extract<
  Effect,
  { readonly kind: 'write-record' | 'write-traffic' | 'touch-traffic' | 'note-end' | 'retire-record' }
>;
type LabelEffect = Extract<Effect, { readonly kind: 'label-pod' }>;

/** What one pass has come to so far. */
interface Pass {
  readonly moments: Moments;
  readonly deleted: DeleteEffect[];
  recordWritten: boolean;
}

interface Deleted {
  readonly effect: DeleteEffect;
  readonly end: PassEnd;
}

interface StartedDeletes {
  readonly gating: Promise<readonly Deleted[]>;
  readonly others: Promise<readonly Deleted[]>;
}

const done: PassEnd = { kind: 'done' };

export class Runner {
  readonly #options: RunnerOptions;

  constructor(options: RunnerOptions) {
    this.#options = options;
  }

  /** The first phase's requests are on their way when this returns. Rejects for bugs only. */
  async run(decision: Decision, seenAt: MonotonicMs, decidedAt: MonotonicMs): Promise<PassReport> {
    const pass: Pass = { moments: { seenAt, decidedAt }, deleted: [], recordWritten: false };
    const end = await this.#runPhases(decision, pass);
    return { end, moments: pass.moments, recordWritten: pass.recordWritten, deleted: pass.deleted };
  }

  async #runPhases(decision: Decision, pass: Pass): Promise<PassEnd> {
    const { effects, because } = decision;
    // Both are on the wire before either is answered: the rule's deletes are due whoever wins the record.
    const recorded = this.#writeRecord(effects, because.code, pass);
    const ruled = this.#startDeletes(effects, 'record', pass);
    const end = await recorded;
    if (end.kind !== 'done')
      return worst([end, ...endsOf(await ruled.gating), ...endsOf(await ruled.others)]);
    const fences = this.#startDeletes(effects, 'fence', pass);
    const routed = await this.#fenceAndRoute(
      decision,
      [await ruled.gating, await fences.gating].flat(),
      pass,
    );
    return worst([routed, ...endsOf(await ruled.others), ...endsOf(await fences.others)]);
  }

  async #fenceAndRoute(decision: Decision, fences: readonly Deleted[], pass: Pass): Promise<PassEnd> {
    const instead = this.#labelsInsteadOf(fences, decision);
    const end = worst(endsOf(fences));
    if (end.kind !== 'done' && instead === undefined) return end;
    if (fences.length > 0 && end.kind === 'done') pass.moments.fencedAt = this.#options.clock.now();
    return worst([await this.#route(decision, instead ?? [], pass), end]);
  }

  /**
   * Where fences are refused for good, and all others were made: their pods lose the label instead, so that traffic
   * (G2) and the new holder (G5) need not wait for whoever refuses. The deletes stay due, and their failure is said.
   */
  #labelsInsteadOf(fences: readonly Deleted[], { effects, holder }: Decision): LabelEffect[] | undefined {
    const epoch = effects.find((effect) => effect.kind === 'label-pod')?.epoch;
    const failed = fences.filter(({ end }) => end.kind !== 'done');
    const labels: LabelEffect[] = [];
    for (const { effect, end } of failed) {
      const { pod } = effect;
      const isRefused = end.kind === 'failed' && isRefusedForGood(end.failure);
      if (!isRefused || epoch === undefined || pod.uid === holder?.uid) return undefined;
      const resourceVersion = this.#options.pods.memberByUid(pod.uid)?.resourceVersion ?? '';
      labels.push({ kind: 'label-pod', pod, resourceVersion, role: 'standby', epoch });
    }
    return labels;
  }

  async #writeRecord(effects: readonly Effect[], code: string, pass: Pass): Promise<PassEnd> {
    const effect = effects.find(isOfRecord);
    if (effect === undefined) return done;
    const outcome = await this.#changeRecord(effect, code);
    if (outcome.kind === 'failed') return { ...outcome, what: 'the record was not written' };
    if (outcome.kind === 'lost') return outcome;
    if (effect.kind !== 'write-record') return done;
    pass.recordWritten = true;
    pass.moments.recordWrittenAt = this.#options.clock.now();
    // In Direct mode the record itself leads traffic.
    if (this.#options.records.mode === 'Direct') pass.moments.routedAt = pass.moments.recordWrittenAt;
    return done;
  }

  #changeRecord(effect: RecordEffect, code: string): Promise<RecordOutcome> {
    const { records } = this.#options;
    switch (effect.kind) {
      case 'write-record':
        return records.write(effect.write, code);
      case 'write-traffic':
        return records.writeTraffic(effect.write);
      case 'touch-traffic':
        return records.touchTraffic(effect.write);
      case 'note-end':
        return records.noteEnd(effect.write);
      case 'retire-record':
        return records.retireOther(effect.resourceVersion);
    }
  }

  /** Endpoints of a retired record. Somebody may still be reached by them: what comes after waits. */
  async #withdrawTraffic(): Promise<PassEnd> {
    const failure = await this.#options.records.withdrawTraffic();
    if (failure === undefined) return done;
    return { kind: 'failed', failure, what: 'the endpoints of the old mode were not withdrawn' };
  }

  /** Deletes of one phase go out at once; those that do not gate are looked at when the rest of the pass is over. */
  #startDeletes(effects: readonly Effect[], phase: Phase, pass: Pass): StartedDeletes {
    const gating: Promise<Deleted>[] = [];
    const others: Promise<Deleted>[] = [];
    for (const effect of effects) {
      if (effect.kind !== 'delete-pod' || phaseOf(effect) !== phase) continue;
      (effect.gates ? gating : others).push(this.#delete(effect, pass).then((end) => ({ effect, end })));
    }
    const started = { gating: Promise.all(gating), others: Promise.all(others) };
    // Awaited later in the pass; until then a bug in one of them must not count as unhandled.
    started.gating.catch(() => undefined);
    started.others.catch(() => undefined);
    return started;
  }

  async #delete(effect: DeleteEffect, pass: Pass): Promise<PassEnd> {
    const { namespace, calls, pods, clock } = this.#options;
    const { uid, name } = effect.pod;
    const request = deleteRequest(PODS, { namespace, name, uid, gracePeriodSeconds: effect.graceSeconds });
    const outcome = await calls.send(request);
    if (outcome.kind === 'conflict' && !saysOtherUid(outcome)) return this.#changed(uid);
    // Another pod has that name by now, or none: the one that was meant is gone.
    const isGone = outcome.kind === 'notFound' || outcome.kind === 'conflict';
    if (outcome.kind !== 'ok' && !isGone) {
      return { kind: 'failed', failure: outcome, what: `${name} was not deleted` };
    }
    const answered = outcome.kind === 'ok' ? readObject(outcome.body, readPodObject) : undefined;
    if (answered !== undefined) pods.applyOwnWrite(answered, clock.now());
    pods.applyOwnDelete(uid, effect.graceSeconds ?? answered?.deletion?.graceSeconds ?? 0);
    if (outcome.kind === 'ok') pass.deleted.push(effect);
    return done;
  }

  #changed(uid: PodUid): PassEnd {
    const resourceVersion = this.#options.pods.memberByUid(uid)?.resourceVersion ?? '';
    return { kind: 'pod-changed', uid, resourceVersion };
  }

  /** Labels that must go, go first; then the new one is set while the application is told. */
  async #route(decision: Decision, instead: readonly LabelEffect[], pass: Pass): Promise<PassEnd> {
    const { effects } = decision;
    const unroute = [...instead, ...effects.filter((effect) => phaseOf(effect) === 'unroute')];
    if (unroute.length > 0 && this.#isSuperseded(decision)) return { kind: 'lost' };
    const gating: Promise<PassEnd>[] = [];
    const others: Promise<PassEnd>[] = [];
    for (const effect of unroute) {
      if (effect.kind === 'withdraw-traffic') gating.push(this.#withdrawTraffic());
      else if (effect.kind === 'label-pod')
        (this.#mayBeRouted(effect.pod.uid) ? gating : others).push(this.#label(effect));
    }
    const unrouted = worst(await Promise.all(gating));
    const routed = unrouted.kind === 'done' ? await this.#routeHolder(decision, pass) : unrouted;
    return worst([routed, ...(await Promise.all(others))]);
  }

  /** Who refuses the label of another member than these holds up nothing: no traffic reaches it. */
  #mayBeRouted(uid: PodUid): boolean {
    const member = this.#options.pods.memberByUid(uid);
    return member === undefined || member.roleLabel === 'active';
  }

  async #routeHolder(decision: Decision, pass: Pass): Promise<PassEnd> {
    const route = decision.effects.filter((effect) => phaseOf(effect) === 'route-and-notify');
    if (route.length === 0) return done;
    if (this.#isSuperseded(decision)) return { kind: 'lost' };
    const routed = Promise.all(route.map((effect) => this.#routeBy(effect))).then(worst);
    for (const effect of route) {
      if (effect.kind === 'tell-pod') this.#tell(effect, routed, pass);
    }
    const end = await routed;
    if (end.kind === 'done') pass.moments.routedAt ??= this.#options.clock.now();
    return end;
  }

  /** An answer came late: meanwhile the record has moved on, and what was decided may be the opposite of what is due. */
  #isSuperseded({ effects, holder }: Decision): boolean {
    const epoch = effects.map(epochOf).find((one) => one !== undefined);
    return holder === undefined || epoch === undefined || !this.#options.records.names(epoch, holder);
  }

  #tell(effect: TellEffect, routed: Promise<PassEnd>, pass: Pass): void {
    this.#options.teller.start(effect, routed, (sentAt) => {
      if (effect.role === 'active') pass.moments.notifiedAt ??= sentAt;
    });
  }

  async #routeBy(effect: Effect): Promise<PassEnd> {
    switch (effect.kind) {
      case 'label-pod':
        return this.#label(effect);
      case 'follow-record':
        return this.#follow();
      default:
        return done;
    }
  }

  async #follow(): Promise<PassEnd> {
    const outcome = await this.#options.records.follow();
    if (outcome.kind === 'written') return done;
    if (outcome.kind === 'lost') return outcome;
    return { ...outcome, what: 'the second address family does not follow the record' };
  }

  async #label(effect: LabelEffect): Promise<PassEnd> {
    const { namespace, calls, pods, clock } = this.#options;
    const { uid, name } = effect.pod;
    const member = pods.memberByUid(uid);
    // Newer than what was decided on, and seen: the label still belongs there, unless a later epoch has been.
    const resourceVersion = member?.resourceVersion ?? effect.resourceVersion;
    // The record has fallen behind the pods: somebody restored it. An epoch is never lowered; it is looked at again later.
    if (member !== undefined && believable(member.labelEpoch) > effect.epoch) return this.#changed(uid);
    const metadata = encodeRole(effect, member);
    const patch = objectPatch({ uid, resourceVersion }, { metadata });
    const outcome = await calls.send(mergePatchRequest(PODS, { namespace, name, patch }));
    switch (outcome.kind) {
      case 'ok': {
        const labelled = readObject(outcome.body, readPodObject);
        if (labelled !== undefined) pods.applyOwnWrite(labelled, clock.now());
        return done;
      }
      case 'conflict':
        return { kind: 'pod-changed', uid, resourceVersion };
      default:
        if (outcome.kind !== 'notFound' && !saysOtherUid(outcome))
          return { kind: 'failed', failure: outcome, what: `${name} was not labelled ${effect.role}` };
        // A pod that is gone gets no traffic; as the new holder it is waited for, and decided without.
        return effect.role === 'standby' ? done : { kind: 'pod-changed', uid, resourceVersion };
    }
  }
}

const recordEffects: ReadonlySet<Effect['kind']> = new Set<RecordEffect['kind']>([
  'write-record',
  'write-traffic',
  'touch-traffic',
  'note-end',
  'retire-record',
]);

function isOfRecord(effect: Effect): effect is RecordEffect {
  return recordEffects.has(effect.kind);
}

function endsOf(deletes: readonly Deleted[]): readonly PassEnd[] {
  return deletes.map(({ end }) => end);
}

function epochOf(effect: Effect): Epoch | undefined {
  return 'epoch' in effect ? effect.epoch : undefined;
}

function readPodObject(raw: unknown) {
  return decodePod(raw, podDecoding);
}

const badness = { done: 0, 'pod-changed': 1, lost: 2, failed: 3 } as const;

/** What the loop has to do next is said by the worst end. */
function worst(ends: readonly PassEnd[]): PassEnd {
  return ends.reduce((left, right) => (badness[right.kind] > badness[left.kind] ? right : left), done);
}
