/**
 * Owns one scene of a measurement from calm to calm: struck when all is in good order, and put in order again after it.
 * Must not sum up, nor know whose controllers they are.
 */
import { NotReached } from '../../src/cli/hapod/condition.ts';
import type { PodObject } from '../../src/kube/decode-pod.ts';
import { healAll } from '../../test/cluster/faults.ts';
import { nodeNames } from '../../test/cluster/topology.ts';
import type { Machine } from '../../test/e2e/bed.ts';
import { nodeOf } from '../../test/e2e/scene/catalogue.ts';
import { deletePod } from '../../test/e2e/scene/strikes.ts';
import type { Stage } from '../../test/e2e/stage.ts';
import type { Company } from './contender.ts';
import type { MeasuredScene } from './measured-scenes.ts';
import { loadNow, type Sample } from './sample.ts';

export interface PlayedAndMended {
  /** Undefined where it did not come to the strike. */
  readonly sample: Sample | undefined;
  /** What must not be, a sentence each. */
  readonly problems: readonly string[];
}

interface About {
  readonly controllers: string;
  readonly run: number;
}

const goneWithinMs = 60_000;
const nodesReadyWithinMs = 60_000;
const usualMachine: Machine = 'node1';

export async function playAndMend(
  company: Company,
  measured: MeasuredScene,
  about: About,
): Promise<PlayedAndMended> {
  const { stage } = company;
  const { breaks } = measured;
  let sample: Sample | undefined;
  try {
    await company.controllersCalm();
    const killed = breaks === 'one controller' ? (await company.findControllers()).active : undefined;
    if (breaks === 'a node') await askFromAnotherNode(company);
    sample = await play(company, measured, about);
    const problems = await company.problems();
    if (killed !== undefined) await renew(stage, killed);
    if (breaks === 'a node') await mendNodes(company);
    return { sample, problems };
  } catch (error) {
    if (!(error instanceof NotReached)) throw error;
    if (breaks === 'a node') await mendNodes(company);
    return {
      sample,
      problems: [`not in order ${sample === undefined ? 'before' : 'after'}: ${error.message}`],
    };
  }
}

/** Rejects with NotReached where it did not come to the strike. */
async function play(company: Company, { make }: MeasuredScene, about: About): Promise<Sample> {
  const scene = make(company.stage, company.findControllers);
  const played = { ...about, scene: scene.name, load: loadNow() };
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
    return { ...played, kind: 'measured', ...figures };
  } catch (error) {
    if (!isStruck || !(error instanceof NotReached)) throw error;
    return { ...played, kind: 'never', because: error.message };
  }
}

async function askFromAnotherNode(company: Company): Promise<void> {
  const lost = nodeOf(await company.active());
  await company.askFrom(nodeNames.find((name) => name !== lost) ?? lost);
}

/** A kubelet waits longer with each restart of a container: another pod starts anew. */
async function renew(stage: Stage, pod: PodObject): Promise<void> {
  const isThere = () => stage.pods(pod.namespace).some(({ uid }) => uid === pod.uid);
  if (!isThere()) return;
  await deletePod(stage, pod);
  await stage.recorder.waitFor(() => (isThere() ? `the end of ${pod.name}` : {}), goneWithinMs);
}

/**
 * With new clients: of what the earlier ones sent into the void, the connection tracking of their node remembers to whom.
 * Who uses such a port again reaches the old pod until its kubelet, back again, has ended it.
 */
async function mendNodes(company: Company): Promise<void> {
  const { recorder } = company.stage;
  await healAll();
  await recorder.waitFor(() => {
    const ready = company.stage.nodes().filter((node) => node.ready === 'True');
    return ready.length === nodeNames.length ? {} : 'both nodes to be Ready';
  }, nodesReadyWithinMs);
  await company.askFrom(usualMachine);
}
