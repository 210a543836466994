import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ApplicationProcess } from './application-process.ts';
import { ControllerStandIn, noticeTo } from './controller-stand-in.ts';
import { PodinfoFolder } from './podinfo-folder.ts';
import { isOf, StoreProcess, storeFile } from './store-process.ts';
import { StoreStandIn } from './store-stand-in.ts';

/** One that waits for the store as long as the test wants. */
const patient = (storeUrl: string) => ({ pod: 'a', storeUrl, writeTimeoutMs: 60_000 });

/** Nobody listens there. */
const nowhere = 'http://127.0.0.1:9/value';

const strange: readonly (string | Uint8Array)[] = [
  '',
  '{',
  'null',
  '7',
  '[]',
  'GoActiveDuringFailover',
  new Uint8Array([0xff, 0x00, 0xfe]),
  JSON.stringify({ role: 'active', epoch: 7 }),
  JSON.stringify(noticeTo('another', 'active', 7)),
  JSON.stringify({ ...noticeTo('a', 'active', 7), role: 'leader' }),
  ...[0, -1, 1.5, 1e300, '7', null, [7]].map((epoch) =>
    JSON.stringify({ ...noticeTo('a', 'active', 7), epoch }),
  ),
  JSON.stringify({ ...noticeTo('a', 'active', 7), padding: 'x'.repeat(10_000) }),
];

describe('the application of the example, told its role', () => {
  test('stands by until it is told, acknowledges by the epoch, and writes with it at once', async (context) => {
    const store = await StoreProcess.start(context);
    const controller = await ControllerStandIn.start(context);
    const a = await ApplicationProcess.start(context, { pod: 'a', storeUrl: store.url });
    assert.equal(await a.answer(), 'a standby 0');
    await controller.tell(a, 'active', 3);
    assert.equal(await a.answer(), 'a active 3');
    await store.writesOf('a', 3);
    assert.ok(store.writes.every((write) => isOf('a', write) && write.epoch === 3));
  });

  test('is told by a POST as well, which is answered with 204', async (context) => {
    const store = await StoreProcess.start(context);
    const controller = await ControllerStandIn.start(context);
    const a = await ApplicationProcess.start(context, { pod: 'a', storeUrl: store.url });
    assert.equal(await controller.post(a, JSON.stringify(noticeTo('a', 'active', 3))), 204);
    assert.equal(await a.answer(), 'a active 3');
    await store.writesOf('a', 1);
    assert.equal(await controller.post(a, JSON.stringify(noticeTo('a', 'standby', 4))), 204);
    assert.equal(await a.answer(), 'a standby 4');
  });

  test('acknowledges a notice that comes again, and changes nothing', async (context) => {
    const controller = await ControllerStandIn.start(context);
    const a = await ApplicationProcess.start(context, { pod: 'a', storeUrl: nowhere });
    for (let time = 0; time < 3; time += 1) await controller.tell(a, 'active', 3);
    for (let time = 0; time < 3; time += 1) await controller.tell(a, 'standby', 4);
    assert.deepEqual(controller.acknowledgements, ['3', '3', '3', '4', '4', '4']);
    await a.process.line(/^standing by/);
    assert.equal(a.process.lines.filter((line) => line.startsWith('active')).length, 1);
    assert.equal(a.process.lines.filter((line) => line.startsWith('standing by')).length, 1);
  });

  test('does not take the role up again by a notice that was on its way when it was told to stand by', async (context) => {
    const controller = await ControllerStandIn.start(context);
    const a = await ApplicationProcess.start(context, { pod: 'a', storeUrl: nowhere });
    const post = (role: 'active' | 'standby', epoch: number) =>
      controller.post(a, JSON.stringify(noticeTo('a', role, epoch)));
    await controller.tell(a, 'active', 3);
    await controller.tell(a, 'standby', 3);
    assert.equal(await post('active', 3), 409);
    assert.equal(await a.answer(), 'a standby 3');
    assert.equal(await post('active', 4), 204);
    assert.equal(await a.answer(), 'a active 4');
  });

  test('never goes back: a lower epoch is not acknowledged, and changes nothing', async (context) => {
    const controller = await ControllerStandIn.start(context);
    const a = await ApplicationProcess.start(context, { pod: 'a', storeUrl: nowhere });
    const post = (role: 'active' | 'standby', epoch: number) =>
      controller.post(a, JSON.stringify(noticeTo('a', role, epoch)));
    await controller.tell(a, 'active', 5);
    for (const role of ['active', 'standby'] as const) {
      controller.send(a, JSON.stringify(noticeTo('a', role, 4)));
      assert.equal(await post(role, 4), 409);
    }
    await controller.tell(a, 'active', 5);
    assert.equal(await a.answer(), 'a active 5');
    await controller.tell(a, 'standby', 6);
    controller.send(a, JSON.stringify(noticeTo('a', 'active', 5)));
    assert.equal(await post('active', 5), 409);
    assert.equal(await post('active', 6), 409);
    await controller.tell(a, 'active', 7);
    assert.equal(await a.answer(), 'a active 7');
    assert.deepEqual(controller.acknowledgements, ['5', '5', '6', '7']);
  });

  test('who stands by already acknowledges that, whatever the epoch', async (context) => {
    const controller = await ControllerStandIn.start(context);
    const a = await ApplicationProcess.start(context, { pod: 'a', storeUrl: nowhere });
    await controller.tell(a, 'standby', 6);
    await controller.tell(a, 'standby', 5);
    assert.equal(await a.answer(), 'a standby 6');
  });

  test('what is no notice to it is neither acknowledged nor obeyed', async (context) => {
    const controller = await ControllerStandIn.start(context);
    const a = await ApplicationProcess.start(context, { pod: 'a', storeUrl: nowhere });
    for (const payload of strange) {
      controller.send(a, payload);
      const status = await controller.post(a, String(payload));
      assert.equal(status, payload.length > 4_096 ? 413 : 400, String(payload).slice(0, 80));
    }
    assert.equal(await controller.post(a, '', 'GET'), 405);
    assert.equal(await controller.post(a, '{}', 'POST', a.postUrl.replace('/role', '/other')), 404);
    assert.equal(await a.answer(), 'a standby 0');
    await controller.tell(a, 'active', 1);
    assert.deepEqual(controller.acknowledgements, ['1']);
  });

  test('told to stand by, it begins no write, and acknowledges when the last one has ended', async (context) => {
    const store = await StoreStandIn.start(context);
    const controller = await ControllerStandIn.start(context);
    const a = await ApplicationProcess.start(context, patient(store.url));
    await controller.tell(a, 'active', 1);
    const last = await store.next();
    controller.send(a, JSON.stringify(noticeTo('a', 'standby', 2)));
    await a.process.line(/^standing by after epoch 1: told to$/);
    assert.deepEqual(controller.acknowledgements, ['1']);
    last.answer(200);
    await controller.acknowledged('2');
    assert.equal(store.count, 1);
    await controller.tell(a, 'active', 3);
    assert.equal((await store.next()).epoch, 3);
    assert.equal(store.count, 2);
  });

  test('a store that never answers does not keep it from acknowledging that it stands by', async (context) => {
    const store = await StoreStandIn.start(context);
    const controller = await ControllerStandIn.start(context);
    const a = await ApplicationProcess.start(context, { pod: 'a', storeUrl: store.url });
    await controller.tell(a, 'active', 1);
    await store.next();
    await controller.tell(a, 'standby', 2);
    assert.equal(await a.answer(), 'a standby 2');
  });

  test('a refusal by the store is final: it stands by, and only a higher epoch makes it active again', async (context) => {
    const store = await StoreStandIn.start(context);
    const controller = await ControllerStandIn.start(context);
    const a = await ApplicationProcess.start(context, patient(store.url));
    await controller.tell(a, 'active', 1);
    (await store.next()).answer(409, { highest: 2 });
    await a.process.line(/^standing by after epoch 1: fenced/);
    assert.equal(await a.answer(), 'a standby 2');
    assert.equal(await controller.post(a, JSON.stringify(noticeTo('a', 'active', 1))), 409);
    await controller.tell(a, 'active', 2);
    assert.equal((await store.next()).epoch, 2);
    assert.equal(store.count, 2);
  });

  test('a refusal of an earlier epoch does not touch the one that it was given meanwhile', async (context) => {
    const store = await StoreStandIn.start(context);
    const controller = await ControllerStandIn.start(context);
    const a = await ApplicationProcess.start(context, patient(store.url));
    await controller.tell(a, 'active', 1);
    const first = await store.next();
    await controller.tell(a, 'active', 3);
    first.answer(409, { highest: 2 });
    assert.equal((await store.next()).epoch, 3);
    assert.equal(await a.answer(), 'a active 3');
  });

  test('a store that is down or fails is asked again; back, it still refuses what was too old before', async (context) => {
    const file = storeFile(context);
    const first = await StoreProcess.start(context, { file });
    const controller = await ControllerStandIn.start(context);
    const a = await ApplicationProcess.start(context, { pod: 'a', storeUrl: first.url });
    await controller.tell(a, 'active', 5);
    await first.writesOf('a', 2);
    first.process.signal('SIGKILL');
    await a.process.line(/^not written: /);
    assert.equal(await a.answer(), 'a active 5');
    const again = await StoreProcess.start(context, { file, port: first.port });
    await again.writesOf('a', 2);
    await a.process.line(/^the store is back$/);
    assert.equal((await again.put(4, 'old 1')).status, 409);
  });
});

