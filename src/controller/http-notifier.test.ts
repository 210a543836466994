/* HTTP notices on real sockets. Time stands still but where a test moves it: no answer is late because a machine is. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import { until } from '../../test/kube/until.ts';
import type { Epoch } from '../core/identity.ts';
import { SimulatedClock } from '../time/simulated-clock.ts';
import { encodeNotice, type RoleNotice } from '../wire/notify.ts';
import { HttpNotifier } from './http-notifier.ts';
import { limits } from './limits.ts';

const notice: RoleNotice = { role: 'standby', epoch: 57 as Epoch, singleton: 'default/hapod', pod: 'a' };
const tooLarge = { kind: 'unacknowledged', because: 'its answer is larger than 8192 bytes' };
const cutOff = { kind: 'unacknowledged', because: 'it closed the connection without a complete answer' };
const late = { kind: 'unacknowledged', because: 'no complete answer within 1000 ms' };

function setUp(context: TestContext) {
  const clock = new SimulatedClock();
  const notifier = new HttpNotifier({ clock });
  context.after(() => notifier.close());
  const send = (port: number, path = '/role') =>
    notifier.send('127.0.0.1', { kind: 'http', port, path }, notice);
  return { clock, notifier, send };
}

async function listen(context: TestContext, server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => server.close());
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return address.port;
}

/** A well-behaved HTTP server, whose requests are kept. */
async function serve(
  context: TestContext,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
) {
  const heard: { readonly request: IncomingMessage; readonly body: string }[] = [];
  const server = createServer((request, response) => {
    void request.toArray().then((chunks) => {
      heard.push({ request, body: chunks.join('') });
      answer(request, response);
    });
  });
  return { port: await listen(context, server), heard };
}

/** Whatever speaks TCP: `act` has its connections once something was heard on them. */
async function speak(context: TestContext, act: (socket: Socket) => void) {
  const sockets: Socket[] = [];
  const heard: Socket[] = [];
  const server = createTcpServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.once('data', () => {
      heard.push(socket);
      act(socket);
    });
    socket.resume();
  });
  context.after(() => {
    for (const socket of sockets) socket.destroy();
  });
  return { port: await listen(context, server), heard };
}

/** Writes as fast as it is taken, without an end. */
function flood(socket: Socket, chunk: string): void {
  const write = () => {
    let isTaken = true;
    while (isTaken && !socket.destroyed) isTaken = socket.write(chunk);
  };
  socket.on('drain', write);
  write();
}

/** A byte each few milliseconds, without an end. */
function drip(context: TestContext, socket: Socket, byte: string): void {
  const timer = setInterval(() => socket.write(byte), 2);
  context.after(() => clearInterval(timer));
}

describe('an HTTP notice', () => {
  test('is a POST of the JSON to the path that was named, on a connection that ends with it', async (context) => {
    const { send } = setUp(context);
    const { port, heard } = await serve(context, (_request, response) => response.end('ok\n'));
    assert.deepEqual(await send(port, '/role?from=understudy'), { kind: 'acknowledged' });
    const [{ request, body } = assert.fail('nothing was heard')] = heard;
    assert.deepEqual([request.method, request.url], ['POST', '/role?from=understudy']);
    assert.equal(body, encodeNotice(notice));
    assert.equal(request.headers['content-type'], 'application/json');
    assert.equal(request.headers['content-length'], String(body.length));
    assert.equal(request.headers.connection, 'close');
    assert.equal(request.headers.host, `127.0.0.1:${port}`);
  });

  for (const status of [200, 202, 204]) {
    test(`is acknowledged by status ${status}, with a body or none`, async (context) => {
      const { send } = setUp(context);
      const { port } = await serve(context, (_request, response) => response.writeHead(status).end());
      assert.deepEqual(await send(port), { kind: 'acknowledged' });
    });
  }

  for (const status of [302, 307, 400, 404, 500, 503]) {
    test(`is unacknowledged by status ${status}, which is said, and followed nowhere`, async (context) => {
      const { send } = setUp(context);
      const { port, heard } = await serve(context, (_request, response) =>
        response.writeHead(status, { location: `http://127.0.0.1:${port}/elsewhere` }).end('x'.repeat(100)),
      );
      assert.deepEqual(await send(port), { kind: 'unacknowledged', because: `HTTP status ${status}` });
      assert.equal(heard.length, 1);
    });
  }

  test('reaches an address of the other family', async (context) => {
    const { notifier } = setUp(context);
    const { port } = await serve(context, (_request, response) => response.end());
    const channel = { kind: 'http', port, path: '/' } as const;
    assert.deepEqual(await notifier.send('::ffff:127.0.0.1', channel, notice), { kind: 'acknowledged' });
  });

  test('is refused where nobody listens', async (context) => {
    const { send } = setUp(context);
    const server = createTcpServer();
    const port = await listen(context, server);
    server.close();
    await once(server, 'close');
    assert.deepEqual(await send(port), { kind: 'refused' });
  });

  test('to a path that no request can have fails, without an exception', async (context) => {
    const { send } = setUp(context);
    assert.equal((await send(9, '/with space')).kind, 'failed');
    assert.equal((await send(9, '/\r\nx: y')).kind, 'failed');
  });
});

