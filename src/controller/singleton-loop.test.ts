import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { noCriticalDeletes } from '../core/critical-deletes.ts';
import type { Decision } from '../core/decision.ts';
import type { ControllerRole } from '../core/hold-back.ts';
import { type Epoch, noEpoch, podUid, type ResourceVersion } from '../core/identity.ts';
import type { Member } from '../core/member.ts';
import { defaultSettings, type SingletonView } from '../core/view.ts';
import { TransportError } from '../kube/transport.ts';
import { SeededRandom, SimulatedClock } from '../time/simulated-clock.ts';
import { limits } from './limits.ts';
import { noMetrics } from './metrics.ts';
import type { PassEnd, PassReport } from './runner.ts';
import { SingletonLoop } from './singleton-loop.ts';

const member: Member = {
  uid: podUid('uid-a'),
  name: 'a',
  node: undefined,
  ip: '10.0.0.1',
  createdAtMs: 0,
  resourceVersion: '1',
  phase: 'Running',
  ready: true,
  leaving: undefined,
  roleLabel: 'standby',
  labelEpoch: noEpoch,
  told: undefined,
  priority: 0,
  containers: [],
  criticalDeath: undefined,
  nodeReady: true,
  cordonedAt: undefined,
  owner: undefined,
  gateOpen: true,
};

/** A view in which an election is due. */
const due: SingletonView = {
  namespace: 'default',
  name: 'hapod',
  settings: defaultSettings,
  movedAt: undefined,
  request: undefined,
  record: { kind: 'absent' },
  otherRecord: { kind: 'absent' },
  isHolderReached: false,
  othersMayLead: false,
  mayMissEndpoints: false,
  epochSeenAt: undefined,
  follower: undefined,
  highestEpoch: noEpoch,
  members: [member],
  departed: [],
  podsVersion: 1n as ResourceVersion,
  singletonVersion: undefined,
  singletonsSeenVersion: undefined,
  evidenceVersion: 1n as ResourceVersion,
  sight: { kind: 'clear' },
  criticalDeletes: noCriticalDeletes,
  telling: new Set(),
  steppingDown: new Map(),
  refused: undefined,
};

/** The same, and only this pod is there. */
function dueFor(uid: string): SingletonView {
  return { ...due, members: [{ ...member, uid: podUid(uid) }] };
}

/** One in which nothing is. */
const calm: SingletonView = { ...due, members: [] };

const unreachable: PassEnd = {
  kind: 'failed',
  what: 'the record was not written',
  failure: {
    kind: 'unreachable',
    delivered: 'no',
    error: new TransportError('CONNECTION_REFUSED', 'refused', { delivered: 'no' }),
  },
};

function setUp() {
  const clock = new SimulatedClock();
  const world = {
    view: due,
    role: 'active' as ControllerRole,
    mayAct: true,
    unsettled: false,
    onPass: () => {},
    end: { kind: 'done' } as PassEnd,
    podVersion: '1',
    passes: [] as { at: number; decision: Decision }[],
    settles: 0,
    bugs: [] as unknown[],
    finish: undefined as (() => void) | undefined,
    waits: false,
  };
  const report = (): PassReport => ({
    end: world.end,
    moments: { seenAt: clock.now(), decidedAt: clock.now() },
    recordWritten: world.end.kind === 'done',
    deleted: [],
  });
  const loop = new SingletonLoop({
    clock,
    random: new SeededRandom(1),
    metrics: noMetrics,
    buildView: () => world.view,
    role: () => world.role,
    mayAct: () => world.mayAct,
    run: (decision) => {
      world.passes.push({ at: clock.now(), decision });
      world.onPass();
      if (!world.waits) return Promise.resolve(report());
      return new Promise((resolve) => {
        world.finish = () => resolve(report());
      });
    },
    settleRecord: async () => {
      world.settles += 1;
      return undefined;
    },
    isRecordUnsettled: () => world.unsettled,
    podVersion: () => world.podVersion,
    onDecided: () => undefined,
    onPassEnded: () => undefined,
    onBug: (error) => void world.bugs.push(error),
  });
  return { clock, world, loop };
}

function gapsOf(passes: readonly { readonly at: number }[]): readonly number[] {
  return passes.slice(1).map(({ at }, index) => at - (passes[index]?.at ?? 0));
}

