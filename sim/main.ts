/**
 * Owns `npm run sim`: many seeds for a while, or one of them to be read.
 *   npm run sim -- [--minutes M | --seeds N --from S]    a swarm
 *   npm run sim -- --seed N [--trace] [--shrink]         one
 * Ends with 1 where a guarantee was broken.
 */
import { Command, InvalidArgumentError } from 'commander';
import { runPlan, runSeed } from './run.ts';
import { knownPlans } from './swarm/known-plans.ts';
import { SwarmReport } from './swarm/report.ts';
import { shrink } from './swarm/shrink.ts';
import { runSwarm } from './swarm/workers.ts';

interface Flags {
  readonly minutes?: number;
  readonly seeds?: number;
  readonly from: number;
  readonly seed?: number;
  readonly trace?: boolean;
  readonly shrink?: boolean;
  readonly known?: boolean;
}

const defaultSeeds = 2_000;

function integer(text: string): number {
  if (!/^[0-9]{1,15}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}

const command = new Command('npm run sim --')
  .description(
    'Runs the whole system in simulated worlds, each a function of its seed, and checks its guarantees.',
  )
  .option('--seeds <number>', `how many (default ${defaultSeeds})`, integer)
  .option('--from <seed>', 'the first of them', integer, 1)
  .option('--minutes <number>', 'as many as there is time for', integer)
  .option('--known', 'first each plan that ever broke a guarantee (sim/known)')
  .option('--seed <number>', 'this one alone', integer)
  .option('--trace', 'with --seed: its journal')
  .option('--shrink', 'with --seed: look for a smaller world that still fails')
  .action((flags: Flags) => (flags.seed === undefined ? swarm(flags) : one(flags.seed, flags)));

async function one(seed: number, flags: Flags): Promise<void> {
  const result = await runSeed(seed, flags.trace === true);
  for (const line of result.journal) print(line);
  print(`seed ${seed}: ${result.violations.length === 0 ? 'holds' : 'BROKEN'}, journal ${result.digest}`);
  for (const { guarantee, singleton, sentence } of result.violations)
    print(`  ${guarantee} ${singleton}: ${sentence}`);
  if (result.violations.length === 0) return;
  process.exitCode = 1;
  if (flags.shrink !== true) return;
  const broken = new Set(result.violations.map(({ guarantee }) => guarantee));
  const smallest = await shrink(result.plan, async (plan) =>
    (await runPlan(plan)).violations.some(({ guarantee }) => broken.has(guarantee)),
  );
  const again = await runPlan(smallest, true);
  for (const line of again.journal) print(line);
  print(JSON.stringify(smallest, null, 2));
  for (const { guarantee, singleton, sentence } of again.violations)
    print(`  ${guarantee} ${singleton}: ${sentence}`);
}

async function runKnown(report: SwarmReport): Promise<void> {
  for (const { name, found, plan } of knownPlans()) {
    const result = await runPlan(plan);
    if (result.violations.length > 0) print(`known plan ${name} is BROKEN again: ${found}`);
    report.add({ ...result, seed: plan.seed });
  }
}

async function swarm({ minutes, seeds = defaultSeeds, from, known }: Flags): Promise<void> {
  const report = new SwarmReport(print);
  const deadline = minutes === undefined ? undefined : performance.now() + minutes * 60_000;
  if (known === true) await runKnown(report);
  let next = from;
  await runSwarm({
    nextSeed: () => {
      const isEnough = deadline === undefined ? next >= from + seeds : performance.now() > deadline;
      return isEnough ? undefined : next++;
    },
    onReport: (each) => report.add(each),
  });
  report.summarise();
  if (report.broken > 0) process.exitCode = 1;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

await command.parseAsync();
