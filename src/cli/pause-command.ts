/**
 * Owns the commands `pause` and `resume`: two words for one field.
 * Must not know how it is written: src/cli/pause does.
 */
import type { Command } from 'commander';
import { addClusterFlags, addExamples, type ClusterFlags, inSession } from './cluster/open-session.ts';

export function registerPauseCommand(program: Command): void {
  const pause = program
    .command('pause <name>')
    .description(
      'carry out no decision until resumed, also when the active dies; what would be done is said',
    );
  addClusterFlags(pause);
  addExamples(pause, ['understudy pause web -n shop']);
  pause.action((name: string, flags: ClusterFlags) => run(name, flags, true));
}

export function registerResumeCommand(program: Command): void {
  const resume = program
    .command('resume <name>')
    .description('carry out decisions again: what is due is done at once');
  addClusterFlags(resume);
  addExamples(resume, ['understudy resume web -n shop']);
  resume.action((name: string, flags: ClusterFlags) => run(name, flags, false));
}

async function run(name: string, flags: ClusterFlags, paused: boolean): Promise<void> {
  const { setPaused } = await import('./pause/set-paused.ts');
  await inSession(flags, (session, namespace) => setPaused(session, { namespace, name, paused }));
}
