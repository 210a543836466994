/**
 * Owns the command `explain`: its flags.
 * Must not know how an explanation comes about: src/cli/explain does.
 */
import type { Command } from 'commander';
import { addClusterFlags, addExamples, type ClusterFlags, inSession } from './cluster/open-session.ts';

export function registerExplainCommand(program: Command): void {
  const command = program
    .command('explain <name>')
    .description(
      'why this one is active, what each member is worth, and what would happen if the active died now',
    );
  addClusterFlags(command);
  addExamples(command, ['understudy explain web -n shop']);
  command.action(runExplain);
}

async function runExplain(name: string, flags: ClusterFlags): Promise<void> {
  const { showExplanation } = await import('./explain/show-explanation.ts');
  await inSession(flags, (session, namespace) => showExplanation(session, { namespace, name }));
}
