import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Connection, NO_TLS_MATERIAL } from '../../src/kube/connection.ts';
import { connectTransport } from '../../src/kube/http2-transport.ts';
import { type StreamSink, type Transport, TransportError } from '../../src/kube/transport.ts';
import { ApiFaults } from '../../src/sandbox/api/faults.ts';
import { ApiHandler } from '../../src/sandbox/api/handler.ts';
import { InMemoryTransport } from '../../src/sandbox/api/in-memory-transport.ts';
import { noPodAccess } from '../../src/sandbox/api/pod-access.ts';
import { resourceTypes } from '../../src/sandbox/api/resource-types.ts';
import { ApiServer } from '../../src/sandbox/api/server.ts';
import { Store } from '../../src/sandbox/api/store.ts';
import { realClock, realRandom } from '../../src/time/real-clock.ts';

const maps = '/api/v1/namespaces/default/configmaps';
const timeoutMs = 10_000;

interface World {
  readonly store: Store;
  readonly faults: ApiFaults;
  readonly transport: Transport;
  close(): Promise<void>;
}

function newHandler() {
  const store = new Store({ clock: realClock, random: realRandom });
  const faults = new ApiFaults(realClock);
  const handler = new ApiHandler({ store, clock: realClock, random: realRandom, faults, pods: noPodAccess });
  return { store, faults, handler };
}

function inMemory(): Promise<World> {
  const { store, faults, handler } = newHandler();
  const transport = new InMemoryTransport({ handler, clock: realClock });
  return Promise.resolve({ store, faults, transport, close: () => transport.close() });
}

async function overHttp2(): Promise<World> {
  const { store, faults, handler } = newHandler();
  const server = new ApiServer({ handler });
  await server.start();
  const connection: Connection = {
    server: new URL(server.url),
    namespace: 'default',
    origin: 'test',
    tls: () => Promise.resolve(NO_TLS_MATERIAL),
    authorization: () => Promise.resolve(undefined),
    refresh: () => Promise.resolve(),
  };
  const transport = connectTransport(connection, { clock: realClock, random: realRandom, purpose: 'watch' });
  const close = async () => {
    await transport.close();
    await server.close();
  };
  return { store, faults, transport, close };
}

/** What a stream has brought so far, and waiting for more of it. */
function recorder() {
  const seen: string[] = [];
  let rest = '';
  const waiting: { readonly count: number; readonly resolve: () => void }[] = [];
  const add = (text: string) => {
    seen.push(text);
    for (const { count, resolve } of waiting) if (seen.length >= count) resolve();
  };
  const sink: StreamSink = {
    onHead: (status) => add(`head ${status}`),
    onChunk: (chunk) => {
      const lines = (rest + Buffer.from(chunk).toString('utf8')).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const { type, object } = JSON.parse(line) as { type: string; object: { metadata: { name: string } } };
        add(`${type} ${object.metadata.name}`);
      }
    },
    onEnd: (cause) => add(`end ${cause?.code ?? 'orderly'}`),
  };
  const has = (count: number) =>
    new Promise<void>((resolve) => {
      if (seen.length >= count) resolve();
      else waiting.push({ count, resolve });
    });
  return { seen, sink, has };
}

const kinds: [string, () => Promise<World>][] = [
  ['in memory', inMemory],
  ['over HTTP/2', overHttp2],
];

for (const [name, open] of kinds) {
  describe(`the transport ${name}`, () => {
    const withWorld = (run: (world: World) => Promise<void>) => async () => {
      const world = await open();
      try {
        await run(world);
      } finally {
        await world.close();
      }
    };
    const create = (store: Store, mapName: string) =>
      store.create(resourceTypes.configmaps, { metadata: { name: mapName } });
    const watchFrom = (store: Store, query = '') => ({
      method: 'GET' as const,
      path: `${maps}?watch=true&resourceVersion=${store.resourceVersion}${query}`,
    });

    test(
      'brings every answer, also a refusal',
      withWorld(async ({ transport }) => {
        const body = '{"metadata":{"name":"a"}}';
        const codes: number[] = [];
        for (let attempt = 0; attempt < 2; attempt++) {
          codes.push((await transport.request({ method: 'POST', path: maps, body }, timeoutMs)).status);
        }
        assert.deepEqual(codes, [201, 409]);
      }),
    );

    test(
      'hands on the media type of a patch',
      withWorld(async ({ store, transport }) => {
        create(store, 'a');
        const contentType = 'application/merge-patch+json';
        const request = {
          method: 'PATCH' as const,
          path: `${maps}/a`,
          contentType,
          body: '{"data":{"a":"1"}}',
        };
        const answer = await transport.request(request, timeoutMs);
        assert.equal(answer.status, 200);
        assert.deepEqual(store.get(resourceTypes.configmaps, 'default', 'a')?.data, { a: '1' });
      }),
    );

    test(
      'hands on Retry-After in ms',
      withWorld(async ({ faults, transport }) => {
        faults.failWrites(503, { count: 1 });
        const answer = await transport.request({ method: 'POST', path: maps, body: '{}' }, timeoutMs);
        assert.deepEqual([answer.status, answer.retryAfterMs], [503, 1000]);
      }),
    );

    test(
      'gives up a request without an answer in time, not knowing whether it was done',
      withWorld(async ({ faults, transport }) => {
        faults.failWrites('timeout', { count: 1 });
        const request = { method: 'POST' as const, path: maps, body: '{"metadata":{"name":"a"}}' };
        await assert.rejects(transport.request(request, 100), (error) => {
          assert.ok(error instanceof TransportError);
          assert.deepEqual([error.code, error.delivered], ['REQUEST_TIMEOUT', 'unknown']);
          return true;
        });
      }),
    );

    test(
      'brings a watch line by line, in order, to its orderly end',
      withWorld(async ({ store, transport }) => {
        const { seen, sink, has } = recorder();
        transport.stream(watchFrom(store, '&timeoutSeconds=1'), sink);
        await has(1);
        for (const mapName of ['a', 'b', 'c']) create(store, mapName);
        await has(5);
        assert.deepEqual(seen, ['head 200', 'ADDED a', 'ADDED b', 'ADDED c', 'end orderly']);
      }),
    );

    test(
      'tells a broken stream from one that ended',
      withWorld(async ({ store, faults, transport }) => {
        const { seen, sink, has } = recorder();
        transport.stream(watchFrom(store), sink);
        await has(1);
        faults.dropWatches();
        await has(2);
        assert.deepEqual(seen, ['head 200', 'end CONNECTION_LOST']);
      }),
    );

    test(
      'is silent after cancel',
      withWorld(async ({ store, transport }) => {
        const cancelled = recorder();
        const handle = transport.stream(watchFrom(store), cancelled.sink);
        const other = recorder();
        transport.stream(watchFrom(store), other.sink);
        await cancelled.has(1);
        await other.has(1);
        handle.cancel();
        create(store, 'a');
        await other.has(2);
        assert.deepEqual(cancelled.seen, ['head 200']);
      }),
    );
  });
}
