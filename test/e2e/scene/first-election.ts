/**
 * Owns the measuring of a first election: from the first member that is Ready to its first answer.
 * Must not count how long pods take to start: that is not the controllers' time.
 */
import type { ClientProcess } from '../../../src/cli/steady-client/client-process.ts';
import { podOf } from '../checkers/turns.ts';
import { type ProberOptions, startProber } from '../prober.ts';
import { putSingleton, type SingletonOptions } from '../singleton/create-singleton.ts';
import type { Singleton } from '../singleton/singleton.ts';
import type { Stage } from '../stage.ts';
import { heardUntil, viewOf } from './measure.ts';
import { momentsOf, phasesOf, sliceChangesOf } from './moments.ts';
import type { SceneResult } from './scene-result.ts';
import { controllerPart } from './timelines.ts';

const answerWithinMs = 60_000;
const observeMs = 1_500;

export interface FirstElection {
  readonly singleton: Singleton;
  /** Still asking. */
  readonly prober: ClientProcess;
  readonly result: SceneResult;
}

/** Clients ask before there is anybody. Rejects with NotReached when nobody ever answers them. */
export async function playFirstElection(
  stage: Stage,
  options: SingletonOptions,
  proberOptions: ProberOptions = {},
): Promise<FirstElection> {
  const singleton = await putSingleton(stage, options);
  const prober = startProber(singleton, proberOptions);
  try {
    const result = await watchElection(singleton, prober);
    return { singleton, prober, result };
  } catch (error) {
    await prober.stop();
    await singleton.remove();
    throw error;
  }
}

async function watchElection(singleton: Singleton, prober: ClientProcess): Promise<SceneResult> {
  const { stage, place } = singleton;
  const { namespace, service } = place;
  const holesBefore = stage.recorder.holes.length;
  const answer = await stage.recorder.waitFor(
    () => prober.log.firstAnswer(0, () => true) ?? 'a first answer',
    answerWithinMs,
    [(listener) => prober.log.subscribe(listener)],
  );
  const untilMs = answer.endedAtMs + observeMs;
  await heardUntil(prober, singleton, untilMs);
  const history = singleton.history();
  const record = singleton.record();
  const heir = podOf(answer.outcome.line);
  const fromMs = history.pods.find(({ pod }) => pod.ready)?.atMs ?? answer.endedAtMs;
  const moments = momentsOf(history, {
    struckAtMs: fromMs,
    active: undefined,
    heirUid: record?.holder?.uid ?? '',
    service,
    answeredAtMs: answer.endedAtMs,
  });
  const epoch = record?.epoch ?? 0;
  const window = { fromMs, untilMs };
  return {
    scene: 'first election',
    from: '',
    to: heir,
    epochs: { before: 0, after: epoch },
    connections: viewOf(prober.log, window, heir),
    datagrams: prober.datagrams.attempts.length > 0 ? viewOf(prober.datagrams, window, heir) : undefined,
    evidence: undefined,
    momentsMs: moments,
    phasesMs: phasesOf(moments),
    sliceChangesMs: sliceChangesOf(history, service, window),
    controller: await controllerPart(stage, { namespace, epoch, struckAtMs: fromMs }),
    holes: stage.recorder.holes.length - holesBefore,
  };
}
