import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { encodeLabelsRecord } from '../../src/controller/labels-record-codec.ts';
import { recordName } from '../../src/controller/stored-record.ts';
import { words } from '../../src/controller/words.ts';
import { incarnation, parseEpoch, parseResourceVersion, podUid } from '../../src/core/identity.ts';
import type { RecordWrite } from '../../src/core/record.ts';
import {
  createRequest,
  getRequest,
  mergePatchRequest,
  objectBody,
  objectPatch,
} from '../../src/kube/request.ts';
import { LEASES } from '../../src/kube/resources.ts';
import { configMap } from './objects.ts';
import { outcomeOf } from './outcome.ts';
import { openTarget, type Target } from './target.ts';

let target: Target;

before(async () => {
  target = await openTarget();
});
after(() => target.close());

/** What the controller writes when `holder` gets the role with this epoch. */
function recordOf(
  singletonName: string,
  holder: string,
  epoch: number,
  podsVersion: string | undefined = '1',
  base: RecordWrite['base'] = { kind: 'replace', resourceVersion: '1' },
) {
  const write: RecordWrite = {
    base,
    epoch: parseEpoch(String(epoch)) ?? assert.fail('an epoch'),
    serving: true,
    holder: {
      name: holder,
      uid: podUid(`uid-of-${holder}`),
      incarnation: incarnation(`uid-of-${holder}/main=abc`),
      hasStopped: false,
    },
    podsVersion: parseResourceVersion(podsVersion),
    singletonVersion: undefined,
  };
  const about = { singletonName, code: 'holder-gone', wallTimeMs: Date.now() };
  const { metadata, rest } = encodeLabelsRecord(write, about);
  return { metadata, spec: rest.spec };
}

function create(singletonName: string, holder = 'one', namespace = target.namespace) {
  const { metadata, spec } = recordOf(singletonName, holder, 1, '1', { kind: 'create' });
  const body = objectBody(LEASES, { ...metadata, namespace, name: recordName(singletonName) }, { spec });
  return target.api.request(createRequest(LEASES, { namespace, body }));
}

function patch(singletonName: string, changes: object, namespace = target.namespace) {
  const name = recordName(singletonName);
  return target.api.request(mergePatchRequest(LEASES, { namespace, name, patch: { ...changes } }));
}

function move(
  singletonName: string,
  resourceVersion: string,
  holder: string,
  epoch: number,
  podsVersion?: string,
) {
  return patch(
    singletonName,
    objectPatch({ resourceVersion }, recordOf(singletonName, holder, epoch, podsVersion)),
  );
}

function read(singletonName: string) {
  const { namespace } = target;
  return target.api.request(getRequest(LEASES, { namespace, name: recordName(singletonName) }));
}

