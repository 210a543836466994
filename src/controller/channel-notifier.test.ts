import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { test } from 'node:test';
import type { Epoch } from '../core/identity.ts';
import { realClock } from '../time/real-clock.ts';
import type { RoleNotice } from '../wire/notify.ts';
import { ChannelNotifier } from './channel-notifier.ts';

const notice: RoleNotice = { role: 'active', epoch: 57 as Epoch, singleton: 'default/hapod', pod: 'a' };

test('each channel is spoken in its own way', async () => {
  const notifier = new ChannelNotifier({ clock: realClock });
  const listener = createSocket('udp4').bind(0, '127.0.0.1');
  await once(listener, 'listening');
  const received = once(listener, 'message');
  const udp = { kind: 'udp', port: listener.address().port, format: 'ancestor' } as const;
  assert.deepEqual(await notifier.send({ ip: '127.0.0.1', channel: udp }, notice), { kind: 'sent' });
  assert.equal(String((await received)[0]), 'GoActiveDuringFailover');

  const server = createServer((_request, response) => response.end()).listen(udp.port, '127.0.0.1');
  await once(server, 'listening');
  const http = { kind: 'http', port: udp.port, path: '/' } as const;
  assert.deepEqual(await notifier.send({ ip: '127.0.0.1', channel: http }, notice), { kind: 'acknowledged' });
  notifier.close();
  listener.close();
  server.close();
});

test('an address that is none is a failure, and is looked up nowhere', async () => {
  const notifier = new ChannelNotifier({ clock: realClock });
  for (const ip of ['999.1.1.1', 'localhost', '']) {
    const udp = { kind: 'udp', port: 10_001, format: 'ancestor' } as const;
    const http = { kind: 'http', port: 80, path: '/' } as const;
    for (const channel of [udp, http]) {
      const outcome = await notifier.send({ ip, channel }, notice);
      assert.deepEqual(outcome, { kind: 'failed', because: `"${ip}" is no IP address` });
    }
  }
  notifier.close();
});
