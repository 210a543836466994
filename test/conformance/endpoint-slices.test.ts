import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Answer, Body } from './api-client.ts';
import { eventually } from './eventually.ts';
import { lingering, obedient, type PodOptions, pod, service } from './objects.ts';
import { openTarget, type Target } from './target.ts';

interface Conditions {
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
}

const live: Conditions = { ready: true, serving: true, terminating: false };
const unready: Conditions = { ready: false, serving: false, terminating: false };
const leaving: Conditions = { ready: false, serving: true, terminating: true };

let target: Target;
let pods = '';
let services = '';
let slices = '';

before(async () => {
  target = await openTarget();
  pods = `/api/v1/namespaces/${target.namespace}/pods`;
  services = `/api/v1/namespaces/${target.namespace}/services`;
  slices = `/apis/discovery.k8s.io/v1/namespaces/${target.namespace}/endpointslices`;
});
after(() => target.close());

/** The slices of the controller that follows selectors; a Service without one may get others (mirroring controller). */
function selecting(name: string): string {
  const managed = 'endpointslice.kubernetes.io/managed-by=endpointslice-controller.k8s.io';
  return `${slices}?labelSelector=${encodeURIComponent(`kubernetes.io/service-name=${name},${managed}`)}`;
}

async function taken(answer: Promise<Answer>): Promise<Body> {
  const { status, text, body } = await answer;
  assert.ok(status === 200 || status === 201, text);
  return body;
}

/** A Service as the product's users write it: it reaches who is active of its application. */
function serviceOf(name: string, changes: object = {}): Promise<Body> {
  const object = service(name, { app: name, role: 'active' });
  return taken(target.api.post(services, { ...object, spec: { ...object.spec, ...changes } }));
}

/** A member of that application that runs and is Ready. */
async function member(app: string, suffix: string, role: string, options: PodOptions = {}): Promise<Body> {
  const name = `${app}-${suffix}`;
  const object = pod(name, { script: obedient, graceSeconds: 10, labels: { app, role }, ...options });
  await taken(target.api.post(pods, object));
  return eventually(`${name} is Ready`, async () => {
    const { body } = await target.api.get(`${pods}/${name}`);
    const ready = body.status.conditions?.find(({ type }: Body) => type === 'Ready');
    return ready?.status === 'True' ? body : undefined;
  });
}

function label(name: string, role: string): Promise<Body> {
  return taken(target.api.patch(`${pods}/${name}`, 'merge', { metadata: { labels: { role } } }));
}

function endpointsOf(items: readonly Body[]): Body[] {
  return items.flatMap(({ endpoints }) => endpoints ?? []);
}

function conditionsByPod(items: readonly Body[]): Record<string, Conditions> {
  return Object.fromEntries(
    endpointsOf(items).map(({ targetRef, conditions }) => [targetRef.name, conditions as Conditions]),
  );
}

function isSame(left: unknown, right: unknown): boolean {
  try {
    assert.deepEqual(left, right);
    return true;
  } catch {
    return false;
  }
}

/** Waits until the Service reaches exactly these. */
async function reaches(name: string, expected: Record<string, Conditions>): Promise<Body[]> {
  let found: unknown;
  return eventually(`${name} reaches ${JSON.stringify(expected)}`, async () => {
    const { items } = (await target.api.get(selecting(name))).body;
    found = conditionsByPod(items);
    return isSame(found, expected) ? items : undefined;
  }).catch((cause) => {
    throw new Error(`${name} reaches ${JSON.stringify(found)}`, { cause });
  });
}

