/**
 * Owns the command `status`: its flags.
 * Must not know how a status is read or shown: src/cli/status does.
 */
import { type Command, InvalidArgumentError } from 'commander';
import type { CommandSession } from './cluster/command-session.ts';
import { addClusterFlags, addExamples, type ClusterFlags, inSession } from './cluster/open-session.ts';
import { UsageError } from './usage-error.ts';

interface Flags extends ClusterFlags {
  readonly allNamespaces?: boolean;
  readonly watch?: boolean;
  readonly output?: 'json';
}

export function registerStatusCommand(program: Command): void {
  const command = program
    .command('status [name]')
    .description('who is active, since when, who stands by, and why; with a name, everything about that one')
    .option('-A, --all-namespaces', 'those of all namespaces')
    .option('-w, --watch', 'follow: on a terminal in place, else a line for each change')
    .option('-o, --output <json>', 'for scripts; with --watch, a line for each change', outputFormat);
  addClusterFlags(command);
  addExamples(command, [
    'understudy status',
    'understudy status web -n shop -w',
    'understudy status -A -o json',
  ]);
  command.action(runStatus);
}

async function runStatus(name: string | undefined, flags: Flags): Promise<void> {
  if (name !== undefined && flags.allNamespaces === true)
    throw new UsageError(['a name and --all-namespaces exclude each other: names are of one namespace']);
  if (flags.namespace !== undefined && flags.allNamespaces === true)
    throw new UsageError(['--namespace and --all-namespaces exclude each other']);
  const { showStatus } = await import('./status/show-status.ts');
  const { followStatus } = await import('./status/follow-status.ts');
  const show = flags.watch === true ? followStatus : showStatus;
  const run = (session: CommandSession, namespace: string) =>
    show(session, {
      namespace: flags.allNamespaces === true ? undefined : namespace,
      name,
      format: flags.output ?? 'text',
    });
  await inSession(flags, run, flags.watch === true ? 'command' : 'system');
}

function outputFormat(text: string): 'json' {
  if (text === 'json') return text;
  throw new InvalidArgumentError('"json" is expected.');
}
