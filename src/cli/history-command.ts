/**
 * Owns the command `history`: its flags.
 * Must not know where the moves come from: src/cli/history does.
 */
import type { Command } from 'commander';
import { addClusterFlags, addExamples, type ClusterFlags, inSession } from './cluster/open-session.ts';

export function registerHistoryCommand(program: Command): void {
  const command = program
    .command('history <name>')
    .description('the moves of the role, newest first: when, from whom to whom, why, and its phases in ms');
  addClusterFlags(command);
  addExamples(command, ['understudy history web -n shop']);
  command.action(runHistory);
}

async function runHistory(name: string, flags: ClusterFlags): Promise<void> {
  const { showHistory } = await import('./history/show-history.ts');
  await inSession(flags, (session, namespace) => showHistory(session, { namespace, name }));
}
