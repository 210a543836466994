/**
 * Owns the measuring of one scene: the strike, what clients and the API saw of it, and the figures.
 * Must not assert: whether what came of it is right, checkers say (guarantees.ts) and the scene itself.
 */
import {
  type AnsweredAttempt,
  failedCount,
  isAnswered,
  longestGapMs,
} from '../../../src/cli/steady-client/attempt.ts';
import type { ClientLog } from '../../../src/cli/steady-client/client-log.ts';
import type { ClientProcess } from '../../../src/cli/steady-client/client-process.ts';
import { machineNowMs } from '../../../src/cli/steady-client/machine-time.ts';
import { words } from '../../../src/controller/words.ts';
import { decodeMeta } from '../../../src/kube/decode-meta.ts';
import { podOf } from '../checkers/turns.ts';
import { errorCounts } from '../checkers/uninterrupted.ts';
import { answersOf } from '../prober.ts';
import type { RecordedChange } from '../recorder/recorded-change.ts';
import type { GoodStanding, Singleton } from '../singleton/singleton.ts';
import { amid, type Circumstance } from './circumstances.ts';
import { evidenceOf, momentsOf, phasesOf, sliceChangesOf } from './moments.ts';
import type { ClientView, SceneResult } from './scene-result.ts';
import { controllerPart } from './timelines.ts';

export interface Scene {
  readonly name: string;
  /** `failover`: somebody else has to answer. `nothing`: the same one has to, all the time. */
  readonly expected: 'failover' | 'nothing';
  /** Resolves to the machine time (ms) of the strike. */
  readonly strike: (before: GoodStanding) => Promise<number> | number;
  /** For the next one's first answer. Far above what it takes, but for lost nodes. */
  readonly answerWithinMs?: number;
  /** How long clients are listened to after that answer (or the strike, where nothing has to move). */
  readonly observeMs?: number;
  /** How long all is left alone before the strike; up to a second more is added by chance. */
  readonly calmMs?: number;
  /** What goes on beside it, from before the calm until the end of the observation. */
  readonly amid?: Circumstance;
}

const answerWithinDefaultMs = 30_000;
const calmWithinMs = 90_000;
/**
 * Longer than a Service proxy's pause between two changes: what it did wrong at first would show. Where nothing is to
 * move, a kubelet has to notice first, up to a second late, and probes come once a second.
 */
export const observeDefaultMs = { failover: 1_500, nothing: 4_000 } as const;
/**
 * Before a strike nothing has happened for this long: a kubelet syncs a pod that has just changed up to a second late, and
 * a Service proxy pauses for a second after each change.
 */
const calmDefaultMs = 2_500;
/** A strike is not in step with anything that comes once a second. */
const jitterMs = 1_000;

/** A scene that was played, for the checkers. */
export interface Played {
  readonly result: SceneResult;
  readonly before: GoodStanding;
  readonly struckAtMs: number;
  readonly observedUntilMs: number;
}

/**
 * Waits for good order and for clients that hear the active; then strikes, and waits for the next one's first answer.
 * Rejects with NotReached when that does not come: a scene that ends otherwise is no sample.
 */
export function playScene(scene: Scene, singleton: Singleton, prober: ClientProcess): Promise<Played> {
  return amid(scene.amid, singleton, () => playAlone(scene, singleton, prober));
}

async function playAlone(scene: Scene, singleton: Singleton, prober: ClientProcess): Promise<Played> {
  const before = await calmOrder(scene, singleton, prober);
  const holesBefore = singleton.stage.recorder.holes.length;
  const struckAtMs = await scene.strike(before);
  const answer =
    scene.expected === 'failover'
      ? await firstAnswer(scene, singleton, prober, { before, struckAtMs })
      : undefined;
  const observedUntilMs =
    (answer?.endedAtMs ?? machineNowMs()) + (scene.observeMs ?? observeDefaultMs[scene.expected]);
  await heardUntil(prober, singleton, observedUntilMs);
  const result = await resultOf(scene, singleton, prober, { before, struckAtMs, answer, observedUntilMs });
  const holes = singleton.stage.recorder.holes.length - holesBefore;
  return { result: { ...result, holes }, before, struckAtMs, observedUntilMs };
}

/** The good standing that has lasted for a while, as its pods and its record say. */
async function calmOrder(
  { calmMs = calmDefaultMs }: Scene,
  singleton: Singleton,
  prober: ClientProcess,
): Promise<GoodStanding> {
  const neededMs = calmMs === 0 ? 0 : calmMs + Math.random() * jitterMs;
  const { recorder } = singleton.stage;
  const before = await recorder.waitFor(
    () => {
      const standing = singleton.standing();
      const calmForMs = machineNowMs() - lastChangeMs(singleton);
      return typeof standing !== 'string' && calmForMs < neededMs
        ? `${Math.round(neededMs)} ms without a change in ${singleton.place.namespace}`
        : standing;
    },
    calmWithinMs,
    [(listener) => prober.log.subscribe(listener)],
  );
  await answersOf(prober, singleton, before.active.name);
  return before;
}