describe('the EndpointSlice of a Service with a selector', () => {
  test('is there, and empty, while nobody is selected; it is owned by its Service', async () => {
    const { metadata } = await serviceOf('nobody');
    const slice = await eventually(
      'the slice',
      async () => (await target.api.get(selecting('nobody'))).body.items[0],
    );
    assert.match(slice.metadata.name, /^nobody-[a-z0-9]{5}$/);
    assert.equal(
      slice.metadata.labels['endpointslice.kubernetes.io/managed-by'],
      'endpointslice-controller.k8s.io',
    );
    assert.deepEqual(slice.metadata.ownerReferences, [
      {
        apiVersion: 'v1',
        kind: 'Service',
        name: 'nobody',
        uid: metadata.uid,
        controller: true,
        blockOwnerDeletion: true,
      },
    ]);
    assert.equal(slice.addressType, 'IPv4');
    assert.deepEqual([slice.endpoints, slice.ports], [null, null]);
  });

  test('has the pod that gets the label: address, node, name, and the target port', async () => {
    await serviceOf('gains');
    const object = await member('gains', 'a', 'standby');
    await label('gains-a', 'active');
    const [slice] = await reaches('gains', { 'gains-a': live });
    const [endpoint] = endpointsOf([slice]);
    assert.deepEqual(endpoint.addresses, [object.status.podIP]);
    assert.equal(endpoint.nodeName, object.spec.nodeName);
    const { namespace, name, uid } = object.metadata;
    assert.deepEqual(endpoint.targetRef, { kind: 'Pod', namespace, name, uid });
    assert.deepEqual(slice.ports, [{ name: 'web', port: 8080, protocol: 'TCP' }]);
  });

  test('follows the label from one pod to the other, and never has one that nobody labelled', async () => {
    await serviceOf('moves');
    await Promise.all(['a', 'b', 'c'].map((suffix) => member('moves', suffix, 'standby')));
    await label('moves-a', 'active');
    const items = await reaches('moves', { 'moves-a': live });
    const from = items[0].metadata.resourceVersion;
    const watch = await target.api.watch(`${selecting('moves')}&resourceVersion=${from}`);
    await label('moves-a', 'standby');
    await label('moves-b', 'active');
    const events = await watch.until(({ object }) => isSame(conditionsByPod([object]), { 'moves-b': live }));
    watch.stop();
    const seen = new Set(events.flatMap(({ object }) => Object.keys(conditionsByPod([object]))));
    assert.equal(seen.has('moves-c'), false);
    await reaches('moves', { 'moves-b': live });
  });

  test('has a pod that is no longer ready as neither ready nor serving, and as before when it is again', async () => {
    await serviceOf('flaps');
    const script = `touch /tmp/ready; ${obedient}`;
    await member('flaps', 'a', 'active', { script, readyWhile: '/tmp/ready' });
    await reaches('flaps', { 'flaps-a': live });
    await target.kubectl.ok(['exec', 'flaps-a', '--', 'rm', '/tmp/ready']);
    await reaches('flaps', { 'flaps-a': unready });
    await target.kubectl.ok(['exec', 'flaps-a', '--', 'touch', '/tmp/ready']);
    await reaches('flaps', { 'flaps-a': live });
  });

  test('has a pod that is leaving as serving and terminating, not ready, until it has ended', async () => {
    await serviceOf('drains');
    await member('drains', 'a', 'active', { script: lingering });
    const [slice] = await reaches('drains', { 'drains-a': live });
    const from = slice.metadata.resourceVersion;
    const watch = await target.api.watch(`${selecting('drains')}&resourceVersion=${from}`);
    await target.api.delete(`${pods}/drains-a`);
    const events = await watch.until(({ object }) => isSame(conditionsByPod([object]), {}));
    watch.stop();
    assert.deepEqual(conditionsByPod([events[0]?.object]), { 'drains-a': leaving });
    const stages = events.slice(0, -1).map(({ object }) => conditionsByPod([object])['drains-a']);
    assert.ok(
      stages.every((stage) => stage?.ready === false && stage.terminating),
      JSON.stringify(stages),
    );
  });

  test('loses a pod that is deleted by force; one that has ended by itself is not ready, where it is still there', async () => {
    await serviceOf('loses');
    await member('loses', 'forced', 'active');
    const script = 'while [ ! -e /tmp/end ]; do sleep 0.05; done';
    await member('loses', 'ended', 'active', { script, restartPolicy: 'Never' });
    await reaches('loses', { 'loses-forced': live, 'loses-ended': live });
    await target.api.delete(`${pods}/loses-forced`, { gracePeriodSeconds: 0 });
    await reaches('loses', { 'loses-ended': live });
    await target.kubectl.touchLast('loses-ended', 'main', '/tmp/end');
    await eventually('it has ended', async () => {
      const { status } = (await target.api.get(`${pods}/loses-ended`)).body;
      return status.phase === 'Succeeded' ? status : undefined;
    });
    // A kubelet says first that it is not ready, then its phase: no reason for the controller to look a second time.
    await eventually('nobody is ready', async () => {
      const left = Object.values(conditionsByPod((await target.api.get(selecting('loses'))).body.items));
      return left.every((conditions) => isSame(conditions, unready)) ? left : undefined;
    });
  });

  test('has a pod that is not ready as ready where its Service publishes such ones', async () => {
    await serviceOf('publishes', { publishNotReadyAddresses: true });
    const script = `touch /tmp/ready; ${obedient}`;
    await member('publishes', 'a', 'active', { script, readyWhile: '/tmp/ready' });
    await target.kubectl.ok(['exec', 'publishes-a', '--', 'rm', '/tmp/ready']);
    await reaches('publishes', { 'publishes-a': { ready: true, serving: false, terminating: false } });
  });

  test('is put right after somebody else has changed it', async () => {
    await serviceOf('mended');
    await member('mended', 'a', 'active');
    const [slice] = await reaches('mended', { 'mended-a': live });
    await taken(target.api.patch(`${slices}/${slice.metadata.name}`, 'merge', { endpoints: [] }));
    await reaches('mended', { 'mended-a': live });
  });

  test('stays as it is when its Service loses the selector, and goes when its Service does', async () => {
    await serviceOf('freed');
    await serviceOf('beside');
    await member('freed', 'a', 'active');
    await reaches('freed', { 'freed-a': live });
    await taken(target.api.patch(`${services}/freed`, 'merge', { spec: { selector: null } }));
    await label('freed-a', 'standby');
    // Whatever the controller does about it, it has done when it has done this later thing.
    await taken(
      target.api.patch(`${pods}/freed-a`, 'merge', {
        metadata: { labels: { app: 'beside', role: 'active' } },
      }),
    );
    await reaches('beside', { 'freed-a': live });
    await reaches('freed', { 'freed-a': live });
    await taken(target.api.delete(`${services}/freed`));
    await eventually('the slice goes with its Service', async () => {
      const { items } = (await target.api.get(selecting('freed'))).body;
      return items.length === 0 ? items : undefined;
    });
  });

  test('leaves a slice alone that somebody else made for the same Service', async () => {
    await serviceOf('shared');
    const own = {
      metadata: {
        name: 'shared-own',
        labels: {
          'kubernetes.io/service-name': 'shared',
          'endpointslice.kubernetes.io/managed-by': 'somebody',
        },
      },
      addressType: 'IPv4',
      endpoints: [{ addresses: ['10.244.77.8'], conditions: { ready: true } }],
      ports: [{ name: 'web', port: 8080, protocol: 'TCP' }],
    };
    const created = await taken(target.api.post(slices, own));
    await member('shared', 'a', 'active');
    await eventually('the own slice of the controller', async () => {
      const { items } = (await target.api.get(selecting('shared'))).body;
      return endpointsOf(items).some(({ targetRef }) => targetRef?.name === 'shared-a') ? items : undefined;
    });
    assert.deepEqual((await target.api.get(`${slices}/shared-own`)).body, created);
  });
});
