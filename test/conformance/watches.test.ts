import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Watch, WatchEvent } from './api-client.ts';
import { configMap } from './objects.ts';
import { openTarget, type Target } from './target.ts';

let target: Target;
let maps = '';

const current = async () => (await target.api.get(maps)).body.metadata.resourceVersion as string;
const brief = ({ type, object }: WatchEvent) => `${type} ${object.metadata.name}`;

/** The next `count` events, in short. */
async function take(watch: Watch, count: number): Promise<string[]> {
  const events: string[] = [];
  while (events.length < count) events.push(brief(await watch.next()));
  return events;
}

before(async () => {
  target = await openTarget();
  maps = `/api/v1/namespaces/${target.namespace}/configmaps`;
});
after(() => target.close());

describe('watch', () => {
  test('from a resourceVersion brings every later change, once and in order', async () => {
    const from = await current();
    await target.api.post(maps, configMap('early'));
    const watch = await target.api.watch(`${maps}?resourceVersion=${from}`);
    assert.equal(watch.status, 200);
    await target.api.patch(`${maps}/early`, 'merge', { data: { key: 'second' } });
    await target.api.post(maps, configMap('late'));
    await target.api.delete(`${maps}/early`);
    const events = [await watch.next(), await watch.next(), await watch.next(), await watch.next()];
    assert.deepEqual(events.map(brief), ['ADDED early', 'MODIFIED early', 'ADDED late', 'DELETED early']);
    const versions = events.map(({ object }) => Number(object.metadata.resourceVersion));
    assert.deepEqual(
      versions,
      versions.toSorted((left, right) => left - right),
    );
    assert.equal(events[0]?.object.kind, 'ConfigMap');
    watch.stop();
  });

  test('without a resourceVersion begins with what there is', async () => {
    await target.api.post(maps, configMap('there', { begin: 'yes' }));
    const watch = await target.api.watch(`${maps}?labelSelector=begin`);
    assert.deepEqual(await take(watch, 1), ['ADDED there']);
    watch.stop();
  });

  test('with a selector sees what enters it as ADDED and what leaves it as DELETED', async () => {
    const from = await current();
    const watch = await target.api.watch(`${maps}?resourceVersion=${from}&labelSelector=role%3Dactive`);
    await target.api.post(maps, configMap('wanders', { role: 'standby' }));
    for (const role of ['active', 'standby']) {
      await target.api.patch(`${maps}/wanders`, 'merge', { metadata: { labels: { role } } });
    }
    const entered = await watch.next();
    const left = await watch.next();
    assert.deepEqual([entered, left].map(brief), ['ADDED wanders', 'DELETED wanders']);
    assert.equal(left.object.metadata.labels.role, 'active');
    assert.ok(Number(left.object.metadata.resourceVersion) > Number(entered.object.metadata.resourceVersion));
    watch.stop();
  });

  test('of one name sees nothing of the others', async () => {
    const from = await current();
    const watch = await target.api.watch(
      `${maps}?resourceVersion=${from}&fieldSelector=metadata.name%3Donly`,
    );
    await target.api.post(maps, configMap('other'));
    await target.api.post(maps, configMap('only'));
    assert.deepEqual(await take(watch, 1), ['ADDED only']);
    watch.stop();
  });

  test('as a list begins with what there is and a bookmark that ends it', async () => {
    await target.api.post(maps, configMap('listed', { watchlist: 'yes' }));
    const query =
      'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&labelSelector=watchlist';
    const watch = await target.api.watch(`${maps}?${query}`);
    assert.deepEqual(await take(watch, 1), ['ADDED listed']);
    const bookmark = await watch.next();
    assert.equal(bookmark.type, 'BOOKMARK');
    assert.equal(bookmark.object.kind, 'ConfigMap');
    assert.equal(bookmark.object.metadata.annotations['k8s.io/initial-events-end'], 'true');
    assert.match(bookmark.object.metadata.resourceVersion, /^[1-9]\d*$/);
    await target.api.delete(`${maps}/listed`);
    assert.deepEqual(await take(watch, 1), ['DELETED listed']);
    watch.stop();
  });

  test('as a list without resourceVersionMatch answers 422', async () => {
    const { status, body } = await target.api.get(`${maps}?watch=true&sendInitialEvents=true`);
    assert.equal(status, 422);
    assert.match(body.message, /sendInitialEvents requires setting resourceVersionMatch to NotOlderThan/);
  });

  test('ends by itself after timeoutSeconds, in an orderly way', async () => {
    const watch = await target.api.watch(`${maps}?resourceVersion=${await current()}&timeoutSeconds=1`);
    const rest = await watch.end();
    assert.ok(
      rest.every(({ type }) => type === 'BOOKMARK'),
      JSON.stringify(rest),
    );
  });

  test('from a resourceVersion long forgotten is told so: 410, as an event or at once', async () => {
    const { api } = target;
    for (let round = 0; round < 4200; round += 100) {
      const writes = Array.from({ length: 100 }, (_, index) =>
        api.send('PATCH', `${maps}/churn`, JSON.stringify({ data: { key: `${round + index}` } }), {
          'content-type': 'application/merge-patch+json',
        }),
      );
      if (round === 0) await api.post(maps, configMap('churn'));
      await Promise.all(writes);
    }
    const watch = await api.watch(`${maps}?resourceVersion=1`);
    const { type, object } = await watch.next();
    assert.equal(type, 'ERROR');
    assert.equal(object.code, 410);
    assert.equal(object.reason, 'Expired');
    assert.match(object.message, /too old resource version/);
    watch.stop();
  });

  test('sends a Table when asked for one, its column definitions only once', async () => {
    const from = await current();
    const accept = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' };
    const query = `watch=true&resourceVersion=${from}&timeoutSeconds=1`;
    const pending = target.api.get(`${maps}?${query}`, accept);
    await target.api.post(maps, configMap('row-1'));
    await target.api.post(maps, configMap('row-2'));
    const lines = (await pending).text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as WatchEvent);
    assert.deepEqual(
      lines.map(({ object }) => `${object.kind} ${object.rows[0].cells[0]}`),
      ['Table row-1', 'Table row-2'],
    );
    assert.equal(lines[0]?.object.columnDefinitions.length > 0, true);
    assert.equal(lines[1]?.object.columnDefinitions ?? null, null);
  });
});