/** Of what belongs to the singleton: its controllers' heartbeats, perhaps in the same namespace, never rest. */
function lastChangeMs({ stage, place }: Singleton): number {
  const isItsOwn = ({ namespace, resource, object }: RecordedChange) => {
    if (namespace !== place.namespace) return false;
    const { labels } = decodeMeta(object);
    if (resource === 'pods')
      return Object.entries(place.labels).every(([key, value]) => labels[key] === value);
    if (resource === 'leases') return labels[words.lease] === 'record';
    return resource === 'endpointslices' && labels[words.serviceName] === place.service;
  };
  return stage.recorder.changes.findLast(isItsOwn)?.atMs ?? 0;
}

interface Strike {
  readonly before: GoodStanding;
  readonly struckAtMs: number;
}

/** Of the pod that the record names after the strike, in an attempt that began after it. */
function firstAnswer(
  { answerWithinMs = answerWithinDefaultMs }: Scene,
  singleton: Singleton,
  prober: ClientProcess,
  { before, struckAtMs }: Strike,
): Promise<AnsweredAttempt> {
  return singleton.stage.recorder.waitFor(
    () => {
      if (!prober.running) throw new Error('the prober has ended');
      const record = singleton.record();
      const heir = record?.holder;
      if (record === undefined || heir === undefined || record.epoch <= before.epoch)
        return `an epoch after ${before.epoch}`;
      if (heir.uid === before.active.uid) return `another holder than ${before.active.name}`;
      return (
        prober.log.firstAnswer(struckAtMs, (line) => podOf(line) === heir.name) ?? `an answer of ${heir.name}`
      );
    },
    answerWithinMs,
    [(listener) => prober.log.subscribe(listener)],
  );
}

/** Resolves when what clients saw until that moment is all in. */
export async function heardUntil(prober: ClientProcess, singleton: Singleton, moment: number): Promise<void> {
  await singleton.stage.recorder.waitFor(
    () => {
      if (!prober.running) throw new Error('the prober has ended');
      const last = prober.log.attempts.at(-1);
      return last !== undefined && last.endedAtMs > moment ? {} : 'clients that go on';
    },
    moment - machineNowMs() + 10_000,
    [(listener) => prober.log.subscribe(listener)],
  );
}

interface Observed extends Strike {
  readonly answer: AnsweredAttempt | undefined;
  readonly observedUntilMs: number;
}

async function resultOf(
  scene: Scene,
  singleton: Singleton,
  prober: ClientProcess,
  { before, struckAtMs, answer, observedUntilMs }: Observed,
): Promise<Omit<SceneResult, 'holes'>> {
  const { namespace, service } = singleton.place;
  const record = singleton.record();
  const history = singleton.history();
  const failover = {
    struckAtMs,
    active: before.active,
    heirUid: answer === undefined ? '' : (record?.holder?.uid ?? ''),
    service,
    answeredAtMs: answer?.endedAtMs,
  };
  const moments = momentsOf(history, failover);
  const epoch = record?.epoch ?? 0;
  const window = { fromMs: struckAtMs, untilMs: observedUntilMs };
  const heir = answer === undefined ? undefined : podOf(answer.outcome.line);
  return {
    scene: scene.name,
    from: before.active.name,
    to: heir ?? before.active.name,
    epochs: { before: before.epoch, after: epoch },
    connections: viewOf(prober.log, window, heir),
    datagrams: prober.datagrams.attempts.length > 0 ? viewOf(prober.datagrams, window, heir) : undefined,
    evidence: evidenceOf(history, failover)?.kind,
    momentsMs: moments,
    phasesMs: phasesOf(moments),
    sliceChangesMs: sliceChangesOf(history, service, window),
    controller:
      answer === undefined
        ? undefined
        : await controllerPart(singleton.stage, { namespace, epoch, struckAtMs }),
  };
}

interface Window {
  readonly fromMs: number;
  readonly untilMs: number;
}

function lastAnswerMs({ attempts }: ClientLog, untilMs: number): number | undefined {
  const answers = attempts.filter((attempt) => isAnswered(attempt) && attempt.endedAtMs <= untilMs);
  return answers.toSorted((left, right) => left.endedAtMs - right.endedAtMs).at(-1)?.endedAtMs;
}

export function viewOf(log: ClientLog, { fromMs, untilMs }: Window, heir: string | undefined): ClientView {
  const within = log.attempts.filter(({ endedAtMs }) => endedAtMs >= fromMs && endedAtMs <= untilMs);
  const first = heir === undefined ? undefined : log.firstAnswer(fromMs, (line) => podOf(line) === heir);
  return {
    // From the last answer before it, however long that was ago on a busy machine.
    gapMs: longestGapMs(log.attempts, lastAnswerMs(log, fromMs) ?? fromMs, untilMs),
    answerMs: first === undefined ? undefined : first.endedAtMs - fromMs,
    attempts: within.length,
    failures: failedCount(within, fromMs, untilMs) === 0 ? {} : Object.fromEntries(errorCounts(within)),
  };
}
