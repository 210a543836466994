/**
 * Owns the carrying out of one decision, phase by phase, exactly as src/core/decision.ts says.
 * Must not decide, retry or wait for a change: how a pass ended says what its loop does next.
 */
import { type Decision, type Effect, type Phase, phaseOf } from '../core/decision.ts';
import type { PodUid } from '../core/identity.ts';
import { decodePod } from '../kube/decode-pod.ts';
import { deleteRequest, mergePatchRequest, objectPatch } from '../kube/request.ts';
import { PODS } from '../kube/resources.ts';
import type { Clock, MonotonicMs } from '../time/clock.ts';
import { type ApiCalls, type CallFailure, readObject } from './api-calls.ts';
import type { Teller } from './notify.ts';
import { podDecoding } from './pod-codec.ts';
import type { RecordWriter } from './record-writer.ts';
import type { SingletonPods } from './singleton-pods.ts';
import type { Moments } from './timeline.ts';
import { words } from './words.ts';

export type PassEnd =
  | { readonly kind: 'done' }
  /** The record is another one than the decision was made on: decide again. */
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
  readonly recordWriter: RecordWriter;
  readonly teller: Teller;
}

export type DeleteEffect = Extract<Effect, { readonly kind: 'delete-pod' }>;
type LabelEffect = Extract<Effect, { readonly kind: 'label-pod' }>;

/** What one pass has come to so far. */
interface Pass {
  readonly moments: Moments;
  readonly deleted: DeleteEffect[];
  recordWritten: boolean;
}

interface StartedDeletes {
  readonly gating: Promise<readonly PassEnd[]>;
  readonly others: Promise<readonly PassEnd[]>;
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

  async #runPhases({ effects, because }: Decision, pass: Pass): Promise<PassEnd> {
    // Both are on the wire before either is answered: the rule's deletes are due whoever wins the record.
    const recorded = this.#writeRecord(effects, because.code, pass);
    const ruled = this.#startDeletes(effects, 'record', pass);
    const end = await recorded;
    if (end.kind !== 'done') return worst([end, ...(await ruled.gating), ...(await ruled.others)]);
    const fences = this.#startDeletes(effects, 'fence', pass);
    const routed = await this.#fenceAndRoute(effects, [await ruled.gating, await fences.gating].flat(), pass);
    return worst([routed, ...(await ruled.others), ...(await fences.others)]);
  }

  async #fenceAndRoute(effects: readonly Effect[], fences: readonly PassEnd[], pass: Pass): Promise<PassEnd> {
    if (fences.length > 0) {
      const end = worst(fences);
      if (end.kind !== 'done') return end;
      pass.moments.fencedAt = this.#options.clock.now();
    }
    return this.#route(effects, pass);
  }

  async #writeRecord(effects: readonly Effect[], code: string, pass: Pass): Promise<PassEnd> {
    const effect = effects.find((one) => one.kind === 'write-record');
    if (effect === undefined) return done;
    const outcome = await this.#options.recordWriter.write(effect.write, code);
    if (outcome.kind === 'failed') return { ...outcome, what: 'the record was not written' };
    if (outcome.kind === 'lost') return outcome;
    pass.recordWritten = true;
    pass.moments.recordWrittenAt = this.#options.clock.now();
    return done;
  }

  /** Deletes of one phase go out at once; those that do not gate are looked at when the rest of the pass is over. */
  #startDeletes(effects: readonly Effect[], phase: Phase, pass: Pass): StartedDeletes {
    const gating: Promise<PassEnd>[] = [];
    const others: Promise<PassEnd>[] = [];
    for (const effect of effects) {
      if (effect.kind !== 'delete-pod' || phaseOf(effect) !== phase) continue;
      (effect.gates ? gating : others).push(this.#delete(effect, pass));
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
    if (outcome.kind === 'conflict' && !saysOtherUid(outcome.message)) return this.#changed(uid);
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
  async #route(effects: readonly Effect[], pass: Pass): Promise<PassEnd> {
    const unroute = effects.filter((effect) => phaseOf(effect) === 'unroute');
    if (unroute.length > 0) {
      const end = worst(await Promise.all(unroute.map((effect) => this.#labelIf(effect))));
      if (end.kind !== 'done') return end;
    }
    const route = effects.filter((effect) => phaseOf(effect) === 'route-and-notify');
    if (route.length === 0) return done;
    const routed = Promise.all(route.map((effect) => this.#labelIf(effect))).then(worst);
    for (const effect of route) {
      if (effect.kind === 'tell-pod') this.#tell(effect, routed, pass);
    }
    const end = await routed;
    if (end.kind === 'done') pass.moments.routedAt = this.#options.clock.now();
    return end;
  }

  #tell(effect: Extract<Effect, { readonly kind: 'tell-pod' }>, routed: Promise<PassEnd>, pass: Pass): void {
    this.#options.teller.start(effect, routed, (sentAt) => {
      pass.moments.notifiedAt ??= sentAt;
    });
  }

  async #labelIf(effect: Effect): Promise<PassEnd> {
    return effect.kind === 'label-pod' ? this.#label(effect) : done;
  }

  async #label(effect: LabelEffect): Promise<PassEnd> {
    const { namespace, calls, pods, clock } = this.#options;
    const { uid, name } = effect.pod;
    const member = pods.memberByUid(uid);
    // Newer than what was decided on, and seen: the label still belongs there, unless a later epoch has been.
    const resourceVersion = member?.resourceVersion ?? effect.resourceVersion;
    // The record has fallen behind the pods: somebody restored it. An epoch is never lowered; it is looked at again later.
    if (member !== undefined && member.labelEpoch > effect.epoch) return this.#changed(uid);
    const metadata = {
      labels: { [words.role]: effect.role },
      annotations: { [words.epoch]: String(effect.epoch) },
    };
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
      case 'notFound':
      case 'invalid':
        // It is gone, or another pod has its name by now: a patch that names another UID is answered 422. A pod that is
        // gone gets no traffic; as the new holder it is waited for, and decided without.
        return effect.role === 'standby' ? done : { kind: 'pod-changed', uid, resourceVersion };
      default:
        return { kind: 'failed', failure: outcome, what: `${name} was not labelled ${effect.role}` };
    }
  }
}

/** apimachinery's storage preconditions: "Precondition failed: UID in precondition: …, UID in object meta: …". */
function saysOtherUid(message: string): boolean {
  return /\bUID in precondition\b/i.test(message);
}

function readPodObject(raw: unknown) {
  return decodePod(raw, podDecoding);
}

const badness = { done: 0, 'pod-changed': 1, lost: 2, failed: 3 } as const;

/** What the loop has to do next is said by the worst end. */
function worst(ends: readonly PassEnd[]): PassEnd {
  return ends.reduce((left, right) => (badness[right.kind] > badness[left.kind] ? right : left), done);
}
