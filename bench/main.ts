/**
 * Owns `npm run bench`: which benches run, and what is shown and written of them.
 * Must not hold anybody to a goal: the exit code is 0 whenever everything could be measured.
 * Usage: npm run bench [-- --runs N] [--only NAME]... [--json FILE]
 */
import { writeFileSync } from 'node:fs';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { Screen } from '../src/cli/terminal/screen.ts';
import { demoStartBench } from './demo-start.ts';
import { failoverBenches } from './failovers.ts';
import { describeMachine, machineLine } from './machine.ts';
import { type Measurement, measurementRecord } from './measurement.ts';
import { memoryBench } from './memory.ts';
import { reportLines } from './report.ts';
import { thousandBench } from './thousand-singletons.ts';
import { tripwireBench } from './tripwire.ts';
import { wireBench } from './wire-write.ts';

const benches = [...failoverBenches, wireBench, tripwireBench, thousandBench, memoryBench, demoStartBench];

interface Arguments {
  readonly runs: number;
  readonly only: readonly string[];
  readonly json: string | undefined;
}

/** Exits with 2 and one line where an argument is not understood. */
function readArguments(): Arguments {
  try {
    const { values } = parseArgs({
      options: {
        runs: { type: 'string', default: '100' },
        only: { type: 'string', multiple: true, default: [] },
        json: { type: 'string' },
      },
    });
    const runs = Number(values.runs);
    if (!Number.isInteger(runs) || runs < 1)
      throw new Error(`--runs ${values.runs}: a number of 1 or more is expected`);
    const unknown = values.only.find((name) => !benches.some((bench) => bench.name === name));
    if (unknown !== undefined) {
      throw new Error(`--only ${unknown}: one of ${benches.map(({ name }) => name).join(', ')} is expected`);
    }
    return { runs, only: values.only, json: values.json };
  } catch (error) {
    process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(2);
  }
}

// What a bench has started ends with this process: by the channel to it, or at its exit.
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  process.on(signal, () => process.exit(code));
}

const { runs, only, json } = readArguments();
const screen = new Screen(process.stdout, process.env);
const machine = describeMachine();
const measurements: Measurement[] = [];

screen.line(screen.palette.dim(machineLine(machine)));
for (const bench of benches) {
  if (only.length > 0 && !only.includes(bench.name)) continue;
  screen.line(`${screen.palette.bold(bench.name)}  ${bench.measures}`);
  measurements.push(...(await bench.run({ runs, waiting: (what) => screen.waiting(what) })));
  screen.waiting('');
}
screen.line();
for (const line of reportLines(measurements, screen.palette)) screen.line(line);
if (json !== undefined) {
  const results = { machine, runs, measurements: measurements.map(measurementRecord) };
  writeFileSync(json, `${JSON.stringify(results, null, 2)}\n`);
}
