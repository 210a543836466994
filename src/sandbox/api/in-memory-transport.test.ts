import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { StreamSink } from '../../kube/transport.ts';
import { TransportError } from '../../kube/transport.ts';
import { SeededRandom, SimulatedClock } from '../../time/simulated-clock.ts';
import { ApiFaults } from './faults.ts';
import { ApiHandler } from './handler.ts';
import { InMemoryTransport, type InMemoryTransportOptions } from './in-memory-transport.ts';
import { noPodAccess } from './pod-access.ts';
import { resourceTypes } from './resource-types.ts';
import { Store } from './store.ts';

const maps = '/api/v1/namespaces/default/configmaps';

function newWorld(options: Partial<InMemoryTransportOptions> = {}) {
  const clock = new SimulatedClock();
  const random = new SeededRandom(1);
  const store = new Store({ clock, random });
  const faults = new ApiFaults(clock);
  const handler = new ApiHandler({ store, clock, random, faults, pods: noPodAccess });
  return { clock, store, faults, transport: new InMemoryTransport({ handler, clock, ...options }) };
}

function recorder() {
  const seen: string[] = [];
  const sink: StreamSink = {
    onHead: (status) => seen.push(`head ${status}`),
    onChunk: (chunk) => seen.push(Buffer.from(chunk).toString('utf8').trim().slice(0, 15)),
    onEnd: (cause) => seen.push(`end ${cause?.code ?? 'orderly'}`),
  };
  return { seen, sink };
}

const watchFrom = (store: Store) => ({
  method: 'GET' as const,
  path: `${maps}?watch=true&resourceVersion=${store.resourceVersion}`,
});

function create(store: Store, name: string): void {
  store.create(resourceTypes.configmaps, { metadata: { name } });
}

describe('a request in memory', () => {
  test('takes the latency of both ways, and gets the whole answer', async () => {
    const { clock, transport } = newWorld({ latencyMs: () => 5 });
    const answer = transport.request({ method: 'GET', path: `${maps}/missing` }, 1_000);
    await clock.advance(9);
    let settled = false;
    void answer.then(() => {
      settled = true;
    });
    await clock.advance(0);
    assert.equal(settled, false);
    await clock.advance(1);
    assert.equal((await answer).status, 404);
  });

  test('fails with CONNECTION_REFUSED while the API is stopped: it was not delivered', async () => {
    const { faults, transport } = newWorld();
    faults.stopApi(1_000);
    await assert.rejects(transport.request({ method: 'GET', path: maps }, 1_000), (error) => {
      assert.ok(error instanceof TransportError);
      assert.deepEqual([error.code, error.delivered], ['CONNECTION_REFUSED', 'no']);
      return true;
    });
  });

  test('whose answer is lost has been carried out, and times out', async () => {
    const { clock, store, faults, transport } = newWorld();
    faults.failWrites('timeout', { count: 1 });
    const request = { method: 'POST' as const, path: maps, body: '{"metadata":{"name":"a"}}' };
    const lost = assert.rejects(transport.request(request, 300), (error) => {
      assert.ok(error instanceof TransportError);
      assert.deepEqual([error.code, error.delivered], ['REQUEST_TIMEOUT', 'unknown']);
      return true;
    });
    await clock.advance(300);
    await lost;
    assert.notEqual(store.get(resourceTypes.configmaps, 'default', 'a'), undefined);
  });

  test('says how long to wait when the server does', async () => {
    const { clock, faults, transport } = newWorld();
    faults.failWrites(503, { count: 1 }, { resource: 'configmaps' });
    const answer = transport.request({ method: 'POST', path: maps, body: '{"metadata":{"name":"a"}}' }, 300);
    await clock.advance(1);
    assert.deepEqual([(await answer).status, (await answer).retryAfterMs], [503, 1000]);
  });
});

describe('a stream in memory', () => {
  test('brings head, lines in order, and its end', async () => {
    let latency = 9;
    const { clock, store, faults, transport } = newWorld({ latencyMs: () => latency-- });
    const { seen, sink } = recorder();
    transport.stream(watchFrom(store), sink);
    await clock.advance(10);
    create(store, 'a');
    create(store, 'b');
    await clock.advance(10);
    assert.deepEqual(seen, ['head 200', '{"type":"ADDED"', '{"type":"ADDED"']);
    faults.dropWatches();
    await clock.advance(10);
    assert.equal(seen.at(-1), 'end CONNECTION_LOST');
  });

  test('that is cancelled says nothing more', async () => {
    const { clock, store, transport } = newWorld();
    const { seen, sink } = recorder();
    const handle = transport.stream(watchFrom(store), sink);
    await clock.advance(1);
    handle.cancel();
    create(store, 'a');
    await clock.advance(1);
    assert.deepEqual(seen, ['head 200']);
  });

  test('through a cut network stays open and silent', async () => {
    let cut = false;
    const { clock, store, transport } = newWorld({ cut: () => cut });
    const { seen, sink } = recorder();
    transport.stream(watchFrom(store), sink);
    await clock.advance(1);
    cut = true;
    create(store, 'a');
    await clock.advance(60_000);
    assert.deepEqual(seen, ['head 200']);
    assert.equal(transport.alive, false);
  });

  test('of a closed transport ends at once', async () => {
    const { clock, store, transport } = newWorld();
    const { seen, sink } = recorder();
    transport.stream(watchFrom(store), sink);
    await clock.advance(1);
    await transport.close();
    assert.deepEqual(seen, ['head 200', 'end CLOSED']);
  });
});
