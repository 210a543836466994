import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { realClock, realRandom } from '../../time/real-clock.ts';
import { SeededRandom, SimulatedClock } from '../../time/simulated-clock.ts';
import { ApiFaults } from './faults.ts';
import { ApiHandler } from './handler.ts';
import { limits } from './limits.ts';
import { noPodAccess } from './pod-access.ts';
import type { ServerRequest } from './request.ts';
import { ApiServer } from './server.ts';
import { Store } from './store.ts';

function newHandler(bugs: unknown[]): ApiHandler {
  const clock = new SimulatedClock();
  const random = new SeededRandom(1);
  const store = new Store({ clock, random });
  return new ApiHandler({
    store,
    clock,
    random,
    faults: new ApiFaults(clock),
    pods: noPodAccess,
    onBug: (error) => bugs.push(error),
  });
}

const paths = [
  '/api',
  '/api/v1',
  '/apis',
  '/apis/apps/v1',
  '/openapi/v2',
  '/openapi/v3',
  '/openapi/v3/apis/apps/v1',
  '/version',
  '/api/v1/pods',
  '/api/v1/namespaces/default/pods',
  '/api/v1/namespaces/default/pods/a',
  '/api/v1/namespaces/default/pods/a/status',
  '/api/v1/namespaces/default/pods/a/log',
  '/api/v1/namespaces/default/pods/a/exec',
  '/api/v1/namespaces/default/pods/a/eviction',
  '/api/v1/namespaces/default/pods/a/binding',
  '/api/v1/namespaces/default',
  '/api/v1/namespaces',
  '/api/v1/nodes/a',
  '/apis/apps/v1/namespaces/default/replicasets',
  '/apis/apps/v1/namespaces/default/replicasets/a/scale',
  '/apis/events.k8s.io/v1/namespaces/default/events',
  '/apis/coordination.k8s.io/v1/namespaces/default/leases/a',
  '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
  '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
];
const parameters = [
  'watch',
  'labelSelector',
  'fieldSelector',
  'resourceVersion',
  'resourceVersionMatch',
  'limit',
  'continue',
  'timeoutSeconds',
  'sendInitialEvents',
  'allowWatchBookmarks',
  'dryRun',
  'fieldValidation',
  'fieldManager',
  'propagationPolicy',
  'gracePeriodSeconds',
  'container',
  'tailLines',
  'command',
];
const oddText = fc.oneof(
  fc.string({ maxLength: 20 }),
  fc.constantFrom(
    'true',
    '0',
    '1',
    '-1',
    '99999999999999999999',
    'a=b',
    'a in (b',
    '!a',
    'metadata.name=a',
    '=',
    '%',
    'All',
    'Strict',
    'Exact',
    'eyJ2IjoxfQ',
  ),
);
const oddJson = fc.oneof(
  fc.json({ maxDepth: 4 }),
  fc.string({ maxLength: 30 }),
  fc.constantFrom(
    '{"metadata":{"name":"a"}}',
    '{"metadata":{"name":"a"},"spec":{"containers":[{"name":"a","image":"b"}],"nodeName":"n"}}',
    '{"metadata":null}',
    '{"metadata":[]}',
    '{"metadata":{"labels":{"a":1}}}',
    '{"spec":7}',
    '{"__proto__":{"a":1}}',
    '[]',
    'null',
    '7',
    '[{"op":"add","path":"/__proto__/x","value":1}]',
    '[{"op":"add","path":"/spec","value":7}]',
    '[{"op":"remove","path":""}]',
    '[{"op":"copy","from":"","path":"/spec/a"}]',
    '[{"op":"replace","path":"","value":null}]',
    '{"$patch":"delete"}',
    '{"spec":{"$patch":"delete"}}',
    '{"spec":{"containers":[{"$patch":"delete","name":"a"}]}}',
    '{"spec":{"containers":[{}]}}',
    '{"metadata":{"finalizers":["a/b"]}}',
    '{"spec":{"replicas":-1}}',
    '{"spec":{"selector":{"matchExpressions":[{"operator":"Sideways"}]}}}',
    'k8s\0\n\x02',
    'a: &a [*a]',
    '{"status":{"conditions":7}}',
  ),
);
const request: fc.Arbitrary<ServerRequest> = fc
  .record({
    method: fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'BREW'),
    path: fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom(...paths) },
      { weight: 1, arbitrary: fc.string({ maxLength: 30 }).map((text) => `/${text}`) },
    ),
    query: fc.array(fc.tuple(fc.constantFrom(...parameters), oddText), { maxLength: 3 }),
    contentType: fc.constantFrom(
      'application/json',
      'application/json-patch+json',
      'application/merge-patch+json',
      'application/strategic-merge-patch+json',
      'application/apply-patch+yaml',
      'application/yaml',
      'application/vnd.kubernetes.protobuf',
      'text/html',
      '',
    ),
    accept: fc.constantFrom(
      'application/json',
      'application/json;as=Table;v=v1;g=meta.k8s.io',
      'text/html',
      '*/*',
      ';;,=',
    ),
    body: oddJson,
  })
  .map(({ method, path, query, contentType, accept, body }) => {
    const parts = query.map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
    return {
      method,
      url: parts.length === 0 ? path : `${path}?${parts.join('&')}`,
      headers: { 'content-type': contentType, accept },
      body,
    };
  });

