/** Owns what every implementation of Processes must do; real and fake ones run the same tests. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Command,
  exitCodeOf,
  type ProcessExit,
  type Processes,
  ProcessStartError,
  type RunningProcess,
} from './processes.ts';

/** The commands that the suite needs, in the words of one implementation. */
export interface SuiteCommands {
  exitsWith3(): Command;
  runsForever(): Command;
  /** Prints "ready\n", then ignores SIGTERM. */
  ignoresTermination(): Command;
  /** Prints "out\n" on stdout and "err\n" on stderr, and ends. */
  prints(): Command;
  /** Answers its input with the same, and ends at its end. */
  echoes(): Command;
  crashes(): Command;
  doesNotExist(): Command;
}

export interface SuiteWorld {
  readonly processes: Processes;
  readonly commands: SuiteCommands;
  /** Resolves when the condition holds; rejects at a deadline. */
  until(condition: () => boolean, what: string): Promise<void>;
}

class Observed {
  output = '';
  errors = '';
  exits: ProcessExit[] = [];
  closed = 0;
  readonly process: RunningProcess;

  constructor(processes: Processes, command: Command) {
    this.process = processes.start(command, {
      onOutput: (stream, chunk) => {
        if (stream === 'stdout') this.output += new TextDecoder().decode(chunk);
        else this.errors += new TextDecoder().decode(chunk);
      },
      onExit: (exit) => this.exits.push(exit),
      onClosed: () => {
        this.closed += 1;
      },
    });
  }
}

export function processesSuite(name: string, createWorld: () => SuiteWorld): void {
  function specify(sentence: string, run: (world: SuiteWorld) => Promise<void>): void {
    test(`${name}: ${sentence}`, async () => {
      const world = createWorld();
      try {
        await run(world);
      } finally {
        await world.processes.close();
      }
    });
  }

  specify('a process that exits is heard once, with its code, and closed afterwards', async (world) => {
    const observed = new Observed(world.processes, world.commands.exitsWith3());
    assert.deepEqual(observed.exits, [], 'no event comes before start returns');
    await world.until(() => observed.closed === 1, 'closed');
    assert.deepEqual(observed.exits, [{ kind: 'exited', code: 3 }]);
  });

  specify('every process has a pid of its own', async (world) => {
    const [first, second] = [1, 2].map(() => new Observed(world.processes, world.commands.runsForever()));
    assert.notEqual(first?.process.pid, second?.process.pid);
  });

  specify('SIGTERM ends a process that does not handle it, and the exit says so', async (world) => {
    const observed = new Observed(world.processes, world.commands.runsForever());
    observed.process.signal('SIGTERM');
    await world.until(() => observed.exits.length > 0, 'exit');
    assert.deepEqual(observed.exits, [{ kind: 'signalled', signal: 'SIGTERM', number: 15 }]);
  });

  specify('SIGKILL ends a process that ignores SIGTERM', async (world) => {
    const observed = new Observed(world.processes, world.commands.ignoresTermination());
    await world.until(() => observed.output === 'ready\n', 'ready');
    observed.process.signal('SIGTERM');
    observed.process.signal('SIGKILL');
    await world.until(() => observed.exits.length > 0, 'exit');
    assert.deepEqual(observed.exits, [{ kind: 'signalled', signal: 'SIGKILL', number: 9 }]);
  });

  specify('a segmentation fault is exit code 139', async (world) => {
    const observed = new Observed(world.processes, world.commands.crashes());
    await world.until(() => observed.exits.length > 0, 'exit');
    assert.deepEqual(observed.exits.map(exitCodeOf), [139]);
  });

  specify('output is told by stream, and all of it before onClosed', async (world) => {
    const observed = new Observed(world.processes, world.commands.prints());
    await world.until(() => observed.closed === 1, 'closed');
    assert.deepEqual([observed.output, observed.errors], ['out\n', 'err\n']);
  });

  specify('input reaches the process, and its end too', async (world) => {
    const observed = new Observed(world.processes, world.commands.echoes());
    observed.process.write(new TextEncoder().encode('hello\n'));
    await world.until(() => observed.output === 'hello\n', 'echo');
    observed.process.endInput();
    await world.until(() => observed.closed === 1, 'closed');
    assert.deepEqual(observed.exits, [{ kind: 'exited', code: 0 }]);
  });

  specify('paused output is kept, not lost', async (world) => {
    const observed = new Observed(world.processes, world.commands.echoes());
    observed.process.pauseOutput();
    observed.process.write(new TextEncoder().encode('held\n'));
    observed.process.resumeOutput();
    await world.until(() => observed.output === 'held\n', 'echo');
  });

  specify('a signal after the end does nothing', async (world) => {
    const observed = new Observed(world.processes, world.commands.exitsWith3());
    await world.until(() => observed.closed === 1, 'closed');
    observed.process.signal('SIGKILL');
    observed.process.endInput();
    assert.equal(observed.exits.length, 1);
  });

  specify('a program that does not exist is refused at once', async (world) => {
    const start = () => new Observed(world.processes, world.commands.doesNotExist());
    assert.throws(start, (error) => error instanceof ProcessStartError && error.code === 'NOT_FOUND');
  });

  specify('close ends everything and starts nothing more', async (world) => {
    const observed = new Observed(world.processes, world.commands.runsForever());
    await world.processes.close();
    assert.equal(observed.exits.length, 1);
    const start = () => new Observed(world.processes, world.commands.runsForever());
    assert.throws(start, (error) => error instanceof ProcessStartError && error.code === 'CLOSED');
  });
}
