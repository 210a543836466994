/**
 * Owns the proof, on real sockets, that a watch survives whatever the server answers.
 * Must not reach into the client: a test sees requests arriving at the server, and what the sink was told.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { thing } from './recording-sink.ts';
import { until } from './until.ts';
import { isWatchList, serve, status, versionsAsked, watch, withSnapshot } from './watched.ts';

test('410 as an answer lists again, and what is gone meanwhile is known to be gone', async (context) => {
  let lists = 0;
  const server = await serve(context, (request) => {
    if (!isWatchList(request)) return request.answer(410, status(410, 'Expired'));
    const stream = request.stream();
    stream.event('ADDED', thing(lists === 0 ? 'a' : 'b', 20 + lists));
    stream.bookmark(String(30 + lists), true);
    lists += 1;
    if (lists === 1) stream.end();
  });
  const { sink } = watch(context, server.url);
  await until(() => sink.syncs === 2, 'the second list', 1_000);
  assert.deepEqual(sink.names, ['b']);
  assert.deepEqual(versionsAsked(server), [null, '30', null]);
});

test('410 as an event lists again', async (context) => {
  const server = await serve(
    context,
    withSnapshot((stream, _request, count) => {
      if (count === 0) stream.event('ERROR', status(410, 'Expired'));
    }),
  );
  const { sink } = watch(context, server.url);
  await until(() => sink.syncs === 2, 'the second list', 1_000);
  assert.deepEqual(versionsAsked(server), [null, null]);
});

test('429 waits as long as Retry-After says and then resumes the watch, without a list', async (context) => {
  let refusedAt = 0;
  let resumedAt = 0;
  const server = await serve(context, (request) => {
    if (isWatchList(request)) {
      withSnapshot((stream) => stream.end())(request);
    } else if (refusedAt === 0) {
      refusedAt = performance.now();
      request.answer(429, status(429, 'TooManyRequests'), { 'retry-after': '1' });
    } else {
      resumedAt = performance.now();
      request.stream().event('MODIFIED', thing('a', 12));
    }
  });
  const { sink } = watch(context, server.url);
  await until(() => sink.lastVersion === '12', 'the watch after the 429');
  assert.ok(resumedAt - refusedAt >= 990, `came back after ${resumedAt - refusedAt} ms`);
  assert.deepEqual(versionsAsked(server), [null, '10', '10']);
  assert.deepEqual(sink.troubles, ['TOO_MANY_REQUESTS']);
});

test('a 503 during a list backs off and lists again', async (context) => {
  let count = 0;
  const server = await serve(context, (request) => {
    if (count++ === 0) request.answer(503, 'upstream connect error');
    else withSnapshot(() => undefined)(request);
  });
  const { sink } = watch(context, server.url);
  await until(() => sink.syncs === 1, 'the list');
  assert.deepEqual(sink.troubles, ['SERVER_ERROR']);
});

test('an ERROR event with code 500 resumes with the old version, and relists when it does not stop', async (context) => {
  const server = await serve(context, (request) => {
    const stream = request.stream();
    if (isWatchList(request)) {
      stream.bookmark('10', true);
      if (server.requests.filter(isWatchList).length === 2) return;
    }
    stream.event('ERROR', status(500, 'InternalError'));
  });
  const { sink } = watch(context, server.url);
  await until(() => sink.syncs === 2, 'the second list');
  assert.deepEqual(versionsAsked(server), [null, '10', '10', '10', null]);
});

test('a server without WatchList is listed in pages and then watched', async (context) => {
  const pages: Record<string, object> = {
    '': { metadata: { resourceVersion: '50', continue: 'second' }, items: [thing('a', 1), thing('b', 2)] },
    second: { metadata: { resourceVersion: '50' }, items: [thing('c', 3)] },
  };
  const server = await serve(context, (request) => {
    if (isWatchList(request)) request.answer(422, status(422, 'Invalid'));
    else if (request.isWatch) request.stream().event('ADDED', thing('d', 51));
    else request.answer(200, pages[request.query.get('continue') ?? '']);
  });
  const { sink } = watch(context, server.url);
  await until(() => sink.lastVersion === '51', 'the watch');
  assert.deepEqual(sink.calls, ['applied a@1', 'applied b@2', 'applied c@3', 'synced@50', 'applied d@51']);
  assert.deepEqual(
    server.requests.map((request) => request.query.get('limit')),
    [null, '500', '500', null],
  );
  assert.equal(server.requests.at(-1)?.query.get('resourceVersion'), '50');
});

test('a continue token that has expired lists once more, in one piece', async (context) => {
  const server = await serve(context, (request) => {
    if (isWatchList(request)) request.answer(400, status(400, 'BadRequest'));
    else if (request.isWatch) request.stream();
    else if (request.query.get('continue') === 'old') request.answer(410, status(410, 'Expired'));
    else if (request.query.get('limit') === '500') {
      request.answer(200, { metadata: { resourceVersion: '50', continue: 'old' }, items: [thing('a', 1)] });
    } else request.answer(200, { metadata: { resourceVersion: '60' }, items: [thing('b', 55)] });
  });
  const { sink } = watch(context, server.url);
  await until(() => sink.syncs === 1, 'the sync');
  assert.deepEqual(sink.names, ['b']);
  assert.equal(sink.calls.at(-1), 'synced@60');
});

test('missing rights are named, and found again once they are given', async (context) => {
  let allowed = false;
  const message =
    'pods is forbidden: User "system:serviceaccount:ns:sa" cannot watch resource "pods" in API group "" at the cluster scope';
  const server = await serve(context, (request) => {
    if (allowed) withSnapshot(() => undefined)(request);
    else
      request.answer(403, {
        kind: 'Status',
        code: 403,
        reason: 'Forbidden',
        message,
        details: { kind: 'pods' },
      });
  });
  const { sink } = watch(context, server.url);
  await until(() => sink.state === 'forbidden', 'the refusal reported');
  const [refusal] = sink.states.filter((state) => state.kind === 'forbidden');
  assert.deepEqual({ verb: refusal?.verb, resource: refusal?.resource }, { verb: 'watch', resource: 'pods' });
  allowed = true;
  await until(() => sink.syncs === 1, 'the sync');
});