describe('the application of the example, by the files of the downward API', () => {
  test('is active and stands by without any notice, as role and epoch of one moment say', async (context) => {
    const store = await StoreProcess.start(context);
    const podinfo = new PodinfoFolder(context);
    const a = await ApplicationProcess.start(context, {
      pod: 'a',
      storeUrl: store.url,
      podinfo: podinfo.link,
    });
    podinfo.write('standby', '');
    podinfo.write('active', 3);
    await a.process.line(/^active, epoch 3$/);
    await store.writesOf('a', 2);
    podinfo.write('standby', 4);
    await a.process.line(/^standing by after epoch 3: told to$/);
    podinfo.write('active', 5);
    await a.process.line(/^active, epoch 5$/);
    assert.ok(store.writes.every(({ epoch }) => epoch !== 4));
  });

  test('the files never take back what a notice has said', async (context) => {
    const store = await StoreProcess.start(context);
    const controller = await ControllerStandIn.start(context);
    const podinfo = new PodinfoFolder(context);
    const a = await ApplicationProcess.start(context, {
      pod: 'a',
      storeUrl: store.url,
      podinfo: podinfo.link,
    });
    podinfo.write('active', 3);
    await a.process.line(/^active, epoch 3$/);
    await controller.tell(a, 'standby', 3);
    await a.process.line(/^standing by/);
    const from = a.process.lines.length;
    await podinfo.writeUntilRead('active', 2);
    await podinfo.writeUntilRead('active', 3);
    await podinfo.writeUntilRead('x', 'y');
    podinfo.write('active', 4);
    await a.process.line(/^active, epoch 4$/, from);
    assert.deepEqual(a.process.lines.slice(from), ['active, epoch 4']);
  });
});
