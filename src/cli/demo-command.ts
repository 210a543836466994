/**
 * Owns the command `demo`: its flags, Ctrl-C, the results file and the exit code.
 * Must not know what a scene does.
 */
import { writeFile } from 'node:fs/promises';
import process from 'node:process';
import type { Command } from 'commander';
import type { DemoResult } from './demo/demo.ts';

interface DemoOptions {
  readonly once?: boolean;
  readonly json?: string;
}

export function registerDemoCommand(program: Command): void {
  program
    .command('demo')
    .description('see an active die and its standby answer: five scenes in an embedded cluster')
    .option('--once', 'end after the table; exit 1 if a scene failed')
    .option('--json <file>', 'write the results to a file')
    .action(runDemo);
}

/** Resolves when all is ended; sets the exit code: 0 all scenes passed, 1 not, 130 or 143 ended by a signal. */
async function runDemo(options: DemoOptions): Promise<void> {
  const { Demo } = await import('./demo/demo.ts');
  const { Screen } = await import('./terminal/screen.ts');
  const screen = new Screen(process.stdout, process.env);
  const ending = endOnSignal();
  try {
    const demo = await Demo.start(screen, ending.signal);
    try {
      const result = await demo.play();
      demo.showTable(result);
      process.exitCode = result.passed ? 0 : 1;
      if (options.json !== undefined) await writeResults(options.json, result);
      if (options.once !== true) {
        demo.showWayIn();
        await untilAborted(ending.signal);
      }
    } finally {
      screen.waiting('ending every process of it');
      await demo.cluster.close();
      screen.waiting('');
    }
  } catch (error) {
    screen.waiting('');
    if (!ending.signal.aborted) throw error;
    process.exitCode ??= ending.exitCode();
  } finally {
    ending.stop();
  }
}

/** Ctrl-C, or a supervisor's SIGTERM, ends the demo in good order; a second one does not hurry it. */
function endOnSignal() {
  const controller = new AbortController();
  let exitCode = 0;
  const handlers = (
    [
      ['SIGINT', 130],
      ['SIGTERM', 143],
      ['SIGHUP', 129],
    ] as const
  ).map(([name, code]) => {
    const handler = () => {
      exitCode = code;
      controller.abort(new Error(`ended by ${name}`));
    };
    process.on(name, handler);
    return [name, handler] as const;
  });
  return {
    signal: controller.signal,
    exitCode: () => exitCode,
    stop: () => {
      for (const [name, handler] of handlers) process.off(name, handler);
    },
  };
}

function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    // A pending promise alone does not keep a process: the sandbox's server does.
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

async function writeResults(file: string, result: DemoResult): Promise<void> {
  await writeFile(file, `${JSON.stringify(result, null, 2)}\n`);
}
