import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import type { Body } from './api-client.ts';
import { eventually } from './eventually.ts';
import { ImaginedNodes } from './imagined-nodes.ts';
import { lingering, obedient, type PodOptions, replicaSet } from './objects.ts';
import { openTarget, type Target } from './target.ts';

let target: Target;
let pods = '';
let sets = '';
let nodes: ImaginedNodes;

before(async () => {
  target = await openTarget();
  nodes = new ImaginedNodes(target);
  pods = `/api/v1/namespaces/${target.namespace}/pods`;
  sets = `/apis/apps/v1/namespaces/${target.namespace}/replicasets`;
});
afterEach(() => nodes.remove());
after(() => target.close());

function isReady({ status }: Body): boolean {
  return status.conditions?.some((each: Body) => each.type === 'Ready' && each.status === 'True');
}

const nameOf = ({ metadata }: Body): string => metadata.name;
const isOwned = ({ metadata }: Body) => metadata.ownerReferences !== undefined;
const isStaying = ({ metadata }: Body) => metadata.deletionTimestamp === undefined;

function list(app: string): Promise<Body> {
  return target.api.get(`${pods}?labelSelector=app%3D${app}`).then(({ body }) => body);
}

/** As many pods of the set as there are to be, all of them Ready and none leaving. */
function full(app: string, replicas: number): Promise<Body[]> {
  return eventually(`${replicas} ready pods of ${app}`, async () => {
    const { items } = await list(app);
    const good = items.every((item: Body) => isReady(item) && isStaying(item));
    return items.length === replicas && good ? items : undefined;
  });
}

async function make(
  name: string,
  replicas: number,
  options: PodOptions = {},
): Promise<{ set: Body; members: Body[] }> {
  const object = replicaSet(name, replicas, { script: obedient, graceSeconds: 10, ...options });
  const created = await target.api.post(sets, object);
  assert.equal(created.status, 201, created.text);
  return { set: created.body, members: await full(name, replicas) };
}

/** A watch of the set's pods from now on. */
async function watchOf(app: string) {
  const { resourceVersion } = (await list(app)).metadata;
  return target.api.watch(`${pods}?labelSelector=app%3D${app}&resourceVersion=${resourceVersion}`);
}

describe('a ReplicaSet', () => {
  test('makes its pods from the template: named after it, labelled, and owned by it', async () => {
    const { set, members } = await make('makes', 2, { labels: { role: 'standby' } });
    for (const { metadata } of members) {
      assert.match(metadata.name, /^makes-[a-z0-9]{5}$/);
      assert.equal(metadata.generateName, 'makes-');
      assert.deepEqual(metadata.labels, { app: 'makes', role: 'standby' });
      assert.deepEqual(metadata.ownerReferences, [
        {
          apiVersion: 'apps/v1',
          kind: 'ReplicaSet',
          name: 'makes',
          uid: set.metadata.uid,
          controller: true,
          blockOwnerDeletion: true,
        },
      ]);
    }
    await eventually('its status tells of them', async () => {
      const { status } = (await target.api.get(`${sets}/makes`)).body;
      const { replicas, fullyLabeledReplicas, readyReplicas, availableReplicas } = status;
      const counts = [replicas, fullyLabeledReplicas, readyReplicas, availableReplicas];
      return counts.every((count) => count === 2) ? status : undefined;
    });
  });

  test('replaces a pod that is leaving before that has gone', async () => {
    const { members } = await make('replaces', 2, { script: lingering, labels: { role: 'standby' } });
    const watch = await watchOf('replaces');
    const [first] = members;
    await target.api.delete(`${pods}/${nameOf(first)}`);
    const events = await watch.until(({ type }) => type === 'DELETED');
    watch.stop();
    const marked = events.findIndex(({ object }) => nameOf(object) === nameOf(first) && !isStaying(object));
    const added = events.findIndex(({ type }) => type === 'ADDED');
    assert.ok(
      marked >= 0 && marked < added && added < events.length - 1,
      `${marked} ${added} ${events.length}`,
    );
    const replacement = events[added]?.object;
    assert.ok(!members.map(nameOf).includes(nameOf(replacement)));
    assert.equal(replacement.metadata.labels.role, 'standby');
    assert.equal(events.filter(({ type }) => type === 'ADDED').length, 1);
    await full('replaces', 2);
  });

  test('replaces a pod that is deleted by force, once', async () => {
    const { members } = await make('refills', 2);
    const watch = await watchOf('refills');
    const gone = nameOf(members[0]);
    await target.api.delete(`${pods}/${gone}`, { gracePeriodSeconds: 0 });
    const events = await watch.until(
      ({ type, object }) => type === 'MODIFIED' && nameOf(object) !== gone && isReady(object),
    );
    watch.stop();
    assert.equal(events.filter(({ type }) => type === 'ADDED').length, 1);
    assert.deepEqual(
      events.filter(({ type }) => type === 'DELETED').map(({ object }) => nameOf(object)),
      [gone],
    );
    await full('refills', 2);
  });

  test('keeps its pods whatever their role is: the label is none of its selector', async () => {
    const { members } = await make('roles', 2, { labels: { role: 'standby' } });
    const active = nameOf(members[0]);
    await target.api.patch(`${pods}/${active}`, 'merge', { metadata: { labels: { role: 'active' } } });
    // Whatever it does about that, it has done when it has made another pod.
    await target.api.delete(`${pods}/${nameOf(members[1])}`, { gracePeriodSeconds: 0 });
    const items = await full('roles', 2);
    const kept = items.find((item) => nameOf(item) === active);
    assert.equal(kept?.metadata.labels.role, 'active');
    assert.equal(isOwned(kept), true);
    assert.equal(items.find((item) => nameOf(item) !== active)?.metadata.labels.role, 'standby');
  });

  test('lets go of a pod whose label is taken from its selector, replaces it, and takes it back', async () => {
    const { members } = await make('frees', 1);
    const freed = nameOf(members[0]);
    await target.api.patch(`${pods}/${freed}`, 'merge', { metadata: { labels: { app: 'elsewhere' } } });
    await eventually('it is owned by nobody', async () => {
      const { body } = await target.api.get(`${pods}/${freed}`);
      return isOwned(body) ? undefined : body;
    });
    await full('frees', 1);
    await target.api.patch(`${pods}/${freed}`, 'merge', { metadata: { labels: { app: 'frees' } } });
    const left = await eventually('one of the two goes again', async () => {
      const { items } = await list('frees');
      return items.length === 1 && isOwned(items[0]) ? items : undefined;
    });
    assert.equal(left.length, 1);
  });

  test('gives up the pod first that is not ready, then the one that costs least', async () => {
    const script = `touch /tmp/ready; ${obedient}`;
    const { members } = await make('shrinks', 3, { script, readyWhile: '/tmp/ready', graceSeconds: 1 });
    const [dear, cheap, unready] = members.map(nameOf);
    const cost = (name: string, value: string) =>
      target.api.patch(`${pods}/${name}`, 'merge', {
        metadata: { annotations: { 'controller.kubernetes.io/pod-deletion-cost': value } },
      });
    await cost(`${dear}`, '10');
    await cost(`${cheap}`, '-10');
    await cost(`${unready}`, '100');
    await target.kubectl.ok(['exec', `${unready}`, '--', 'rm', '/tmp/ready']);
    await eventually('it is not ready', async () => {
      const { status } = (await target.api.get(`${sets}/shrinks`)).body;
      return status.readyReplicas === 2 ? status : undefined;
    });
    for (const [replicas, expected] of [
      [2, [dear, cheap]],
      [1, [dear]],
    ] as const) {
      await target.api.patch(`${sets}/shrinks/scale`, 'merge', { spec: { replicas } });
      const items = await full('shrinks', replicas);
      assert.deepEqual(items.map(nameOf).sort(), [...expected].sort());
    }
  });

  test('takes its pods with it, or leaves them when asked to', async () => {
    const { members } = await make('leaves', 1, { graceSeconds: 1 });
    await target.api.delete(`${sets}/leaves`, { propagationPolicy: 'Orphan' });
    await eventually('its pod is owned by nobody', async () => {
      const { body } = await target.api.get(`${pods}/${nameOf(members[0])}`);
      return isOwned(body) ? undefined : body;
    });
    await make('takes', 1, { graceSeconds: 1 });
    await target.api.delete(`${sets}/takes`, { propagationPolicy: 'Background' });
    await eventually('its pod goes too', async () => {
      const { items } = await list('takes');
      return items.length === 0 ? items : undefined;
    });
    assert.equal((await list('leaves')).items.length, 1);
  });
});

