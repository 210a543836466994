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

/** In this order: what the test bed promises, what Kubernetes does, what the product does. */
const everything = [
  'test/cluster/**/*.root.test.ts',
  'test/conformance/*.test.ts',
  'test/e2e/scenes/*.test.ts',
];
/** Each starts and ends clusters of its own, and so needs the place. */
const withoutCluster = ['test/cluster/**/*.root.test.ts'];
/** Per file; far above what any file takes, so that only a hung one meets it. */
const timeoutMs = 15 * 60_000;

const onRunningFlag = '--on-running';
const given = process.argv.slice(2);
const onRunning = given.includes(onRunningFlag);
const flags = given.filter((word) => word.startsWith('-') && word !== onRunningFlag);
const named = given.filter((word) => !word.startsWith('-'));

const files = (named.length > 0 ? named : globSync(everything).sort()).map((file) => file);
const alone = new Set(globSync(withoutCluster));

const ending = endOnSignal();
try {
  const before = onRunning ? 0 : await runTests(files.filter((file) => alone.has(file)));
  const after = await runOnCluster(files.filter((file) => !alone.has(file)));
  process.exitCode = before || after;
} catch (error) {
  if (error instanceof ClusterError) process.stderr.write(`test:cluster: ${error.message}\n`);
  else if (!(error instanceof EndedBySignal)) throw error;
  process.exitCode = error instanceof EndedBySignal ? error.exitCode : 1;
} finally {
  ending.stop();
}

async function runOnCluster(chosen: readonly string[]): Promise<number> {
  if (chosen.length === 0) return 0;
  if (onRunning) return runTests(chosen, openCluster().kubeconfig);
  const screen = new Screen(process.stdout, process.env);
  try {
    const options = {
      kind: 'run',
      nodeMonitorGraceSeconds: 10,
      progress: screen,
      signal: ending.signal,
    } as const;
    const { kubeconfig } = await prepareAndStart(options);
    screen.waiting('');
    return await runTests(chosen, kubeconfig);
  } finally {
    screen.waiting('');
    await removeCluster();
  }
}

/** Resolves to the exit code. Files run one after the other: they share one cluster, and break it. */
function runTests(chosen: readonly string[], kubeconfig?: string): Promise<number> {
  if (chosen.length === 0) return Promise.resolve(0);
  const words = ['--test', '--test-reporter=spec', '--test-concurrency=1', `--test-timeout=${timeoutMs}`];
  const env = {
    ...process.env,
    ...(kubeconfig === undefined ? {} : { UNDERSTUDY_CONFORMANCE_KUBECONFIG: kubeconfig }),
  };
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...words, ...flags, ...chosen], { stdio: 'inherit', env });
    // A signal from elsewhere than the terminal reaches only this process.
    ending.signal.addEventListener('abort', () => child.kill('SIGTERM'));
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
}
