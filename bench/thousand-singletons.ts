/**
 * Owns the question what a thousand singletons cost a controller: its cold start, and one failover among them.
 * Must not compare figures of different runs: alone and among the others are measured in the same one.
 */
import { machineNowMs } from '../src/cli/steady-client/machine-time.ts';
import { pause } from '../src/time/clock.ts';
import { realClock } from '../src/time/real-clock.ts';
import { CommandLine } from './command-line.ts';
import type { Bench, BenchOptions, Measurement } from './measurement.ts';
import { residentMegabytes } from './resident-memory.ts';
import { summarize } from './statistics.ts';
import { StoreServer } from './store-server.ts';

const singletonCount = 1_000;
/** Each cold start elects all of them; a few tell enough. */
const coldStartsMax = 5;
const calmMs = 40;
/** After a cold start the controller has Events to write and memory to give back. */
const settleMs = 3_000;

export const thousandBench: Bench = {
  name: 'thousand',
  measures: `${singletonCount} singletons: cold start, and one failover among them against one alone`,
  run: measureThousand,
};

async function measureThousand({ runs, waiting }: BenchOptions): Promise<readonly Measurement[]> {
  waiting('thousand: one singleton alone');
  const alone = await withController(1, (server) => failovers(server, runs, 1));
  const among: number[] = [];
  const coldStartsMs: number[] = [];
  const memory: number[] = [];
  const starts = Math.min(coldStartsMax, runs);
  for (let start = 1; start <= starts; start++) {
    waiting(`thousand: cold start ${start} of ${starts}`);
    await withController(singletonCount, async (server, controller, coldStartMs) => {
      coldStartsMs.push(coldStartMs);
      waiting(`thousand: failovers after start ${start} of ${starts}`);
      await pause(realClock, settleMs);
      among.push(...(await failovers(server, Math.ceil(runs / starts), singletonCount)));
      memory.push(residentMegabytes(controller.pid));
    });
  }
  const how = "from the deletion of the active in the API server's store to role=active on its standby there";
  return [
    {
      name: 'thousand: cold start',
      unit: 'ms',
      how: "from the start of a controller's process to the moment at which the last of them has its first active",
      samples: coldStartsMs,
      goals: [{ figure: 'max', atMost: 2_000 }],
    },
    { name: 'thousand: one alone', unit: 'ms', how, samples: alone, goals: [] },
    { name: 'thousand: one of them', unit: 'ms', how, samples: among, goals: [] },
    {
      name: 'thousand: ratio',
      unit: '×',
      how: 'the p50 of one of them by the p50 of one alone',
      samples: [(summarize(among)?.p50 ?? Number.NaN) / (summarize(alone)?.p50 ?? Number.NaN)],
      goals: [{ figure: 'max', atMost: 1.5 }],
    },
    {
      name: 'thousand: memory',
      unit: 'MB',
      how: 'VmRSS of that controller afterwards',
      samples: memory,
      goals: [],
    },
  ];
}

/** A controller, started as a user starts it, on that many singletons that nobody has looked at before. */
async function withController<T>(
  count: number,
  use: (server: StoreServer, controller: CommandLine, coldStartMs: number) => Promise<T>,
): Promise<T> {
  const server = await StoreServer.start();
  try {
    await server.add(count);
    const startedAtMs = machineNowMs();
    const controller = new CommandLine([
      'controller',
      ...['--adopt', 'app=hapod', '--name', 'bench', '--listen', '127.0.0.1:0'],
      ...['--kubeconfig', server.kubeconfigPath, '--notify-port', String(server.notifyPort)],
    ]);
    try {
      return await use(server, controller, (await server.allActive()) - startedAtMs);
    } finally {
      await controller.interrupt();
    }
  } finally {
    await server.stop();
  }
}

async function failovers(server: StoreServer, runs: number, count: number): Promise<number[]> {
  const samples: number[] = [];
  for (let run = 0; run < runs; run++) {
    await pause(realClock, calmMs + Math.random() * calmMs);
    samples.push(await server.failover(Math.floor((run * 37) % count)));
  }
  return samples;
}
