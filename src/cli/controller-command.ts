/**
 * Owns the command `controller`: its flags, the real clock, sockets and random source that it runs with, and its end.
 * Must not decide anything about pods.
 */
import { hostname } from 'node:os';
import process from 'node:process';
import type { Command } from 'commander';
import type { ControllerFlags } from '../controller/settings.ts';
import { endOnSignal } from './end-on-signal.ts';
import { UsageError } from './usage-error.ts';

interface Flags extends ControllerFlags {
  readonly kubeconfig?: string;
  readonly context?: string;
}

export function registerControllerCommand(program: Command): void {
  program
    .command('controller')
    .description('keep exactly one active pod in each singleton, and its standby ready to take over')
    .option(
      '--adopt <key=value>',
      'pods with these labels are one singleton per namespace; repeatable (default: none, only Singletons)',
      collect,
      [],
    )
    .option('--singletons', 'look after Singletons too, although pods are adopted by --adopt')
    .option('--namespace <name>', 'watch this namespace only; repeatable (default: all)', collect, [])
    .option(
      '--safety <Prompt|Strict>',
      'Strict never promotes without proof that the old active has stopped',
      'Prompt',
    )
    .option('--notify-port <port>', 'UDP port on which an application hears that it is active', '10001')
    .option(
      '--listen <host:port>',
      'where to serve /healthz, /readyz, /metrics and /timelines (default: POD_IP:9464)',
    )
    .option(
      '--kubeconfig <file>',
      'how to reach the API server (default: KUBECONFIG, the pod, ~/.kube/config)',
    )
    .option('--context <name>', 'the context of the kubeconfig')
    .option('--name <name>', 'the name of this controller (default: MY_POD_NAME, POD_NAME or HOSTNAME)')
    .option('--controller-namespace <name>', "where the controllers' own Leases are (default: POD_NAMESPACE)")
    .action(runController);
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

/** Resolves once the controller has handed over and stopped. Rejects with an error whose message is for the user. */
async function runController(flags: Flags): Promise<void> {
  const { readSettings } = await import('../controller/settings.ts');
  // A shell's HOSTNAME is often not exported: the system knows it all the same.
  const read = readSettings(flags, { ...process.env, HOSTNAME: process.env.HOSTNAME ?? hostname() });
  if (read.kind === 'invalid') throw new UsageError(read.problems);
  const ending = endOnSignal();
  try {
    const { startControllerProcess } = await import('./controller-process.ts');
    const running = await startControllerProcess(read.settings, flags);
    await ending.signalled;
    await running.stop();
  } finally {
    ending.stop();
  }
}
