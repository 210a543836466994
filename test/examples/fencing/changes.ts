/**
 * Owns waiting for what another process does: asked again at each change that was told, given up at a deadline.
 * Must not ask by a timer: who owns what changes tells each change.
 */
import { waitFor } from '../../../src/cli/hapod/condition.ts';

/** Far above what anything here takes on a busy machine. */
const withinMs = 20_000;

export class Changes {
  readonly #listeners = new Set<() => void>();

  readonly #subscribe = (listener: () => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  tell(): void {
    for (const listener of this.#listeners) listener();
  }

  /** Resolves to the first value of `condition` that is no string; a string says what is missing. */
  until<T extends object>(condition: () => T | string): Promise<T> {
    return waitFor(condition, { withinMs, sources: [this.#subscribe] });
  }
}
