/**
 * Owns the program around the commands: its version, its help, and how each command ends.
 * Must not load what a command needs before that command is chosen: a controller starts fast and stays small.
 */
import { basename } from 'node:path';
import process from 'node:process';
import { Command, CommanderError } from 'commander';
import packageJson from '../../package.json' with { type: 'json' };
import { UsageError } from './usage-error.ts';

/** 0: it did what it was told. 1: it could not. 2: it was told something that makes no sense. */
const exitCodes = { operation: 1, usage: 2 } as const;

/** Adds one command to the program. */
export type RegisterCommand = (program: Command) => void;

/** Never rejects; sets the process's exit code. */
export async function runCommandLine(commands: readonly RegisterCommand[]): Promise<void> {
  // Whoever read it may have gone (`| head`, a closed terminal): that breaks nothing off half-way.
  for (const output of [process.stdout, process.stderr]) output.on('error', () => undefined);
  const program = new Command(programName(process.argv[1]))
    .description('one active pod, a warm standby beside it, and a takeover in milliseconds')
    .version(packageJson.version)
    .showHelpAfterError('(--help shows what there is)')
    .exitOverride();
  for (const register of commands) register(program);
  try {
    await program.parseAsync();
  } catch (error) {
    process.exitCode = report(error);
  }
}

/** As kubectl's plugin it is called by that name, and says so in its help. */
function programName(startedAs: string | undefined): string {
  return basename(startedAs ?? '') === 'kubectl-understudy' ? 'kubectl understudy' : 'understudy';
}

/** One line for what the user can put right; a stack for what is a bug. */
function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : exitCodes.usage;
  if (error instanceof UsageError) {
    for (const problem of error.problems) process.stderr.write(`understudy: ${problem}\n`);
    return exitCodes.usage;
  }
  process.stderr.write(`understudy: ${describe(error)}\n`);
  return exitCodes.operation;
}

/** Operating errors have a code, and a message that is made for people. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error ? error.message : (error.stack ?? error.message);
}
