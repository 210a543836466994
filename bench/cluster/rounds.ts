/**
 * Owns the order of a measurement: run after run, in each of them every scene that is due, on an application of its own.
 * So the scenes are interleaved, and one run's crashes are few: controllers hold back deletes after many.
 * Must not sum up, nor know whose controllers they are.
 */
import { NotReached } from '../../src/cli/hapod/condition.ts';
import type { PodObject } from '../../src/kube/decode-pod.ts';
import { healAll } from '../../test/cluster/faults.ts';
import { nodeNames } from '../../test/cluster/topology.ts';
import { nodeOf } from '../../test/e2e/scene/catalogue.ts';
import { deletePod } from '../../test/e2e/scene/strikes.ts';
import type { Stage } from '../../test/e2e/stage.ts';
import type { Company, Contender } from './contender.ts';
import { electionKey, isDue, type MeasuredScene, measuredScenes } from './measured-scenes.ts';
import type { Sample } from './sample.ts';

export interface RoundsOptions {
  readonly runs: number;
  readonly only: readonly string[];
  readonly onStep: (text: string) => void;
  readonly onSample: (sample: Sample) => void;
  /** A sentence about something that must not be. */
  readonly onProblem: (text: string) => void;
}

const goneWithinMs = 60_000;
const nodesReadyWithinMs = 60_000;

export async function playRounds(contender: Contender, options: RoundsOptions): Promise<void> {
  options.onStep(`${contender.name}: putting the controllers there`);
  await contender.put();
  for (let run = 1; run <= options.runs; run++) await playRound(contender, run, options);
}

async function playRound(contender: Contender, run: number, options: RoundsOptions): Promise<void> {
  const { only, runs, onStep, onSample, onProblem } = options;
  const say = (what: string) => onStep(`${contender.name}: run ${run} of ${runs}: ${what}`);
  const due = measuredScenes.filter((scene) => isDue(scene, run, only) && contender.canBreak(scene.breaks));
  say('a new application');
  let company = await contender.gather();
  if (only.length === 0 || only.includes(electionKey)) {
    const played = { controllers: contender.name, scene: 'first election', run };
    onSample({ ...played, kind: 'measured', ...company.election });
  }
  for (const scene of due) {
    say(scene.key);
    const sample = await playDue(company, scene, { controllers: contender.name, run });
    if (typeof sample === 'string') onProblem(`run ${run}: ${scene.key} was not played: ${sample}`);
    else onSample(sample);
    if (typeof sample !== 'string' && sample.kind === 'measured') continue;
    // Who knows what it is in: the next scene gets another one.
    say('a new application');
    await dismiss(company, run, onProblem);
    company = await contender.gather();
  }
  say('taking the application away');
  await dismiss(company, run, onProblem);
}

async function dismiss(company: Company, run: number, onProblem: RoundsOptions['onProblem']): Promise<void> {
  for (const problem of await company.problems()) onProblem(`run ${run}: ${problem}`);
  await company.dismiss();
}

/** A sentence where it did not come to the strike. */
async function playDue(
  company: Company,
  { make, breaks }: MeasuredScene,
  played: { readonly controllers: string; readonly run: number },
): Promise<Sample | string> {
  const { stage } = company;
  await company.controllersCalm();
  const controller = breaks === 'one controller' ? (await company.findControllers()).active : undefined;
  if (breaks === 'a node') await askFromAnotherNode(company);
  const scene = make(stage, company.findControllers);
  const about = { ...played, scene: scene.name };
  let isStruck = false;
  try {
    const figures = await company.play({
      ...scene,
      strike: async (before) => {
        const struckAtMs = await scene.strike(before);
        isStruck = true;
        return struckAtMs;
      },
    });
    return { ...about, kind: 'measured', ...figures };
  } catch (error) {
    if (!(error instanceof NotReached)) throw error;
    if (!isStruck) return error.message;
    return { ...about, kind: 'never', because: error.message };
  } finally {
    if (controller !== undefined) await renew(stage, controller);
    if (breaks === 'a node') await mendNodes(stage);
  }
}

async function askFromAnotherNode(company: Company): Promise<void> {
  const lost = nodeOf(await company.active());
  const [other = lost] = nodeNames.filter((name) => name !== lost);
  await company.askFrom(other);
}

/** A kubelet waits longer with each restart of a container: another pod starts anew. */
async function renew(stage: Stage, pod: PodObject): Promise<void> {
  const isThere = () => stage.pods(pod.namespace).some(({ uid }) => uid === pod.uid);
  if (!isThere()) return;
  await deletePod(stage, pod);
  await stage.recorder.waitFor(() => (isThere() ? `the end of ${pod.name}` : {}), goneWithinMs);
}

async function mendNodes(stage: Stage): Promise<void> {
  await healAll();
  await stage.recorder.waitFor(() => {
    const ready = stage.nodes().filter((node) => node.ready === 'True');
    return ready.length === nodeNames.length ? {} : 'both nodes to be Ready';
  }, nodesReadyWithinMs);
}
