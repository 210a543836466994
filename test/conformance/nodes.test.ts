import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { podDecoding, readPod } from '../../src/controller/pod-codec.ts';
import { decodeNode } from '../../src/kube/decode-node.ts';
import { decodePod } from '../../src/kube/decode-pod.ts';
import { watchRequest } from '../../src/kube/request.ts';
import { NODES } from '../../src/kube/resources.ts';
import type { Body } from './api-client.ts';
import { eventually } from './eventually.ts';
import { ImaginedNodes, reserved } from './imagined-nodes.ts';
import { service } from './objects.ts';
import { onRealClusterOnly, openTarget, type Target } from './target.ts';

let target: Target;
let pods = '';
let nodes: ImaginedNodes;

before(async () => {
  target = await openTarget();
  nodes = new ImaginedNodes(target);
  pods = `/api/v1/namespaces/${target.namespace}/pods`;
});
afterEach(() => nodes.remove());
after(() => target.close());

function node(name: string): Promise<Body> {
  return target.api.get(`/api/v1/nodes/${name}`).then(({ body }) => body);
}

describe('a node', () => {
  test('of the cluster that is read as Ready is so by the word of its kubelet', async () => {
    const { body } = await target.api.get(
      `/api/v1/nodes?labelSelector=${encodeURIComponent(`!${reserved.key}`)}`,
    );
    const ready = body.items.filter((item: Body) => decodeNode(item).ready === 'True');
    assert.ok(ready.length > 0);
    for (const item of ready) {
      const condition = item.status.conditions.find(({ type }: Body) => type === 'Ready');
      assert.equal(condition.reason, 'KubeletReady');
      assert.equal(decodeNode(item).name, item.metadata.name);
    }
  });

  test('is seen on a watch of all nodes, its changes and its end', async () => {
    const from = (await target.api.get('/api/v1/nodes')).body.metadata.resourceVersion;
    const { path } = watchRequest(NODES, { resourceVersion: from, timeoutSeconds: 60 });
    const watch = await target.api.watch(path);
    const name = await nodes.make('watched');
    const { uid } = (await node(name)).metadata;
    await target.api.delete(`/api/v1/nodes/${name}`);
    const own = ({ object }: { readonly object: Body }) => object.metadata.uid === uid;
    const events = (await watch.until((event) => own(event) && event.type === 'DELETED')).filter(own);
    watch.stop();
    assert.equal(events[0]?.type, 'ADDED');
    assert.equal(events.at(-1)?.type, 'DELETED');
    assert.ok(events.some(({ object }) => decodeNode(object).ready === 'True'));
  });
});

