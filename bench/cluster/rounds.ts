/**
 * Owns the order of a measurement: run after run, in each of them every scene that is due, on an application of its own.
 * So the scenes are interleaved, and one run's crashes are few: controllers hold back deletes after many.
 * Must not sum up, nor know whose controllers they are.
 */
import type { Contender } from './contender.ts';
import { electionKey, isDue, measuredScenes } from './measured-scenes.ts';
import { playAndMend } from './play-and-mend.ts';
import type { Proxies } from './proxies.ts';
import { loadNow, type Sample } from './sample.ts';

export interface RoundsOptions {
  readonly runs: number;
  readonly only: readonly string[];
  readonly proxies: Pick<Proxies, 'set'>;
  /** Nothing new is begun once it is aborted. */
  readonly signal: AbortSignal;
  readonly onStep: (text: string) => void;
  readonly onSample: (sample: Sample) => void;
  /** A sentence about something that must not be. */
  readonly onProblem: (text: string) => void;
}

export async function playRounds(contender: Contender, options: RoundsOptions): Promise<void> {
  options.onStep(`${contender.name}: putting the controllers there`);
  await contender.put();
  for (let run = 1; run <= options.runs; run++) await playRound(contender, run, options);
}

async function playRound(contender: Contender, run: number, options: RoundsOptions): Promise<void> {
  const { only, runs, proxies, signal, onStep, onSample, onProblem } = options;
  const say = (what: string) => {
    signal.throwIfAborted();
    onStep(`${contender.name}: run ${run} of ${runs}: ${what}`);
  };
  const due = measuredScenes.filter((scene) => isDue(scene, run, only) && contender.canPlay(scene));
  say('a new application');
  await proxies.set('as found');
  let company = await contender.gather();
  if (only.length === 0 || only.includes(electionKey)) {
    const played = { controllers: contender.name, scene: 'first election', run, load: loadNow() };
    onSample({ ...played, kind: 'measured', ...company.election });
  }
  for (const scene of due) {
    say(scene.key);
    await proxies.set(scene.proxy);
    const { sample, problems } = await playAndMend(company, scene, { controllers: contender.name, run });
    for (const problem of problems) onProblem(`run ${run}, ${scene.key}: ${problem}`);
    if (sample !== undefined) onSample(sample);
    if (sample?.kind === 'measured') continue;
    // Who knows what it is in: the next scene gets another one.
    say('a new application');
    await company.dismiss();
    company = await contender.gather();
  }
  say('taking the application away');
  await company.dismiss();
}
