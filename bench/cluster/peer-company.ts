/**
 * Owns an application that a peer's controllers look after, as clients see it: who answers is the active one.
 * Must not read the peer's own record: none is known.
 */

import type { AnsweredAttempt } from '../../src/cli/steady-client/attempt.ts';
import type { ClientProcess } from '../../src/cli/steady-client/client-process.ts';
import { machineNowMs } from '../../src/cli/steady-client/machine-time.ts';
import type { PodObject } from '../../src/kube/decode-pod.ts';
import type { Cluster } from '../../test/cluster/cluster.ts';
import type { Machine } from '../../test/e2e/bed.ts';
import { podOf } from '../../test/e2e/checkers/turns.ts';
import { startProber } from '../../test/e2e/prober.ts';
import { amid } from '../../test/e2e/scene/circumstances.ts';
import { heardUntil, observeDefaultMs, type Scene, viewOf } from '../../test/e2e/scene/measure.ts';
import { fillNamespace } from '../../test/e2e/singleton/create-singleton.ts';
import type { GoodStanding, Singleton } from '../../test/e2e/singleton/singleton.ts';
import type { ControllerPair, Stage } from '../../test/e2e/stage.ts';
import { Calm, describePods } from './calm.ts';
import { type Company, controllersCalmMs, type Figures } from './contender.ts';
import { removePeerApplication } from './peer-application.ts';

export interface PeerCompanyParts {
  readonly cluster: Cluster;
  readonly stage: Stage;
  readonly namespace: string;
  readonly controllers: () => readonly PodObject[];
  readonly findControllers: () => Promise<ControllerPair>;
}

const answerWithinMs = 30_000;
const firstAnswerWithinMs = 120_000;
const goodOrderWithinMs = 120_000;
/** As for the project's own scenes: see playScene. */
const calmMs = 2_500;
const jitterMs = 1_000;

export class PeerCompany implements Company {
  readonly stage: Stage;
  readonly findControllers: () => Promise<ControllerPair>;
  readonly election: Figures;
  readonly #parts: PeerCompanyParts;
  readonly #singleton: Singleton;
  readonly #calm: { readonly application: Calm; readonly controllers: Calm };
  #prober: ClientProcess;

  private constructor(
    parts: PeerCompanyParts,
    singleton: Singleton,
    prober: ClientProcess,
    election: Figures,
  ) {
    const { stage, findControllers, controllers } = parts;
    this.stage = stage;
    this.findControllers = findControllers;
    this.election = election;
    this.#parts = parts;
    this.#singleton = singleton;
    this.#prober = prober;
    this.#calm = {
      application: new Calm(stage.recorder, () => describePods(singleton.pods())),
      controllers: new Calm(stage.recorder, () => describePods(controllers())),
    };
  }

  static async gather(parts: PeerCompanyParts): Promise<PeerCompany> {
    const { stage, cluster, namespace } = parts;
    await removePeerApplication(cluster, namespace);
    const singleton = await fillNamespace(stage, { namespace });
    const prober = startProber(singleton);
    try {
      return new PeerCompany(parts, singleton, prober, await watchElection(singleton, prober));
    } catch (error) {
      await prober.stop();
      await removePeerApplication(cluster, namespace);
      throw error;
    }
  }

  get prober(): ClientProcess {
    return this.#prober;
  }

  readonly active = async () => (await this.#goodOrder()).active;

  controllersCalm(): Promise<void> {
    return this.#calm.controllers.reached(controllersCalmMs, 'the controllers', this.#prober);
  }

  play(scene: Scene): Promise<Figures> {
    return amid(scene.amid, this.#singleton, () => this.#playAlone(scene));
  }

  async #playAlone(scene: Scene): Promise<Figures> {
    await this.#calm.application.reached(calmMs + Math.random() * jitterMs, 'the application', this.#prober);
    const before = await this.#goodOrder();
    const struckAtMs = await scene.strike(before);
    const answer =
      scene.expected === 'failover' ? await this.#firstAnswer(scene, before, struckAtMs) : undefined;
    const untilMs =
      (answer?.endedAtMs ?? machineNowMs()) + (scene.observeMs ?? observeDefaultMs[scene.expected]);
    await heardUntil(this.#prober, this.#singleton, untilMs);
    const heir = answer === undefined ? undefined : podOf(answer.outcome.line);
    const clients = viewOf(this.#prober.log, { fromMs: struckAtMs, untilMs }, heir);
    return { clients, result: undefined };
  }

  async askFrom(machine: Machine): Promise<void> {
    await this.#prober.stop();
    this.#prober = startProber(this.#singleton, { machine });
  }

  async problems(): Promise<readonly string[]> {
    return [];
  }

  async dismiss(): Promise<void> {
    for (const calm of Object.values(this.#calm)) calm.stop();
    await this.#prober.stop();
    await removePeerApplication(this.#parts.cluster, this.#parts.namespace);
    await this.stage.close();
  }

  /** Resolves when clients hear a pod that is Ready, and another one is Ready beside it. */
  #goodOrder(): Promise<GoodStanding> {
    return this.stage.recorder.waitFor(() => this.#standing(), goodOrderWithinMs, [
      (listener) => this.#prober.log.subscribe(listener),
    ]);
  }

  #standing(): GoodStanding | string {
    const fit = this.#singleton.pods().filter(({ ready, deletion }) => ready && deletion === undefined);
    const last = this.#prober.log.attempts.at(-1);
    const answer = this.#prober.log.lastAnswer();
    if (last === undefined || answer === undefined || last.startedAtMs - answer.startedAtMs > calmMs)
      return 'clients that are answered';
    const active = fit.find(({ name }) => name === podOf(answer.outcome.line));
    if (active === undefined) return 'an answer of a pod that is Ready';
    const standbys = fit.filter(({ uid }) => uid !== active.uid);
    return standbys.length === 0 ? 'a standby that is Ready' : { active, standbys, epoch: 0 };
  }

  #firstAnswer(scene: Scene, { active }: GoodStanding, struckAtMs: number): Promise<AnsweredAttempt> {
    return this.stage.recorder.waitFor(
      () =>
        this.#prober.log.firstAnswer(struckAtMs, (line) => podOf(line) !== active.name) ??
        `another answer than that of ${active.name}`,
      scene.answerWithinMs ?? answerWithinMs,
      [(listener) => this.#prober.log.subscribe(listener)],
    );
  }
}

/** From the first member that is Ready to the first answer. */
async function watchElection(singleton: Singleton, prober: ClientProcess): Promise<Figures> {
  const { recorder } = singleton.stage;
  const answer = await recorder.waitFor(
    () => prober.log.firstAnswer(0, () => true) ?? 'a first answer',
    firstAnswerWithinMs,
    [(listener) => prober.log.subscribe(listener)],
  );
  const untilMs = answer.endedAtMs + observeDefaultMs.failover;
  await heardUntil(prober, singleton, untilMs);
  const fromMs = singleton.history().pods.find(({ pod }) => pod.ready && singleton.isMember(pod))?.atMs;
  const window = { fromMs: fromMs ?? answer.endedAtMs, untilMs };
  return { clients: viewOf(prober.log, window, podOf(answer.outcome.line)), result: undefined };
}
