/**
 * Owns `npm run bench:cluster`: the scenes of the end-to-end tests played again and again on a real cluster, and what is
 * shown and written of it. Must not hold anybody to a goal: only what must never be is an exit code of its own.
 * Usage: npm run bench:cluster -- [--runs N] [--only SCENE]... [--mode Direct|Labels] [--json FILE] [--write]
 *          [--on-running] [--controller FILE --manifests DIR [--namespace NAME]]
 * `--controller`: a docker-archive with somebody else's controllers, which DIR's manifests put there; measured after ours.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';
import { EndedBySignal, endOnSignal } from '../../src/cli/end-on-signal.ts';
import { NotReached } from '../../src/cli/hapod/condition.ts';
import { milliseconds } from '../../src/cli/terminal/milliseconds.ts';
import { Screen } from '../../src/cli/terminal/screen.ts';
import { TransportError } from '../../src/kube/transport.ts';
import { ClusterError } from '../../test/cluster/cluster-error.ts';
import { modes as allModes } from '../../test/e2e/singleton/manifests.ts';
import { describeMachine, machineLine } from '../machine.ts';
import { type Bed, openBed } from './bed.ts';
import { type BenchArguments, readArguments, UsageError } from './command-arguments.ts';
import type { Contender } from './contender.ts';
import { summaryOf } from './figures.ts';
import { handWrittenPart, renderPage } from './measurements-page.ts';
import { PeerContender } from './peer-contender.ts';
import { imageNamesIn } from './peer-image.ts';
import { Proxies } from './proxies.ts';
import { type Results, resultsRecord, tablesOf } from './report.ts';
import { playRounds } from './rounds.ts';
import type { Sample } from './sample.ts';
import { terminalLines } from './table.ts';
import { ownName, UnderstudyContender } from './understudy-contender.ts';
import { readVersions, versionLines } from './versions.ts';

/** A few requests that follow each other; a scene that waits for something is not waited for. */
const putWithinMs = 2_000;
const page = new URL('../../docs/measurements.md', import.meta.url);
const screen = new Screen(process.stdout, process.env);
const ending = endOnSignal();
const ownNames = allModes.map(ownName);
const samples: Sample[] = [];
const problems: string[] = [];

// Whoever read this may go: what was begun is put in order all the same.
process.stdout.on('error', () => undefined);
process.exitCode = await run().catch(report);
// A scene that was broken off still waits for its end.
process.exit();

async function run(): Promise<number> {
  const given = readArguments(process.argv.slice(2));
  // Said before hours are spent on measuring.
  const earlierPage = given.write ? readPage() : undefined;
  const peerImages = given.peer === undefined ? [] : await imageNamesIn(given.peer.image);
  const machine = describeMachine();
  const bed = await openBed({ onRunning: given.onRunning, progress: screen, signal: ending.signal });
  try {
    const versions = await readVersions(bed.cluster, bed.own);
    for (const line of [...versionLines(versions), machineLine(machine)])
      screen.line(screen.palette.dim(line));
    try {
      await measure(contendersIn(bed, given, peerImages), given);
    } finally {
      show();
    }
    const day = new Date().toISOString().slice(0, 10);
    const load = summaryOf(samples, (sample) => sample.load);
    const results: Results = { day, command: commandOf(given), machine, versions, load, problems, samples };
    if (given.json !== undefined)
      writeFileSync(given.json, `${JSON.stringify(resultsRecord(results), null, 2)}\n`);
    if (given.write)
      writeFileSync(page, renderPage({ ...results, tables: tablesOf(samples, ownNames) }, earlierPage));
  } finally {
    screen.waiting('leaving the cluster');
    await bed.leave();
    screen.waiting('');
  }
  return problems.length === 0 ? 0 : 1;
}

