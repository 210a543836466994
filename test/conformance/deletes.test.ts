import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { configMap, pod } from './objects.ts';
import { openTarget, type Target } from './target.ts';

let target: Target;
let pods = '';
let maps = '';

before(async () => {
  target = await openTarget();
  pods = `/api/v1/namespaces/${target.namespace}/pods`;
  maps = `/api/v1/namespaces/${target.namespace}/configmaps`;
});
after(() => target.close());

describe('delete', () => {
  test('of a plain object removes it and answers Success', async () => {
    const created = (await target.api.post(maps, configMap('plain'))).body;
    const { status, body } = await target.api.delete(`${maps}/plain`);
    assert.equal(status, 200);
    assert.equal(body.kind, 'Status');
    assert.equal(body.status, 'Success');
    assert.equal(body.details.uid, created.metadata.uid);
    assert.equal((await target.api.delete(`${maps}/plain`)).status, 404);
  });

  test('with the uid or resourceVersion of another object answers 409', async () => {
    await target.api.post(maps, configMap('guarded'));
    const wrongUid = { preconditions: { uid: '00000000-0000-4000-8000-000000000000' } };
    const first = await target.api.delete(`${maps}/guarded`, wrongUid);
    assert.equal(first.status, 409);
    assert.match(first.body.message, /the UID in the precondition .* does not match the UID in record/);
    const second = await target.api.delete(`${maps}/guarded`, { preconditions: { resourceVersion: '1' } });
    assert.equal(second.status, 409);
    assert.match(second.body.message, /the ResourceVersion in the precondition/);
    assert.equal((await target.api.get(`${maps}/guarded`)).status, 200);
  });

  test('of a collection takes what the selector matches', async () => {
    await target.api.post(maps, configMap('group-1', { group: 'yes' }));
    await target.api.post(maps, configMap('group-2', { group: 'yes' }));
    await target.api.post(maps, configMap('group-3', { group: 'no' }));
    assert.equal((await target.api.delete(`${maps}?labelSelector=group%3Dyes`)).status, 200);
    const left = (await target.api.get(`${maps}?labelSelector=group`)).body.items;
    assert.deepEqual(
      left.map((item: { metadata: { name: string } }) => item.metadata.name),
      ['group-3'],
    );
  });

  test('with a finalizer marks the object, which goes when the finalizer does', async () => {
    const sent = configMap('held');
    await target.api.post(maps, {
      ...sent,
      metadata: { ...sent.metadata, finalizers: ['example.com/held'] },
    });
    await target.api.delete(`${maps}/held`);
    const marked = (await target.api.get(`${maps}/held`)).body;
    assert.notEqual(marked.metadata.deletionTimestamp, undefined);
    await target.api.patch(`${maps}/held`, 'merge', { metadata: { finalizers: null } });
    assert.equal((await target.api.get(`${maps}/held`)).status, 404);
  });
});