describe('the loop of a singleton', () => {
  test('acts in the very turn in which it is woken', () => {
    const { loop, world } = setUp();
    loop.step();
    assert.equal(world.passes.length, 1);
  });

  test('one pass at a time; what happens meanwhile is decided on after it', async () => {
    const { loop, world, clock } = setUp();
    world.waits = true;
    loop.step();
    for (let event = 0; event < 10; event++) loop.step();
    assert.equal(world.passes.length, 1);
    world.waits = false;
    world.finish?.();
    world.view = calm;
    await clock.advance(1);
    assert.equal(world.passes.length, 1);
    world.view = due;
    loop.step();
    assert.equal(world.passes.length, 2);
  });

  test('a backup acts only if it still sees the need 50 ms later', async () => {
    const { loop, world, clock } = setUp();
    world.role = 'backup';
    loop.step();
    await clock.advance(49);
    assert.equal(world.passes.length, 0);
    await clock.advance(2);
    assert.ok(world.passes.length >= 1);

    const met = setUp();
    met.world.role = 'backup';
    met.loop.step();
    await met.clock.advance(20);
    met.world.view = calm;
    met.loop.step();
    await met.clock.advance(200);
    assert.equal(met.world.passes.length, 0);
  });

  test('a pass that failed is decided again with back-off, however many events come', async () => {
    const { loop, world, clock } = setUp();
    world.end = unreachable;
    loop.step();
    for (let ms = 0; ms < 10_000; ms++) {
      loop.step();
      await clock.advance(1);
    }
    assert.ok(
      world.passes.length >= 20 && world.passes.length <= 50,
      `${world.passes.length} passes in 10 s`,
    );
    assert.ok(Math.max(...gapsOf(world.passes)) <= limits.passBackoffMsMax + 2);
  });

  test('after a conflict on a label it waits for the newer pod, but not for ever', async () => {
    const { loop, world, clock } = setUp();
    world.end = { kind: 'pod-changed', uid: member.uid, resourceVersion: '1' };
    loop.step();
    await clock.advance(limits.newerPodWaitMs - 10);
    assert.equal(world.passes.length, 1);
    world.podVersion = '2';
    world.end = { kind: 'done' };
    world.view = due;
    loop.step();
    assert.equal(world.passes.length, 2);

    const silent = setUp();
    silent.world.end = { kind: 'pod-changed', uid: member.uid, resourceVersion: '1' };
    silent.loop.step();
    await silent.clock.advance(limits.newerPodWaitMs + 10);
    assert.equal(silent.world.passes.length, 2);
  });

  test('a need that comes back after each pass that met it is met ever more slowly, and never given up', async () => {
    const { loop, world, clock } = setUp();
    loop.step();
    await clock.advance(120_000);
    const gaps = gapsOf(world.passes);
    assert.ok(world.passes.length < 60, `${world.passes.length} passes in 120 s`);
    assert.ok(Math.max(...gaps) <= limits.refusedBackoffMsMax);
    assert.ok(world.passes.length > 120_000 / limits.refusedBackoffMsMax);
    // The same need after a calm time, or another one, is met at once.
    world.view = calm;
    await clock.advance(3 * limits.refusedBackoffMsMax);
    const before = world.passes.length;
    world.view = due;
    loop.step();
    assert.equal(world.passes.length, before + 1);
  });

  test('somebody who brings about another need with every pass costs a bounded number of passes a second', async () => {
    const { loop, world, clock } = setUp();
    world.onPass = () => {
      world.view = dueFor(`uid-${world.passes.length}`);
    };
    loop.step();
    await clock.advance(10_000);
    assert.ok(world.passes.length <= 10 * limits.passesPerWindowMax + limits.passesPerWindowMax);
    assert.ok(world.passes.length >= 10 * (limits.passesPerWindowMax - 1));
  });

  test('G7: a need that comes back with a higher epoch each time is met ever more slowly', async () => {
    const { loop, world, clock } = setUp();
    world.onPass = () => {
      world.view = { ...due, highestEpoch: world.passes.length as Epoch };
    };
    loop.step();
    await clock.advance(20_000);
    assert.ok(world.passes.length <= limits.repeatsFreeMax + 20);
  });

  test('G5: the back-off of one need does not hold up a new holder', async () => {
    const { loop, world, clock } = setUp();
    world.end = unreachable;
    loop.step();
    await clock.advance(5_000);
    const { length } = world.passes;
    loop.step();
    assert.equal(world.passes.length, length, 'the need that failed waits');
    world.view = dueFor('uid-of-another');
    loop.step();
    assert.equal(world.passes.length, length + 1);
    loop.step();
    assert.equal(world.passes.length, length + 1, 'it has failed too, and has a back-off of its own');
  });

  test('a record whose state is not known is settled before anything is decided', async () => {
    const { loop, world, clock } = setUp();
    world.unsettled = true;
    loop.step();
    assert.equal(world.settles, 1);
    assert.equal(world.passes.length, 0);
    world.unsettled = false;
    await clock.advance(1);
    assert.ok(world.passes.length >= 1);
  });

  test('a record that no answer makes known is asked for with back-off', async () => {
    const { loop, world, clock } = setUp();
    world.unsettled = true;
    loop.step();
    await clock.advance(10_000);
    assert.ok(world.settles >= 20 && world.settles <= 50, `${world.settles} questions in 10 s`);
  });

  test('a bug is contained: reported, and tried again later', async () => {
    const { loop, world, clock } = setUp();
    Object.defineProperty(world, 'view', {
      configurable: true,
      get: () => {
        throw new Error('bug');
      },
    });
    loop.step();
    loop.step();
    assert.equal(world.bugs.length, 1);
    await clock.advance(limits.bugBackoffMs + 1);
    assert.equal(world.bugs.length, 2);
  });

  test('without the permissions it needs it decides, and does not act', async () => {
    const { loop, world, clock } = setUp();
    world.mayAct = false;
    loop.step();
    await clock.advance(1_000);
    assert.equal(world.passes.length, 0);
  });

  test('stopped, it lets the pass under way end, and begins no other; no timer is left', async () => {
    const { loop, world, clock } = setUp();
    world.waits = true;
    loop.step();
    let stopped = false;
    const stop = loop.stop().then(() => {
      stopped = true;
    });
    await clock.advance(1_000);
    assert.equal(stopped, false);
    world.finish?.();
    await stop;
    loop.step();
    await clock.advance(10_000);
    assert.equal(world.passes.length, 1);
  });
});
