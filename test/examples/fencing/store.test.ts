import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { describe, test } from 'node:test';
import { StoreProcess, startStoreProcess, storeFile } from './store-process.ts';

const refused = (highest: number) => ({ status: 409, body: { highest } });

async function answerOf(response: Response): Promise<{ status: number; body: unknown }> {
  return { status: response.status, body: await response.json() };
}

describe('the store of the example', () => {
  test('takes a higher epoch and the same one, and refuses a lower one with the highest', async (context) => {
    const store = await StoreProcess.start(context);
    assert.deepEqual(await store.read(), { value: '', epoch: 0 });
    assert.deepEqual(await answerOf(await store.put(2, 'b 1')), { status: 200, body: { epoch: 2 } });
    assert.deepEqual(await answerOf(await store.put(2, 'b 2')), { status: 200, body: { epoch: 2 } });
    assert.deepEqual(await answerOf(await store.put(1, 'a 1')), refused(2));
    assert.deepEqual(await store.read(), { value: 'b 2', epoch: 2 });
    assert.deepEqual(await answerOf(await store.put(9, 'c 1')), { status: 200, body: { epoch: 9 } });
    assert.deepEqual(await answerOf(await store.put(2, 'b 3')), refused(9));
    assert.deepEqual(await store.read(), { value: 'c 1', epoch: 9 });
  });

  test('refuses a write that began before a higher epoch came and ends after it', async (context) => {
    const store = await StoreProcess.start(context);
    const late = connect(store.port, '127.0.0.1').setEncoding('utf8');
    context.after(() => late.destroy());
    const status = new Promise((resolve) =>
      late.once('data', (text) => resolve(String(text).split('\r\n')[0])),
    );
    const headers = [
      'PUT /value HTTP/1.1',
      'host: store',
      'epoch: 1',
      'content-length: 3',
      'expect: 100-continue',
    ];
    late.write(`${headers.join('\r\n')}\r\n\r\n`);
    // Its handler has begun when it says that it would like to have the body.
    assert.equal(await status, 'HTTP/1.1 100 Continue');
    const end = new Promise((resolve) => late.once('data', (text) => resolve(String(text).split('\r\n')[0])));
    assert.equal((await store.put(2, 'b 1')).status, 200);
    late.write('a 1');
    assert.equal(await end, 'HTTP/1.1 409 Conflict');
    assert.deepEqual(await store.read(), { value: 'b 1', epoch: 2 });
  });

  test('of many writers at once, none gets through after a higher one', async (context) => {
    const store = await StoreProcess.start(context);
    const epochs = Array.from({ length: 200 }, (_, index) => ((index * 83) % 40) + 1);
    const answers = await Promise.all(epochs.map((epoch) => store.put(epoch, `w ${epoch}`)));
    // What it prints comes another way than its answers.
    await store.process.until(() =>
      store.writes.length + store.refusals.length === epochs.length ? {} : 'a line for each write',
    );
    const written = store.writes.map(({ epoch }) => epoch);
    assert.deepEqual(
      written,
      written.toSorted((left, right) => left - right),
    );
    assert.equal(written.at(-1), 40);
    assert.equal(answers.filter(({ status }) => status === 200).length, written.length);
    assert.equal(answers.filter(({ status }) => status === 409).length, epochs.length - written.length);
  });

  test('takes nothing with an epoch that is none, too long a value, or another method or path', async (context) => {
    const store = await StoreProcess.start(context);
    await store.put(5, 'b 1');
    for (const epoch of ['', '0', '-1', '1.5', '06', '6e3', 'x', '6, 7', '9'.repeat(30)])
      assert.equal((await store.put(epoch, 'x')).status, 400, `epoch "${epoch}"`);
    assert.equal((await fetch(store.url, { method: 'PUT', body: 'x' })).status, 400);
    assert.equal((await store.put(6, 'x'.repeat(10_000_000))).status, 413);
    assert.equal((await fetch(store.url, { method: 'DELETE' })).status, 405);
    assert.equal((await fetch(new URL('/other', store.url))).status, 404);
    assert.deepEqual(await store.read(), { value: 'b 1', epoch: 5 });
    assert.equal(
      (await fetch(store.url, { method: 'POST', headers: { epoch: '6' }, body: 'c 1' })).status,
      200,
    );
    assert.deepEqual(await store.read(), { value: 'c 1', epoch: 6 });
  });

  test('killed in the midst of writes it forgets nothing that it has acknowledged, its highest epoch least of all', {
    timeout: 60_000,
  }, async (context) => {
    const file = storeFile(context);
    let acknowledged = 0;
    for (const atLeast of [1, 3, 10, 30]) {
      const store = await StoreProcess.start(context, { file });
      const kept = await store.read();
      assert.ok(kept.epoch >= acknowledged, `${kept.epoch} after ${acknowledged} was acknowledged`);
      assert.equal(kept.value, kept.epoch === 0 ? '' : `w ${kept.epoch}`);
      if (kept.epoch > 1) assert.equal((await store.put(kept.epoch - 1, 'old 1')).status, 409);
      acknowledged = await writeUntilKilled(store, kept.epoch + 1, atLeast);
    }
  });

  for (const [what, content] of [
    ['is no JSON', '{"value":'],
    ['has no epoch', '{"value":"b 1"}'],
    ['has an epoch that is none', '{"value":"b 1","epoch":-2}'],
    ['is empty', ''],
  ] as const) {
    test(`does not start with a file that ${what}: it would begin to forget`, async (context) => {
      const file = storeFile(context);
      writeFileSync(file, content);
      assert.deepEqual(await startStoreProcess(context, { file }).ended(), { code: 1, signal: null });
    });
  }

  test('ends where the disk fails, and what it could not write is not acknowledged', async (context) => {
    const file = storeFile(context);
    const store = await StoreProcess.start(context, { file });
    await store.put(1, 'a 1');
    mkdirSync(`${file}.unfinished`);
    await assert.rejects(store.put(2, 'b 1'));
    assert.deepEqual(await store.process.ended(), { code: 1, signal: null });
    assert.deepEqual(store.writes, [{ value: 'a 1', epoch: 1 }]);
  });

  test('ends in order when it is asked to', async (context) => {
    const store = startStoreProcess(context, { file: storeFile(context) });
    await store.line(/^storing/);
    store.signal('SIGTERM');
    assert.deepEqual(await store.ended(), { code: 0, signal: null });
  });
});

/**
 * Writes one after the other, a higher epoch each time, and kills the store meanwhile. Resolves to the last
 * acknowledged.
 */
async function writeUntilKilled(store: StoreProcess, first: number, atLeast: number): Promise<number> {
  for (let epoch = first; ; epoch += 1) {
    const write = store.put(epoch, `w ${epoch}`);
    if (epoch === first + atLeast) store.process.signal('SIGKILL');
    try {
      await (await write).arrayBuffer();
    } catch {
      await store.process.ended();
      return epoch - 1;
    }
  }
}
