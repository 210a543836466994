import { SimulatedClock } from '../../time/simulated-clock.ts';
import { FakeProcesses, type FakeProgram } from './fake-processes.ts';
import { processesSuite } from './processes.suite.ts';
import type { Command } from './processes.ts';

const programs: Readonly<Record<string, FakeProgram>> = {
  exits: (process) => {
    process.exit(3);
    return undefined;
  },
  forever: () => undefined,
  stubborn: (process) => {
    process.print('ready\n');
    return { onSignal: () => {} };
  },
  prints: (process) => {
    process.print('out\n');
    process.print('err\n', 'stderr');
    process.exit(0);
    return undefined;
  },
  echo: (process) => ({ onInput: (text) => process.print(text), onInputEnd: () => process.exit(0) }),
  crashes: (process) => {
    process.clock.schedule(0, () => process.exit(139));
    return undefined;
  },
};

function command(...argv: string[]): Command {
  return { argv, environment: {}, directory: '/', stdin: 'pipe' };
}

processesSuite('fake processes', () => {
  const clock = new SimulatedClock();
  return {
    processes: new FakeProcesses(clock, programs),
    commands: {
      exitsWith3: () => command('exits'),
      runsForever: () => command('forever'),
      ignoresTermination: () => command('stubborn'),
      prints: () => command('prints'),
      echoes: () => command('echo'),
      crashes: () => command('crashes'),
      doesNotExist: () => command('missing'),
    },
    until: (condition, what) => clock.advanceUntil(condition, 60_000, what),
  };
});
