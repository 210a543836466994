/**
 * Owns the hunt for one mistake: seeds in order, until one breaks a guarantee that the source as it is keeps on that seed.
 * Must not print, nor know what the mistake is.
 */
import type { Violation } from '../checkers/all-checkers.ts';
import { SeedThread } from './seed-thread.ts';

export interface HuntOptions {
  readonly copy: string;
  readonly seeds: number;
  readonly threads: number;
  /** Whether the source as it is keeps every guarantee on this seed. */
  readonly originalHolds: (seed: number) => Promise<boolean>;
}

export interface Catch {
  readonly seed: number;
  readonly violations: readonly Violation[];
}

/** The lowest seed that shows it, however many threads look; undefined: none of them does. */
export async function hunt({ copy, seeds, threads, originalHolds }: HuntOptions): Promise<Catch | undefined> {
  const caught: Catch[] = [];
  let next = 1;
  const runThread = async () => {
    let thread = new SeedThread(copy);
    while (caught.length === 0 && next <= seeds) {
      const report = await thread.run(next++);
      if (report.violations.length === 0) continue;
      if (await originalHolds(report.seed)) caught.push(report);
      // What broke may have been the thread itself.
      await thread.stop();
      thread = new SeedThread(copy);
    }
    await thread.stop();
  };
  await Promise.all(Array.from({ length: threads }, runThread));
  return caught.sort((left, right) => left.seed - right.seed)[0];
}

/** Asks the source as it is, and by other chances, once for each seed. */
export class Original {
  readonly #copies: readonly string[];
  readonly #answers = new Map<number, Promise<boolean>>();
  /** Seeds on which it breaks a guarantee by itself: they prove nothing. */
  readonly broken = new Map<number, Violation>();

  constructor(copies: readonly string[]) {
    this.#copies = copies;
  }

  holds(seed: number): Promise<boolean> {
    const answer = this.#answers.get(seed) ?? this.#ask(seed);
    this.#answers.set(seed, answer);
    return answer;
  }

  async #ask(seed: number): Promise<boolean> {
    for (const copy of this.#copies) {
      const thread = new SeedThread(copy);
      const { violations } = await thread.run(seed);
      await thread.stop();
      const [first] = violations;
      if (first === undefined) continue;
      this.broken.set(seed, first);
      return false;
    }
    return true;
  }
}
