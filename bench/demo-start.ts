/**
 * Owns the question how long a newcomer waits for the first failover of the demo.
 * Must not play the demo in any other way than the user does.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { CommandLine } from './command-line.ts';
import type { Bench } from './measurement.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** One run takes as long as the demo; a few tell enough. */
const runsMax = 3;

export const demoStartBench: Bench = {
  name: 'demo',
  measures: 'the demo, from its start to the strike of its first scene',
  run: async ({ runs, waiting }) => {
    const samples: number[] = [];
    const count = Math.min(runs, runsMax);
    const folder = temporaryFolder();
    for (let run = 1; run <= count; run++) {
      waiting(`demo: ${run} of ${count}`);
      samples.push(await firstFailoverMs(path.join(folder, `${run}.json`)));
    }
    const how = 'from the start of its process to the first strike, as the demo itself writes it down';
    return [{ name: 'demo', unit: 'ms', how, samples, goals: [{ figure: 'max', atMost: 15_000 }] }];
  },
};

async function firstFailoverMs(resultsFile: string): Promise<number> {
  const code = await new CommandLine(['demo', '--once', '--json', resultsFile]).end();
  const results = JSON.parse(await readFile(resultsFile, 'utf8')) as { firstFailoverAtMs?: number };
  if (code !== 0 || results.firstFailoverAtMs === undefined) throw new Error(`the demo ended with ${code}`);
  return results.firstFailoverAtMs;
}