describe('an HTTP notice to a target that is not as it should be', () => {
  test('that never answers is given up after its time, and its connection is closed', async (context) => {
    const { clock, send } = setUp(context);
    const { port, heard } = await speak(context, () => undefined);
    const outcome = send(port);
    await until(() => heard.length > 0, 'it is heard');
    await clock.advance(limits.postAnswerMs);
    assert.deepEqual(await outcome, late);
    await until(() => heard[0]?.destroyed === true, 'the connection is closed');
  });

  test('that answers a gigabyte costs some kilobytes: the connection is cut', async (context) => {
    const { send } = setUp(context);
    const { port, heard } = await speak(context, (socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n');
      flood(socket, 'x'.repeat(65_536));
    });
    assert.deepEqual(await send(port), tooLarge);
    await until(() => heard[0]?.destroyed === true, 'the connection is cut');
    // What the two ends of it buffer, and no more.
    assert.ok((heard[0]?.bytesWritten ?? 0) < 50_000_000);
  });

  for (const [what, head, chunk] of [
    ['a head without an end', 'HTTP/1.1 200 OK\r\n', `x-more: ${'x'.repeat(1_000)}\r\n`],
    [
      'chunks without an end',
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n',
      `400\r\n${'x'.repeat(1_024)}\r\n`,
    ],
    ['interim answers without an end', '', 'HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n'],
  ] as const) {
    test(`that answers with ${what} is cut off too`, async (context) => {
      const { send } = setUp(context);
      const { port, heard } = await speak(context, (socket) => {
        if (head !== '') socket.write(head);
        flood(socket, chunk);
      });
      assert.deepEqual(await send(port), tooLarge);
      await until(() => heard[0]?.destroyed === true, 'the connection is cut');
    });
  }

  for (const [what, head] of [
    ['its head', 'HTTP/1.1 200 OK\r\nx-slow: '],
    ['its body', 'HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n'],
  ] as const) {
    test(`that lets ${what} drip has no more time than any other`, async (context) => {
      const { clock, send } = setUp(context);
      const { port, heard } = await speak(context, (socket) => {
        socket.write(head);
        drip(context, socket, 'x');
      });
      const outcome = send(port);
      await until(() => (heard[0]?.bytesWritten ?? 0) > head.length + 10, 'it drips');
      await clock.advance(limits.postAnswerMs);
      assert.deepEqual(await outcome, late);
    });
  }

  test('that closes at once has not acknowledged', async (context) => {
    const { send } = setUp(context);
    const { port } = await speak(context, (socket) => socket.end());
    assert.deepEqual(await send(port), cutOff);
  });

  test('that breaks the connection has not acknowledged', async (context) => {
    const { send } = setUp(context);
    const { port } = await speak(context, (socket) => socket.resetAndDestroy());
    assert.deepEqual(await send(port), cutOff);
  });

  test('that closes in the middle of a good answer has not acknowledged', async (context) => {
    const { send } = setUp(context);
    const { port } = await speak(context, (socket) =>
      socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf of it'),
    );
    assert.deepEqual(await send(port), cutOff);
  });

  test('that wants to speak another protocol has not acknowledged', async (context) => {
    const { send } = setUp(context);
    const upgrade = 'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n';
    const { port } = await speak(context, (socket) => socket.write(upgrade));
    assert.equal((await send(port)).kind, 'unacknowledged');
  });

  test('that answers garbage has not acknowledged', async (context) => {
    const { send } = setUp(context);
    const { port } = await speak(context, (socket) => socket.end('57\n'));
    assert.deepEqual(await send(port), { kind: 'unacknowledged', because: 'its answer is not HTTP' });
  });

  test('G7: holds up nobody: more of them than there are sockets give way to one that answers', async (context) => {
    const { clock, notifier, send } = setUp(context);
    const { port, heard } = await speak(context, () => undefined);
    const hung = Array.from({ length: limits.notifySocketsMax }, () => send(port));
    await until(() => heard.length === limits.notifySocketsMax, 'all places are taken');
    const good = await serve(context, (_request, response) => response.end());
    const outcome = send(good.port);
    await clock.advance(limits.answerPatienceMs);
    assert.deepEqual(await outcome, { kind: 'acknowledged' });
    notifier.close();
    const kinds = (await Promise.all(hung)).map(({ kind }) => kind);
    assert.equal(kinds.filter((kind) => kind === 'unacknowledged').length, 1);
  });

  test('is closed together with everything else, and what comes later fails', async (context) => {
    const { notifier, send } = setUp(context);
    const { port, heard } = await speak(context, () => undefined);
    const outcome = send(port);
    await until(() => heard.length > 0, 'it is heard');
    notifier.close();
    assert.deepEqual(await outcome, { kind: 'failed', because: 'closing' });
    assert.equal((await send(port)).kind, 'failed');
    await until(() => heard[0]?.destroyed === true, 'the connection is closed');
  });
});