describe('a node that is cordoned', () => {
  test('is unschedulable, is tainted for it by the node controller, and is given back', async () => {
    const { kubectl } = target;
    const name = await nodes.make('cordoned');
    assert.match(await kubectl.ok(['cordon', name]), /cordoned/);
    assert.match(await kubectl.ok(['get', 'node', name]), /SchedulingDisabled/);
    const taint = await eventually('the taint of a cordoned node', async () =>
      (await node(name)).spec.taints?.find(({ key }: Body) => key === 'node.kubernetes.io/unschedulable'),
    );
    assert.equal(taint.effect, 'NoSchedule');
    assert.match(taint.timeAdded, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    const decoded = decodeNode(await node(name));
    assert.equal(decoded.unschedulable, true);
    assert.ok(decoded.taints.some(({ key }) => key === taint.key));
    assert.match(await kubectl.ok(['uncordon', name]), /uncordoned/);
    await eventually('the taint goes with the cordon', async () => {
      const { spec } = await node(name);
      const left = (spec.taints ?? []).map(({ key }: Body) => key);
      return left.includes(taint.key) ? undefined : spec;
    });
    assert.equal(decodeNode(await node(name)).unschedulable, false);
  });

  test('by a drain has its pods evicted, each within its own grace', async () => {
    const { kubectl } = target;
    const name = await nodes.make('drained');
    await nodes.run('evicted', name, { graceSeconds: 0 });
    const drained = await kubectl.ok(['drain', name, '--ignore-daemonsets', '--force', '--timeout=50s']);
    assert.match(drained, /evicting pod [\s\S]*evicted[\s\S]*drained/);
    assert.equal((await target.api.get(`${pods}/evicted`)).status, 404);
  });

  test('may be tainted by a person, whose taint stays beside the others', async () => {
    const name = await nodes.make('tainted');
    assert.match(await target.kubectl.ok(['taint', 'node', name, 'own=yes:NoExecute']), /tainted/);
    const { spec } = await node(name);
    const keys = spec.taints.map(({ key, effect }: Body) => `${key}:${effect}`);
    assert.ok(keys.includes('own:NoExecute') && keys.includes(`${reserved.key}:NoSchedule`), keys.join(' '));
    assert.match(await target.kubectl.ok(['taint', 'node', name, 'own-']), /untainted/);
  });
});

describe('a node that falls silent', () => {
  test('is Unknown, its pods lose their readiness and nothing else, and are told to leave when tolerated no more', async () => {
    const { api, namespace } = target;
    const slices = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices?labelSelector=kubernetes.io%2Fservice-name%3Dsilent`;
    await api.post(`/api/v1/namespaces/${namespace}/services`, service('silent', { app: 'silent' }));
    const name = await nodes.make('silent');
    const tolerations = ['not-ready', 'unreachable'].map((reason) => ({
      key: `node.kubernetes.io/${reason}`,
      operator: 'Exists',
      effect: 'NoExecute',
      tolerationSeconds: 3,
    }));
    const object = await nodes.run('silenced', name, { labels: { app: 'silent' }, tolerations });
    const query = `fieldSelector=metadata.name%3Dsilenced&resourceVersion=${object.metadata.resourceVersion}`;
    const watch = await api.watch(`${pods}?${query}`);

    const conditionOf = ({ status }: Body, type: string) =>
      status.conditions.find((each: Body) => each.type === type);
    const marked = (
      await watch.until((event) => conditionOf(event.object, 'Ready').status === 'False', 120_000)
    ).at(-1);
    const unknown = await eventually('the silent node is Unknown', async () => {
      const found = await node(name);
      return conditionOf(found, 'Ready').status === 'Unknown' ? found : undefined;
    });
    assert.equal(conditionOf(unknown, 'Ready').reason, 'NodeStatusUnknown');
    assert.equal(decodeNode(unknown).ready, 'Unknown');

    // What the controller knows a lost node by where it may not read nodes (pod-codec.ts, isNodeSilent).
    assert.deepEqual(marked?.object.status.containerStatuses, object.status.containerStatuses);
    assert.equal(marked?.object.status.phase, 'Running');
    const { status, reason, message } = conditionOf(marked?.object, 'Ready');
    assert.deepEqual([status, reason, message], ['False', undefined, undefined]);
    assert.equal(conditionOf(marked?.object, 'ContainersReady').status, 'True');
    const { member } = readPod(decodePod(marked?.object, podDecoding));
    assert.deepEqual(
      { ready: member.ready, nodeReady: member.nodeReady },
      { ready: false, nodeReady: false },
    );

    const taints = await eventually('the taints of an unreachable node', async () => {
      const found = ((await node(name)).spec.taints ?? []).filter(
        ({ key }: Body) => key === 'node.kubernetes.io/unreachable',
      );
      return found.length === 2 ? found : undefined;
    });
    assert.deepEqual(taints.map(({ effect }: Body) => effect).sort(), ['NoExecute', 'NoSchedule']);
    const endpoint = await eventually('the endpoint of a pod on a silent node is not ready', async () => {
      const found = (await api.get(slices)).body.items[0]?.endpoints?.[0];
      return found?.conditions.ready === false ? found : undefined;
    });
    assert.equal(endpoint.conditions.serving, false);

    const evicted = (
      await watch.until((event) => event.object.metadata.deletionTimestamp !== undefined, 60_000)
    ).at(-1);
    watch.stop();
    const disruption = conditionOf(evicted?.object, 'DisruptionTarget');
    assert.equal(disruption.reason, 'DeletionByTaintManager');
    // Nobody is there to end it: it stays, leaving, for as long as its node is silent.
    assert.equal(evicted?.type, 'MODIFIED');
    assert.equal(evicted?.object.status.phase, 'Running');
    assert.equal((await api.get(`${pods}/silenced`)).status, 200);
  });
});

describe('a pod whose node is gone', () => {
  test(
    'is marked Failed without a word of its containers, then deleted by force',
    onRealClusterOnly('it takes a minute; src/sandbox/cluster.test.ts holds it on a simulated clock'),
    async () => {
      const name = await nodes.make('removed');
      const object = await nodes.run('orphaned', name);
      const query = `fieldSelector=metadata.name%3Dorphaned&resourceVersion=${object.metadata.resourceVersion}`;
      const watch = await target.api.watch(`${pods}?${query}`);
      await target.api.delete(`/api/v1/nodes/${name}`);
      const events = await watch.until(({ type }) => type === 'DELETED', 150_000);
      watch.stop();
      const failed = events.find(({ object: seen }) => seen.status.phase === 'Failed')?.object;
      const disruption = failed.status.conditions.find(({ type }: Body) => type === 'DisruptionTarget');
      assert.equal(disruption.reason, 'DeletionByPodGC');
      assert.deepEqual(failed.status.containerStatuses, object.status.containerStatuses);
    },
  );
});
