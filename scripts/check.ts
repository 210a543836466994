/*
 * Owns `npm run check` and `npm run fix`: the list of the project's checks, each with its fixer or with
 * the words for what a person has to do. Every check runs, whatever the one before it found.
 */
import { spawn } from 'node:child_process';

interface Check {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  /** A command that mends what it can, or the advice where only a person can. */
  readonly fix: readonly [string, ...string[]] | string;
}

const bin = (name: string) => `node_modules/.bin/${name}`;
const nodeTest = (file: string) => [process.execPath, '--test', '--test-reporter=spec', file] as const;

const checks: readonly Check[] = [
  {
    name: 'types',
    command: [bin('tsc'), '--project', 'tsconfig.json'],
    fix: 'by hand: each line names a file and what the compiler expected',
  },
  {
    name: 'types of pure parts',
    command: [bin('tsc'), '--project', 'tsconfig.pure.json'],
    fix: 'by hand: a pure file takes time, randomness and I/O as inputs',
  },
  {
    name: 'lint and format',
    command: [bin('biome'), 'check', '--error-on-warnings', '--max-diagnostics=50', '.'],
    fix: [bin('biome'), 'check', '--write', '.'],
  },
  {
    name: 'dead code',
    command: [bin('knip'), '--no-progress', '--no-config-hints'],
    fix: [bin('knip'), '--no-progress', '--no-config-hints', '--fix', '--fix-type=exports,types'],
  },
  {
    name: 'layers',
    command: nodeTest('test/layers.test.ts'),
    fix: 'by hand: move the code, or change the table in test/tidy/layers.ts if the design changes',
  },
  {
    name: 'tidy',
    command: nodeTest('test/tidy.test.ts'),
    fix: 'by hand: each line names a file and the rule',
  },
];

interface Outcome {
  readonly check: Check;
  readonly passed: boolean;
  readonly output: string;
}

/** Enough of a failure to start on it; the whole is one command away. */
const tailLines = 60;

async function checkAll(): Promise<boolean> {
  const failures: Outcome[] = [];
  for (const check of checks) {
    const outcome = await timed(check, check.command);
    if (!outcome.passed) failures.push(outcome);
  }
  for (const { check, output } of failures) {
    const advice = typeof check.fix === 'string' ? check.fix : 'npm run fix mends what it can';
    console.log(
      `\n--- ${check.name}: ${check.command.map(relative).join(' ')}\n${tail(output)}\n--- ${check.name}: ${advice}`,
    );
  }
  console.log(
    failures.length === 0
      ? `\nall ${checks.length} checks passed`
      : `\n${failures.length} of ${checks.length} checks failed: ${failures.map(({ check }) => check.name).join(', ')}`,
  );
  return failures.length === 0;
}

async function fixAll(): Promise<void> {
  for (const check of checks) {
    if (typeof check.fix === 'string') console.log(`${check.name.padEnd(20)} ${check.fix}`);
    else await timed(check, check.fix);
  }
}

async function timed(check: Check, [command, ...args]: readonly [string, ...string[]]): Promise<Outcome> {
  const startedAt = performance.now();
  const { passed, output } = await run(command, args);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(`${check.name.padEnd(20)} ${passed ? 'ok    ' : 'FAILED'} ${seconds.padStart(5)} s`);
  return { check, passed, output };
}

function run(command: string, args: readonly string[]): Promise<{ passed: boolean; output: string }> {
  const { promise, resolve } = Promise.withResolvers<{ passed: boolean; output: string }>();
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => (output += text));
  child.on('error', (error) => resolve({ passed: false, output: error.message }));
  child.on('close', (code) => resolve({ passed: code === 0, output }));
  return promise;
}

function tail(output: string): string {
  const lines = output.trimEnd().split('\n');
  const hidden = lines.length - tailLines;
  return hidden > 0 ? [`(${hidden} lines before)`, ...lines.slice(hidden)].join('\n') : lines.join('\n');
}

function relative(word: string): string {
  return word === process.execPath ? 'node' : word;
}

if (process.argv.includes('--fix')) await fixAll();
process.exitCode = (await checkAll()) ? 0 : 1;
