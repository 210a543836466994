/**
 * Owns the command `doctor`: its flags.
 * Must not know what is examined: src/cli/doctor does.
 */
import type { Command } from 'commander';
import packageJson from '../../package.json' with { type: 'json' };
import { print, styleOf } from './cluster/command-session.ts';
import { addClusterFlags, addExamples, type ClusterFlags, inSession } from './cluster/open-session.ts';

export function registerDoctorCommand(program: Command): void {
  const command = program
    .command('doctor')
    .description(
      'what in this cluster makes takeovers slow or impossible, what it costs, and how to mend it',
    );
  addClusterFlags(command);
  addExamples(command, ['understudy doctor', 'understudy doctor -n shop']);
  command.addHelpText(
    'after',
    '\nIt only reads. Without -n it looks at every namespace. Exit code: 1 where something is broken, else 0.',
  );
  command.action(runDoctor);
}

async function runDoctor(flags: ClusterFlags): Promise<void> {
  const { examine } = await import('./doctor/examine.ts');
  const { exitCodeOf, findingsPage } = await import('./doctor/findings-page.ts');
  await inSession(flags, async (session) => {
    const about = { namespace: flags.namespace, understudyVersion: packageJson.version };
    const findings = await examine(session, about);
    print(session.output, findingsPage(findings, styleOf(session)));
    return exitCodeOf(findings);
  });
}