describe('what it costs to delete a pod', () => {
  const annotation = 'controller.kubernetes.io/pod-deletion-cost';
  const cost = (name: string, value: string) =>
    target.api.patch(`${pods}/${name}`, 'merge', { metadata: { annotations: { [annotation]: value } } });

  /** The names of the pods that stay. */
  async function shrunk(app: string, replicas: number): Promise<readonly string[]> {
    const scaled = await target.api.patch(`${sets}/${app}/scale`, 'merge', { spec: { replicas } });
    assert.equal(scaled.status, 200, scaled.text);
    const items: readonly Body[] = await eventually(`${replicas} pods of ${app}`, async () => {
      const found = (await list(app)).items;
      return found.length === replicas ? found : undefined;
    });
    return items.map(nameOf).sort();
  }

  test('decides which one of a ReplicaSet stays, whatever their age', async () => {
    const [first, second, third] = await nodes.runSet('costs', 3);
    assert.equal((await cost(second, '2147483647')).status, 200);
    assert.equal((await cost(third, '-1')).status, 200);
    assert.deepEqual(await shrunk('costs', 2), [first, second].sort());
    assert.deepEqual(await shrunk('costs', 1), [second]);
  });

  test('is a number of 32 bits: the API takes no other, of a pod or a template', async () => {
    const [first] = await nodes.runSet('odd-costs', 1);
    const causes = ({ body }: { readonly body: Body }) =>
      body.details.causes.map(({ field, message }: Body) => `${field}: ${message}`);
    for (const value of ['+5', '05', '2147483648', 'much', '']) {
      const refused = await cost(first, value);
      assert.equal(refused.status, 422, value);
      const problem = `metadata.annotations[${annotation}]: Invalid value: "${value}": must be a 32bit integer`;
      assert.deepEqual(causes(refused), [problem, problem]);
      assert.equal(refused.body.message, `Pod "${first}" is invalid: ${problem}`);
    }
    const { spec, ...sent } = replicaSet('odd-template', 0);
    const metadata = { ...spec.template.metadata, annotations: { [annotation]: '+5' } };
    const template = { ...spec.template, metadata };
    assert.deepEqual(causes(await target.api.post(sets, { ...sent, spec: { ...spec, template } })), [
      `spec.template.annotations[${annotation}]: Invalid value: "+5": must be a 32bit integer`,
    ]);
  });
});
