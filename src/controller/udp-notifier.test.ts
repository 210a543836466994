/* UDP notices on real sockets. Time stands still but where a test moves it: no answer is late because a machine is. */
import assert from 'node:assert/strict';
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { describe, type TestContext, test } from 'node:test';
import { until } from '../../test/kube/until.ts';
import type { Epoch } from '../core/identity.ts';
import { SimulatedClock } from '../time/simulated-clock.ts';
import { encodeNotice, type RoleNotice } from '../wire/notify.ts';
import { limits } from './limits.ts';
import type { NotifyOutcome } from './notify.ts';
import { UdpNotifier } from './udp-notifier.ts';

const notice: RoleNotice = { role: 'active', epoch: 57 as Epoch, singleton: 'default/hapod', pod: 'a' };

type Answer = (message: string, from: RemoteInfo, listener: Socket) => void;

/** An application: what it hears, and what it answers. */
async function listen(context: TestContext, answer: Answer = () => undefined) {
  const listener = createSocket('udp4').bind(0, '127.0.0.1');
  await once(listener, 'listening');
  context.after(() => listener.close());
  const heard: string[] = [];
  listener.on('message', (message, from) => {
    heard.push(message.toString());
    answer(message.toString(), from, listener);
  });
  return { port: listener.address().port, heard };
}

const reply =
  (text: string | Buffer): Answer =>
  (_message, { port, address }, listener) =>
    listener.send(text, port, address);

function setUp(context: TestContext) {
  const clock = new SimulatedClock();
  const notifier = new UdpNotifier({ clock });
  context.after(() => notifier.close());
  return { clock, notifier };
}

async function freePort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  await once(socket, 'close');
  return port;
}

const ancestor = (port: number) => ({ kind: 'udp', port, format: 'ancestor' }) as const;
const json = (port: number) => ({ kind: 'udp', port, format: 'json' }) as const;

describe("a datagram in the ancestor's format", () => {
  test("is the ancestor's text, and is sent once no refusal has come in time", async (context) => {
    const { clock, notifier } = setUp(context);
    const { port, heard } = await listen(context);
    const outcome = notifier.send('127.0.0.1', ancestor(port), notice);
    await until(() => heard.length > 0, 'it is heard');
    await clock.advance(limits.refusalWaitMs);
    assert.deepEqual(await outcome, { kind: 'sent' });
    assert.deepEqual(heard, ['GoActiveDuringFailover']);
  });

  test('is refused where nobody listens', async (context) => {
    const { notifier } = setUp(context);
    const outcome = await notifier.send('127.0.0.1', ancestor(await freePort()), notice);
    assert.deepEqual(outcome, { kind: 'refused' });
  });

  test('has no word for standby: nothing is sent', async (context) => {
    const { notifier } = setUp(context);
    const outcome = await notifier.send('127.0.0.1', ancestor(9), { ...notice, role: 'standby' });
    assert.equal(outcome.kind, 'failed');
  });

  test('is not taken for acknowledged, whatever is answered', async (context) => {
    const { clock, notifier } = setUp(context);
    const { port, heard } = await listen(context, reply('57'));
    const outcome = notifier.send('127.0.0.1', ancestor(port), notice);
    await until(() => heard.length > 0, 'it is heard');
    await clock.advance(limits.refusalWaitMs);
    assert.deepEqual(await outcome, { kind: 'sent' });
  });

  test('waits for its turn where there are more than sockets, and all of them fail when it is closed', async (context) => {
    const { clock, notifier } = setUp(context);
    const { port, heard } = await listen(context);
    const count = limits.notifySocketsMax + 8;
    const sends = Array.from({ length: count }, () => notifier.send('127.0.0.1', ancestor(port), notice));
    await until(() => heard.length === limits.notifySocketsMax, 'as many as may be are on their way');
    await clock.advance(limits.refusalWaitMs);
    await until(() => heard.length === count, 'the others follow');
    notifier.close();
    const kinds = (await Promise.all(sends)).map(({ kind }) => kind);
    assert.equal(kinds.filter((kind) => kind === 'sent').length, limits.notifySocketsMax);
    assert.equal(kinds.filter((kind) => kind === 'failed').length, 8);
    assert.equal((await notifier.send('127.0.0.1', ancestor(port), notice)).kind, 'failed');
  });
});

