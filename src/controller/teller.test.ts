/** The teller in simulated time, against applications and an API server that answer as they are told. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Companions, type Epoch, incarnation, podUid } from '../core/identity.ts';
import type { ApiRequest, Transport } from '../kube/transport.ts';
import { SimulatedClock } from '../time/simulated-clock.ts';
import type { RoleNotice } from '../wire/notify.ts';
import type { NotifyChannel } from '../wire/notify-channel.ts';
import { ApiCalls } from './api-calls.ts';
import type { LogFields } from './log.ts';
import { noMetrics } from './metrics.ts';
import type { NotifyOutcome, NotifyTarget } from './notify.ts';
import { type TellEffect, Teller } from './teller.ts';

const ancestor: NotifyChannel = { kind: 'udp', port: 10_001, format: 'ancestor' };
const json: NotifyChannel = { kind: 'udp', port: 10_001, format: 'json' };
const http: NotifyChannel = { kind: 'http', port: 8_081, path: '/role' };

const silent: NotifyOutcome = { kind: 'unacknowledged', because: 'no answer within 250 ms' };
const routed = Promise.resolve();

function tell(changes: Partial<TellEffect> = {}): TellEffect {
  return {
    kind: 'tell-pod',
    pod: { uid: podUid('uid-a'), name: 'a' },
    ip: '10.0.0.1',
    role: 'active',
    epoch: 5 as Epoch,
    incarnation: incarnation('uid-a/main=abc'),
    companions: '' as Companions,
    ...changes,
  };
}

const stepDown = (changes: Partial<TellEffect> = {}) => tell({ role: 'standby', ...changes });

interface Sent extends NotifyTarget {
  readonly notice: RoleNotice;
  readonly atMs: number;
}

/** What a test may change while it runs. */
interface World {
  channels: readonly NotifyChannel[];
  answer: (channel: NotifyChannel) => NotifyOutcome | Promise<NotifyOutcome>;
  apiStatus: number;
  isDue: (effect: TellEffect) => boolean;
}

function setUp(changes: Partial<World> = {}) {
  const acknowledged: NotifyOutcome = { kind: 'acknowledged' };
  const world: World = {
    channels: [ancestor],
    answer: (channel) => (channel === ancestor ? { kind: 'sent' } : acknowledged),
    apiStatus: 200,
    isDue: () => true,
    ...changes,
  };
  const clock = new SimulatedClock();
  const sent: Sent[] = [];
  const requests: ApiRequest[] = [];
  const lines: { readonly level: string; readonly sentence: string; readonly fields: LogFields }[] = [];
  const bugs: unknown[] = [];
  let changesSaid = 0;
  const transport: Transport = {
    alive: true,
    request: (request) => {
      requests.push(request);
      return Promise.resolve({ status: world.apiStatus, retryAfterMs: undefined, body: '{}' });
    },
    stream: () => assert.fail('a teller opens no stream'),
    close: () => Promise.resolve(),
  };
  const teller = new Teller({
    namespace: 'default',
    singletonName: 'hapod',
    clock,
    notifier: {
      send: async (target, notice) => {
        sent.push({ ...target, notice, atMs: clock.now() });
        return world.answer(target.channel);
      },
      close: () => undefined,
    },
    calls: new ApiCalls({ transport, clock, metrics: noMetrics, onForbidden: () => undefined }),
    log: { write: (level, sentence, fields = {}) => void lines.push({ level, sentence, fields }) },
    metrics: noMetrics,
    channels: () => world.channels,
    isStillDue: (effect) => world.isDue(effect),
    onTold: () => undefined,
    onChanged: () => {
      changesSaid += 1;
    },
    onBug: (error) => bugs.push(error),
  });
  /** What was written down, in order. */
  const written = () => requests.map(({ body = '' }) => /"understudy.dev\/told":"([^"]*)"/.exec(body)?.[1]);
  const warnings = () => lines.filter(({ level }) => level === 'warn');
  return { world, clock, teller, sent, written, warnings, bugs, changesSaid: () => changesSaid };
}

