/**
 * Owns a start of the cluster, without images, in a process that can be killed at any step of it. Prints each step.
 * Must not be used but by the tests of the bed's own life.
 */
import process from 'node:process';
import { endOnSignal } from '../../src/cli/end-on-signal.ts';
import { startCluster } from './cluster.ts';

const { signal } = endOnSignal();
try {
  await startCluster({
    kind: 'run',
    images: [],
    nodeMonitorGraceSeconds: 10,
    onStep: (text) => process.stdout.write(`${text}\n`),
    signal,
  });
  process.stdout.write('up\n');
  // Its owner lives until it is killed.
  setInterval(() => undefined, 60_000);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
}