describe('a datagram in format json', () => {
  test('is the notice, and is acknowledged by the echo of its epoch', async (context) => {
    const { notifier } = setUp(context);
    const { port, heard } = await listen(context, reply('57\n'));
    assert.deepEqual(await notifier.send('127.0.0.1', json(port), notice), { kind: 'acknowledged' });
    assert.deepEqual(heard, [encodeNotice(notice)]);
  });

  test('is acknowledged by the echo of the whole notice', async (context) => {
    const { notifier } = setUp(context);
    const echo: Answer = (message, from, listener) => reply(message)(message, from, listener);
    const { port } = await listen(context, echo);
    const standby = { ...notice, role: 'standby' } as const;
    assert.deepEqual(await notifier.send('127.0.0.1', json(port), standby), { kind: 'acknowledged' });
  });

  test('reaches an address of the other family', async (context) => {
    const { notifier } = setUp(context);
    const { port } = await listen(context, reply('57'));
    assert.deepEqual(await notifier.send('::ffff:127.0.0.1', json(port), notice), { kind: 'acknowledged' });
  });

  test('is refused where nobody listens', async (context) => {
    const { notifier } = setUp(context);
    assert.deepEqual(await notifier.send('127.0.0.1', json(await freePort()), notice), { kind: 'refused' });
  });

  test('that nobody answers is unacknowledged after its time, and not before', async (context) => {
    const { clock, notifier } = setUp(context);
    const { port, heard } = await listen(context);
    const outcomes: NotifyOutcome[] = [];
    const ended = notifier.send('127.0.0.1', json(port), notice).then((outcome) => outcomes.push(outcome));
    await until(() => heard.length > 0, 'it is heard');
    await clock.advance(limits.datagramAnswerMs - 1);
    assert.deepEqual(outcomes, []);
    await clock.advance(1);
    await ended;
    assert.deepEqual(outcomes, [{ kind: 'unacknowledged', because: 'no answer within 250 ms' }]);
  });

  const answers = [
    ['a wrong epoch', '56', 'wrong epoch 56'],
    ['a wrong epoch in JSON', '{"epoch":58}', 'wrong epoch 58'],
    ['garbage', 'GET / HTTP/1.1', 'its answer is neither the epoch nor a JSON object with it'],
    ['nothing at all', '', 'its answer is neither the epoch nor a JSON object with it'],
    ['as much as fits', Buffer.alloc(60_000, '5'), 'its answer is too large'],
  ] as const;
  for (const [what, text, because] of answers) {
    test(`that is answered by ${what} is unacknowledged, and says so`, async (context) => {
      const { notifier } = setUp(context);
      const { port } = await listen(context, reply(text));
      const outcome = await notifier.send('127.0.0.1', json(port), notice);
      assert.deepEqual(outcome, { kind: 'unacknowledged', because });
    });
  }

  test('hears the first of megabytes of answers, and no more', async (context) => {
    const { notifier } = setUp(context);
    const flood: Answer = (_message, { port, address }, listener) => {
      for (let index = 0; index < 40; index++)
        listener.send(Buffer.alloc(50_000, '7'), port, address, () => undefined);
    };
    const { port } = await listen(context, flood);
    const outcome = await notifier.send('127.0.0.1', json(port), notice);
    assert.deepEqual(outcome, { kind: 'unacknowledged', because: 'its answer is too large' });
  });

  test('hears nobody but whom it told', async (context) => {
    const { clock, notifier } = setUp(context);
    const stranger = createSocket('udp4');
    context.after(() => stranger.close());
    let isSpoofed = false;
    const { port } = await listen(context, (_message, from) => {
      stranger.send('57', from.port, from.address, () => {
        isSpoofed = true;
      });
    });
    const outcome = notifier.send('127.0.0.1', json(port), notice);
    await until(() => isSpoofed, 'the stranger has answered');
    await clock.advance(limits.datagramAnswerMs);
    assert.equal((await outcome).kind, 'unacknowledged');
  });

  test("G7: that is answered late does not hold up one in the ancestor's format", async (context) => {
    const { clock, notifier } = setUp(context);
    const silent = await listen(context);
    const hung = Array.from({ length: 2 * limits.notifySocketsMax }, () =>
      notifier.send('127.0.0.1', json(silent.port), notice),
    );
    await until(() => silent.heard.length === limits.notifySocketsMax, 'no more are on their way');
    const { port, heard } = await listen(context);
    const outcome = notifier.send('127.0.0.1', ancestor(port), notice);
    await until(() => heard.length > 0, 'it is heard');
    await clock.advance(limits.refusalWaitMs);
    assert.deepEqual(await outcome, { kind: 'sent' });
    notifier.close();
    assert.ok((await Promise.all(hung)).every(({ kind }) => kind === 'failed'));
  });
});