describe('deletion of a pod that runs on a node', () => {
  test('is a mark with its grace period: MODIFIED, not DELETED', async () => {
    const created = (
      await target.api.post(pods, pod('graceful', { nodeName: target.nowhere(), graceSeconds: 30 }))
    ).body;
    const query = `fieldSelector=metadata.name%3Dgraceful&resourceVersion=${created.metadata.resourceVersion}`;
    const watch = await target.api.watch(`${pods}?${query}`);
    const { body } = await target.api.delete(`${pods}/graceful`);
    assert.equal(body.metadata.deletionGracePeriodSeconds, 30);
    const event = await watch.next();
    assert.equal(event.type, 'MODIFIED');
    const { deletionTimestamp, deletionGracePeriodSeconds, generation } = event.object.metadata;
    assert.equal(deletionGracePeriodSeconds, 30);
    assert.equal(generation, created.metadata.generation + 1);
    const graceMs = Date.parse(deletionTimestamp) - Date.parse(created.metadata.creationTimestamp);
    assert.ok(graceMs >= 29_000 && graceMs <= 60_000, `${graceMs} ms`);
    watch.stop();
  });

  test('asked for again may only be made shorter', async () => {
    await target.api.post(pods, pod('shorter', { nodeName: target.nowhere() }));
    await target.api.delete(`${pods}/shorter`, { gracePeriodSeconds: 20 });
    const longer = (await target.api.delete(`${pods}/shorter`, { gracePeriodSeconds: 25 })).body;
    assert.equal(longer.metadata.deletionGracePeriodSeconds, 20);
    const shorter = (await target.api.delete(`${pods}/shorter`, { gracePeriodSeconds: 10 })).body;
    assert.equal(shorter.metadata.deletionGracePeriodSeconds, 10);
  });

  test('by force is two events: MODIFIED with grace 0, then DELETED', async () => {
    const created = (await target.api.post(pods, pod('forced', { nodeName: target.nowhere() }))).body;
    const query = `fieldSelector=metadata.name%3Dforced&resourceVersion=${created.metadata.resourceVersion}`;
    const watch = await target.api.watch(`${pods}?${query}`);
    assert.equal((await target.api.delete(`${pods}/forced`, { gracePeriodSeconds: 0 })).status, 200);
    const [first, second] = [await watch.next(), await watch.next()];
    assert.equal(first.type, 'MODIFIED');
    assert.equal(first.object.metadata.deletionGracePeriodSeconds, 0);
    assert.notEqual(first.object.metadata.deletionTimestamp, undefined);
    assert.equal(second.type, 'DELETED');
    assert.ok(Number(second.object.metadata.resourceVersion) > Number(first.object.metadata.resourceVersion));
    assert.equal((await target.api.get(`${pods}/forced`)).status, 404);
    watch.stop();
  });

  test('by force is held by a finalizer', async () => {
    await target.api.post(
      pods,
      pod('force-held', { nodeName: target.nowhere(), finalizers: ['example.com/held'] }),
    );
    await target.api.delete(`${pods}/force-held`, { gracePeriodSeconds: 0 });
    const marked = (await target.api.get(`${pods}/force-held`)).body;
    assert.equal(marked.metadata.deletionGracePeriodSeconds, 0);
    await target.api.patch(`${pods}/force-held`, 'merge', { metadata: { finalizers: null } });
    assert.equal((await target.api.get(`${pods}/force-held`)).status, 404);
  });

  test('with a finished phase takes it away at once', async () => {
    await target.api.post(pods, pod('finished', { nodeName: target.nowhere() }));
    await target.api.patch(`${pods}/finished/status`, 'merge', { status: { phase: 'Failed' } });
    await target.api.delete(`${pods}/finished`);
    assert.equal((await target.api.get(`${pods}/finished`)).status, 404);
  });
});

describe('eviction', () => {
  const budget = (name: string) => ({
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name },
    spec: { minAvailable: 1, selector: { matchLabels: { evict: 'guarded' } } },
  });
  const evict = (name: string) =>
    target.api.post(`${pods}/${name}/eviction`, {
      apiVersion: 'policy/v1',
      kind: 'Eviction',
      metadata: { name, namespace: target.namespace },
    });

  test('of a pod whose budget is used up answers 429 and leaves it alone; two budgets answer 500', async () => {
    const budgets = `/apis/policy/v1/namespaces/${target.namespace}/poddisruptionbudgets`;
    await target.api.post(pods, pod('guarded', { nodeName: target.nowhere(), labels: { evict: 'guarded' } }));
    const conditions = [{ type: 'Ready', status: 'True' }];
    await target.api.patch(`${pods}/guarded/status`, 'merge', { status: { phase: 'Running', conditions } });
    await target.api.post(budgets, budget('one'));
    const refused = await evict('guarded');
    assert.equal(refused.status, 429);
    assert.equal(refused.body.message, "Cannot evict pod as it would violate the pod's disruption budget.");
    assert.equal(refused.body.details.causes[0].reason, 'DisruptionBudget');
    await target.api.post(budgets, budget('two'));
    assert.equal((await evict('guarded')).status, 500);
    assert.equal((await target.api.get(`${pods}/guarded`)).body.metadata.deletionTimestamp, undefined);
  });

  test('that is allowed marks the pod as a disruption before it deletes it', async () => {
    await target.api.post(pods, pod('evicted', { nodeName: target.nowhere() }));
    await target.api.patch(`${pods}/evicted/status`, 'merge', { status: { phase: 'Running' } });
    assert.equal((await evict('evicted')).status, 201);
    const { metadata, status } = (await target.api.get(`${pods}/evicted`)).body;
    assert.notEqual(metadata.deletionTimestamp, undefined);
    const condition = status.conditions.find(({ type }: { type: string }) => type === 'DisruptionTarget');
    assert.equal(condition.status, 'True');
    assert.equal(condition.reason, 'EvictionByEvictionAPI');
  });
});