describe("over the ancestor's channel", () => {
  test('it is told once, and that is written down as soon as its label is', async () => {
    const { teller, clock, sent, written, changesSaid } = setUp();
    const label = Promise.withResolvers<void>();
    const times: number[] = [];
    teller.start(tell(), label.promise, (at) => times.push(at));
    assert.deepEqual([sent.length, times], [1, [0]], 'sent within the call');
    assert.deepEqual(sent[0]?.notice, { role: 'active', epoch: 5, singleton: 'default/hapod', pod: 'a' });
    await clock.advance(1_000);
    assert.deepEqual([written(), teller.telling.size], [[], 1]);
    label.resolve();
    await clock.advance(1_000);
    assert.deepEqual(written(), ['5/uid-a/main=abc']);
    assert.deepEqual([sent.length, teller.telling.size, changesSaid()], [1, 0, 1]);
  });

  test('G4: it is told again after 20, 40, 80 … ms, at most each 2 s, until somebody listens', async () => {
    const { teller, world, clock, sent, written } = setUp({ answer: () => ({ kind: 'refused' }) });
    teller.start(tell(), routed);
    await clock.advance(7_000);
    const times = sent.map(({ atMs }) => atMs);
    assert.deepEqual(times, [0, 20, 60, 140, 300, 620, 1_260, 2_540, 4_540, 6_540]);
    assert.deepEqual(written(), []);
    world.answer = () => ({ kind: 'sent' });
    await clock.advance(2_000);
    assert.deepEqual(written(), ['5/uid-a/main=abc']);
  });

  test('what could not be written down is written again, and not told again', async () => {
    const { teller, world, clock, sent, written } = setUp({ apiStatus: 500 });
    teller.start(tell(), routed);
    await clock.advance(1_000);
    assert.ok(written().length > 3);
    world.apiStatus = 200;
    await clock.advance(500);
    assert.deepEqual([sent.length, teller.telling.size], [1, 0]);
  });

  test('a pod that is gone has nothing written down', async () => {
    const { teller, clock, written } = setUp({ apiStatus: 404 });
    teller.start(tell(), routed);
    await clock.advance(10_000);
    assert.deepEqual([written().length, teller.telling.size], [1, 0]);
  });

  test('nobody can be told to step down: nothing is sent, nothing is written', async () => {
    const { teller, clock, sent, written } = setUp();
    teller.start(stepDown(), routed);
    await clock.advance(10_000);
    assert.deepEqual([sent, written(), [...teller.steppingDown]], [[], [], []]);
  });
});

