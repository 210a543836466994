/**
 * Owns `npm run cluster`: the commands with which a person starts, looks at, breaks and ends the test bed.
 * Must not do any of it itself.
 */
import { existsSync } from 'node:fs';
import process from 'node:process';
import { Command, CommanderError } from 'commander';
import { runInPlace } from '../../scripts/child-process.mjs';
import { EndedBySignal, endOnSignal } from '../../src/cli/end-on-signal.ts';
import { Screen } from '../../src/cli/terminal/screen.ts';
import { kubernetesVersion } from './binaries.ts';
import { type Cluster, openCluster, removeCluster } from './cluster.ts';
import { ClusterError } from './cluster-error.ts';
import { componentNames } from './component.ts';
import { registerFaultCommand } from './fault-command.ts';
import { standing } from './owner.ts';
import { statePaths } from './paths.ts';
import { prepareAndStart } from './prepare.ts';
import { missingPackages } from './requirements.ts';
import { describeStatus } from './status.ts';

const program = new Command('cluster')
  .description(
    'a real Kubernetes with two nodes on this machine: etcd, control plane, kubelets, containerd, kube-proxy',
  )
  .showHelpAfterError('(--help shows what there is)')
  .exitOverride();

program
  .command('up')
  .description('build what is missing (minutes the first time), start the cluster, and leave it running')
  .option('--grace <seconds>', 'how long a node may be silent until it is not Ready', '10')
  .option(
    '--min-sync-period <time>',
    "kube-proxy's pause between two changes, as 10ms (by default its own: 1s)",
  )
  .action(up);
program.command('down').description('end the cluster, and leave nothing behind').action(down);
program.command('status').description('whose it is, what runs, and where its files are').action(status);
program.command('kubeconfig').description('print the path of its kubeconfig').action(kubeconfig);
program
  .command('logs [name]')
  .description('follow the log of one component; without a name, list them')
  .action(logs);
program
  .command('packages')
  .description('print the Debian packages of what is missing here')
  .action(() => console.log(missingPackages().join(' ')));
registerFaultCommand(program);

interface UpOptions {
  readonly grace: string;
  readonly minSyncPeriod?: string;
}

async function up({ grace, minSyncPeriod }: UpOptions): Promise<void> {
  const seconds = Number(grace);
  if (!Number.isInteger(seconds) || seconds < 10 || seconds > 600)
    throw new ClusterError(`--grace: "${grace}" is not a number of seconds from 10 to 600`);
  if (minSyncPeriod !== undefined && !/^\d{1,5}m?s$/.test(minSyncPeriod))
    throw new ClusterError(`--min-sync-period: "${minSyncPeriod}" is not a time like 10ms or 1s`);
  const screen = new Screen(process.stdout, process.env);
  const ending = endOnSignal();
  try {
    const cluster = await prepareAndStart({
      kind: 'person',
      nodeMonitorGraceSeconds: seconds,
      minSyncPeriod,
      progress: screen,
      signal: ending.signal,
    });
    screen.waiting('');
    screen.line(`Kubernetes ${kubernetesVersion()} runs, with two nodes. npm run cluster -- down ends it.`);
    screen.line(`export KUBECONFIG=${cluster.kubeconfig} PATH="${parent(cluster)}:$PATH"`);
  } finally {
    screen.waiting('');
    ending.stop();
  }
}

const parent = ({ kubectl }: Cluster) => kubectl.slice(0, kubectl.lastIndexOf('/'));

async function down(): Promise<void> {
  const was = standing();
  await removeCluster();
  console.log(was.kind === 'none' ? 'no cluster was there' : 'the cluster is gone');
}

async function status(): Promise<void> {
  for (const line of await describeStatus()) console.log(line);
}

function kubeconfig(): void {
  console.log(openCluster().kubeconfig);
}

async function logs(name: string | undefined): Promise<void> {
  openCluster();
  if (name === undefined) {
    for (const known of componentNames()) console.log(known);
    return;
  }
  const file = statePaths.log(name);
  if (!existsSync(file))
    throw new ClusterError(`there is no log of ${name}; there are: ${componentNames().join(', ')}`);
  await runInPlace('tail', ['-n', '100', '-f', file]);
}

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = report(error);
}

/** One line for what a person can put right; a stack for what is a bug. */
function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof EndedBySignal) return error.exitCode;
  const isOperating = error instanceof ClusterError;
  process.stderr.write(
    `cluster: ${isOperating ? error.message : error instanceof Error ? error.stack : error}\n`,
  );
  return 1;
}
