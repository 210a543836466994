import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SeededRandom, SimulatedClock } from '../../time/simulated-clock.ts';
import { ApiFaults } from './faults.ts';
import { ApiHandler } from './handler.ts';
import { noPodAccess } from './pod-access.ts';
import { resourceTypes } from './resource-types.ts';
import { Store } from './store.ts';

const { configmaps } = resourceTypes;

interface Line {
  readonly type: string;
  readonly object: {
    readonly metadata: {
      readonly name?: string;
      readonly resourceVersion: string;
      readonly annotations?: Record<string, string>;
    };
  };
}

function newWorld() {
  const clock = new SimulatedClock();
  const random = new SeededRandom(7);
  const store = new Store({ clock, random });
  const faults = new ApiFaults(clock);
  const handler = new ApiHandler({ store, clock, random, faults, pods: noPodAccess });
  const watch = async (query: string) => {
    const lines: Line[] = [];
    const ends: string[] = [];
    const url = `/api/v1/namespaces/default/configmaps?watch=true&${query}`;
    const answer = await handler.handle({ method: 'GET', url, headers: {}, body: '' });
    assert.ok(answer?.kind === 'stream');
    const cancel = answer.stream({
      write: (chunk) => lines.push(JSON.parse(String(chunk)) as Line),
      end: (how) => ends.push(how),
    });
    return {
      lines,
      ends,
      cancel,
      brief: () => lines.map(({ type, object }) => `${type} ${object.metadata.name ?? ''}`.trim()),
    };
  };
  const add = (name: string, labels: Record<string, string> = {}) =>
    store.create(configmaps, { metadata: { name, labels } });
  return { clock, store, faults, watch, add };
}

describe('a watch', () => {
  test('with bookmarks gets one a minute and one at its end', async () => {
    const { clock, store, watch } = newWorld();
    const { lines, ends } = await watch(
      `resourceVersion=${store.resourceVersion}&allowWatchBookmarks=true&timeoutSeconds=150`,
    );
    await clock.advance(149_000);
    assert.deepEqual(
      lines.map(({ type }) => type),
      ['BOOKMARK', 'BOOKMARK'],
    );
    await clock.advance(2_000);
    assert.equal(lines.length, 3);
    assert.equal(lines[2]?.object.metadata.resourceVersion, String(store.resourceVersion));
    assert.deepEqual(ends, ['orderly']);
  });

  test('without timeoutSeconds ends after 30 to 60 minutes', async () => {
    const { clock, store, watch } = newWorld();
    const { ends } = await watch(`resourceVersion=${store.resourceVersion}`);
    await clock.advance(30 * 60_000 - 1);
    assert.deepEqual(ends, []);
    await clock.advance(30 * 60_000 + 1);
    assert.deepEqual(ends, ['orderly']);
  });

  test('from a forgotten resourceVersion is an ERROR event with 410, and ends', async () => {
    const { store, watch, add } = newWorld();
    const from = store.resourceVersion;
    add('a');
    store.collection(configmaps).compact();
    const { lines, ends } = await watch(`resourceVersion=${from}`);
    assert.equal(lines[0]?.type, 'ERROR');
    assert.deepEqual(lines[0]?.object, {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      reason: 'Expired',
      code: 410,
      message: `too old resource version: ${from} (${store.resourceVersion})`,
    });
    assert.deepEqual(ends, ['orderly']);
  });

  test('that is delayed gets every event late and in order, also when the delay is taken back', async () => {
    const { clock, store, faults, watch, add } = newWorld();
    const { brief } = await watch(`resourceVersion=${store.resourceVersion}`);
    faults.delayWatches(500);
    add('a');
    faults.delayWatches(0);
    add('b');
    assert.deepEqual(brief(), []);
    await clock.advance(500);
    assert.deepEqual(brief(), ['ADDED a', 'ADDED b']);
    add('c');
    assert.deepEqual(brief(), ['ADDED a', 'ADDED b', 'ADDED c']);
  });

  test('that is dropped breaks off, and hears nothing more', async () => {
    const { store, faults, watch, add } = newWorld();
    const { lines, ends } = await watch(`resourceVersion=${store.resourceVersion}`);
    assert.equal(faults.dropWatches(), 1);
    add('a');
    assert.deepEqual([lines, ends], [[], ['abrupt']]);
    assert.equal(faults.dropWatches(), 0);
  });

  test('that its reader has left costs nothing more', async () => {
    const { clock, store, watch, add } = newWorld();
    const { lines, ends, cancel } = await watch(
      `resourceVersion=${store.resourceVersion}&allowWatchBookmarks=true`,
    );
    cancel();
    add('a');
    await clock.advance(3_600_000);
    assert.deepEqual([lines, ends], [[], []]);
  });

  test('as a list ends its beginning with a bookmark at the current resourceVersion', async () => {
    const { store, watch, add } = newWorld();
    add('b', { app: 'x' });
    add('a', { app: 'x' });
    add('c');
    const query =
      'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&labelSelector=app%3Dx';
    const { lines, brief } = await watch(query);
    assert.deepEqual(brief(), ['ADDED a', 'ADDED b', 'BOOKMARK']);
    assert.deepEqual(lines[2]?.object.metadata.annotations, { 'k8s.io/initial-events-end': 'true' });
    assert.equal(lines[2]?.object.metadata.resourceVersion, String(store.resourceVersion));
  });
});
