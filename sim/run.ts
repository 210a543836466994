/**
 * Owns one run from its plan to its verdict: trouble, then everything heals, then what must be well again.
 * A run is a pure function of its plan. Must not print.
 */
import { judge, type Violation } from './checkers/all-checkers.ts';
import { whatIsMissing } from './checkers/liveness.ts';
import { type Measures, measure } from './checkers/measures.ts';
import { allFaults } from './faults/all-faults.ts';
import { walledOff } from './guard.ts';
import type { FaultKind } from './swarm/fault-kinds.ts';
import { drawPlan, type PlannedFault, quietStartMs, type WorldPlan } from './swarm/plan.ts';
import { World } from './world/world.ts';

export interface RunResult {
  readonly plan: WorldPlan;
  readonly violations: readonly Violation[];
  /** Of the whole journal. */
  readonly digest: string;
  readonly journal: readonly string[];
  readonly struck: readonly FaultKind[];
  readonly codes: readonly string[];
  readonly simulatedMs: number;
  readonly measures: Measures;
}

/**
 * Everything is well again within this time, whatever struck. Above the longest that Kubernetes and the controllers have
 * between two tries of anything here: the kubelet's third back-off of a crashed container (40 s), and a node's return.
 */
const calmMsMax = 75_000;
/** And stays so. */
const calmForMs = 2_000;
const lookEveryMs = 250;

export function runSeed(seed: number, keepsJournal = false): Promise<RunResult> {
  return runPlan(drawPlan(seed), keepsJournal);
}

export function runPlan(plan: WorldPlan, keepsJournal = false): Promise<RunResult> {
  return walledOff(() => new Run(plan, keepsJournal).play());
}

class Run {
  readonly #world: World;
  readonly #plan: WorldPlan;
  readonly #struck = new Set<FaultKind>();
  readonly #toHeal = new Set<() => void>();

  constructor(plan: WorldPlan, keepsJournal: boolean) {
    this.#plan = plan;
    this.#world = new World(plan, keepsJournal);
  }

  async play(): Promise<RunResult> {
    const world = this.#world;
    world.begin();
    for (const fault of this.#plan.faults) world.clock.schedule(fault.atMs, () => this.#strike(fault));
    await world.clock.advance(quietStartMs + (this.#plan.faults.length === 0 ? 0 : this.#plan.troubleMs));
    this.#healEverything();
    const healedAtMs = world.clock.now();
    const missing = await this.#waitForCalm();
    const truth = world.truth(healedAtMs);
    const violations = [...judge(truth, this.#plan), ...missing];
    world.end();
    return {
      plan: this.#plan,
      violations,
      digest: world.journal.digest(),
      journal: world.journal.lines,
      struck: [...this.#struck],
      codes: [...world.codes],
      simulatedMs: world.clock.now(),
      measures: measure(truth, this.#plan),
    };
  }

  #strike({ kind, pick, lastsMs }: PlannedFault): void {
    const world = this.#world;
    const struck = allFaults[kind]({ world, pick, lastsMs });
    if (struck === undefined) return;
    this.#struck.add(kind);
    const { target, also = [], heal, isForGood } = struck;
    const happenings = [...also, { kind, target }].map((each) => world.happened(each.kind, each.target));
    const end = () => {
      for (const happening of happenings) happening.untilMs = world.clock.now();
    };
    if (heal === undefined) {
      if (isForGood !== true) end();
      return;
    }
    const once = () => {
      if (!this.#toHeal.delete(once)) return;
      world.journal.write('fault', `${kind} is over`);
      end();
      heal();
    };
    this.#toHeal.add(once);
    const ownMs = struck.lastsMs ?? lastsMs;
    if (Number.isFinite(ownMs)) world.clock.schedule(ownMs, once);
  }

  /** What is dead stays dead. */
  #healEverything(): void {
    for (const heal of [...this.#toHeal]) heal();
    this.#world.network.healAll();
    this.#world.api.heal();
    for (const controller of this.#world.controllers) {
      controller.goOn();
      if (!this.#world.deadNodes.has(controller.node)) controller.start();
    }
    this.#world.journal.write('fault', 'everything heals');
  }

  async #waitForCalm(): Promise<readonly Violation[]> {
    const world = this.#world;
    const deadline = world.clock.now() + calmMsMax;
    let wellSince: number | undefined;
    for (;;) {
      await world.clock.advance(lookEveryMs);
      const missing = this.#plan.singletons.flatMap((singleton) => {
        const sentence = whatIsMissing(world, singleton);
        return sentence === undefined ? [] : [{ guarantee: 'G5', singleton: singleton.name, sentence }];
      });
      if (missing.length > 0) wellSince = undefined;
      else wellSince ??= world.clock.now();
      if (wellSince !== undefined && world.clock.now() - wellSince >= calmForMs) return [];
      if (world.clock.now() >= deadline) return missing;
    }
  }
}