describe('over channels that acknowledge', () => {
  test('G4: it is told over each of them at once, and each is repeated by itself until it has acknowledged', async () => {
    const { teller, world, clock, sent, written } = setUp({ channels: [ancestor, json, http] });
    const before = world.answer;
    world.answer = (channel) => (channel === http && clock.now() < 100 ? silent : before(channel));
    teller.start(tell(), routed);
    assert.deepEqual(
      sent.map(({ channel }) => channel),
      [ancestor, json, http],
    );
    await clock.advance(99);
    assert.deepEqual(written(), []);
    await clock.advance(100);
    assert.deepEqual(
      sent.slice(3).map(({ channel }) => channel),
      [http, http, http],
    );
    assert.deepEqual(written(), ['5/uid-a/main=abc']);
  });

  test('one that hangs does not hold up the repeats of another', async () => {
    const { teller, world, clock, sent } = setUp({ channels: [json, http] });
    const never = new Promise<NotifyOutcome>(() => undefined);
    world.answer = (channel) => (channel === http ? never : silent);
    teller.start(tell(), routed);
    await clock.advance(1_000);
    assert.equal(sent.filter(({ channel }) => channel === http).length, 1);
    assert.equal(sent.filter(({ channel }) => channel === json).length, 6);
  });

  test('G4: one that never acknowledges is tried each 2 s for ever, is said once, and is a problem until it does', async () => {
    const wrong: NotifyOutcome = { kind: 'unacknowledged', because: 'wrong epoch 4' };
    const { teller, world, clock, sent, written, warnings, changesSaid } = setUp({
      channels: [json],
      answer: () => wrong,
    });
    teller.start(tell(), routed);
    await clock.advance(2_000);
    assert.deepEqual([teller.problems, warnings(), changesSaid()], [[], [], 0], 'it may start late');
    await clock.advance(598_000);
    assert.ok(sent.length > 300 && sent.length < 320, `${sent.length} datagrams in 10 minutes`);
    const problem =
      'a has not heard on UDP port 10001 that it is active with epoch 5 (wrong epoch 4): it must answer each datagram with its epoch';
    assert.deepEqual([teller.problems, changesSaid()], [[problem], 1]);
    const [{ sentence, fields } = assert.fail('nothing was said'), ...more] = warnings();
    assert.equal(sentence, 'a has not acknowledged that it is active: it is told again');
    assert.deepEqual([fields.channel, fields.because, more], ['UDP port 10001', 'wrong epoch 4', []]);
    world.answer = () => ({ kind: 'acknowledged' });
    await clock.advance(2_000);
    assert.deepEqual([teller.problems, written()], [[], ['5/uid-a/main=abc']]);
  });

  test('one that refuses is said at once, and what is wrong with it now is its problem', async () => {
    const { teller, world, clock, warnings } = setUp({
      channels: [http],
      answer: () => ({ kind: 'refused' }),
    });
    teller.start(tell(), routed);
    await clock.advance(10);
    assert.equal(warnings()[0]?.sentence, 'a could not be told that it is active: it is told again');
    await clock.advance(10_000);
    assert.match(teller.problems.join(), /HTTP port 8081, path \/role .* \(nobody listens there\)/);
    world.answer = () => ({ kind: 'unacknowledged', because: 'HTTP status 500' });
    await clock.advance(10_000);
    assert.match(
      teller.problems.join(),
      /\(HTTP status 500\): it must answer each POST with a status from 200/,
    );
    assert.equal(warnings().length, 1);
  });

  test('over none at all, it is written down that there was nobody to tell', async () => {
    const { teller, clock, sent, written } = setUp({ channels: [] });
    const times: number[] = [];
    teller.start(tell(), routed, (at) => times.push(at));
    await clock.advance(10);
    assert.deepEqual([sent, times, written()], [[], [], ['5/uid-a/main=abc']]);
  });

  test('when they change, whoever is being told is told anew, over those that there are now', async () => {
    const { teller, world, clock, sent, changesSaid } = setUp({ channels: [json], answer: () => silent });
    teller.start(tell(), routed);
    await clock.advance(1_000);
    sent.length = 0;
    world.channels = [http];
    teller.channelsChanged();
    assert.deepEqual([teller.telling.size, changesSaid()], [0, 1], 'it is due again');
    teller.start(tell(), routed);
    await clock.advance(100);
    assert.ok(sent.length > 0 && sent.every(({ channel }) => channel === http));
  });
});