/** In the order in which they are measured. */
function contendersIn(
  { cluster }: Bed,
  { modes, peer }: BenchArguments,
  images: readonly string[],
): readonly Contender[] {
  const own = modes.map((mode) => new UnderstudyContender(cluster, mode));
  return peer === undefined ? own : [...own, new PeerContender(cluster, peer, images)];
}

/** Takes away what it has put there, also when it is broken off. */
async function measure(contenders: readonly Contender[], given: BenchArguments): Promise<void> {
  const proxies = new Proxies();
  for (const contender of contenders) {
    const work = playRounds(contender, {
      runs: given.runs,
      only: given.only,
      proxies,
      signal: ending.signal,
      onStep: (text) => screen.waiting(text),
      onSample: take,
      onProblem: (text) => problems.push(`${contender.name}, ${text}`),
    });
    try {
      await unlessBrokenOff(work);
    } finally {
      screen.waiting(`taking away what ${contender.name} was measured with`);
      await proxies.set('as found');
      await contender.takeAway();
    }
  }
}

function take(sample: Sample): void {
  samples.push(sample);
  const { controllers, run, scene } = sample;
  const what = `${controllers}, run ${run}, ${scene}:`;
  if (sample.kind === 'never') {
    if (ownNames.includes(controllers)) problems.push(`${what} ${sample.because}`);
    screen.line(screen.palette.bad(`${what} nobody answered; ${sample.because}`));
    return;
  }
  const { gapMs, answerMs } = sample.clients;
  screen.line(
    screen.palette.dim(`${what} gap ${milliseconds(gapMs)} ms, first answer ${milliseconds(answerMs)} ms`),
  );
}

function show(): void {
  screen.waiting('');
  if (samples.length > 0) screen.line();
  for (const table of tablesOf(samples, ownNames))
    for (const line of terminalLines(table, screen.palette)) screen.line(line);
  for (const problem of problems) screen.line(screen.palette.bad(`must not be: ${problem}`));
}

/** Rejects after the first signal. What is being put there then, is put there first: it can't be taken away before. */
async function unlessBrokenOff(work: Promise<void>): Promise<void> {
  const { signal, signalled } = ending;
  try {
    await Promise.race([work, signalled]);
  } finally {
    if (signal.aborted) await Promise.race([work.catch(() => undefined), pause(putWithinMs)]);
    // A child that the terminal has ended too may be heard of first.
    signal.throwIfAborted();
  }
}

function readPage(): string | undefined {
  const text = existsSync(page) ? readFileSync(page, 'utf8') : undefined;
  try {
    handWrittenPart(text);
  } catch (error) {
    throw new UsageError(
      `--write: ${error instanceof Error ? error.message : error} (docs/measurements.md)`,
      {
        cause: error,
      },
    );
  }
  return text;
}

/** By which it can be repeated, wherever files are. */
function commandOf({ runs, only, modes, write, onRunning, peer }: BenchArguments): string {
  const words = [
    `--runs ${runs}`,
    ...only.map((key) => `--only ${key}`),
    ...(modes.length === allModes.length ? [] : modes.map((mode) => `--mode ${mode}`)),
    ...(write ? ['--write'] : []),
    ...(onRunning ? ['--on-running'] : []),
    ...(peer === undefined
      ? []
      : [
          `--controller ${path.basename(peer.image)}`,
          `--manifests ${path.basename(peer.manifests)}`,
          `--namespace ${peer.namespace}`,
        ]),
  ];
  return `npm run bench:cluster -- ${words.join(' ')}`;
}

/** One line for what a person can put right; a stack for what is a bug. Resolves to an exit code. */
function report(error: unknown): number {
  screen.waiting('');
  if (error instanceof EndedBySignal) return error.exitCode;
  const isForPeople = [UsageError, ClusterError, NotReached, TransportError].some(
    (kind) => error instanceof kind,
  );
  const text = error instanceof Error ? (isForPeople ? error.message : error.stack) : error;
  process.stderr.write(`bench:cluster: ${text}\n`);
  return error instanceof UsageError ? 2 : 1;
}
