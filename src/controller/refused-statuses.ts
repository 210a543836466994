/**
 * Owns which statuses the API server refuses to take at present, and how soon each of them is written again: those of one
 * controller share what they learn from a try.
 * Must not write one.
 */
import { limits } from './limits.ts';

/** Writes its status again soon. */
export type WriteSoon = () => void;

export class RefusedStatuses {
  readonly #refused = new Set<WriteSoon>();

  /**
   * It was refused for the `failures`-th time in a row; returns after how many milliseconds to try again. An API server
   * that has just started refuses for seconds, and what there is has to be told as soon as it no longer does. All of them
   * together ask it as often as one of them would.
   */
  refused(writer: WriteSoon, failures: number): number {
    this.#refused.add(writer);
    const doublings = Math.min(10, Math.max(0, failures - limits.statusSoonTries));
    const delayMs = limits.statusIntervalMs * this.#refused.size * 2 ** doublings;
    return Math.min(limits.refusedBackoffMsMax, delayMs);
  }

  /** It was taken. Where it had been refused before, the others may be taken now, too. */
  accepted(writer: WriteSoon): void {
    if (!this.#refused.delete(writer)) return;
    for (const writeSoon of this.#refused) writeSoon();
  }

  forget(writer: WriteSoon): void {
    this.#refused.delete(writer);
  }
}
