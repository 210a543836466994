import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Answer, Body } from './api-client.ts';
import { eventually } from './eventually.ts';
import { obedient, type PodOptions, pod, service } from './objects.ts';
import { openTarget, type Target } from './target.ts';

const managedBy = 'endpointslice.kubernetes.io/managed-by';
const selecting = 'endpointslice-controller.k8s.io';
const mirroring = 'endpointslicemirroring-controller.k8s.io';

let target: Target;
let pods = '';
let services = '';
let endpoints = '';
let slices = '';

before(async () => {
  target = await openTarget();
  pods = `/api/v1/namespaces/${target.namespace}/pods`;
  services = `/api/v1/namespaces/${target.namespace}/services`;
  endpoints = `/api/v1/namespaces/${target.namespace}/endpoints`;
  slices = `/apis/discovery.k8s.io/v1/namespaces/${target.namespace}/endpointslices`;
});
after(() => target.close());

async function taken(answer: Promise<Answer>): Promise<Body> {
  const { status, text, body } = await answer;
  assert.ok(status === 200 || status === 201, text);
  return body;
}

function serviceOf(name: string, changes: object = {}): Promise<Body> {
  const object = service(name, { app: name });
  return taken(target.api.post(services, { ...object, spec: { ...object.spec, ...changes } }));
}

const setSelector = (name: string, selector: object | null) =>
  taken(target.api.patch(`${services}/${name}`, 'merge', { spec: { selector } }));

/** A pod that runs and is Ready. */
async function member(app: string, suffix: string, options: PodOptions = {}): Promise<Body> {
  const name = `${app}-${suffix}`;
  const object = pod(name, { script: obedient, graceSeconds: 1, labels: { app }, ...options });
  await taken(target.api.post(pods, object));
  return eventually(`${name} is Ready`, async () => {
    const { body } = await target.api.get(`${pods}/${name}`);
    const ready = body.status.conditions?.find(({ type }: Body) => type === 'Ready');
    return ready?.status === 'True' ? body : undefined;
  });
}

async function slicesOf(name: string): Promise<readonly Body[]> {
  const selector = encodeURIComponent(`kubernetes.io/service-name=${name}`);
  return (await target.api.get(`${slices}?labelSelector=${selector}`)).body.items;
}

const managerOf = ({ metadata }: Body): string => metadata.labels[managedBy] ?? '';
const addressesOf = ({ endpoints: list }: Body): readonly string[] =>
  (list ?? []).flatMap(({ addresses }: Body) => addresses).sort();

/** Waits until the Service has slices of exactly these managers. */
function managed(name: string, managers: readonly string[]): Promise<readonly Body[]> {
  return eventually(`slices of ${name} by ${managers.join(' and ') || 'nobody'}`, async () => {
    const items = await slicesOf(name);
    const isSame = items.map(managerOf).sort().join() === managers.toSorted().join();
    return isSame ? items : undefined;
  });
}

/** Waits until the Service's Endpoints object has these addresses, ready and not. */
function endpointsAre(
  name: string,
  ready: readonly string[],
  unready: readonly string[] = [],
): Promise<Body> {
  const ips = (list: readonly Body[] = []) => list.map(({ ip }) => ip).sort();
  return eventually(`Endpoints of ${name} with ${ready.join()} and ${unready.join()}`, async () => {
    const { status, body } = await target.api.get(`${endpoints}/${name}`);
    if (status !== 200) return undefined;
    const [subset = {}] = body.subsets ?? [];
    const isSame =
      ips(subset.addresses).join() === ready.toSorted().join() &&
      ips(subset.notReadyAddresses).join() === unready.toSorted().join();
    return isSame ? body : undefined;
  });
}

const ipOf = ({ status }: Body): string => status.podIP;

/** Whatever the controllers do about an earlier change, they have done when they have done this. */
async function passTime(): Promise<void> {
  const name = `later-${Math.random().toString(36).slice(2, 8)}`;
  const ip = ipOf(await member(name, 'a'));
  await serviceOf(name);
  await endpointsAre(name, [ip]);
  await managed(name, [selecting]);
}

/** A Service that had a selector, with its one pod, and what it left behind. */
async function freed(name: string): Promise<{ readonly ip: string; readonly left: readonly Body[] }> {
  await serviceOf(name);
  const ip = ipOf(await member(name, 'a'));
  await endpointsAre(name, [ip]);
  await eventually(`the slice of ${name} has its pod`, async () => {
    const items = await slicesOf(name);
    return items.some((slice) => addressesOf(slice).includes(ip)) ? items : undefined;
  });
  await setSelector(name, null);
  return { ip, left: await managed(name, [selecting, mirroring]) };
}

