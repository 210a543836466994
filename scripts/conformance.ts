/*
 * Owns `npm run test:conformance`: the conformance suite on the sandbox, or on a cluster that a kubeconfig names.
 * Usage: npm run test:conformance [-- --kubeconfig FILE] [FILES... FLAGS...]; flags go to node --test.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { accessSync, constants, globSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { runInPlace } from './child-process.mjs';

const VARIABLE = 'UNDERSTUDY_CONFORMANCE_KUBECONFIG';
const everything = 'test/conformance/*.test.ts';
/** Two files at a time, so that the run fits a machine of two cores. */
const concurrency = 2;
/** Per file; a real cluster forgets the pods of a lost node after a minute or two. */
const timeoutMs = 300_000;
/** More than an API server takes that is there. */
const answerTimeoutSeconds = 10;

interface Arguments {
  readonly kubeconfig: string | undefined;
  readonly flags: readonly string[];
  readonly files: readonly string[];
}

function parse(given: readonly string[]): Arguments {
  const rest: string[] = [];
  let kubeconfig = process.env[VARIABLE];
  for (let index = 0; index < given.length; index++) {
    const argument = given[index] ?? '';
    const [name, value] = argument.split(/=(.*)/s);
    if (name === '--kubeconfig') kubeconfig = value ?? given[++index] ?? '';
    else rest.push(argument);
  }
  return {
    kubeconfig,
    flags: rest.filter((argument) => argument.startsWith('-')),
    files: rest.filter((argument) => !argument.startsWith('-')),
  };
}

/** Why nothing can be held to the cluster of this file, in one line. */
function problemWith(kubeconfig: string): string | undefined {
  if (kubeconfig === '') return '--kubeconfig needs a file';
  try {
    accessSync(kubeconfig, constants.R_OK);
  } catch (error) {
    return `the kubeconfig can't be read: ${error instanceof Error ? error.message : String(error)}`;
  }
  const timeout = `--request-timeout=${answerTimeoutSeconds}s`;
  const asked = spawnSync(kubectl(), ['--kubeconfig', kubeconfig, timeout, 'get', '--raw', '/readyz'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (asked.status === 0) return undefined;
  const said = asked.stderr.trim().split('\n').at(-1) ?? '';
  return `the cluster of ${kubeconfig} does not answer: ${said}`;
}

function kubectl(): string {
  const script = fileURLToPath(new URL('kubectl.sh', import.meta.url));
  return execFileSync(script, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim();
}

async function run(): Promise<void> {
  const { kubeconfig, flags, files } = parse(process.argv.slice(2));
  const problem = kubeconfig === undefined ? undefined : problemWith(kubeconfig);
  if (problem !== undefined) {
    console.error(`understudy: ${problem}`);
    process.exitCode = 2;
    return;
  }
  if (kubeconfig !== undefined) process.env[VARIABLE] = path.resolve(kubeconfig);
  console.log(`conformance on ${kubeconfig === undefined ? 'the sandbox' : `the cluster of ${kubeconfig}`}`);
  await runInPlace(process.execPath, [
    '--test',
    '--test-reporter=spec',
    `--test-concurrency=${concurrency}`,
    `--test-timeout=${timeoutMs}`,
    ...flags,
    ...(files.length > 0 ? files : globSync(everything).sort()),
  ]);
}

await run();
