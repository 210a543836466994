/**
 * Owns what is said of a swarm of runs: which seeds broke what, how fast it went, and what has been reached.
 * Must not run anything.
 */
import { reasons } from '../../src/core/reasons.ts';
import type { Measures } from '../checkers/measures.ts';
import type { SeedReport } from '../worker.ts';
import { faultKinds } from './fault-kinds.ts';

/** Sentences of one seed that are shown. */
const sentencesMax = 3;
/** Seeds whose sentences are shown: the first ones tell enough. */
const shownMax = 25;

export class SwarmReport {
  readonly #print: (line: string) => void;
  readonly #startedAtMs = performance.now();
  readonly #struck = new Map<string, number>();
  readonly #codes = new Map<string, number>();
  readonly #failovers = new Map<string, { readonly moveMs: number; readonly unservedMs: number }[]>();
  readonly #believersMs = { Prompt: 0, Strict: 0 };
  #needlessMoves = 0;
  #seeds = 0;
  #simulatedMs = 0;
  broken = 0;

  constructor(print: (line: string) => void) {
    this.#print = print;
  }

  add({ seed, violations, struck, codes, simulatedMs, measures }: SeedReport): void {
    this.#measure(measures);
    this.#seeds += 1;
    this.#simulatedMs += simulatedMs;
    for (const kind of struck) this.#struck.set(kind, (this.#struck.get(kind) ?? 0) + 1);
    for (const code of codes) this.#codes.set(code, (this.#codes.get(code) ?? 0) + 1);
    if (violations.length === 0) return;
    this.broken += 1;
    if (this.broken > shownMax) return;
    for (const { guarantee, singleton, sentence } of violations.slice(0, sentencesMax))
      this.#print(`seed ${seed}: ${guarantee} ${singleton}: ${sentence}`);
  }

  summarise(): void {
    const seconds = (performance.now() - this.#startedAtMs) / 1_000;
    const perSecond = this.#seeds / seconds;
    const speed = this.#simulatedMs / 1_000 / seconds;
    this.#print(
      `${this.#seeds} seeds in ${seconds.toFixed(0)} s: ${perSecond.toFixed(1)} a second, ${speed.toFixed(0)} times as fast as life`,
    );
    this.#coverage('fault kinds', faultKinds, this.#struck);
    this.#coverage('decision codes', Object.keys(reasons), this.#codes);
    this.#sayMeasures();
    this.#print(this.broken === 0 ? 'every guarantee held' : `${this.broken} seeds BROKE a guarantee`);
  }

  #measure({ failovers, needlessMoves, believersMs }: Measures): void {
    this.#needlessMoves += needlessMoves;
    for (const { kind, moveMs, unservedMs } of failovers) {
      const known = this.#failovers.get(kind) ?? [];
      known.push({ moveMs, unservedMs });
      this.#failovers.set(kind, known);
    }
    this.#believersMs.Prompt += believersMs.Prompt;
    this.#believersMs.Strict += believersMs.Strict;
  }

  #sayMeasures(): void {
    this.#print('simulated ms, amid all other faults       n   move p50    p99   unserved p50    p99');
    for (const [kind, all] of [...this.#failovers].sort(([left], [right]) => (left < right ? -1 : 1))) {
      const moves = all.map(({ moveMs }) => moveMs);
      const unserved = all.map(({ unservedMs }) => unservedMs);
      const cells = [
        quantile(moves, 0.5),
        quantile(moves, 0.99),
        quantile(unserved, 0.5),
        quantile(unserved, 0.99),
      ];
      const [move, moveTail, gap, gapTail] = cells.map((cell) => cell.toFixed(0));
      this.#print(
        `${kind.padEnd(36)}${String(all.length).padStart(7)}${move?.padStart(11)}${moveTail?.padStart(7)}${gap?.padStart(15)}${gapTail?.padStart(7)}`,
      );
    }
    this.#print(
      `moves away from a process that went on serving, and that nobody asked for: ${this.#needlessMoves}`,
    );
    const { Prompt, Strict } = this.#believersMs;
    this.#print(
      `two processes that believe to be active: Prompt ${(Prompt / 1_000).toFixed(0)} s, Strict ${(Strict / 1_000).toFixed(0)} s of ${(this.#simulatedMs / 1_000).toFixed(0)} s`,
    );
  }

  #coverage(what: string, all: readonly string[], reached: ReadonlyMap<string, number>): void {
    const missing = all.filter((each) => !reached.has(each));
    const never = missing.length === 0 ? '' : `; never: ${missing.join(', ')}`;
    this.#print(`${what}: ${all.length - missing.length} of ${all.length}${never}`);
  }
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}
