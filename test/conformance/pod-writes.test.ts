import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { saysOtherUid } from '../../src/controller/api-calls.ts';
import { deleteRequest, mergePatchRequest, objectPatch, type Preconditions } from '../../src/kube/request.ts';
import { PODS } from '../../src/kube/resources.ts';
import type { Answer, Body } from './api-client.ts';
import { pod } from './objects.ts';
import { outcomeOf } from './outcome.ts';
import { openTarget, type Target } from './target.ts';

const otherUid = '00000000-0000-4000-8000-000000000000';
let target: Target;
let pods = '';

before(async () => {
  target = await openTarget();
  pods = `/api/v1/namespaces/${target.namespace}/pods`;
});
after(() => target.close());

async function member(name: string): Promise<Body> {
  const created = await target.api.post(
    pods,
    pod(name, { nodeName: target.nowhere(), labels: { role: 'standby' } }),
  );
  assert.equal(created.status, 201, created.text);
  return created.body.metadata;
}

function giveRole(name: string, expected: Preconditions, role = 'active') {
  const metadata = { labels: { role }, annotations: { 'understudy.dev/epoch': '2' } };
  const patch = objectPatch(expected, { metadata });
  return target.api.request(mergePatchRequest(PODS, { namespace: target.namespace, name, patch }));
}

function isOtherPod(answer: Answer): boolean {
  const outcome = outcomeOf(answer);
  return outcome.kind !== 'ok' && saysOtherUid(outcome);
}

async function roleOf(name: string): Promise<string> {
  return (await target.api.get(`${pods}/${name}`)).body.metadata.labels.role;
}

describe("a patch of a pod's role label", () => {
  test('with the UID and the newest resourceVersion is written, and answered with the pod', async () => {
    const { uid, resourceVersion, generation } = await member('labelled');
    const { status, body } = await giveRole('labelled', { uid, resourceVersion });
    assert.equal(status, 200);
    assert.equal(body.metadata.labels.role, 'active');
    assert.equal(body.metadata.annotations['understudy.dev/epoch'], '2');
    assert.ok(Number(body.metadata.resourceVersion) > Number(resourceVersion));
    assert.equal(body.metadata.generation, generation);
  });

  test('with an older resourceVersion answers 409, which does not say that the pod is another one', async () => {
    const { uid, resourceVersion } = await member('changed');
    await giveRole('changed', { uid }, 'standby');
    const late = await giveRole('changed', { uid, resourceVersion });
    assert.equal(late.status, 409, late.text);
    assert.equal(outcomeOf(late).kind, 'conflict');
    assert.equal(isOtherPod(late), false);
    assert.equal(await roleOf('changed'), 'standby');
  });

  test("with another pod's UID answers 422, with the field metadata.uid as its only cause", async () => {
    const { uid } = await member('namesake');
    const refused = await giveRole('namesake', { uid: otherUid });
    assert.equal(refused.status, 422, refused.text);
    assert.equal(refused.body.reason, 'Invalid');
    const { causes, ...named } = refused.body.details;
    assert.deepEqual(named, { name: 'namesake', kind: 'Pod' });
    // The real server checks a pod's metadata more than once, and says so as often.
    const cause = {
      reason: 'FieldValueInvalid',
      message: `Invalid value: "${otherUid}": field is immutable`,
      field: 'metadata.uid',
    };
    assert.deepEqual(
      causes,
      Array.from(causes, () => cause),
    );
    assert.ok(isOtherPod(refused), refused.text);
    assert.equal((await giveRole('namesake', { uid })).status, 200);
  });

  test('of a pod that was made anew answers 409: the resourceVersion is looked at before the UID', async () => {
    const old = await member('anew');
    await target.api.delete(`${pods}/anew`, { gracePeriodSeconds: 0 });
    await member('anew');
    const refused = await giveRole('anew', { uid: old.uid, resourceVersion: old.resourceVersion });
    assert.equal(refused.status, 409, refused.text);
    assert.equal(await roleOf('anew'), 'standby');
  });

  test('of a pod that is gone answers 404', async () => {
    const { uid, resourceVersion } = await member('gone');
    await target.api.delete(`${pods}/gone`, { gracePeriodSeconds: 0 });
    const refused = await giveRole('gone', { uid, resourceVersion });
    assert.equal(refused.status, 404);
    assert.deepEqual(refused.body.details, { name: 'gone', kind: 'pods' });
  });

  test('of a pod that is leaving is written: the pod goes on leaving', async () => {
    const { uid } = await member('leaving');
    const marked = (await target.api.delete(`${pods}/leaving`)).body.metadata;
    const { status, body } = await giveRole('leaving', { uid });
    assert.equal(status, 200);
    assert.equal(body.metadata.deletionTimestamp, marked.deletionTimestamp);
    assert.equal(body.metadata.deletionGracePeriodSeconds, 30);
  });

  test('that is no label answers 422 and names the field', async () => {
    const { uid } = await member('unlabelled');
    const refused = await giveRole('unlabelled', { uid }, 'not a label');
    const outcome = outcomeOf(refused);
    assert.ok(outcome.kind === 'invalid', refused.text);
    assert.deepEqual([...new Set(outcome.fields)], ['metadata.labels']);
    assert.equal(isOtherPod(refused), false);
  });
});

describe('a delete of a pod', () => {
  function remove(name: string, expected: { readonly uid: string; readonly resourceVersion?: string }) {
    const { namespace } = target;
    return target.api.request(deleteRequest(PODS, { namespace, name, ...expected, gracePeriodSeconds: 0 }));
  }

  test("with another pod's UID answers 409, which says that the pod is another one", async () => {
    const { uid } = await member('fenced');
    const refused = await remove('fenced', { uid: otherUid });
    assert.equal(refused.status, 409, refused.text);
    assert.equal(refused.body.reason, 'Conflict');
    assert.ok(isOtherPod(refused), refused.text);
    assert.equal(await roleOf('fenced'), 'standby');
    const deleted = await remove('fenced', { uid });
    assert.equal(deleted.status, 200, deleted.text);
    assert.equal(deleted.body.kind, 'Pod');
    assert.equal(deleted.body.metadata.uid, uid);
    assert.equal(outcomeOf(await remove('fenced', { uid })).kind, 'notFound');
  });

  test('with an older resourceVersion answers 409, which does not say that the pod is another one', async () => {
    const { uid, resourceVersion } = await member('moved');
    await giveRole('moved', { uid });
    const refused = await remove('moved', { uid, resourceVersion });
    assert.equal(refused.status, 409, refused.text);
    assert.equal(isOtherPod(refused), false);
    assert.equal(await roleOf('moved'), 'active');
  });
});
