/**
 * Owns the question how soon a tripwire says that the process it watches was killed.
 * Must not count what a controller makes of it.
 */
import { once } from 'node:events';
import { Tripwires } from '../src/controller/tripwire.ts';
import { TcpDialer } from '../src/controller/tripwire-dialer.ts';
import { tripwireLimits } from '../src/controller/tripwire-limits.ts';
import type { TripwireEvidence } from '../src/controller/tripwire-machine.ts';
import { incarnation } from '../src/core/identity.ts';
import { realClock, realRandom } from '../src/time/real-clock.ts';
import { ServerProcess } from '../test/controller/server-process.ts';
import type { Bench, BenchOptions, Measurement } from './measurement.ts';

export const tripwireBench: Bench = {
  name: 'tripwire',
  measures: 'a tripwire, from kill -9 of a server to its evidence',
  run: measureTripwire,
};

async function measureTripwire({ runs, waiting }: BenchOptions): Promise<readonly Measurement[]> {
  const seenMs: number[] = [];
  const toldMs: number[] = [];
  for (let run = 1; run <= runs; run++) {
    waiting(`tripwire: ${run} of ${runs}`);
    const { lostMs, refusedMs } = await killOnce();
    seenMs.push(lostMs);
    toldMs.push(refusedMs);
  }
  return [
    {
      name: 'tripwire',
      unit: 'ms',
      how: 'on 127.0.0.1: from the call that sends SIGKILL to a Node process with one listener, to onEvidence; 5 ms of it are the three refusals',
      samples: toldMs,
      goals: [{ figure: 'p50', atMost: 8 }],
    },
    {
      name: 'tripwire: lost',
      unit: 'ms',
      how: 'from the same call to the end of the connection: what the kernel takes to end the process',
      samples: seenMs,
      goals: [],
    },
  ];
}

interface Killed {
  readonly lostMs: number;
  readonly refusedMs: number;
}

async function killOnce(): Promise<Killed> {
  const server = await ServerProcess.start();
  const news = new EventTarget();
  let latest: TripwireEvidence | undefined;
  const tripwires = new Tripwires({
    clock: realClock,
    random: realRandom,
    dialer: new TcpDialer(tripwireLimits),
    limits: tripwireLimits,
    onEvidence: (_key, _incarnation, evidence) => {
      latest = evidence;
      news.dispatchEvent(new Event(evidence.kind));
    },
    onProblems: () => undefined,
  });
  try {
    tripwires.watch('bench', { ip: '127.0.0.1', port: server.port, incarnation: incarnation('bench') });
    await once(news, 'accepting');
    const killedAt = realClock.now();
    server.signal('SIGKILL');
    let refusedAt = killedAt;
    news.addEventListener('refused', () => {
      refusedAt = realClock.now();
    });
    await once(news, 'refused');
    const lostAt = latest?.kind === 'refused' ? latest.lostAt : killedAt;
    return { lostMs: lostAt - killedAt, refusedMs: refusedAt - killedAt };
  } finally {
    tripwires.stop();
    await server.stop();
  }
}