describe('a step-down', () => {
  test('goes over the channels that can acknowledge it, and its acknowledgement is known before it is written', async () => {
    const { teller, world, clock, sent, written, changesSaid } = setUp({
      channels: [ancestor, json, http],
      answer: () => silent,
    });
    teller.start(stepDown(), routed);
    await clock.advance(0);
    world.apiStatus = 500;
    assert.deepEqual(
      sent.map(({ channel, notice }) => [channel, notice.role]),
      [
        [json, 'standby'],
        [http, 'standby'],
      ],
    );
    await clock.advance(50);
    assert.deepEqual([...teller.steppingDown], [['uid-a', { kind: 'asked', at: 0 }]]);
    assert.deepEqual([teller.telling.size, changesSaid()], [0, 0]);
    world.answer = () => ({ kind: 'acknowledged' });
    await clock.advance(100);
    assert.deepEqual([...teller.steppingDown], [['uid-a', { kind: 'acknowledged' }]]);
    assert.equal(changesSaid(), 1);
    world.apiStatus = 200;
    await clock.advance(1_000);
    assert.equal(written().at(-1), '5/uid-a/main=abc/standby');
    assert.deepEqual([[...teller.steppingDown], changesSaid()], [[], 2]);
  });

  test('is not acknowledged by half of the channels', async () => {
    const { teller, clock, written } = setUp({
      channels: [json, http],
      answer: (channel) => (channel === http ? silent : { kind: 'acknowledged' }),
    });
    teller.start(stepDown(), routed);
    await clock.advance(10_000);
    assert.deepEqual([...teller.steppingDown], [['uid-a', { kind: 'asked', at: 0 }]]);
    assert.deepEqual(written(), ['5/uid-a/main=abc/standby/unheard']);
  });

  test('is asked for once it stands on the pod that it is: whoever asks may be gone when it is acknowledged', async () => {
    const { teller, world, clock, sent, written } = setUp({ channels: [json], apiStatus: 500 });
    teller.start(stepDown(), routed);
    await clock.advance(2_000);
    assert.equal(sent.length, 0);
    world.apiStatus = 200;
    await clock.advance(1_000);
    assert.deepEqual(
      sent.map(({ notice }) => notice.role),
      ['standby'],
    );
    assert.deepEqual(written().slice(-2), ['5/uid-a/main=abc/standby/unheard', '5/uid-a/main=abc/standby']);
  });

  test('that is no longer due before that could be written is not asked for', async () => {
    const { teller, world, clock, sent } = setUp({ channels: [json], apiStatus: 500 });
    teller.start(stepDown(), routed);
    await clock.advance(1_000);
    world.isDue = () => false;
    world.apiStatus = 200;
    await clock.advance(1_000);
    assert.deepEqual([sent.length, teller.steppingDown.size], [0, 0]);
  });

  test('gives way to a new promotion of the same pod: its late acknowledgement counts for nothing', async () => {
    const late = Promise.withResolvers<NotifyOutcome>();
    const { teller, world, clock, written } = setUp({ channels: [json], answer: () => late.promise });
    teller.start(stepDown(), routed);
    world.answer = () => ({ kind: 'acknowledged' });
    teller.start(tell({ epoch: 6 as Epoch }), routed);
    late.resolve({ kind: 'acknowledged' });
    await clock.advance(1_000);
    assert.deepEqual(written(), ['6/uid-a/main=abc']);
  });
});

describe('a tell', () => {
  test('is not begun twice, and gives way to one of another epoch or incarnation', async () => {
    const { teller, clock, sent } = setUp({ answer: () => ({ kind: 'refused' }) });
    teller.start(tell(), routed);
    teller.start(tell(), routed);
    assert.equal(sent.length, 1);
    await clock.advance(1_000);
    teller.start(tell({ incarnation: incarnation('uid-a/main=def') }), routed);
    teller.start(tell({ incarnation: incarnation('uid-a/main=def'), epoch: 6 as Epoch }), routed);
    const { length } = sent;
    await clock.advance(20);
    assert.deepEqual(
      sent.slice(length).map(({ notice }) => notice.epoch),
      [6],
    );
  });

  test('ends, and is no problem any more, when it is no longer due', async () => {
    const { teller, world, clock, sent } = setUp({ channels: [json], answer: () => silent });
    teller.start(tell(), routed);
    await clock.advance(10_000);
    assert.equal(teller.problems.length, 1);
    const { length } = sent;
    world.isDue = () => false;
    assert.deepEqual([teller.telling.size, teller.problems], [0, []]);
    await clock.advance(10_000);
    assert.equal(sent.length, length);
    teller.start(tell(), routed);
    assert.equal(sent.length, length, 'nor is it begun');
  });

  test('leaves nothing behind when the teller stops', async () => {
    const { teller, clock, sent, changesSaid } = setUp({ channels: [json], answer: () => silent });
    teller.start(tell(), routed);
    await clock.advance(100);
    const { length } = sent;
    teller.stop();
    teller.start(tell({ epoch: 6 as Epoch }), routed);
    await clock.advance(10_000);
    assert.deepEqual([sent.length, changesSaid()], [length, 0]);
  });

  test('that meets a bug ends, and may be begun again', async () => {
    const { teller, world, clock, bugs, written } = setUp({
      answer: () => {
        throw new TypeError('as told');
      },
    });
    teller.start(tell(), routed);
    await clock.advance(10);
    assert.deepEqual([bugs.length, teller.telling.size], [1, 0]);
    world.answer = () => ({ kind: 'sent' });
    teller.start(tell(), routed);
    await clock.advance(10);
    assert.deepEqual(written(), ['5/uid-a/main=abc']);
  });
});
