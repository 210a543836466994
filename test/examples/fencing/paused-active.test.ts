/**
 * The proof that the epoch fences: an active that is paused, given up, and resumed does not write any more, whatever it
 * believes. With real processes, paused by the kernel.
 */
import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { ApplicationProcess } from './application-process.ts';
import { ControllerStandIn, noticeTo } from './controller-stand-in.ts';
import type { ExampleProcess } from './example-process.ts';
import { PodinfoFolder } from './podinfo-folder.ts';
import { shells, startShellProcess } from './shell-process.ts';
import { isOf, StoreProcess } from './store-process.ts';

interface Member {
  readonly process: ExampleProcess;
  /** Resolves when it was told; whether it heard is another matter. */
  readonly tellActive: (epoch: number) => Promise<void>;
}

type StartMember = (context: TestContext, pod: string, storeUrl: string) => Promise<Member>;

async function startApplication(context: TestContext, pod: string, storeUrl: string): Promise<Member> {
  const controller = await ControllerStandIn.start(context);
  const application = await ApplicationProcess.start(context, { pod, storeUrl });
  return {
    process: application.process,
    tellActive: (epoch) => controller.tell(application, 'active', epoch),
  };
}

const programs: readonly {
  readonly name: string;
  readonly skip: string | false;
  readonly start: StartMember;
}[] = [
  { name: 'application.ts', skip: false, start: startApplication },
  ...shells.map((shell) => ({
    name: `application.sh with ${shell.name}`,
    skip: shell.skip,
    start: async (context: TestContext, pod: string, storeUrl: string) => {
      const podinfo = new PodinfoFolder(context);
      const process = startShellProcess(context, { shell, pod, storeUrl, podinfo: podinfo.link });
      return { process, tellActive: async (epoch: number) => podinfo.write('active', epoch) };
    },
  })),
];

/** Resolves with `a` resumed after `b` has taken over, and to how many writes there were when `b` began. */
async function pauseTakeOverResume(store: StoreProcess, a: Member, b: Member): Promise<number> {
  await a.tellActive(1);
  await store.writesOf('a', 3);
  await a.process.pause();
  await b.tellActive(2);
  await store.writesOf('b', 3);
  const before = store.writes.findIndex((write) => isOf('b', write));
  a.process.signal('SIGCONT');
  return before;
}

describe("a paused and resumed old active can't write", () => {
  for (const { name, skip, start } of programs) {
    test(`${name}: its next write is refused, it stands by, and the store holds only the new one's values`, {
      skip,
      timeout: 60_000,
    }, async (context) => {
      const store = await StoreProcess.start(context);
      const a = await start(context, 'a', store.url);
      const b = await start(context, 'b', store.url);
      const before = await pauseTakeOverResume(store, a, b);
      await store.refusalOf('a');
      await a.process.line(/^standing by after epoch 1: fenced/);
      const refusals = store.refusals.length;
      await store.writesOf('b', 5);
      assert.ok(store.writes.slice(0, before).every((write) => isOf('a', write) && write.epoch === 1));
      assert.ok(store.writes.slice(before).every((write) => isOf('b', write) && write.epoch === 2));
      // It stands by: it does not even ask any more.
      assert.equal(store.refusals.length, refusals);
      assert.ok(store.refusals.every((refusal) => isOf('a', refusal) && refusal.epoch === 1));
      const { value, epoch } = await store.read();
      assert.ok(value.startsWith('b ') && epoch === 2, value);
    });
  }

  test('application.ts: nor does a late word of its old epoch make it active, as of a controller that was paused too', async (context) => {
    const store = await StoreProcess.start(context);
    const controller = await ControllerStandIn.start(context);
    const a = await ApplicationProcess.start(context, { pod: 'a', storeUrl: store.url });
    const b = await startApplication(context, 'b', store.url);
    const tellActive = (epoch: number) => controller.tell(a, 'active', epoch);
    await pauseTakeOverResume(store, { process: a.process, tellActive }, b);
    await a.process.line(/^standing by after epoch 1: fenced/);
    controller.send(a, JSON.stringify(noticeTo('a', 'active', 1)));
    assert.equal(await controller.post(a, JSON.stringify(noticeTo('a', 'active', 1))), 409);
    assert.equal(await a.answer(), 'a standby 2');
    await tellActive(3);
    await store.writesOf('a', 2);
    await b.process.line(/^standing by after epoch 2: fenced/);
  });

  test('application.ts: paused before its first write, it loses the role without having written', async (context) => {
    const store = await StoreProcess.start(context);
    const controller = await ControllerStandIn.start(context);
    const a = await ApplicationProcess.start(context, { pod: 'a', storeUrl: store.url });
    const b = await startApplication(context, 'b', store.url);
    await a.process.pause();
    controller.send(a, JSON.stringify(noticeTo('a', 'active', 1)));
    await b.tellActive(2);
    await store.writesOf('b', 1);
    a.process.signal('SIGCONT');
    await a.process.line(/^standing by after epoch 1: fenced/);
    await store.writesOf('b', 2);
    assert.ok(store.writes.every((write) => isOf('b', write)));
  });
});
