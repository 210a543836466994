import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import type { Mode } from '../../../src/api/singleton.ts';
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
import { kubeletHangs, linkCut, nodeOf } from '../scene/catalogue.ts';
import type { SceneResult } from '../scene/scene-result.ts';
import { openStage, Troupe } from '../scene/troupe.ts';
import { modes } from '../singleton/manifests.ts';
import type { Stage } from '../stage.ts';

let cluster: Cluster;
let stage: Stage;

before(async () => {
  ({ cluster, stage } = await openStage());
});
afterEach(async () => {
  await healAll();
  await bothNodesReady();
  // One on each node again: a lost node takes only one of them.
  await stage.controllersInGoodOrder(90_000);
});
after(async () => {
  await healAll();
  await stage?.close();
});

const other = (node: NodeName): NodeName => (node === 'node1' ? 'node2' : 'node1');

/** Clients ask from the node that stays. */
async function askFromTheOtherNode(troupe: Troupe): Promise<NodeName> {
  const { active } = await troupe.singleton.inGoodOrder(90_000);
  const node = nodeOf(active);
  await troupe.askFrom({ machine: other(node) });
  return node;
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

for (const mode of modes) describe(`nodes of a real cluster, in ${mode} mode`, () => playIn(mode));

function playIn(mode: Mode): void {
  let troupe: Troupe;

  before(async () => {
    troupe = await Troupe.gather(stage, { namespace: `scene-nodes-${mode.toLowerCase()}`, mode });
  });
  after(async () => {
    await healAll();
    await troupe?.dismiss();
  });

  test('a kubelet that hangs makes its node not Ready: the standby takes over, and the old pod goes when it is back', async () => {
    const node = await askFromTheOtherNode(troupe);
    const { result, before: standing } = await troupe.play(kubeletHangs());
    assert.equal(result.epochs.after, result.epochs.before + 1);
    continueComponent(componentOf('kubelet', node));
    await stage.recorder.waitFor(
      () =>
        troupe.singleton.pods().some(({ uid }) => uid === standing.active.uid) ? 'the old pod to go' : {},
      60_000,
    );
    await troupe.holdPromises();
  });

  // What follows takes a minute each, and traffic has no part in what is decided: each in one of the modes.
  if (mode === 'Labels') {
    playNodeDeleted();
    return;
  }

  test('a cable that is pulled for 5 s moves nothing', async () => {
    const node = await askFromTheOtherNode(troupe);
    const { result } = await troupe.play({
      name: 'node: link cut for 5 s',
      expected: 'nothing',
      observeMs: 12_000,
      strike: async () => {
        const struckAtMs = machineNowMs();
        await cutLink(node);
        setTimeout(() => void mendLink(node), 5_000);
        return struckAtMs;
      },
    });
    assert.equal(result.epochs.after, result.epochs.before);
  });

  test("a cable that is pulled for good, with Kubernetes' own grace period: the standby takes over when it is over", async () => {
    const node = await askFromTheOtherNode(troupe);
    await setNodeMonitorGrace(50);
    try {
      const scene = { ...linkCut(), name: 'node: link cut, 50 s of grace', answerWithinMs: 90_000 };
      const { result, before: standing } = await troupe.play(scene);
      assertPrompt(result);
      await vouchThatItIsDown(node, standing.active);
      assert.equal(troupe.singleton.record()?.epoch, result.epochs.after);
      await troupe.holdPromises();
    } finally {
      await setNodeMonitorGrace(10);
    }
  });

  /** PodGC then writes phase Failed, though no kubelet said so, and removes the pod. */
  async function vouchThatItIsDown(node: NodeName, lost: PodObject): Promise<void> {
    const taint = 'node.kubernetes.io/out-of-service';
    await cluster.runKubectl(['taint', 'node', node, `${taint}=nodeshutdown:NoExecute`]);
    try {
      const isThere = () => troupe.singleton.pods().some(({ uid }) => uid === lost.uid);
      await stage.recorder.waitFor(() => (isThere() ? 'PodGC to remove the pod' : {}), 90_000);
    } finally {
      await cluster.runKubectl(['taint', 'node', node, `${taint}-`]);
    }
  }

  function playNodeDeleted(): void {
    test('a Node object that is deleted while its kubelet lives makes nobody a second active', async () => {
      const node = await askFromTheOtherNode(troupe);
      const { result } = await troupe.play({
        name: 'Node object deleted',
        expected: 'failover',
        answerWithinMs: 150_000,
        strike: async () => {
          const struckAtMs = machineNowMs();
          await cluster.runKubectl(['delete', 'node', node]);
          return struckAtMs;
        },
      });
      assert.equal(result.epochs.after, result.epochs.before + 1);
      // A kubelet registers its node when it starts, and only then.
      await restartComponent(componentOf('kubelet', node));
      await bothNodesReady();
      await troupe.singleton.inGoodOrder(90_000);
      await troupe.holdPromises();
    });
  }
}
