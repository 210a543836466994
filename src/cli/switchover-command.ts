/**
 * Owns the command `switchover`: its flags.
 * Must not know how a request is written or answered: src/cli/switchover does.
 */
import { type Command, InvalidArgumentError } from 'commander';
import type { CommandSession } from './cluster/command-session.ts';
import { limits } from './cluster/limits.ts';
import { addClusterFlags, addExamples, type ClusterFlags, inSession } from './cluster/open-session.ts';

interface Flags extends ClusterFlags {
  readonly to?: string;
  readonly timeout: number;
}

export function registerSwitchoverCommand(program: Command): void {
  const command = program
    .command('switchover <name>')
    .description('move the role as planned: the new one is ready before the old one steps down')
    .option('--to <pod>', 'to this member (default: the best)')
    .option(
      '--timeout <seconds>',
      'how long to wait; then the request is withdrawn',
      seconds,
      limits.switchoverTimeoutSeconds,
    );
  addClusterFlags(command);
  addExamples(command, [
    'understudy switchover web -n shop',
    'understudy switchover web --to web-7d9f8-x2k4p',
  ]);
  command.addHelpText(
    'after',
    '\nExit code: 0 the role has moved; 1 it has not, and standard error says why.',
  );
  command.action(runSwitchover);
}

async function runSwitchover(name: string, { to, timeout, ...flags }: Flags): Promise<void> {
  const { askSwitchover } = await import('./switchover/ask-switchover.ts');
  const ask = (session: CommandSession, namespace: string) =>
    askSwitchover(session, { namespace, name, to, timeoutMs: timeout * 1_000 });
  await inSession(flags, ask, 'command');
}

function seconds(text: string): number {
  const value = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && value > 0 && value <= 3_600) return value;
  throw new InvalidArgumentError('Seconds from above 0 to 3600 are expected.');
}