describe('an Endpoints object', () => {
  test('is there for each Service with a selector, with the pods that are ready and those that are not', async () => {
    await serviceOf('selects');
    const first = await member('selects', 'a');
    await taken(
      target.api.post(
        pods,
        pod('selects-b', {
          script: obedient,
          graceSeconds: 1,
          labels: { app: 'selects' },
          readyWhile: '/no',
        }),
      ),
    );
    const second = await eventually('the second pod has an address', async () => {
      const { body } = await target.api.get(`${pods}/selects-b`);
      return ipOf(body) === undefined ? undefined : body;
    });
    const object = await endpointsAre('selects', [ipOf(first)], [ipOf(second)]);
    assert.equal(object.metadata.labels['endpoints.kubernetes.io/managed-by'], 'endpoint-controller');
    const [subset] = object.subsets;
    const { namespace, name, uid } = first.metadata;
    assert.deepEqual(subset.addresses, [
      {
        ip: ipOf(first),
        nodeName: first.spec.nodeName,
        targetRef: { kind: 'Pod', namespace, name, uid },
      },
    ]);
    assert.deepEqual(subset.ports, [{ name: 'web', port: 8080, protocol: 'TCP' }]);
    assert.deepEqual((await slicesOf('selects')).map(managerOf), [selecting]);
  });

  test('that a user makes for a Service without a selector is mirrored into a slice, and followed', async () => {
    await serviceOf('mirrors', { selector: undefined });
    const subsets = (ip: string) => [
      { addresses: [{ ip }], ports: [{ name: 'web', port: 8080, protocol: 'TCP' }] },
    ];
    const made = await taken(
      target.api.post(endpoints, {
        apiVersion: 'v1',
        kind: 'Endpoints',
        metadata: { name: 'mirrors', labels: { team: 'red' } },
        subsets: subsets('10.244.77.8'),
      }),
    );
    const [mirror] = await managed('mirrors', [mirroring]);
    assert.match(mirror.metadata.name, /^mirrors-[a-z0-9]{5}$/);
    assert.deepEqual(mirror.metadata.labels, {
      team: 'red',
      'kubernetes.io/service-name': 'mirrors',
      [managedBy]: mirroring,
    });
    assert.deepEqual(mirror.metadata.ownerReferences, [
      {
        apiVersion: 'v1',
        kind: 'Endpoints',
        name: 'mirrors',
        uid: made.metadata.uid,
        controller: true,
        blockOwnerDeletion: true,
      },
    ]);
    assert.deepEqual(mirror.endpoints, [{ addresses: ['10.244.77.8'], conditions: { ready: true } }]);
    assert.deepEqual(mirror.ports, [{ name: 'web', port: 8080, protocol: 'TCP' }]);
    await taken(target.api.patch(`${endpoints}/mirrors`, 'merge', { subsets: subsets('10.244.77.9') }));
    await eventually('the mirror follows', async () => {
      const [slice] = await slicesOf('mirrors');
      return slice !== undefined && addressesOf(slice).join() === '10.244.77.9' ? slice : undefined;
    });
  });

  test('that says so is not mirrored', async () => {
    await serviceOf('skips', { selector: undefined });
    const metadata = { name: 'skips', labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } };
    const subsets = [{ addresses: [{ ip: '10.244.77.8' }], ports: [{ name: 'web', port: 8080 }] }];
    await taken(target.api.post(endpoints, { apiVersion: 'v1', kind: 'Endpoints', metadata, subsets }));
    await passTime();
    assert.deepEqual(await slicesOf('skips'), []);
    await taken(target.api.patch(`${endpoints}/skips`, 'merge', { metadata: { labels: null } }));
    await managed('skips', [mirroring]);
  });
});

