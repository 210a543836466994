/**
 * Owns `npm run test:cluster`: the tests that need root or a real cluster, on one cluster that is started for them and
 * taken away after them, however the run ends.
 * Usage: npm run test:cluster [-- FILES... FLAGS...]; flags go to node --test, `--on-running` takes the cluster of
 * `npm run cluster -- up` and leaves it as it is.
 */
import { spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import process from 'node:process';
import { EndedBySignal, endOnSignal } from '../../src/cli/end-on-signal.ts';
import { Screen } from '../../src/cli/terminal/screen.ts';
import { openCluster, removeCluster } from './cluster.ts';
import { ClusterError } from './cluster-error.ts';
import { prepareAndStart } from './prepare.ts';

interface Part {
  readonly what: string;
  readonly files: string;
  /** Whether it needs the place for itself, or a cluster that runs. */
  readonly needs: 'place' | 'cluster';
  /** Files at a time. What breaks the cluster, or measures, is alone. */
  readonly concurrency: number;
}

const parts: readonly Part[] = [
  { what: 'the bed itself', files: 'test/cluster/**/*.root.test.ts', needs: 'place', concurrency: 1 },
  { what: 'what Kubernetes does', files: 'test/conformance/*.test.ts', needs: 'cluster', concurrency: 2 },
  { what: 'faults', files: 'test/cluster/**/*.cluster.test.ts', needs: 'cluster', concurrency: 1 },
  { what: 'what the product does', files: 'test/e2e/scenes/*.test.ts', needs: 'cluster', concurrency: 1 },
];
/** Per file; far above what any file takes, so that only a hung one meets it. */
const timeoutMs = 15 * 60_000;

const onRunningFlag = '--on-running';
const given = process.argv.slice(2);
const onRunning = given.includes(onRunningFlag);
const flags = given.filter((word) => word.startsWith('-') && word !== onRunningFlag);
const named = given.filter((word) => !word.startsWith('-'));

const ending = endOnSignal();
try {
  const alone = onRunning ? 0 : await runParts('place');
  const together = await runOnCluster();
  process.exitCode = alone || together;
} catch (error) {
  if (error instanceof ClusterError) process.stderr.write(`test:cluster: ${error.message}\n`);
  else if (!(error instanceof EndedBySignal)) throw error;
  process.exitCode = error instanceof EndedBySignal ? error.exitCode : 1;
} finally {
  ending.stop();
}

/** Of this part, those that were named; all of them where none was. */
function filesOf({ files }: Part): readonly string[] {
  const all = globSync(files).sort();
  return named.length === 0 ? all : all.filter((file) => named.includes(file));
}

async function runOnCluster(): Promise<number> {
  const isWanted = parts.some((part) => part.needs === 'cluster' && filesOf(part).length > 0);
  if (!isWanted) return 0;
  if (onRunning) return runParts('cluster', openCluster().kubeconfig);
  const screen = new Screen(process.stdout, process.env);
  const { signal } = ending;
  const cluster = await prepareAndStart({
    kind: 'run',
    nodeMonitorGraceSeconds: 10,
    progress: screen,
    signal,
  });
  screen.waiting('');
  try {
    return await runParts('cluster', cluster.kubeconfig);
  } finally {
    await removeCluster();
  }
}

/** All of them, whatever the first one finds. Resolves to an exit code. */
async function runParts(needs: Part['needs'], kubeconfig?: string): Promise<number> {
  let failed = 0;
  for (const part of parts) {
    const files = filesOf(part);
    if (part.needs !== needs || files.length === 0) continue;
    ending.signal.throwIfAborted();
    const startedAt = performance.now();
    const code = await runTests(part, files, kubeconfig);
    failed = failed || code;
    const seconds = Math.round((performance.now() - startedAt) / 1000);
    process.stdout.write(`${part.what}: ${code === 0 ? 'passed' : 'FAILED'} in ${seconds} s\n`);
  }
  return failed;
}

function runTests({ concurrency }: Part, files: readonly string[], kubeconfig?: string): Promise<number> {
  const words = ['--test', '--test-reporter=spec', `--test-concurrency=${concurrency}`];
  const env = { ...process.env, UNDERSTUDY_CONFORMANCE_KUBECONFIG: kubeconfig };
  return new Promise((resolve, reject) => {
    const args = [...words, `--test-timeout=${timeoutMs}`, ...flags, ...files];
    const child = spawn(process.execPath, args, { stdio: 'inherit', env });
    // A signal from elsewhere than the terminal reaches only this process.
    ending.signal.addEventListener('abort', () => child.kill('SIGTERM'));
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
}
