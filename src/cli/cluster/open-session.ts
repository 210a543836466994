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

/**
 * What a signal does: it ends the process as signals do, or the command is told and puts things in order first. Only what
 * leaves something behind needs the second: a person's Ctrl-C should not wait for an API server that does not answer.
 */
export type EndedBy = 'system' | 'command';

type Run = (session: CommandSession, namespace: string) => Promise<number>;

/** Sets the process's exit code to what `run` resolves to. Rejects with an error whose message is for the user. */
export async function inSession(flags: ClusterFlags, run: Run, endedBy: EndedBy = 'system'): Promise<void> {
  const ending = endedBy === 'command' ? endOnSignal() : neverEnding;
  try {
    const { client, session } = await openSession(flags, ending.signal);
    try {
      process.exitCode = await run(session, flags.namespace ?? client.namespace);
    } finally {
      await client.transport.close();
    }
  } catch (error) {
    if (!(error instanceof EndedBySignal)) throw error;
    process.exitCode = error.exitCode;
  } finally {
    ending.stop();
  }
}

const neverEnding = { signal: new AbortController().signal, stop: () => undefined };

/** Nothing of the client is loaded before a command needs it: `--help` answers at once. */
async function openSession(flags: ClusterFlags, ending: AbortSignal) {
  const { loadConnection } = await import('../../kube/load-connection.ts');
  const { connectTransport } = await import('../../kube/http2-transport.ts');
  const { realClock: clock, realRandom: random } = await import('../../time/real-clock.ts');
  const { ClusterClient } = await import('./cluster-client.ts');
  const { paletteFor } = await import('../terminal/palette.ts');
  const connection = await loadConnection({ ...flags, env: process.env });
  const transport = connectTransport(connection, { clock, random, purpose: 'command' });
  const client = new ClusterClient({ transport, namespace: connection.namespace });
  const { stdout: output, stderr: errors } = process;
  const palette = paletteFor(output, process.env);
  const session: CommandSession = {
    client,
    clock,
    random,
    output,
    errors,
    palette,
    timeZone: undefined,
    ending,
  };
  return { client, session };
}