describe('a Service that loses its selector', () => {
  test('leaves its slice and its Endpoints behind, ready for ever, and the Endpoints are mirrored beside it', async () => {
    const { ip, left } = await freed('loses');
    for (const slice of left) assert.deepEqual(addressesOf(slice), [ip], managerOf(slice));
    const mirror = left.find((slice) => managerOf(slice) === mirroring);
    assert.equal(mirror.metadata.ownerReferences[0].kind, 'Endpoints');
    assert.deepEqual(mirror.endpoints[0].conditions, { ready: true });
    assert.equal(mirror.endpoints[0].targetRef.name, 'loses-a');
    await taken(target.api.delete(`${pods}/loses-a`, { gracePeriodSeconds: 0 }));
    await passTime();
    for (const slice of await managed('loses', [selecting, mirroring]))
      assert.deepEqual([addressesOf(slice), slice.endpoints[0].conditions.ready], [[ip], true]);
    await endpointsAre('loses', [ip]);
  });

  test('loses the mirror when its Endpoints are deleted, and they do not come back; its slice can be deleted too', async () => {
    const { left } = await freed('cleans');
    const mirror = left.find((slice) => managerOf(slice) === mirroring);
    assert.equal((await target.api.delete(`${endpoints}/cleans`)).status, 200);
    const [own] = await managed('cleans', [selecting]);
    assert.equal((await target.api.delete(`${slices}/${own.metadata.name}`)).status, 200);
    await passTime();
    assert.deepEqual(await slicesOf('cleans'), []);
    assert.equal((await target.api.get(`${endpoints}/cleans`)).status, 404);
    assert.equal((await target.api.get(`${slices}/${mirror.metadata.name}`)).status, 404);
  });
});

/** A slice that somebody writes for the Service. */
async function ownSlice(serviceName: string, metadata: object = {}): Promise<Body> {
  return taken(
    target.api.post(slices, {
      metadata: {
        name: `${serviceName}-own`,
        labels: { 'kubernetes.io/service-name': serviceName, [managedBy]: 'somebody' },
        ...metadata,
      },
      addressType: 'IPv4',
      endpoints: [{ addresses: ['10.244.77.8'], conditions: { ready: true } }],
      ports: [{ name: 'web', port: 8080, protocol: 'TCP' }],
    }),
  );
}

describe('a Service that gains a selector', () => {
  test('gets a slice of the controller’s beside those of others, which stay as they are', async () => {
    await serviceOf('gains', { selector: undefined });
    const own = await ownSlice('gains');
    const ip = ipOf(await member('gains', 'a'));
    await setSelector('gains', { app: 'gains' });
    const items = await eventually('the slice of the controller has the pod', async () => {
      const found = await slicesOf('gains');
      return found.some((slice) => addressesOf(slice).includes(ip)) ? found : undefined;
    });
    assert.deepEqual(items.map(managerOf).sort(), [selecting, 'somebody']);
    assert.deepEqual((await target.api.get(`${slices}/gains-own`)).body, own);
    await endpointsAre('gains', [ip]);
  });

  test('again takes its slice up again, and the mirror goes', async () => {
    const { ip, left } = await freed('regains');
    const before = left.find((slice) => managerOf(slice) === selecting);
    await setSelector('regains', { app: 'regains' });
    const [slice] = await managed('regains', [selecting]);
    assert.equal(slice.metadata.uid, before.metadata.uid);
    assert.deepEqual(addressesOf(slice), [ip]);
  });
});

describe('a Service that is deleted', () => {
  test('takes its Endpoints with it at once, then all slices that belong to it or to them, and no other', async () => {
    await freed('leaves');
    const { uid } = (await target.api.get(`${services}/leaves`)).body.metadata;
    const owner = { apiVersion: 'v1', kind: 'Service', name: 'leaves', uid };
    await ownSlice('leaves', { ownerReferences: [owner] });
    await ownSlice('leaves', { name: 'leaves-stays' });
    await taken(target.api.delete(`${services}/leaves`));
    assert.equal((await target.api.get(`${endpoints}/leaves`)).status, 404);
    const [left] = await managed('leaves', ['somebody']);
    assert.equal(left.metadata.name, 'leaves-stays');
  });

  test('and made anew gets slices of its own: those of the one before it are collected', async () => {
    await serviceOf('anew');
    const ip = ipOf(await member('anew', 'a'));
    const [before] = await eventually('the first slice', async () => {
      const items = await slicesOf('anew');
      return items.some((slice) => addressesOf(slice).includes(ip)) ? items : undefined;
    });
    await taken(target.api.delete(`${services}/anew`));
    await serviceOf('anew');
    await eventually('one slice, another than before', async () => {
      const items = await slicesOf('anew');
      const isOther = items.every(({ metadata }) => metadata.uid !== before.metadata.uid);
      const has = items.some((slice) => addressesOf(slice).includes(ip));
      return items.length === 1 && isOther && has ? items : undefined;
    });
  });

  test('is no owner any more: a slice that names it goes', async () => {
    const { metadata } = await serviceOf('owner', { selector: undefined });
    await taken(target.api.delete(`${services}/owner`));
    const owner = { apiVersion: 'v1', kind: 'Service', name: 'owner', uid: metadata.uid };
    await ownSlice('owner', { ownerReferences: [owner] });
    await managed('owner', []);
  });
});
