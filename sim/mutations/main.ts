/**
 * Owns `npm run sim:mutations`: makes each mistake of the list in a copy of the source, and holds the simulation to it that
 * it catches every one.
 *   npm run sim:mutations -- [--only TEXT] [--seeds N] [--threads N]
 * Ends with 1 where one is not caught.
 */
import { availableParallelism } from 'node:os';
import { Command, InvalidArgumentError } from 'commander';
import { type Catch, hunt, Original } from './hunt.ts';
import { type Mutation, StaleMutationError } from './mutation.ts';
import { mutations } from './mutations.ts';
import { SourceCopies } from './source-copy.ts';

interface Flags {
  readonly only?: string;
  readonly seeds: number;
  readonly threads: number;
}

function count(text: string): number {
  if (!/^[1-9][0-9]{0,8}$/.test(text)) throw new InvalidArgumentError('It must be a number above 0.');
  return Number(text);
}

const command = new Command('npm run sim:mutations --')
  .description('Makes mistakes in copies of the source, and checks that the simulation catches each of them.')
  .option('--only <text>', 'those with this in their name or file')
  .option('--seeds <number>', 'at most so many each', count, 5_000)
  .option('--threads <number>', 'that run seeds at once', count, availableParallelism())
  .action(checkAll);

async function checkAll({ only = '', seeds, threads }: Flags): Promise<void> {
  const copies = new SourceCopies();
  process.on('exit', () => copies.remove());
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130));
  for (const mutation of mutations) copies.check(mutation);
  const chosen = mutations.filter(({ name, file }) => `${name} ${file}`.includes(only));
  const original = new Original([copies.original, ...copies.controls()]);
  const originalHolds = (seed: number) => original.holds(seed);
  let missed = 0;
  for (const mutation of chosen) {
    const startedAt = performance.now();
    const found = await hunt({ copy: copies.mutate(mutation), seeds, threads, originalHolds });
    const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
    if (found === undefined) missed += 1;
    say(mutation, found, `${seconds} s`, seeds);
  }
  for (const [seed, { guarantee, sentence }] of original.broken)
    print(`seed ${seed} counts for nothing: the source itself breaks ${guarantee} there: ${sentence}`);
  print(`${chosen.length - missed} of ${chosen.length} mistakes caught`);
  if (missed > 0 || chosen.length === 0) process.exitCode = 1;
}

function say({ name, file }: Mutation, found: Catch | undefined, duration: string, seeds: number): void {
  if (found === undefined) {
    print(`✗ ${name} (${file})\n    NOT CAUGHT by ${seeds} seeds, ${duration}`);
    return;
  }
  const guarantees = [...new Set(found.violations.map(({ guarantee }) => guarantee))].join('; ');
  const [sentence = ''] = (found.violations[0]?.sentence ?? '').split('\n');
  print(`✓ ${name} (${file})\n    ${guarantees} at seed ${found.seed}, ${duration}: ${sentence}`);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

try {
  await command.parseAsync();
} catch (error) {
  if (!(error instanceof StaleMutationError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
