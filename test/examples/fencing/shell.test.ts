import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { PodinfoFolder } from './podinfo-folder.ts';
import { shells, startShellProcess } from './shell-process.ts';
import { isOf, StoreProcess, storeFile } from './store-process.ts';

const notActive = /^standing by: not active$/;

for (const shell of shells) {
  describe(`the application of the example in shell, with ${shell.name}`, { skip: shell.skip }, () => {
    test('writes with its epoch while the files say that it is active', async (context) => {
      const store = await StoreProcess.start(context);
      const podinfo = new PodinfoFolder(context);
      const a = startShellProcess(context, { shell, pod: 'a', storeUrl: store.url, podinfo: podinfo.link });
      await a.line(notActive);
      podinfo.write('active', 3);
      await store.writesOf('a', 3);
      const from = a.lines.length;
      podinfo.write('standby', 4);
      await a.line(notActive, from);
      podinfo.write('active', 5);
      await store.writesOf('a', 2);
      assert.deepEqual([...new Set(store.writes.map(({ epoch }) => epoch))], [3, 5]);
      assert.ok(store.writes.every((write) => isOf('a', write)));
    });

    test('does not write with what is no epoch, nor with a role that is not active', async (context) => {
      const store = await StoreProcess.start(context);
      const podinfo = new PodinfoFolder(context);
      podinfo.write('active', 1);
      const a = startShellProcess(context, { shell, pod: 'a', storeUrl: store.url, podinfo: podinfo.link });
      let epoch = 1;
      for (const strange of ['', '0', '-2', 'x', '2 3', '007', '2.5', '$(date)', '9'.repeat(40)]) {
        await store.writesOf('a', 1);
        const from = a.lines.length;
        podinfo.write('active', strange);
        await a.line(notActive, from);
        epoch += 1;
        podinfo.write('active', epoch);
      }
      await store.writesOf('a', 1);
      const from = a.lines.length;
      podinfo.write('activated', epoch);
      await a.line(notActive, from);
      const used = [...new Set(store.writes.map((write) => write.epoch))];
      assert.deepEqual(
        used,
        Array.from({ length: epoch }, (_, index) => index + 1),
      );
      assert.deepEqual(store.refusals, []);
    });

    test('stops at a refusal and never comes back with that epoch or a lower one', async (context) => {
      const store = await StoreProcess.start(context);
      const podinfo = new PodinfoFolder(context);
      podinfo.write('active', 2);
      const a = startShellProcess(context, { shell, pod: 'a', storeUrl: store.url, podinfo: podinfo.link });
      await store.writesOf('a', 1);
      await store.put(4, 'b 1');
      await a.line(/^standing by after epoch 2: fenced/);
      for (const epoch of [1, 2, 1]) {
        const from = a.lines.length;
        podinfo.write('standby', epoch);
        await a.line(notActive, from);
        podinfo.write('active', epoch);
        await a.line(new RegExp(`^standing by: epoch ${epoch} is an old one$`), from);
      }
      podinfo.write('active', 4);
      await store.writesOf('a', 2);
      assert.deepEqual(
        store.refusals.map(({ epoch }) => epoch),
        [2],
      );
    });

    test('a store that is down is asked again', async (context) => {
      const file = storeFile(context);
      const first = await StoreProcess.start(context, { file });
      const podinfo = new PodinfoFolder(context);
      podinfo.write('active', 2);
      const a = startShellProcess(context, { shell, pod: 'a', storeUrl: first.url, podinfo: podinfo.link });
      await first.writesOf('a', 1);
      first.process.signal('SIGKILL');
      await a.line(/^not written: /);
      const again = await StoreProcess.start(context, { file, port: first.port });
      await again.writesOf('a', 2);
    });

    test('asked to end, it ends with 0 after its last write', async (context) => {
      const store = await StoreProcess.start(context);
      const podinfo = new PodinfoFolder(context);
      podinfo.write('active', 2);
      const a = startShellProcess(context, { shell, pod: 'a', storeUrl: store.url, podinfo: podinfo.link });
      await store.writesOf('a', 1);
      a.signal('SIGTERM');
      assert.deepEqual(await a.ended(), { code: 0, signal: null });
    });
  });
}
