/**
 * Owns the question how much memory an idle sandbox and a controller at rest hold.
 * Must not measure itself: each is a process of its own, started as a user starts it.
 */

import { HapodCluster } from '../src/cli/hapod/hapod-cluster.ts';
import { processesOf } from '../src/cli/hapod/strikes.ts';
import { pause } from '../src/time/clock.ts';
import { realClock } from '../src/time/real-clock.ts';
import { CommandLine } from './command-line.ts';
import type { Bench, Measurement } from './measurement.ts';
import { residentMegabytes } from './resident-memory.ts';

/** What a process needs to start is garbage soon after. */
const restMs = 5_000;
const looks = 5;
const goodOrderWithinMs = 60_000;

export const memoryBench: Bench = {
  name: 'memory',
  measures: 'resident memory of an idle sandbox, and of a controller at rest',
  run: async ({ waiting }) => {
    waiting('memory: an idle sandbox');
    const sandbox = await idleSandbox();
    waiting('memory: a controller at rest');
    return [sandbox, await controllerAtRest()];
  },
};

async function idleSandbox(): Promise<Measurement> {
  const sandbox = new CommandLine(['sandbox']);
  try {
    await sandbox.match(/KUBECONFIG=/);
    const how = `VmRSS of \`understudy sandbox\` without pods, ${looks} looks from ${restMs / 1000} s after its start`;
    return measurement('memory: sandbox', how, 120, await looksAt(sandbox.pid));
  } finally {
    await sandbox.interrupt();
  }
}

async function controllerAtRest(): Promise<Measurement> {
  const readiness = { initialDelaySeconds: 0, periodSeconds: 1 };
  const cluster = await HapodCluster.start({ pleg: 'instant', readiness, clientEveryMs: 100 });
  try {
    const { activeController } = await cluster.inGoodOrder({ withinMs: goodOrderWithinMs });
    const [process] = processesOf(cluster, activeController);
    const how = "VmRSS of the active controller of the ancestor's set, looked at in the same way";
    return measurement('memory: controller', how, 90, await looksAt(process?.pid ?? 0));
  } finally {
    await cluster.close();
  }
}

async function looksAt(pid: number): Promise<readonly number[]> {
  const samples: number[] = [];
  await pause(realClock, restMs);
  for (let look = 0; look < looks; look++) {
    samples.push(residentMegabytes(pid));
    await pause(realClock, 1_000);
  }
  return samples;
}

function measurement(name: string, how: string, atMost: number, samples: readonly number[]): Measurement {
  return { name, unit: 'MB', how, samples, goals: [{ figure: 'max', atMost }] };
}
