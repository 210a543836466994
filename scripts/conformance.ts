/*
 * Owns `npm run test:conformance`: the conformance suite on the sandbox, or on a cluster that a kubeconfig names.
 * Usage: npm run test:conformance [-- --kubeconfig FILE] [FILES... FLAGS...]; flags go to node --test.
 */
import { accessSync, constants, globSync } from 'node:fs';
import path from 'node:path';
import { runInPlace } from './child-process.mjs';

const VARIABLE = 'UNDERSTUDY_CONFORMANCE_KUBECONFIG';
const everything = 'test/conformance/*.test.ts';
/** Two files at a time, so that the run fits a machine of two cores. */
const concurrency = 2;
/** Per file; a real cluster forgets the pods of a lost node after a minute or two. */
const timeoutMs = 300_000;

interface Arguments {
  readonly kubeconfig: string | undefined;
  readonly flags: readonly string[];
  readonly files: readonly string[];
}

function parse(given: readonly string[]): Arguments | string {
  const rest: string[] = [];
  let kubeconfig = process.env[VARIABLE];
  for (let index = 0; index < given.length; index++) {
    const argument = given[index] ?? '';
    const [name, value] = argument.split(/=(.*)/s);
    if (name === '--kubeconfig') kubeconfig = value ?? given[++index] ?? '';
    else rest.push(argument);
  }
  if (kubeconfig === '') return '--kubeconfig needs a file';
  const flags = rest.filter((argument) => argument.startsWith('-'));
  const files = rest.filter((argument) => !argument.startsWith('-'));
  return { kubeconfig: kubeconfig === undefined ? undefined : path.resolve(kubeconfig), flags, files };
}

function unreadable(file: string): string | undefined {
  try {
    accessSync(file, constants.R_OK);
    return undefined;
  } catch (error) {
    return `the kubeconfig can't be read: ${error instanceof Error ? error.message : String(error)}`;
  }
}

async function run(): Promise<void> {
  const parsed = parse(process.argv.slice(2));
  const problem =
    typeof parsed === 'string'
      ? parsed
      : parsed.kubeconfig === undefined
        ? undefined
        : unreadable(parsed.kubeconfig);
  if (typeof parsed === 'string' || problem !== undefined) {
    console.error(`understudy: ${problem}`);
    process.exitCode = 2;
    return;
  }
  const { kubeconfig, flags, files } = parsed;
  if (kubeconfig !== undefined) process.env[VARIABLE] = kubeconfig;
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
