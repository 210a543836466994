/**
 * Owns waiting for something to be so: asked again at each change, given up at a deadline.
 * Must not sleep and hope: whoever waits says what for, and hears it in the error when it does not come.
 */

/** Calls the listener after each change, until the returned function is called. */
export type Subscribe = (listener: () => void) => () => void;

/** What was waited for did not come in time. */
export class NotReached extends Error {
  readonly code = 'NOT_REACHED';
  readonly retry = 'never';

  constructor(what: string, withinMs: number) {
    super(`waited ${withinMs / 1000} s for ${what}`);
    this.name = 'NotReached';
  }
}

export interface Wait {
  readonly withinMs: number;
  /** Asked after each change of any of these. */
  readonly sources: readonly Subscribe[];
  /** Ends the wait early, with the signal's reason. */
  readonly signal?: AbortSignal;
}

/**
 * Resolves to the first value of `condition` that is neither undefined nor a string; a string says what is missing.
 * Rejects with NotReached, naming what was missing last.
 */
export function waitFor<T extends object>(condition: () => T | string, wait: Wait): Promise<T> {
  return new Promise((resolve, reject) => {
    let missing = '';
    let asking = false;
    const end = () => {
      clearTimeout(deadline);
      for (const unsubscribe of unsubscribes) unsubscribe();
      wait.signal?.removeEventListener('abort', abandon);
    };
    const abandon = () => {
      end();
      reject(wait.signal?.reason);
    };
    const ask = () => {
      asking = false;
      const value = condition();
      if (typeof value === 'string') {
        missing = value;
        return;
      }
      end();
      resolve(value);
    };
    // Changes come in bursts: one question answers all of one turn.
    const changed = () => {
      if (asking) return;
      asking = true;
      setImmediate(ask);
    };
    // Asked once more: on a busy machine the deadline may come before the answer to the last change.
    const deadline = setTimeout(() => {
      ask();
      end();
      reject(new NotReached(missing, wait.withinMs));
    }, wait.withinMs);
    const unsubscribes = wait.sources.map((subscribe) => subscribe(changed));
    wait.signal?.addEventListener('abort', abandon);
    if (wait.signal?.aborted === true) abandon();
    else changed();
  });
}
