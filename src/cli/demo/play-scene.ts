/**
 * Owns the playing of one scene: good order, strike, what the client hears, what the cluster says, the figures.
 * Must not print; it says what it waits for, and its result carries the rest.
 */
import type { PodObject } from '../../kube/decode-pod.ts';
import { timelineOf } from '../hapod/controller-health.ts';
import { failoverPhases } from '../hapod/failover-phases.ts';
import { type HapodCluster, isAnswerOf } from '../hapod/hapod-cluster.ts';
import type { GoodStanding } from '../hapod/standing.ts';
import { machineNowMs, machineTimeOfWallMs } from '../steady-client/machine-time.ts';
import { endIsReported, failoverProblem, movementProblem, runsAgain } from './outcome.ts';
import type { Scene } from './scene.ts';
import type { SceneResult } from './scene-result.ts';

/** Far above what anything here takes: who meets one of these has found a fault. */
const answerWithinMs = 10_000;
const settledWithinMs = 5_000;
const restartWithinMs = 10_000;

/** What the client saw is looked at from a little before the strike: its last answer lies there. */
const marginMs = 100;
/** Answers that show, after nothing had to move, that nothing did. */
const calmAnswers = 20;

export interface Stage {
  readonly cluster: HapodCluster;
  readonly signal: AbortSignal;
  readonly waitingFor: (what: string) => void;
}

/** Plays the scene from the good standing `before`. Rejects only when the demo is ended meanwhile. */
export async function playScene(scene: Scene, before: GoodStanding, stage: Stage): Promise<SceneResult> {
  try {
    stage.waitingFor(scene.takesTime ?? '');
    const struckAtMs = await scene.strike(stage.cluster, before);
    return scene.expected === 'failover'
      ? await watchFailover(scene, before, stage, struckAtMs)
      : await watchNothing(scene, before, stage, struckAtMs);
  } catch (error) {
    stage.signal.throwIfAborted();
    return failed(scene, before, stage, error instanceof Error ? error.message : String(error));
  }
}

async function watchFailover(
  scene: Scene,
  before: GoodStanding,
  { cluster, signal, waitingFor }: Stage,
  struckAtMs: number,
): Promise<SceneResult> {
  const { active, standby, epoch } = before;
  waitingFor(`${standby.name} to answer`);
  const { log } = cluster.client;
  const answer = await cluster.waitFor(
    () => log.firstAnswer(struckAtMs, (line) => isAnswerOf(standby, line)) ?? `an answer of ${standby.name}`,
    answerWithinMs,
    signal,
  );
  const settled = () => failoverProblem(before, cluster.standing(), cluster.pods());
  await cluster.waitFor(() => toCondition(settled()), settledWithinMs, signal);
  const controllers = [before.activeController, before.standbyController];
  const timeline = await timelineOf(controllers, epoch + 1);
  if (scene.controllerToo && timeline.controller === before.activeController.name) {
    throw new Error(`${timeline.controller} acted, though it was killed in that instant`);
  }
  return {
    title: scene.title,
    passed: true,
    outcome: `${standby.name} answers, epoch ${epoch} → ${epoch + 1}`,
    ...clientView(log, struckAtMs - marginMs, answer.endedAtMs),
    phasesMs: failoverPhases(
      {
        struckAtMs,
        reportedAtMs: reportedAtMs(cluster, scene, active, struckAtMs),
        answeredAtMs: answer.endedAtMs,
      },
      machineTimeOfWallMs(timeline.seenAtMs),
      timeline.phasesMs,
    ),
    notifyMs: timeline.phasesMs.notify,
    from: active.name,
    to: standby.name,
    epoch: { before: epoch, after: epoch + 1 },
    controller: timeline.controller,
  };
}

/** What Kubernetes does by itself: the endpoint of a pod that is not Ready gets no traffic. */
const leftOut = 'nothing moved; while the pod was not Ready, Kubernetes kept traffic from it';

async function watchNothing(
  scene: Scene,
  before: GoodStanding,
  { cluster, signal, waitingFor }: Stage,
  struckAtMs: number,
): Promise<SceneResult> {
  const { active, epoch } = before;
  const { log } = cluster.client;
  waitingFor(`the kubelet to restart ${scene.ends.join(', ')}`);
  const isBack = () => {
    const now = cluster.pods().find((pod) => pod.uid === active.uid);
    return toCondition(now !== undefined && runsAgain(active, now, scene.ends) ? undefined : 'the restart');
  };
  await cluster.waitFor(isBack, restartWithinMs, signal);
  const restartedAtMs = machineNowMs();
  waitingFor(`${calmAnswers} more answers of ${active.name}`);
  const isCalm = () => {
    const answers = log.attempts.filter(
      ({ startedAtMs, outcome }) =>
        startedAtMs > restartedAtMs && outcome.kind === 'answered' && isAnswerOf(active, outcome.line),
    );
    return toCondition(answers.length >= calmAnswers ? undefined : `answers of ${active.name}`);
  };
  await cluster.waitFor(isCalm, answerWithinMs, signal);
  const view = clientView(log, struckAtMs - marginMs, machineNowMs());
  const problem = movementProblem(before, cluster.standing());
  return {
    title: scene.title,
    passed: problem === undefined,
    outcome: problem ?? (view.failedAttempts === 0 ? 'nothing moved' : leftOut),
    ...view,
    phasesMs: undefined,
    notifyMs: undefined,
    from: active.name,
    to: active.name,
    epoch: { before: epoch, after: cluster.standing().record?.epoch ?? 0 },
    controller: undefined,
  };
}

function failed(scene: Scene, before: GoodStanding, { cluster }: Stage, why: string): SceneResult {
  const now = cluster.standing();
  return {
    title: scene.title,
    passed: false,
    outcome: why,
    gapMs: undefined,
    failedAttempts: 0,
    phasesMs: undefined,
    notifyMs: undefined,
    from: before.active.name,
    to: now.record?.holder ?? 'nobody',
    epoch: { before: before.epoch, after: now.record?.epoch ?? 0 },
    controller: undefined,
  };
}

function clientView(log: HapodCluster['client']['log'], fromMs: number, untilMs: number) {
  return { gapMs: log.longestGapMs(fromMs, untilMs), failedAttempts: log.failedCount(fromMs, untilMs) };
}

/** When the kubelet's report of the end was in the API; undefined where the API was told itself. */
function reportedAtMs(cluster: HapodCluster, scene: Scene, active: PodObject, struckAtMs: number) {
  const changes = cluster.podChanges(active.uid, struckAtMs);
  return changes.find(({ pod }) => endIsReported(active, pod, scene.ends))?.atMs;
}

function toCondition(missing: string | undefined): object | string {
  return missing ?? {};
}
