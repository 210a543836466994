/**
 * Owns the Log port, and the limit on how many lines one noisy thing may write.
 * Must not format or print: pino-log.ts does.
 */
import type { Clock, MonotonicMs } from '../time/clock.ts';
import { limits } from './limits.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** What a line carries beside its sentence. `undefined` is left out; an Error is shown with its code and cause. */
export type LogFields = Readonly<Record<string, unknown>>;

export interface Log {
  write(level: LogLevel, sentence: string, fields?: LogFields): void;
}

export const silentLog: Log = { write: () => undefined };

/** The same log with fields that stand on every line. */
export function withFields(log: Log, fields: LogFields): Log {
  return { write: (level, sentence, more) => log.write(level, sentence, { ...fields, ...more }) };
}

/** Lets a burst through, then a trickle; how many lines were left out stands on the next one that gets through. */
export class LimitedLog implements Log {
  readonly #log: Log;
  readonly #clock: Clock;
  #tokens: number = limits.logBurst;
  #refilledAt: MonotonicMs;
  #leftOut = 0;

  constructor(log: Log, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
    this.#refilledAt = clock.now();
  }

  write(level: LogLevel, sentence: string, fields: LogFields = {}): void {
    this.#refill();
    if (this.#tokens < 1) {
      this.#leftOut += 1;
      return;
    }
    this.#tokens -= 1;
    const leftOut = this.#leftOut;
    this.#leftOut = 0;
    this.#log.write(level, sentence, leftOut === 0 ? fields : { ...fields, linesLeftOut: leftOut });
  }

  #refill(): void {
    const now = this.#clock.now();
    const earned = ((now - this.#refilledAt) / 1_000) * limits.logLinesPerSecond;
    this.#tokens = Math.min(limits.logBurst, this.#tokens + earned);
    this.#refilledAt = now;
  }
}
