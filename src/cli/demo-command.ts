/**
 * Owns the command `demo`: its flags, Ctrl-C, the results file and the exit code.
 * Must not know what a scene does.
 */
import { access, constants, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import type { Command } from 'commander';
import type { DemoResult } from './demo/demo.ts';
import { EndedBySignal, endOnSignal } from './end-on-signal.ts';
import { UsageError } from './usage-error.ts';

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
    .action(runUnlessEnded);
}

/** Ctrl-C in the middle is not an error of the demo: it only shows in the exit code. */
async function runUnlessEnded(options: DemoOptions): Promise<void> {
  try {
    await runDemo(options);
  } catch (error) {
    if (!(error instanceof EndedBySignal)) throw error;
    process.exitCode = error.exitCode;
  }
}

/** Sets the exit code: 0 all scenes passed, 1 not. Rejects with EndedBySignal when it was ended before the table. */
async function runDemo(options: DemoOptions): Promise<void> {
  // Found out now, not after five scenes.
  if (options.json !== undefined) await mustBeWritable(options.json);
  const { Demo } = await import('./demo/demo.ts');
  const { Screen } = await import('./terminal/screen.ts');
  const screen = new Screen(process.stdout, process.env);
  const ending = endOnSignal();
  const demo = await Demo.start(screen, ending.signal);
  try {
    const result = await demo.play();
    demo.showTable(result);
    process.exitCode = result.passed ? 0 : 1;
    if (options.json !== undefined) await writeResults(options.json, result);
    if (options.once === true) return;
    demo.showWayIn();
    demo.showTakeovers();
    await ending.signalled;
  } finally {
    screen.waiting('every process of it to end');
    await demo.cluster.close();
    screen.waiting('');
    ending.stop();
  }
}

async function mustBeWritable(file: string): Promise<void> {
  const cannot = (because: string, cause?: unknown) =>
    new UsageError([`--json: ${file} cannot be written: ${because}`], { cause });
  const present = await stat(file).catch(() => undefined);
  if (present?.isDirectory() === true) throw cannot('it is a folder');
  try {
    await access(present === undefined ? path.dirname(file) : file, constants.W_OK);
  } catch (error) {
    throw cannot(error instanceof Error ? error.message : String(error), error);
  }
}

async function writeResults(file: string, result: DemoResult): Promise<void> {
  await writeFile(file, `${JSON.stringify(result, null, 2)}\n`);
}
