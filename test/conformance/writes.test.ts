import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { configMap, lease, pod, replicaSet } from './objects.ts';
import { openTarget, type Target } from './target.ts';

let target: Target;
let pods = '';
let leases = '';
let maps = '';

before(async () => {
  target = await openTarget();
  pods = `/api/v1/namespaces/${target.namespace}/pods`;
  leases = `/apis/coordination.k8s.io/v1/namespaces/${target.namespace}/leases`;
  maps = `/api/v1/namespaces/${target.namespace}/configmaps`;
});
after(() => target.close());

describe('create', () => {
  test('sets uid, resourceVersion and creationTimestamp, and answers 201', async () => {
    const { status, body } = await target.api.post(maps, configMap('created'));
    assert.equal(status, 201);
    assert.match(body.metadata.uid, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.match(body.metadata.resourceVersion, /^[1-9]\d*$/);
    assert.match(body.metadata.creationTimestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    assert.equal(body.metadata.namespace, target.namespace);
  });

  test('of a name that is there answers 409 AlreadyExists', async () => {
    await target.api.post(maps, configMap('twice'));
    const { status, body } = await target.api.post(maps, configMap('twice'));
    assert.equal(status, 409);
    assert.equal(body.kind, 'Status');
    assert.equal(body.reason, 'AlreadyExists');
    assert.equal(body.message, 'configmaps "twice" already exists');
    assert.deepEqual(body.details, { name: 'twice', kind: 'configmaps' });
  });

  test('with generateName makes a name of five more characters', async () => {
    const { body } = await target.api.post(maps, { metadata: { generateName: 'some-' } });
    assert.match(body.metadata.name, /^some-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
  });

  test('leaves empty lists and maps of metadata out', async () => {
    const metadata = { name: 'bare', labels: {}, annotations: {}, finalizers: [], ownerReferences: [] };
    const { body } = await target.api.post(maps, { metadata });
    for (const field of ['labels', 'annotations', 'finalizers', 'ownerReferences'])
      assert.equal(field in body.metadata, false, field);
    await target.api.patch(`${maps}/bare`, 'merge', { metadata: { labels: { one: '1' } } });
    const emptied = await target.api.patch(`${maps}/bare`, 'merge', { metadata: { labels: { one: null } } });
    assert.equal('labels' in emptied.body.metadata, false);
  });

  test('in a namespace that does not exist answers 404', async () => {
    const { status, body } = await target.api.post('/api/v1/namespaces/not-there/configmaps', configMap('x'));
    assert.equal(status, 404);
    assert.equal(body.message, 'namespaces "not-there" not found');
  });

  test('of a pod fills in what a scheduler and a kubelet rely on', async () => {
    const { body } = await target.api.post(pods, pod('defaulted', { nodeName: target.nowhere() }));
    assert.equal(body.spec.restartPolicy, 'Always');
    assert.equal(body.spec.schedulerName, 'default-scheduler');
    assert.equal(body.spec.containers[0].imagePullPolicy, 'IfNotPresent');
    assert.equal(body.status.phase, 'Pending');
    assert.equal(body.status.qosClass, 'BestEffort');
  });

  test('drops a status that only the status subresource may write', async () => {
    const sent = { ...pod('no-status', { nodeName: target.nowhere() }), status: { phase: 'Running' } };
    const { body } = await target.api.post(pods, sent);
    assert.equal(body.status.phase, 'Pending');
  });

  test('of what breaks a rule answers 422 with a cause for each broken rule', async () => {
    const { status, body } = await target.api.post(pods, {
      metadata: { name: 'Not_A_Name' },
      spec: { restartPolicy: 'Sometimes', containers: [{ name: 'main' }] },
    });
    assert.equal(status, 422);
    assert.equal(body.reason, 'Invalid');
    const causes = body.details.causes.map(
      (cause: { reason: string; field: string }) => `${cause.field} ${cause.reason}`,
    );
    assert.ok(causes.includes('metadata.name FieldValueInvalid'), body.message);
    assert.ok(causes.includes('spec.restartPolicy FieldValueNotSupported'), body.message);
  });

  test('of a mistyped field answers 400 and names the field', async () => {
    const { status, body } = await target.api.post(pods, {
      metadata: { name: 'mistyped' },
      spec: { containers: 'none' },
    });
    assert.equal(status, 400);
    assert.equal(body.reason, 'BadRequest');
    assert.match(body.message, /^Pod in version "v1" cannot be handled as a Pod: .*spec\.containers/);
  });

  test('of a Lease takes times with six decimals only', async () => {
    const timed = (name: string, renewTime: string) => ({ ...lease(name), spec: { renewTime } });
    const refused = await target.api.post(leases, timed('timed', '2026-01-01T00:00:00.123Z'));
    assert.equal(refused.status, 400);
    assert.match(refused.body.message, /parsing time "2026-01-01T00:00:00\.123Z"/);
    const taken = await target.api.post(leases, timed('timed', '2026-01-01T01:00:00.123456+01:00'));
    assert.equal(taken.body.spec.renewTime, '2026-01-01T00:00:00.123456Z');
  });

  test('of an EndpointSlice without endpoints has null there, not an empty list', async () => {
    const slices = `/apis/discovery.k8s.io/v1/namespaces/${target.namespace}/endpointslices`;
    for (const [name, endpoints] of [
      ['empty', []],
      ['absent', null],
    ] as const) {
      const { body } = await target.api.post(slices, { metadata: { name }, addressType: 'IPv4', endpoints });
      assert.equal(body.endpoints, null);
      assert.equal(body.ports, null);
    }
  });

  test('of an Event with an eventTime asks for who reports what was done', async () => {
    const events = `/api/v1/namespaces/${target.namespace}/events`;
    const event = {
      metadata: { name: 'of-note' },
      involvedObject: { kind: 'Pod', namespace: target.namespace, name: 'some' },
      eventTime: '2026-01-01T00:00:00.000000Z',
      reason: 'Promoted',
      type: 'Normal',
    };
    const refused = await target.api.post(events, event);
    assert.equal(refused.status, 422);
    assert.match(refused.body.message, /reportingInstance: Required value/);
    const reporter = {
      reportingComponent: 'example.com/conformance',
      reportingInstance: 'one',
      action: 'Promote',
    };
    assert.equal((await target.api.post(events, { ...event, ...reporter })).status, 201);
  });

  test('with an unknown field answers 400 when validation is strict, and a warning when not', async () => {
    const sent = { ...configMap('unknown-field'), colour: 'blue' };
    const strict = await target.api.post(`${maps}?fieldValidation=Strict`, sent);
    assert.equal(strict.status, 400);
    assert.match(strict.body.message, /strict decoding error: unknown field "colour"/);
    const warned = await target.api.post(maps, sent);
    assert.equal(warned.status, 201);
    assert.match(String(warned.headers.warning), /299 - "unknown field \\"colour\\""/);
    assert.equal(warned.body.colour, undefined);
  });

  test('with dryRun answers as if it had been done, and does nothing', async () => {
    const { status } = await target.api.post(`${maps}?dryRun=All`, configMap('dry'));
    assert.equal(status, 201);
    assert.equal((await target.api.get(`${maps}/dry`)).status, 404);
  });
});

describe('compare-and-swap', () => {
  test('a PUT with the current resourceVersion writes, with an old one answers 409 Conflict', async () => {
    const created = (await target.api.post(leases, lease('swap'))).body;
    const next = { ...created, spec: { ...created.spec, holderIdentity: 'two' } };
    const written = await target.api.put(`${leases}/swap`, next);
    assert.equal(written.status, 200);
    assert.notEqual(written.body.metadata.resourceVersion, created.metadata.resourceVersion);
    const late = await target.api.put(`${leases}/swap`, {
      ...created,
      spec: { ...created.spec, holderIdentity: 'three' },
    });
    assert.equal(late.status, 409);
    assert.equal(late.body.reason, 'Conflict');
    assert.match(
      late.body.message,
      /^Operation cannot be fulfilled on leases\.coordination\.k8s\.io "swap": the object has been modified/,
    );
  });

  test('a merge patch with an old resourceVersion answers 409, without one it wins', async () => {
    const created = (await target.api.post(leases, lease('patch-swap'))).body;
    const holder = (holderIdentity: string) => ({ spec: { holderIdentity } });
    assert.equal((await target.api.patch(`${leases}/patch-swap`, 'merge', holder('two'))).status, 200);
    const { resourceVersion } = created.metadata;
    const stale = await target.api.patch(`${leases}/patch-swap`, 'merge', {
      metadata: { resourceVersion },
      ...holder('three'),
    });
    assert.equal(stale.status, 409);
    assert.equal((await target.api.get(`${leases}/patch-swap`)).body.spec.holderIdentity, 'two');
  });

  test('a PUT with the uid of an earlier object of that name answers 409, a merge patch 422', async () => {
    const created = (await target.api.post(maps, configMap('namesake'))).body;
    await target.api.delete(`${maps}/namesake`);
    await target.api.post(maps, configMap('namesake'));
    const { uid } = created.metadata;
    const put = await target.api.put(`${maps}/namesake`, {
      ...configMap('namesake'),
      metadata: { name: 'namesake', uid },
    });
    assert.equal(put.status, 409);
    assert.match(put.body.message, /Precondition failed: UID in precondition/);
    const patched = await target.api.patch(`${maps}/namesake`, 'merge', {
      metadata: { uid },
      data: { key: 'other' },
    });
    assert.equal(patched.status, 422);
    assert.match(patched.body.message, /metadata\.uid: Invalid value: .*field is immutable/);
  });

  test('a PUT of a Lease without resourceVersion is refused', async () => {
    await target.api.post(leases, lease('unconditional'));
    const { status, body } = await target.api.put(`${leases}/unconditional`, lease('unconditional'));
    assert.equal(status, 422);
    assert.match(body.message, /metadata\.resourceVersion: Invalid value: .*must be specified for an update/);
  });

  test('of many writers with the same resourceVersion exactly one wins', async () => {
    const created = (await target.api.post(leases, lease('race'))).body;
    const attempts = Array.from({ length: 10 }, (_, index) =>
      target.api.put(`${leases}/race`, {
        ...created,
        spec: { ...created.spec, holderIdentity: `h${index}` },
      }),
    );
    const codes = (await Promise.all(attempts)).map(({ status }) => status).sort();
    assert.deepEqual(codes, [200, ...Array.from({ length: 9 }, () => 409)]);
  });

  test('a write that changes nothing keeps the resourceVersion', async () => {
    const created = (await target.api.post(maps, configMap('same'))).body;
    const again = await target.api.patch(`${maps}/same`, 'merge', { data: { key: 'value' } });
    assert.equal(again.status, 200);
    assert.equal(again.body.metadata.resourceVersion, created.metadata.resourceVersion);
  });
});

describe('patch', () => {
  test('a merge patch adds and removes labels', async () => {
    await target.api.post(maps, configMap('merge', { one: '1', two: '2' }));
    const { body } = await target.api.patch(`${maps}/merge`, 'merge', {
      metadata: { labels: { one: null, three: '3' } },
    });
    assert.deepEqual(body.metadata.labels, { two: '2', three: '3' });
  });

  test('a JSON patch is applied as a whole or, with a failing test, not at all: 422', async () => {
    await target.api.post(maps, configMap('json', { role: 'standby' }));
    const swap = (from: string, to: string) => [
      { op: 'test', path: '/metadata/labels/role', value: from },
      { op: 'replace', path: '/metadata/labels/role', value: to },
    ];
    assert.equal((await target.api.patch(`${maps}/json`, 'json', swap('standby', 'active'))).status, 200);
    const failed = await target.api.patch(`${maps}/json`, 'json', swap('standby', 'other'));
    assert.equal(failed.status, 422);
    assert.equal(failed.body.reason, 'Invalid');
    assert.equal((await target.api.get(`${maps}/json`)).body.metadata.labels.role, 'active');
  });

  test('a strategic merge patch merges containers by name', async () => {
    const replicaSets = `/apis/apps/v1/namespaces/${target.namespace}/replicasets`;
    await target.api.post(replicaSets, replicaSet('strategic', 0));
    const containers = [
      { name: 'main', env: [{ name: 'A', value: '1' }] },
      { name: 'more', image: 'busybox:1.36' },
    ];
    const { body } = await target.api.patch(`${replicaSets}/strategic`, 'strategic-merge', {
      spec: { template: { spec: { containers } } },
    });
    const found = body.spec.template.spec.containers;
    assert.deepEqual(found.map(({ name }: { name: string }) => name).sort(), ['main', 'more']);
    const main = found.find(({ name }: { name: string }) => name === 'main');
    assert.equal(main.image, 'busybox:1.36');
    assert.deepEqual(main.env, [{ name: 'A', value: '1' }]);
  });

  test('a strategic merge patch puts what is new before what was there', async () => {
    await target.api.post(pods, pod('ordered', { nodeName: target.nowhere() }));
    for (const type of ['First', 'Second']) {
      const body = { status: { conditions: [{ type, status: 'True' }] } };
      await target.api.patch(`${pods}/ordered/status`, 'strategic-merge', body);
    }
    const { conditions } = (await target.api.get(`${pods}/ordered`)).body.status;
    assert.deepEqual(
      conditions.map(({ type }: { type: string }) => type),
      ['Second', 'First'],
    );
  });

  test('of an unknown media type answers 415', async () => {
    await target.api.post(maps, configMap('media'));
    const headers = { 'content-type': 'application/json' };
    const { status } = await target.api.send('PATCH', `${maps}/media`, '{}', headers);
    assert.equal(status, 415);
  });

  test('of a missing object answers 404', async () => {
    const { status, body } = await target.api.patch(`${maps}/missing`, 'merge', { data: {} });
    assert.equal(status, 404);
    assert.equal(body.message, 'configmaps "missing" not found');
  });

  test('to the status subresource changes the status only', async () => {
    await target.api.post(pods, pod('status', { nodeName: target.nowhere() }));
    const body = { spec: { activeDeadlineSeconds: 5 }, status: { message: 'seen' } };
    const patched = (await target.api.patch(`${pods}/status/status`, 'merge', body)).body;
    assert.equal(patched.status.message, 'seen');
    assert.equal(patched.spec.activeDeadlineSeconds, undefined);
  });

  test("of a pod's spec beyond what may change answers 422", async () => {
    await target.api.post(pods, pod('fixed', { nodeName: target.nowhere() }));
    const { status, body } = await target.api.patch(`${pods}/fixed`, 'merge', {
      spec: { hostname: 'other' },
    });
    assert.equal(status, 422);
    assert.match(body.message, /spec: Forbidden: pod updates may not change fields other than/);
  });
});

describe('requests that make no sense', () => {
  test('an unknown kind answers 404, an unknown method 405', async () => {
    assert.equal((await target.api.get('/apis/apps/v1/namespaces/default/unheardof')).status, 404);
    assert.equal((await target.api.get('/apis/unheard.of/v1/things')).status, 404);
    assert.equal((await target.api.put(maps, {})).status, 405);
  });

  test('broken JSON answers 400', async () => {
    const headers = { 'content-type': 'application/json' };
    assert.equal((await target.api.send('POST', maps, '{"metadata":', headers)).status, 400);
  });

  test('a body for another kind answers 400', async () => {
    const { status, body } = await target.api.post(maps, { ...configMap('wrong'), kind: 'Secret' });
    assert.equal(status, 400);
    assert.match(body.message, /does not match the expected|no kind|cannot be handled as/);
  });

  test('a body with another name or namespace than the path answers 400', async () => {
    const named = await target.api.put(`${maps}/a`, configMap('b'));
    assert.equal(named.status, 400);
    const placed = { ...configMap('c'), metadata: { name: 'c', namespace: 'elsewhere' } };
    assert.equal((await target.api.post(maps, placed)).status, 400);
  });
});