describe('the record of a singleton', () => {
  test('is created once: who comes second gets 409 AlreadyExists', async () => {
    const first = await create('once');
    assert.equal(first.status, 201, first.text);
    assert.equal(first.body.spec.holderIdentity, 'one');
    assert.equal(first.body.spec.leaseTransitions, 1);
    assert.match(first.body.spec.renewTime, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
    const second = await create('once', 'two');
    assert.equal(second.status, 409);
    const outcome = outcomeOf(second);
    assert.ok(outcome.kind === 'conflict' && outcome.alreadyExists, second.text);
    assert.deepEqual(second.body.details, {
      name: recordName('once'),
      group: 'coordination.k8s.io',
      kind: 'leases',
    });
    assert.equal((await read('once')).body.spec.holderIdentity, 'one');
  });

  test('moves by a merge patch with its resourceVersion; what the patch does not name stays', async () => {
    const created = (await create('moved')).body;
    await target.api.patch(`${pathOf('moved')}`, 'merge', {
      metadata: { labels: { theirs: 'stays' } },
      spec: { leaseDurationSeconds: 7 },
    });
    const before = (await read('moved')).body;
    const moved = await move('moved', before.metadata.resourceVersion, 'two', 2);
    assert.equal(moved.status, 200, moved.text);
    assert.ok(Number(moved.body.metadata.resourceVersion) > Number(before.metadata.resourceVersion));
    assert.equal(moved.body.spec.holderIdentity, 'two');
    assert.equal(moved.body.spec.leaseTransitions, 2);
    assert.equal(moved.body.spec.leaseDurationSeconds, 7);
    assert.equal(moved.body.metadata.uid, created.metadata.uid);
    assert.equal(moved.body.metadata.labels.theirs, 'stays');
    assert.equal(moved.body.metadata.annotations[words.holderUid], 'uid-of-two');
    assert.deepEqual((await read('moved')).body, moved.body);
  });

  test('is not moved by a patch with an older resourceVersion: 409 Conflict, and nothing of it is written', async () => {
    const created = (await create('guarded')).body;
    const moved = (await move('guarded', created.metadata.resourceVersion, 'two', 2)).body;
    const late = await move('guarded', created.metadata.resourceVersion, 'three', 2);
    assert.equal(late.status, 409);
    assert.equal(late.body.reason, 'Conflict');
    const outcome = outcomeOf(late);
    assert.ok(outcome.kind === 'conflict' && !outcome.alreadyExists);
    assert.deepEqual((await read('guarded')).body, moved);
  });

  test('of many patches with the same resourceVersion exactly one wins', async () => {
    const created = (await create('raced')).body;
    const holders = Array.from({ length: 10 }, (_, index) => `h${index}`);
    const answers = await Promise.all(
      holders.map((holder) => move('raced', created.metadata.resourceVersion, holder, 2)),
    );
    const won = answers.filter(({ status }) => status === 200);
    assert.equal(won.length, 1);
    assert.deepEqual(
      answers.filter(({ status }) => status !== 200).map(({ status }) => status),
      Array.from({ length: 9 }, () => 409),
    );
    assert.deepEqual((await read('raced')).body, won[0]?.body);
  });

  test('loses an annotation, and its holder, by null', async () => {
    const created = (await create('nulled')).body;
    assert.equal(created.metadata.annotations[words.podsVersion], '1');
    const unknown = { metadata: { annotations: { [words.podsVersion]: null } } };
    const { body } = await patch('nulled', unknown);
    assert.equal(words.podsVersion in body.metadata.annotations, false);
    assert.equal(body.metadata.annotations[words.because], 'holder-gone');
    const released = (await patch('nulled', { spec: { holderIdentity: null } })).body;
    assert.equal(released.spec.holderIdentity, undefined);
    assert.equal(released.spec.leaseTransitions, 1);
  });

  test('holds epochs to the end of 32 bits, and refuses what is beyond: 422', async () => {
    await create('far');
    const transitions = (leaseTransitions: unknown) => patch('far', { spec: { leaseTransitions } });
    assert.equal((await transitions(2 ** 31 - 1)).body.spec.leaseTransitions, 2 ** 31 - 1);
    for (const [value, field] of [
      [2 ** 31, 'patch'],
      [-1, 'spec.leaseTransitions'],
      ['7', 'patch'],
    ] as const) {
      const refused = await transitions(value);
      assert.equal(refused.status, 422, refused.text);
      const outcome = outcomeOf(refused);
      assert.deepEqual(outcome.kind === 'invalid' && outcome.fields, [field], refused.text);
    }
    assert.equal((await read('far')).body.spec.leaseTransitions, 2 ** 31 - 1);
  });

  test('takes a time with three decimals no more in a patch than in a create: 422', async () => {
    await create('timed');
    const refused = await patch('timed', { spec: { renewTime: '2026-01-01T00:00:00.123Z' } });
    assert.equal(refused.status, 422, refused.text);
    assert.match(refused.body.message, /parsing time "2026-01-01T00:00:00\.123Z"/);
  });

  test('is not made by a patch: 404', async () => {
    const missing = await patch('missing', { spec: { leaseTransitions: 1 } });
    assert.equal(missing.status, 404);
    assert.equal(outcomeOf(missing).kind, 'notFound');
    assert.equal((await read('missing')).status, 404);
  });
});

describe('a record in a namespace', () => {
  test('that does not exist answers 404 to a create and to a patch', async () => {
    const created = await create('lost', 'one', 'not-there');
    assert.equal(created.status, 404);
    assert.deepEqual(created.body.details, { name: 'not-there', kind: 'namespaces' });
    assert.equal((await patch('lost', {}, 'not-there')).status, 404);
  });

  test('that is going answers 403 to a create, and says why', async () => {
    const namespace = `${target.namespace}-going`;
    target.goesToo(`/api/v1/namespaces/${namespace}`);
    await target.api.post('/api/v1/namespaces', { metadata: { name: namespace } });
    const holder = configMap('holds');
    const maps = `/api/v1/namespaces/${namespace}/configmaps`;
    const finalizers = ['example.com/holds'];
    const held = await target.api.post(maps, { ...holder, metadata: { ...holder.metadata, finalizers } });
    assert.equal(held.status, 201, held.text);
    await target.api.delete(`/api/v1/namespaces/${namespace}`);
    const refused = await create('late', 'one', namespace);
    assert.equal(refused.status, 403, refused.text);
    assert.equal(outcomeOf(refused).kind, 'forbidden');
    assert.match(refused.body.message, /because it is being terminated/);
    assert.deepEqual(refused.body.details.causes, [
      {
        reason: 'NamespaceTerminating',
        message: `namespace ${namespace} is being terminated`,
        field: 'metadata.namespace',
      },
    ]);
    await target.api.patch(`${maps}/holds`, 'merge', { metadata: { finalizers: null } });
  });
});

function pathOf(singletonName: string): string {
  return `/apis/coordination.k8s.io/v1/namespaces/${target.namespace}/leases/${recordName(singletonName)}`;
}
