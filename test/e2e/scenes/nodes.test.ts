import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { machineNowMs } from '../../../src/cli/steady-client/machine-time.ts';
import type { PodObject } from '../../../src/kube/decode-pod.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import {
  continueComponent,
  cutLink,
  healAll,
  mendLink,
  restartComponent,
  setNodeMonitorGrace,
} from '../../cluster/faults.ts';
import { componentOf } from '../../cluster/node.ts';
import type { NodeName } from '../../cluster/topology.ts';
import { kubeletHangs, linkCut, nodeOf, shared } from '../scene/catalogue.ts';
import { Ensemble } from '../scene/ensemble.ts';
import type { Scene } from '../scene/measure.ts';
import type { SceneResult } from '../scene/scene-result.ts';
import { deletePod } from '../scene/strikes.ts';
import { openStage, type Troupe } from '../scene/troupe.ts';
import type { Singleton } from '../singleton/singleton.ts';
import type { Stage } from '../stage.ts';

let cluster: Cluster;
let stage: Stage;
let ensemble: Ensemble;

before(async () => {
  ({ cluster, stage } = await openStage());
  ensemble = await Ensemble.gather(stage, { namespace: 'scene-nodes' });
});
afterEach(async () => {
  await healAll();
  await bothNodesReady();
  // One on each node again: a lost node takes only one of them.
  await stage.controllersInGoodOrder(90_000);
});
after(async () => {
  await healAll();
  await ensemble?.dismiss();
  await stage?.close();
});

const other = (node: NodeName): NodeName => (node === 'node1' ? 'node2' : 'node1');

/** Both actives on one node, and clients on the other, which stays. */
async function activesOnOneNode(): Promise<NodeName> {
  let node: NodeName | undefined;
  for (const { singleton } of ensemble.troupes) {
    const { active } = await singleton.inGoodOrder(90_000);
    node ??= nodeOf(active);
    if (nodeOf(active) !== node) await moveTo(singleton, active);
  }
  if (node === undefined) throw new TypeError('there is no singleton');
  for (const troupe of ensemble.troupes) await troupe.askFrom({ machine: other(node) });
  return node;
}

/** The standby is on the other one. */
async function moveTo(singleton: Singleton, active: PodObject): Promise<void> {
  await deletePod(stage, active, { force: true });
  await stage.recorder.waitFor(() => {
    const standing = singleton.standing();
    if (typeof standing === 'string') return standing;
    return standing.active.uid === active.uid ? 'the role to move' : standing;
  }, 60_000);
}

async function bothNodesReady(): Promise<void> {
  await stage.recorder.waitFor(() => {
    const ready = stage.nodes().filter((node) => node.ready === 'True');
    return ready.length === 2 ? ready : 'both nodes to be Ready';
  }, 60_000);
}

/** Once, and not long after the API said so, although a controller may have been lost with the node. */
function assertPrompt({ evidence, epochs, momentsMs }: SceneResult): void {
  assert.equal(evidence, 'node not Ready');
  assert.equal(epochs.after, epochs.before + 1);
  assert.ok((momentsMs.record ?? Number.NaN) - (momentsMs.evidence ?? Number.NaN) < 5_000);
}

async function isGone({ singleton }: Troupe, pod: PodObject, what: string, withinMs: number): Promise<void> {
  await stage.recorder.waitFor(
    () => (singleton.pods().some(({ uid }) => uid === pod.uid) ? what : {}),
    withinMs,
  );
}

describe('nodes of a real cluster, with an active in each mode on them', () => {
  test('a kubelet that hangs makes its node not Ready: the standbys take over, and the old pods go when it is back', async () => {
    const node = await activesOnOneNode();
    await ensemble.each(async (troupe, { once }) => {
      const { result, before: standing } = await troupe.play(shared(kubeletHangs(), once));
      assert.equal(result.epochs.after, result.epochs.before + 1);
      await once(() => {
        continueComponent(componentOf('kubelet', node));
        return machineNowMs();
      });
      await isGone(troupe, standing.active, 'the old pod to go', 60_000);
      await troupe.holdPromises();
    });
  });

  test('a cable that is pulled for 5 s moves nothing', async () => {
    const node = await activesOnOneNode();
    const scene: Scene = {
      name: 'node: link cut for 5 s',
      expected: 'nothing',
      observeMs: 12_000,
      strike: async () => {
        const struckAtMs = machineNowMs();
        await cutLink(node);
        setTimeout(() => void mendLink(node), 5_000);
        return struckAtMs;
      },
    };
    await ensemble.each(async (troupe, { once }) => {
      const { result } = await troupe.play(shared(scene, once));
      assert.equal(result.epochs.after, result.epochs.before);
    });
  });

  test("a cable that is pulled for good, with Kubernetes' own grace period: the standbys take over when it is over", async () => {
    const node = await activesOnOneNode();
    await setNodeMonitorGrace(50);
    try {
      const scene = { ...linkCut(), name: 'node: link cut, 50 s of grace', answerWithinMs: 90_000 };
      await ensemble.each(async (troupe, { once }) => {
        const { result, before: standing } = await troupe.play(shared(scene, once));
        assertPrompt(result);
        await once(() => vouchThatItIsDown(node));
        await isGone(troupe, standing.active, 'PodGC to remove the pod', 90_000);
        assert.equal(troupe.singleton.record()?.epoch, result.epochs.after);
        await troupe.holdPromises();
      });
    } finally {
      // Whether or not it came to that.
      await cluster.runKubectl(['taint', 'node', node, `${outOfService}-`]).catch(() => '');
      await setNodeMonitorGrace(10);
    }
  });

  const outOfService = 'node.kubernetes.io/out-of-service';

  /** PodGC then writes phase Failed, though no kubelet said so, and removes the pods. */
  async function vouchThatItIsDown(node: NodeName): Promise<number> {
    await cluster.runKubectl(['taint', 'node', node, `${outOfService}=nodeshutdown:NoExecute`]);
    return machineNowMs();
  }

  test('a Node object that is deleted while its kubelet lives makes nobody a second active', async () => {
    const node = await activesOnOneNode();
    const scene: Scene = {
      name: 'Node object deleted',
      expected: 'failover',
      answerWithinMs: 150_000,
      strike: async () => {
        const struckAtMs = machineNowMs();
        await cluster.runKubectl(['delete', 'node', node]);
        return struckAtMs;
      },
    };
    await ensemble.each(async (troupe, { once }) => {
      const { result } = await troupe.play(shared(scene, once));
      assert.equal(result.epochs.after, result.epochs.before + 1);
      // A kubelet registers its node when it starts, and only then.
      await once(async () => {
        await restartComponent(componentOf('kubelet', node));
        return machineNowMs();
      });
      await bothNodesReady();
      await troupe.singleton.inGoodOrder(90_000);
      await troupe.holdPromises();
    });
  });
});
