/**
 * Owns one singleton on the real cluster through several scenes: played one after the other, each held to the guarantees
 * by all that was seen since the singleton was there, and printed. Must not know what a scene strikes.
 */
import assert from 'node:assert/strict';
import type { ClientProcess } from '../../../src/cli/steady-client/client-process.ts';
import type { JsonObject } from '../../../src/kube/decode.ts';
import { decodeIdentity } from '../../../src/kube/decode-meta.ts';
import { type Cluster, openCluster } from '../../cluster/cluster.ts';
import { interruptionProblems, unansweredAttempts } from '../checkers/uninterrupted.ts';
import { type ProberOptions, startProber } from '../prober.ts';
import { putControllers } from '../put-controllers.ts';
import type { SingletonOptions } from '../singleton/create-singleton.ts';
import { Singleton, type SingletonPlace } from '../singleton/singleton.ts';
import { type ControllerPlace, deployedControllers, Stage } from '../stage.ts';
import { statusTellsTruth } from './end-of-scene.ts';
import { playFirstElection } from './first-election.ts';
import { guaranteeProblems } from './guarantees.ts';
import { type Played, playScene, type Scene } from './measure.ts';
import { resultLines, type SceneResult } from './scene-result.ts';

/** The cluster that runs, with these controllers in good order and no others. */
export async function openStage(
  place: ControllerPlace = deployedControllers,
): Promise<{ readonly cluster: Cluster; readonly stage: Stage }> {
  const cluster = openCluster();
  await putControllers(cluster, place);
  const stage = await Stage.open(cluster, place);
  await stage.controllersInGoodOrder();
  return { cluster, stage };
}

export class Troupe {
  readonly singleton: Singleton;
  /** How the singleton came to its first active; undefined where it was there already. */
  readonly election: SceneResult | undefined;
  readonly #auditMark: number | undefined;
  readonly #byOthers = new Set<bigint>();
  #prober: ClientProcess;

  private constructor(
    singleton: Singleton,
    election: SceneResult | undefined,
    prober: ClientProcess,
    auditMark: number | undefined,
  ) {
    this.singleton = singleton;
    this.election = election;
    this.#prober = prober;
    this.#auditMark = auditMark;
  }

  /** A singleton of its own, in a namespace of its own. */
  static async gather(stage: Stage, options: SingletonOptions): Promise<Troupe> {
    const auditMark = stage.audit?.mark();
    const { singleton, prober, result } = await playFirstElection(stage, options);
    return new Troupe(singleton, result, prober, auditMark);
  }

  /** One that somebody else has put there, and takes away. */
  static join(stage: Stage, place: SingletonPlace, options: ProberOptions): Troupe {
    const singleton = new Singleton(stage, place);
    return new Troupe(singleton, undefined, startProber(singleton, options), stage.audit?.mark());
  }

  get prober(): ClientProcess {
    return this.#prober;
  }

  /** Plays it, prints what was seen, and holds what is promised. */
  async play(scene: Scene): Promise<Played> {
    const played = await playScene(scene, this.singleton, this.#prober);
    this.print(played.result);
    await this.holdPromises();
    return played;
  }

  /** G6: the active alone answered every attempt. Those of the last second may not be over. */
  assertUninterrupted({ before: { active }, struckAtMs, observedUntilMs }: Played): void {
    const window = { fromMs: struckAtMs, untilMs: observedUntilMs - 1_000, pod: active.name };
    for (const { attempts } of [this.#prober.log, this.#prober.datagrams])
      assert.deepEqual(interruptionProblems(attempts, window), []);
  }

  /** From the strike on every attempt was answered, whoever it was by. Says when those were made that were not. */
  assertAllAnswered({ struckAtMs, observedUntilMs }: Played): void {
    const { attempts } = this.#prober.log;
    assert.deepEqual(unansweredAttempts(attempts, { fromMs: struckAtMs, untilMs: observedUntilMs }), []);
  }

  /** As the API answered: the scene wrote it, in somebody else's place, and nobody is held to what it says. */
  readonly writtenByScene = (object: JsonObject): void => {
    this.#byOthers.add(BigInt(decodeIdentity(object).resourceVersion));
  };

  /** On the test's own output, where a person and a log both find it. */
  print(result: SceneResult): void {
    const whose = this.singleton.place.namespace;
    process.stdout.write(`${resultLines([{ ...result, scene: `${whose}: ${result.scene}` }]).join('\n')}\n`);
  }

  /** The guarantees by all that was seen until now, and the status at this moment. */
  async holdPromises(): Promise<void> {
    assert.deepEqual(await this.problems(), []);
    await statusTellsTruth(this.singleton, this.#auditMark);
  }

  /** What was seen until now against the guarantees; one sentence each. */
  problems(): Promise<readonly string[]> {
    return guaranteeProblems(this.singleton, {
      prober: this.#prober,
      auditMark: this.#auditMark,
      byOthers: this.#byOthers,
    });
  }

  /** From another node, say: one that stays in reach. What the earlier clients saw counts no more. */
  async askFrom(options: ProberOptions): Promise<void> {
    await this.#prober.stop();
    this.#prober = startProber(this.singleton, options);
  }

  async dismiss(): Promise<void> {
    await this.leave();
    await this.singleton.remove();
  }

  /** The singleton stays. */
  async leave(): Promise<void> {
    await this.#prober.stop();
  }
}
