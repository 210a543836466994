import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { isAnswered } from '../../../src/cli/steady-client/attempt.ts';
import type { ClientLog } from '../../../src/cli/steady-client/client-log.ts';
import { startClientProcess } from '../../../src/cli/steady-client/client-process.ts';
import { machineNowMs } from '../../../src/cli/steady-client/machine-time.ts';
import { ApplicationProcess } from './application-process.ts';
import { ControllerStandIn, noticeTo } from './controller-stand-in.ts';
import { LineClient } from './line-client.ts';
import { StoreProcess } from './store-process.ts';
import { StoreStandIn } from './store-stand-in.ts';

/**
 * So long it serves after it has stepped down or was asked to end, as examples/fencing/README.md promises; Node counts
 * whole ms.
 */
const servesMs = 1_500 - 1;
/** Clients that come so late that a busy machine may not bring them to it in time are not counted. */
const surelyMs = 1_000;

/** On which side of a connection this machine keeps its ports in TIME_WAIT: proc_net(5), state 06. */
function timeWaits(clientPort: number | undefined, serverPort: number): readonly ('client' | 'server')[] {
  return readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , , state]) => state === '06')
    .flatMap(([, own = '', other = '']) => {
      if (portOf(own) === clientPort && portOf(other) === serverPort) return ['client'];
      return portOf(own) === serverPort && portOf(other) === clientPort ? ['server'] : [];
    });
}

/** Resolves once a client that began then, or later, was answered. */
function firstAnswer(log: ClientLog, sinceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (log.firstAnswer(sinceMs, () => true) === undefined) return;
      unsubscribe();
      resolve();
    };
    const unsubscribe = log.subscribe(look);
  });
}

function portOf(address: string): number {
  return Number.parseInt(address.split(':')[1] ?? '', 16);
}

describe('the clients of the example', () => {
  test('are answered by the active, and told when it steps down: who closes then is answered to the end', async (context) => {
    const store = await StoreProcess.start(context);
    const controller = await ControllerStandIn.start(context);
    const a = await ApplicationProcess.start(context, { pod: 'a', storeUrl: store.url });
    await controller.tell(a, 'active', 1);
    const client = new LineClient(a.answerPort);
    context.after(() => client.reset());
    assert.equal(await client.line(0), 'a active 1');
    client.ask();
    assert.equal(await client.line(1), 'a active 1');
    await controller.tell(a, 'standby', 2);
    assert.equal(await client.line(2), 'a standby 2');
    client.ask();
    assert.equal(await client.line(3), 'a standby 2');
    const { port } = client;
    client.close();
    assert.deepEqual(await client.ended(), { kind: 'closed' });
    assert.deepEqual(timeWaits(port, a.answerPort), ['client']);
  });

  test('who stays is reset in the end, which leaves no TIME_WAIT; new ones go on being answered', async (context) => {
    const store = await StoreProcess.start(context);
    const controller = await ControllerStandIn.start(context);
    const a = await ApplicationProcess.start(context, { pod: 'a', storeUrl: store.url });
    await controller.tell(a, 'active', 1);
    const client = new LineClient(a.answerPort);
    assert.equal(await client.line(0), 'a active 1');
    const { port } = client;
    const steppedDownAt = performance.now();
    await controller.tell(a, 'standby', 2);
    assert.deepEqual(await client.ended(), { kind: 'failed', code: 'ECONNRESET' });
    assert.ok(performance.now() - steppedDownAt >= servesMs);
    assert.equal(await a.answer(), 'a standby 2');
    assert.deepEqual(timeWaits(port, a.answerPort), []);
  });

  test('who was told to go stays where the role comes back meanwhile', async (context) => {
    const store = await StoreProcess.start(context);
    const controller = await ControllerStandIn.start(context);
    const a = await ApplicationProcess.start(context, { pod: 'a', storeUrl: store.url });
    await controller.tell(a, 'active', 1);
    const stays = new LineClient(a.answerPort);
    context.after(() => stays.reset());
    await stays.line(0);
    await controller.tell(a, 'standby', 2);
    await controller.tell(a, 'active', 3);
    assert.equal(await stays.line(2), 'a active 3');
    // Half a second: its time begins anew with the next step-down, and does not go on from the first one.
    await store.writesOf('a', 5);
    const steppedDownAt = performance.now();
    await controller.tell(a, 'standby', 4);
    assert.equal(await stays.line(3), 'a standby 4');
    assert.deepEqual(await stays.ended(), { kind: 'failed', code: 'ECONNRESET' });
    assert.ok(performance.now() - steppedDownAt >= servesMs);
  });

  test('after SIGTERM it writes no more, answers all of 500 new clients a second for 1.5 s, and ends with 0', async (context) => {
    const store = await StoreStandIn.start(context);
    const controller = await ControllerStandIn.start(context);
    const a = await ApplicationProcess.start(context, {
      pod: 'a',
      storeUrl: store.url,
      writeTimeoutMs: 60_000,
    });
    await controller.tell(a, 'active', 1);
    const last = await store.next();
    const old = new LineClient(a.answerPort);
    await old.line(0);
    const clients = startClientProcess({ target: { host: '127.0.0.1', port: a.answerPort }, everyMs: 2 });
    context.after(() => clients.stop());
    await firstAnswer(clients.log, 0);
    const askedAtMs = machineNowMs();
    a.process.signal('SIGTERM');
    assert.equal(await old.line(1), 'a standby 1');
    last.answer(200);
    await firstAnswer(clients.log, askedAtMs + surelyMs / 2);
    old.ask();
    assert.equal(await old.line(2), 'a standby 1');
    assert.deepEqual(await a.process.ended(), { code: 0, signal: null });
    assert.ok(machineNowMs() - askedAtMs >= servesMs);
    assert.deepEqual(await old.ended(), { kind: 'failed', code: 'ECONNRESET' });
    assert.equal(store.count, 1);
    const early = clients.log.attempts.filter(({ startedAtMs }) => startedAtMs < askedAtMs + surelyMs);
    assert.deepEqual(
      early.filter((attempt) => !isAnswered(attempt)),
      [],
    );
    assert.ok(early.length > 100);
  });

  test('while it ends it does not become active, and acknowledges that it stands by', async (context) => {
    const store = await StoreProcess.start(context);
    const controller = await ControllerStandIn.start(context);
    const a = await ApplicationProcess.start(context, { pod: 'a', storeUrl: store.url });
    await controller.tell(a, 'active', 1);
    await store.writesOf('a', 1);
    a.process.signal('SIGTERM');
    await a.process.line(/^standing by after epoch 1: asked to end$/);
    controller.send(a, JSON.stringify(noticeTo('a', 'active', 2)));
    assert.equal(await controller.post(a, JSON.stringify(noticeTo('a', 'active', 2))), 503);
    await controller.tell(a, 'standby', 2);
    assert.deepEqual(controller.acknowledgements, ['1', '2']);
    assert.deepEqual(await a.process.ended(), { code: 0, signal: null });
    assert.ok(store.writes.every(({ epoch }) => epoch === 1));
  });

  test('a standby that is asked to end ends with 0 as well', async (context) => {
    const a = await ApplicationProcess.start(context, { pod: 'a', storeUrl: 'http://127.0.0.1:9/value' });
    a.process.signal('SIGTERM');
    assert.deepEqual(await a.process.ended(), { code: 0, signal: null });
  });
});
