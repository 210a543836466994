import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { watchRequest } from '../../src/kube/request.ts';
import { LEASES } from '../../src/kube/resources.ts';
import type { Body, Watch, WatchEvent } from './api-client.ts';
import { lease } from './objects.ts';
import { openTarget, type Target } from './target.ts';

const endMark = 'k8s.io/initial-events-end';
let target: Target;
let leases = '';

before(async () => {
  target = await openTarget();
  leases = `/apis/coordination.k8s.io/v1/namespaces/${target.namespace}/leases`;
});
after(() => target.close());

async function make(name: string, group: string): Promise<Body> {
  const object = lease(name);
  const created = await target.api.post(leases, { ...object, metadata: { name, labels: { group } } });
  assert.equal(created.status, 201, created.text);
  return created.body;
}

/** As the product asks for it. */
function open(
  group: string,
  options: { resourceVersion?: string; timeoutSeconds?: number } = {},
): Promise<Watch> {
  const { resourceVersion, timeoutSeconds = 60 } = options;
  const sendInitialEvents = resourceVersion === undefined;
  const selection = { namespace: target.namespace, labelSelector: `group=${group}` };
  const { path } = watchRequest(LEASES, { ...selection, resourceVersion, timeoutSeconds, sendInitialEvents });
  return target.api.watch(path.replace('watch=1&', ''));
}

const isEnd = ({ type, object }: WatchEvent) =>
  type === 'BOOKMARK' && object.metadata.annotations?.[endMark] === 'true';
const versionOf = ({ object }: WatchEvent) => Number(object.metadata.resourceVersion);
const brief = ({ type, object }: WatchEvent) => `${type} ${object.metadata.name}`;

describe('a watch that begins with what there is', () => {
  test('of nothing ends its beginning at once, with a bookmark', async () => {
    const watch = await open('none');
    const first = await watch.next();
    assert.ok(isEnd(first), JSON.stringify(first));
    assert.equal(first.object.kind, 'Lease');
    assert.equal(first.object.metadata.name, undefined);
    const created = await make('none-1', 'none');
    assert.deepEqual(await watch.next(), { type: 'ADDED', object: created });
    watch.stop();
  });

  test('tells everything once, then the bookmark, then what changes; and goes on from there', async () => {
    const made = [await make('all-1', 'all'), await make('all-2', 'all'), await make('all-3', 'all')];
    const watch = await open('all');
    const events = await watch.until(isEnd);
    assert.deepEqual(events.slice(0, -1).map(brief).sort(), ['ADDED all-1', 'ADDED all-2', 'ADDED all-3']);
    const newest = Math.max(...made.map(({ metadata }) => Number(metadata.resourceVersion)));
    const [end] = events.slice(-1);
    assert.ok(
      end !== undefined && versionOf(end) >= newest,
      'the bookmark is as new as all that came before it',
    );
    await target.api.patch(`${leases}/all-2`, 'merge', { spec: { holderIdentity: 'two' } });
    await target.api.delete(`${leases}/all-1`);
    const after = [await watch.next(), await watch.next()];
    assert.deepEqual(after.map(brief), ['MODIFIED all-2', 'DELETED all-1']);
    assert.ok(after.every((event) => versionOf(event) > versionOf(end)));
    watch.stop();
  });

  test('is as fresh as a list: what was written before it began is in it', async () => {
    for (let round = 1; round <= 10; round++) {
      await make(`fresh-${round}`, 'fresh');
      const watch = await open('fresh');
      const events = await watch.until(isEnd);
      watch.stop();
      assert.equal(events.length, round + 1);
    }
  });

  test('is taken up again from its bookmark: nothing is missed, nothing comes twice', async () => {
    await make('again-1', 'again');
    const first = await open('again');
    const end = (await first.until(isEnd)).at(-1);
    first.stop();
    await make('again-2', 'again');
    await target.api.delete(`${leases}/again-1`);
    const second = await open('again', { resourceVersion: end?.object.metadata.resourceVersion });
    assert.deepEqual(
      [brief(await second.next()), brief(await second.next())],
      ['ADDED again-2', 'DELETED again-1'],
    );
    second.stop();
  });

  test('is refused where the kind has no such thing to begin with: 404', async () => {
    const { path } = watchRequest(
      { ...LEASES, plural: 'unheardof' },
      { namespace: target.namespace, timeoutSeconds: 60, sendInitialEvents: true },
    );
    assert.equal((await target.api.get(path)).status, 404);
  });
});

describe('a bookmark', () => {
  test('comes shortly before the end of a watch that asked for it, and carries a version only', async () => {
    const created = await make('marked', 'marked');
    const from = created.metadata.resourceVersion;
    const watch = await open('marked', { resourceVersion: from, timeoutSeconds: 5 });
    await make('elsewhere', 'elsewhere');
    const bookmarks = (await watch.end(30_000)).filter(({ type }) => type === 'BOOKMARK');
    assert.ok(bookmarks.length > 0);
    for (const { object } of bookmarks) {
      assert.equal(object.kind, 'Lease');
      assert.equal(object.metadata.name, undefined);
      assert.equal(object.metadata.annotations, undefined);
      assert.ok(Number(object.metadata.resourceVersion) >= Number(from));
    }
  });

  test('moves a watch on past what it does not show: whoever resumes from it gets no 410 for that', async () => {
    const created = await make('past', 'past');
    const watch = await open('past', {
      resourceVersion: created.metadata.resourceVersion,
      timeoutSeconds: 5,
    });
    const elsewhere = await make('past-elsewhere', 'past-elsewhere');
    const last = (await watch.end(30_000)).at(-1);
    assert.equal(last?.type, 'BOOKMARK');
    assert.ok(Number(last?.object.metadata.resourceVersion) >= Number(elsewhere.metadata.resourceVersion));
    const next = await open('past', { resourceVersion: last?.object.metadata.resourceVersion });
    await make('past-2', 'past');
    assert.equal(brief(await next.next()), 'ADDED past-2');
    next.stop();
  });

  test('comes to nobody who has not asked for it', async () => {
    const created = await make('unasked', 'unasked');
    const query = `labelSelector=group%3Dunasked&resourceVersion=${created.metadata.resourceVersion}&timeoutSeconds=5`;
    const watch = await target.api.watch(`${leases}?${query}`);
    assert.deepEqual(await watch.end(30_000), []);
  });
});
