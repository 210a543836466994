/**
 * Owns what is asked of a set of controllers to be measured, whoever's they are, and of an application they look after.
 * Must not know any of them.
 */
import type { ClientProcess } from '../../src/cli/steady-client/client-process.ts';
import type { PodObject } from '../../src/kube/decode-pod.ts';
import type { Machine } from '../../test/e2e/bed.ts';
import type { Scene } from '../../test/e2e/scene/measure.ts';
import type { ClientView, SceneResult } from '../../test/e2e/scene/scene-result.ts';
import type { ControllerPair, Stage } from '../../test/e2e/stage.ts';
import type { MeasuredScene } from './measured-scenes.ts';

export interface Contender {
  /** As the tables name it. */
  readonly name: string;
  /** Puts the controllers into the cluster, and no others; resolves when they are ready. */
  put(): Promise<void>;
  /** Whether this scene can be played here, and tells something. Known once they are there. */
  canPlay(scene: MeasuredScene): boolean;
  /** A new application, looked after by them, with its first active. */
  gather(): Promise<Company>;
  /** What was put there to be measured, in whatever state it is. */
  takeAway(): Promise<void>;
}

export interface Figures {
  readonly clients: ClientView;
  readonly result: SceneResult | undefined;
}

/** One application, its controllers, and clients who ask it. */
export interface Company {
  readonly stage: Stage;
  readonly prober: ClientProcess;
  /** How it came to its first active. */
  readonly election: Figures;
  readonly active: () => Promise<PodObject>;
  readonly findControllers: () => Promise<ControllerPair>;
  /** Resolves when controllers are ready and nothing has changed with them for a while. */
  controllersCalm(): Promise<void>;
  /** Rejects with NotReached: nobody answered in time, or it did not come to good order before. */
  play(scene: Scene): Promise<Figures>;
  /** From now on clients ask from there; what earlier ones have seen counts no more. */
  askFrom(machine: Machine): Promise<void>;
  /** What was seen, since it was asked last, that must not be; one sentence each. */
  problems(): Promise<readonly string[]>;
  dismiss(): Promise<void>;
}

/** A controller that has just started is busy with itself, and so is its kubelet. */
export const controllersCalmMs = 3_000;
