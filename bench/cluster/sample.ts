/**
 * Owns what is kept of each time a scene was played, whoever's controllers it was.
 * Must not sum up.
 */
import { loadavg } from 'node:os';
import type { ClientView, SceneResult } from '../../test/e2e/scene/scene-result.ts';

interface Played {
  /** Whose controllers, as the tables name them. */
  readonly controllers: string;
  /** As the catalogue names it. */
  readonly scene: string;
  /** From 1. */
  readonly run: number;
  /** Processes that wanted to run, averaged over the minute before: of the whole machine, the cluster too. */
  readonly load: number;
}

export interface Measured extends Played {
  readonly kind: 'measured';
  readonly clients: ClientView;
  /** What the API and the controllers said; of peers, nobody knows how to read it. */
  readonly result: SceneResult | undefined;
}

/** It was struck, and nobody else answered in time. */
export interface NeverAnswered extends Played {
  readonly kind: 'never';
  readonly because: string;
}

export type Sample = Measured | NeverAnswered;

export function isMeasured(sample: Sample): sample is Measured {
  return sample.kind === 'measured';
}

export function loadNow(): number {
  return loadavg()[0] ?? 0;
}
