/**
 * Owns what one run is made of: its world and everything that is to happen in it, drawn from the seed alone.
 * Must not run anything. A plan is plain data: it can be printed, and be made smaller.
 */
import type { Random } from '../../src/time/clock.ts';
import { SeededRandom } from '../../src/time/simulated-clock.ts';
import type { AnswerStyle } from '../world/application.ts';
import { type FaultKind, faultKinds } from './fault-kinds.ts';

export interface SingletonPlan {
  readonly name: string;
  readonly mode: 'Labels' | 'Direct';
  readonly safety: 'Prompt' | 'Strict';
  readonly onDemote: 'Restart' | 'Notify';
  readonly notify: 'none' | 'ancestor' | 'json' | 'http';
  readonly hasTripwire: boolean;
  readonly hasCritical: boolean;
  readonly hasCompanion: boolean;
  readonly replicas: number;
  readonly startMs: number;
  readonly answers: AnswerStyle;
  readonly servesOnMs: number;
  readonly graceSeconds: number;
}

export interface PlannedFault {
  readonly kind: FaultKind;
  readonly atMs: number;
  /** Of those that last. */
  readonly lastsMs: number;
  /** Chooses among the targets that there are then: 0 to 1. */
  readonly pick: number;
}

export interface WorldPlan {
  readonly seed: number;
  readonly nodes: number;
  /** The clock of each, fast or slow by so much. */
  readonly controllerDrifts: readonly number[];
  readonly singletons: readonly SingletonPlan[];
  readonly latencyMs: number;
  readonly pleg: 'real' | 'instant';
  readonly proxyPauseMs: number;
  /** Faults strike within this; then everything heals. */
  readonly troubleMs: number;
  readonly faults: readonly PlannedFault[];
  /** The network of its nodes, as it says itself, is Cilium. */
  readonly hasCilium: boolean;
}

/** Nothing strikes before the first active is there. */
export const quietStartMs = 4_000;

export function drawPlan(seed: number): WorldPlan {
  const random = new SeededRandom(seed * 2_654_435_761);
  const troubleMs = 2_000 + random.fraction() * 8_000;
  const isBig = random.fraction() < 0.03;
  return {
    seed,
    nodes: 2 + whole(random, isBig ? 5 : 2),
    controllerDrifts: Array.from({ length: 1 + whole(random, 3) }, () => (random.fraction() - 0.5) * 0.02),
    singletons: Array.from(
      { length: 1 + (isBig ? whole(random, 50) : oneOf(random, [0, 0, 1, 2])) },
      (_, index) => drawSingleton(random, `s${index}`),
    ),
    latencyMs: 0.3 + random.fraction() * 2,
    pleg: random.fraction() < 0.5 ? 'real' : 'instant',
    proxyPauseMs: random.fraction() < 0.5 ? 1_000 : 10,
    troubleMs,
    faults: drawFaults(random, troubleMs),
    hasCilium: random.fraction() < 0.2,
  };
}

function drawSingleton(random: Random, name: string): SingletonPlan {
  const notify = oneOf(random, ['none', 'ancestor', 'json', 'json', 'http'] as const);
  const acknowledges = notify === 'json' || notify === 'http';
  return {
    name,
    mode: oneOf(random, ['Labels', 'Direct', 'Direct'] as const),
    safety: oneOf(random, ['Prompt', 'Prompt', 'Strict'] as const),
    onDemote: acknowledges ? oneOf(random, ['Restart', 'Notify'] as const) : 'Restart',
    notify,
    hasTripwire: random.fraction() < 0.3,
    hasCritical: random.fraction() < 0.7,
    hasCompanion: random.fraction() < 0.3,
    replicas: 2 + whole(random, 2),
    startMs: oneOf(random, [0, 50, 1_500] as const),
    answers: oneOf(random, ['prompt', 'prompt', 'prompt', 'slow', 'never', 'wrong'] as const),
    servesOnMs: oneOf(random, [0, 0, 1_500] as const),
    graceSeconds: oneOf(random, [1, 5, 30] as const),
  };
}

/** The mix itself is drawn: which kinds there are in this run, how many, and whether they come in clusters. */
function drawFaults(random: Random, troubleMs: number): readonly PlannedFault[] {
  const share = 0.05 + random.fraction() * 0.4;
  const kinds = faultKinds.filter(() => random.fraction() < share);
  if (kinds.length === 0) return [];
  const count = 1 + whole(random, 8);
  const isClustered = random.fraction() < 0.4;
  const centre = random.fraction() * troubleMs;
  return Array.from({ length: count }, () => {
    const anywhere = random.fraction() * troubleMs;
    const near = Math.min(troubleMs, Math.max(0, centre + (random.fraction() - 0.5) * 600));
    return {
      kind: oneOf(random, kinds),
      atMs: quietStartMs + (isClustered ? near : anywhere),
      lastsMs: 20 * 300 ** random.fraction(),
      pick: random.fraction(),
    };
  }).sort((left, right) => left.atMs - right.atMs);
}

function whole(random: Random, below: number): number {
  return Math.floor(random.fraction() * below);
}

function oneOf<Choice>(random: Random, choices: readonly Choice[]): Choice {
  const chosen = choices[whole(random, choices.length)];
  if (chosen === undefined) throw new TypeError('a choice out of nothing');
  return chosen;
}
