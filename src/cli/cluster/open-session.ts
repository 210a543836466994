/**
 * Owns the flags by which every command on a cluster is told where to go, and the session that they open.
 * Must not know what a command does: it runs it, and makes its result the exit code.
 */
import process from 'node:process';
import type { Command } from 'commander';
import { EndedBySignal, endOnSignal } from '../end-on-signal.ts';
import type { CommandSession } from './command-session.ts';

export interface ClusterFlags {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace?: string;
}

export function addClusterFlags(command: Command): Command {
  return command
    .option('-n, --namespace <name>', "the namespace (default: the context's own)")
    .option(
      '--kubeconfig <file>',
      'how to reach the API server (default: KUBECONFIG, the pod, ~/.kube/config)',
    )
    .option('--context <name>', 'the context of the kubeconfig');
}

/** Shown at the end of a command's help. */
export function addExamples(command: Command, examples: readonly string[]): Command {
  const heading = examples.length === 1 ? 'Example:' : 'Examples:';
  return command.addHelpText('after', `\n${heading}\n${examples.map((line) => `  ${line}\n`).join('')}`);
}

/** Sets the process's exit code to what `run` resolves to. Rejects with an error whose message is for the user. */
export async function inSession(
  flags: ClusterFlags,
  run: (session: CommandSession, namespace: string) => Promise<number>,
): Promise<void> {
  const { loadConnection } = await import('../../kube/load-connection.ts');
  const connection = await loadConnection({ ...flags, env: process.env });
  const { connectTransport } = await import('../../kube/http2-transport.ts');
  const { realClock, realRandom } = await import('../../time/real-clock.ts');
  const { ClusterClient } = await import('./cluster-client.ts');
  const { paletteFor } = await import('../terminal/palette.ts');
  const [clock, random] = [realClock, realRandom];
  const transport = connectTransport(connection, { clock, random, purpose: 'command' });
  const ending = endOnSignal();
  const session: CommandSession = {
    client: new ClusterClient({ transport, namespace: connection.namespace }),
    clock,
    random,
    output: process.stdout,
    errors: process.stderr,
    palette: paletteFor(process.stdout, process.env),
    timeZone: undefined,
    ending: ending.signal,
  };
  try {
    process.exitCode = await run(session, flags.namespace ?? connection.namespace);
  } catch (error) {
    if (!(error instanceof EndedBySignal)) throw error;
    process.exitCode = error.exitCode;
  } finally {
    ending.stop();
    await transport.close();
  }
}
