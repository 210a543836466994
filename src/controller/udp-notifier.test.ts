import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { realClock } from '../time/real-clock.ts';
import { limits } from './limits.ts';
import { UdpNotifier } from './udp-notifier.ts';

async function freePort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  await once(socket, 'close');
  return port;
}

describe('the UDP notifier', () => {
  test('a listener gets the datagram as it was given', async () => {
    const listener = createSocket('udp4').bind(0, '127.0.0.1');
    await once(listener, 'listening');
    const notifier = new UdpNotifier({ clock: realClock, port: listener.address().port });
    const received = once(listener, 'message');
    assert.deepEqual(await notifier.send('127.0.0.1', 'GoActiveDuringFailover'), { kind: 'sent' });
    const [message] = await received;
    assert.equal(String(message), 'GoActiveDuringFailover');
    listener.close();
    notifier.close();
  });

  test('where nobody listens, the refusal is heard', async () => {
    const notifier = new UdpNotifier({ clock: realClock, port: await freePort() });
    assert.deepEqual(await notifier.send('127.0.0.1', 'x'), { kind: 'refused' });
    notifier.close();
  });

  test('an address that is none is a failure, not an exception', async () => {
    const notifier = new UdpNotifier({ clock: realClock, port: 10_001 });
    const outcome = await notifier.send('999.1.1.1', 'x');
    assert.notEqual(outcome.kind, 'refused');
    notifier.close();
  });

  test('more sends than sockets wait for their turn, and closing ends them all', async () => {
    const port = await freePort();
    const notifier = new UdpNotifier({ clock: realClock, port });
    const count = 3 * limits.notifySocketsMax;
    const sends = Array.from({ length: count }, () => notifier.send('127.0.0.1', 'x'));
    const outcomes = await Promise.all(sends);
    assert.equal(outcomes.length, count);
    const late = notifier.send('127.0.0.1', 'x');
    notifier.close();
    assert.equal((await late).kind, 'failed');
    assert.equal((await notifier.send('127.0.0.1', 'x')).kind, 'failed');
  });
});
