/**
 * Owns a client that never tires: a new connection to one address every few milliseconds, whatever came of the last.
 * Must not judge the outcomes: it hands each one on.
 */

import type { Clock, Timer } from '../../time/clock.ts';
import { realClock } from '../../time/real-clock.ts';
import type { Attempt } from './attempt.ts';
import { attempt, type Target } from './connection-attempt.ts';
import { cycleThrough, type PortRange } from './local-ports.ts';

export interface SteadyClientOptions {
  readonly target: Target;
  /** From the start of one attempt to the start of the next. */
  readonly everyMs: number;
  readonly timeoutMs?: number;
  /** Its own ports, one after the other; undefined: the system's choice. */
  readonly localPorts?: PortRange | undefined;
  readonly onAttempt: (attempt: Attempt) => void;
  readonly clock?: Clock;
}

/** Attempts under way at once. With 2 ms between two and nobody answering, a timeout of 1 s needs 500. */
const underWayMax = 512;

/** Starts at once. The returned function stops it and forgets the attempts that are under way. */
export function startSteadyClient(options: SteadyClientOptions): () => void {
  const { clock = realClock, timeoutMs = 1000, localPorts } = options;
  const nextPort = localPorts === undefined ? () => undefined : cycleThrough(localPorts, Math.random);
  const underWay = new Set<() => void>();
  let dueAt: number = clock.now();
  let timer: Timer | undefined;

  const startOne = () => {
    const giveUp = attempt(options.target, { timeoutMs, localPort: nextPort() }, (ended) => {
      underWay.delete(giveUp);
      // Somebody else has that port: nobody was asked. The next attempt has another one.
      const isTaken = ended.outcome.kind === 'failed' && ended.outcome.code === 'EADDRINUSE';
      if (!isTaken) options.onAttempt(ended);
    });
    underWay.add(giveUp);
  };
  const turn = () => {
    if (underWay.size < underWayMax) startOne();
    // What was missed is not made up for: a burst after a pause would measure the burst.
    const now = clock.now();
    dueAt = Math.max(dueAt + options.everyMs, now);
    timer = clock.schedule(dueAt - now, turn);
  };
  turn();
  return () => {
    timer?.cancel();
    for (const giveUp of underWay) giveUp();
    underWay.clear();
  };
}
