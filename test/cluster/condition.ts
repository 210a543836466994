/**
 * Owns waiting for something outside this process, which tells nobody when it changes: asked again until a deadline.
 * Must not hide what was missing: the error names it.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { ClusterError } from './cluster-error.ts';
import { limits } from './limits.ts';

export interface Wait {
  /** The end of a sentence: "waited 90 s for …". */
  readonly what: string;
  readonly withinMs?: number;
  readonly everyMs?: number;
  readonly signal?: AbortSignal | undefined;
  /** More about the failure, asked for only when it comes to that. */
  readonly explain?: () => string;
}

/** Resolves to the first value of `condition` that is not undefined. */
export async function until<T>(
  condition: () => Promise<T | undefined> | T | undefined,
  wait: Wait,
): Promise<T> {
  const { what, withinMs = limits.stepMs, everyMs = limits.pollMs, signal, explain } = wait;
  const deadline = performance.now() + withinMs;
  for (;;) {
    signal?.throwIfAborted();
    const value = await condition();
    if (value !== undefined) return value;
    if (performance.now() > deadline) {
      const more = explain?.() ?? '';
      throw new ClusterError(
        `waited ${Math.round(withinMs / 1000)} s for ${what}${more === '' ? '' : `\n${more}`}`,
      );
    }
    await pause(everyMs);
  }
}