test('whatever is asked, the answer is an answer: no request is a bug', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 20 }), async (requests) => {
      const bugs: unknown[] = [];
      const handler = newHandler(bugs);
      for (const each of requests) {
        const answer = await handler.handle(each);
        assert.ok(answer !== undefined && answer.status >= 200 && answer.status < 600);
        if (answer.kind === 'stream') answer.stream({ write: () => undefined, end: () => undefined })();
        assert.deepEqual(bugs, [], JSON.stringify(each));
      }
    }),
    { numRuns: 300 },
  );
});

test('deep JSON is refused, not walked', async () => {
  const bugs: unknown[] = [];
  const body = `{"metadata":{"name":"a"},"data":${'['.repeat(50_000)}${']'.repeat(50_000)}}`;
  const url = '/api/v1/namespaces/default/configmaps';
  const answer = await newHandler(bugs).handle({
    method: 'POST',
    url,
    headers: { 'content-type': 'application/json' },
    body,
  });
  assert.equal(answer?.status, 400);
  assert.deepEqual(bugs, []);
});

/** Sends bytes as they are; resolves to what came back when the server has closed or answered. */
function exchange(port: number, bytes: string | Buffer): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
      socket.end();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(answer));
  });
}

test('garbage on the port, halves of requests and huge bodies leave the server standing', async () => {
  const bugs: unknown[] = [];
  const faults = new ApiFaults(realClock);
  const store = new Store({ clock: realClock, random: realRandom });
  const handler = new ApiHandler({
    store,
    clock: realClock,
    random: realRandom,
    faults,
    pods: noPodAccess,
    onBug: (error) => bugs.push(error),
  });
  const server = new ApiServer({ handler });
  await server.start();
  try {
    assert.match(await exchange(server.port, '\x16\x03\x01\x02\x00garbage\r\n\r\n'), /400 Bad Request/);
    assert.match(await exchange(server.port, 'GET /version HTTP/1.1\r\n\r\n\r\n'), /400/);
    await exchange(
      server.port,
      'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nthis is no frame at all, and long enough to look like one',
    );
    assert.match(
      await exchange(
        server.port,
        'GET /api/v1/namespaces/default/pods/a/exec?command=ls HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-version: 13\r\n\r\n',
      ),
      /404 NotFound/,
    );
    const huge = await fetch(`${server.url}/api/v1/namespaces`, {
      method: 'POST',
      body: 'x'.repeat(limits.requestBodyBytes + 1),
    });
    assert.equal(huge.status, 413);
    const half = connect(server.port, '127.0.0.1', () => half.write('P'));
    half.on('error', () => undefined);
    assert.equal((await fetch(`${server.url}/version`)).status, 200);
    assert.deepEqual(bugs, []);
  } finally {
    await server.close();
  }
});

test('an outage breaks every connection, and ends on the same port', async () => {
  const faults = new ApiFaults(realClock);
  const store = new Store({ clock: realClock, random: realRandom });
  const handler = new ApiHandler({ store, clock: realClock, random: realRandom, faults, pods: noPodAccess });
  const server = new ApiServer({ handler });
  await server.start();
  const { url } = server;
  try {
    const watch = await fetch(`${url}/api/v1/pods?watch=true&resourceVersion=${store.resourceVersion}`);
    faults.stopApi(200);
    await assert.rejects(watch.text());
    await assert.rejects(fetch(`${url}/version`));
    const deadline = performance.now() + 10_000;
    let answered = false;
    while (!answered) {
      assert.ok(performance.now() < deadline, 'the API did not come back');
      answered = await fetch(`${url}/version`).then(
        ({ ok }) => ok,
        () => false,
      );
    }
    assert.equal(server.url, url);
  } finally {
    await server.close();
  }
});
