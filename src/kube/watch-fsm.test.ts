/**
 * Owns the watch's rules as tables: what has happened, what is ordered next.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '../time/simulated-clock.ts';
import { INITIAL_EVENTS_IDLE_MS, OVERLOAD_BACKOFF, RECONNECT_BACKOFF, RETRY_AFTER_MAX_MS } from './limits.ts';
import { classify, classifyStatus, type Failure } from './status.ts';
import { step } from './watch-fsm.ts';
import { INITIAL_MACHINE, type WatchCommand, type WatchInput, type WatchMachine } from './watch-machine.ts';

/** Draws the largest jitter, so that delays are the tops of their ranges. */
const random = { fraction: () => 1 - 2 ** -53 };

interface Run {
  machine: WatchMachine;
  nowMs: number;
  commands: readonly WatchCommand[];
}

function begin(inputs: readonly WatchInput[] = []): Run {
  const run: Run = { machine: INITIAL_MACHINE, nowMs: 1_000_000, commands: [] };
  give(run, { kind: 'started' }, ...inputs);
  return run;
}

/** Gives the inputs one after the other; `commands` are those of the last one. */
function give(run: Run, ...inputs: WatchInput[]): Run {
  for (const input of inputs) {
    const { machine, commands } = step(run.machine, input, { nowMs: run.nowMs, random });
    run.machine = machine;
    run.commands = commands;
  }
  return run;
}

function later(run: Run, ms: number): Run {
  run.nowMs += ms;
  return run;
}

/** The commands as short text: `openWatch@5`, `wake 250`, `report broken GONE`. Random timeouts are left out. */
function orders(run: Run): string[] {
  return run.commands.map((command) => {
    switch (command.kind) {
      case 'openWatch':
        return `openWatch@${command.resourceVersion}`;
      case 'openPage':
        return `openPage ${command.continueToken ?? 'first'}${command.whole ? ' whole' : ''}`;
      case 'wake':
        return `wake ${Math.round(command.delayMs)}`;
      case 'synced':
        return `synced@${command.resourceVersion}`;
      case 'report':
        return `report ${command.state.kind}${'because' in command.state ? ` ${command.state.because}` : ''}`;
      default:
        return command.kind;
    }
  });
}

const without = (texts: string[], ...words: string[]) =>
  texts.filter((text) => !words.some((word) => text.startsWith(word)));
/** What is opened or waited for, without reports and the wake-ups of open streams. */
const essence = (run: Run) => {
  const texts = without(orders(run), 'report', 'beginSnapshot');
  return texts.includes('wait') ? texts : without(texts, 'wake');
};

const accepted: WatchInput = { kind: 'accepted' };
const ended: WatchInput = { kind: 'ended', cause: undefined };
const lost: WatchInput = { kind: 'ended', cause: 'CONNECTION_LOST' };
const timer: WatchInput = { kind: 'timer' };
const end = (resourceVersion: string): WatchInput => ({
  kind: 'bookmark',
  resourceVersion,
  endsInitialEvents: true,
});
const bookmark = (resourceVersion: string): WatchInput => ({
  kind: 'bookmark',
  resourceVersion,
  endsInitialEvents: false,
});
const item = (resourceVersion: string): WatchInput => ({ kind: 'item', resourceVersion });
const failure = (status: number, retryAfterMs?: number): Failure => {
  const outcome = classify({ status, retryAfterMs, body: '' });
  assert.notEqual(outcome.kind, 'ok');
  return outcome as Failure;
};
const refused = (status: number, retryAfterMs?: number): WatchInput => ({
  kind: 'refused',
  failure: failure(status, retryAfterMs),
});
const errorEvent = (code: number): WatchInput => ({ kind: 'errorEvent', failure: classifyStatus({ code }) });

/** A watch that has its snapshot at version 10 and is open. */
const watching = () => begin([accepted, item('7'), end('10')]);
/** The same, resumed once, and accepted. */
const resumed = () => later(give(watching(), ended, accepted), 0);

test('it begins with a WatchList and reports on the way', () => {
  const run = begin();
  assert.deepEqual(orders(run), [
    'report connecting',
    'beginSnapshot',
    'openWatchList',
    `wake ${INITIAL_EVENTS_IDLE_MS}`,
  ]);
  assert.deepEqual(orders(give(run, accepted)), ['report listing']);
  assert.deepEqual(orders(give(run, item('900'))), []);
  assert.equal(run.machine.resourceVersion, undefined, 'items of a snapshot come in no order of version');
  assert.deepEqual(without(orders(give(run, end('10'))), 'wake'), ['synced@10', 'report watching']);
  assert.equal(run.machine.resourceVersion, '10');
});

test('timeoutSeconds is drawn from 300 to 600', () => {
  const seeded = new SeededRandom(7);
  const drawn = Array.from({ length: 2_000 }, () => {
    const { commands } = step(INITIAL_MACHINE, { kind: 'started' }, { nowMs: 0, random: seeded });
    const opening = commands.find((command) => command.kind === 'openWatchList');
    return opening?.timeoutSeconds ?? 0;
  });
  assert.equal(Math.min(...drawn), 300);
  assert.equal(Math.max(...drawn), 600);
});

const FROM_A_WORKING_WATCH: readonly (readonly [string, readonly WatchInput[], readonly string[]])[] = [
  ['a clean end resumes at once', [item('11'), ended], ['openWatch@11']],
  ['a bookmark moves the version', [bookmark('40'), ended], ['openWatch@40']],
  ['a lost connection resumes at once', [item('11'), lost], ['openWatch@11']],
  [
    'a refused connection waits for the first step',
    [lost, { kind: 'ended', cause: 'CONNECTION_REFUSED' }],
    ['wait', 'wake 25'],
  ],
  ['429 waits for Retry-After and keeps the version', [ended, refused(429, 2_000), timer], ['openWatch@10']],
  ['503 keeps the version', [ended, refused(503), timer], ['openWatch@10']],
  ['410 as an answer lists', [ended, refused(410)], ['openWatchList']],
  ['410 as an event lists', [errorEvent(410)], ['openWatchList']],
  ['429 as an event keeps the version', [errorEvent(429), timer], ['openWatch@10']],
  ['500 as an event resumes at once', [errorEvent(500)], ['openWatch@10']],
  ['an unknown error event lists, after a pause', [errorEvent(422), timer], ['openWatchList']],
  ['400 on a resumed watch lists, after a pause', [ended, refused(400), timer], ['openWatchList']],
  ['403 keeps the version', [ended, refused(403), timer], ['openWatch@10']],
  ['a garbled line lists, after a pause', [{ kind: 'malformed' }, timer], ['openWatchList']],
  ['a watch that outlives its timeout is reopened', [timer], ['openWatch@10']],
  ['an ordered relist lists at once', [{ kind: 'relistOrdered' }], ['openWatchList']],
  ['a closed transport ends it', [{ kind: 'ended', cause: 'CLOSED' }], ['wait']],
];

for (const [sentence, inputs, expected] of FROM_A_WORKING_WATCH) {
  test(`from a working watch: ${sentence}`, () => {
    assert.deepEqual(essence(give(watching(), ...inputs)), expected);
  });
}

const FROM_THE_START: readonly (readonly [string, readonly WatchInput[], readonly string[]])[] = [
  ['a server that refuses a WatchList is listed in pages at once', [refused(422)], ['openPage first']],
  ['and so is one that answers 400', [refused(400)], ['openPage first']],
  ['a kind that does not exist is asked for again, as a WatchList', [refused(404), timer], ['openWatchList']],
  [
    'a WatchList that ends without its bookmark makes room for a list',
    [accepted, item('1'), ended],
    ['openPage first'],
  ],
  ['a WatchList that is lost on the way begins anew', [accepted, item('1'), lost], ['openWatchList']],
  ['a garbled WatchList makes room for a list', [accepted, { kind: 'malformed' }, timer], ['openPage first']],
  [
    'a page leads to the next',
    [refused(422), { kind: 'page', resourceVersion: '5', continueToken: 'c' }],
    ['openPage c'],
  ],
  [
    'the last page leads to the watch',
    [refused(422), { kind: 'page', resourceVersion: '5', continueToken: undefined }],
    ['synced@5', 'openWatch@5'],
  ],
  [
    'a lost page is asked for again',
    [refused(422), { kind: 'page', resourceVersion: '5', continueToken: 'c' }, lost],
    ['openPage c'],
  ],
  [
    'an expired continue token lists in one piece',
    [refused(422), { kind: 'page', resourceVersion: '5', continueToken: 'c' }, refused(410)],
    ['openPage first whole'],
  ],
  [
    'a garbled page lists anew, after a pause',
    [refused(422), { kind: 'page', resourceVersion: '5', continueToken: 'c' }, { kind: 'malformed' }, timer],
    ['openPage first'],
  ],
];

for (const [sentence, inputs, expected] of FROM_THE_START) {
  test(`from the start: ${sentence}`, () => {
    assert.deepEqual(essence(begin(inputs)), expected);
  });
}

test('a refused WatchList is not tried again on the next relist', () => {
  const run = begin([
    refused(422),
    { kind: 'page', resourceVersion: '5', continueToken: undefined },
    accepted,
    item('6'),
  ]);
  assert.deepEqual(essence(give(run, errorEvent(410))), ['openPage first']);
});

test('a WatchList that falls silent makes room for a list, however long it has been heard', () => {
  const run = begin([accepted]);
  give(later(run, 9_000), item('1'));
  assert.deepEqual(orders(give(later(run, 1_000), timer)), ['wake 9000']);
  assert.deepEqual(essence(give(later(run, 9_000), timer)), ['openPage first']);
});

test('reconnecting goes on for ever, at most 250 ms apart', () => {
  const run = give(watching(), lost);
  const delays: number[] = [];
  for (let attempt = 0; attempt < 200; attempt++) {
    give(run, { kind: 'ended', cause: 'CONNECTION_REFUSED' });
    const wake = run.commands.find((command) => command.kind === 'wake');
    delays.push(Math.round(wake?.delayMs ?? -1));
    give(later(run, 250), timer);
    assert.deepEqual(essence(run), ['openWatch@10']);
  }
  assert.deepEqual(delays.slice(0, 6), [25, 50, 100, 200, 250, 250]);
  assert.equal(Math.max(...delays), RECONNECT_BACKOFF.capMs);
});

test('what only a person can repair is tried every 5 s at most', () => {
  const run = begin();
  for (let attempt = 0; attempt < 12; attempt++) give(run, { kind: 'ended', cause: 'TLS_UNTRUSTED' }, timer);
  give(run, { kind: 'ended', cause: 'TLS_UNTRUSTED' });
  assert.deepEqual(essence(run), ['wait', 'wake 5000']);
});

test('refusals back off from 0.8 s to 30 s, and start anew after two healthy minutes', () => {
  const run = give(watching(), ended);
  const delays: number[] = [];
  for (let attempt = 0; attempt < 8; attempt++) {
    give(run, refused(503));
    const wake = run.commands.find((command) => command.kind === 'wake');
    delays.push(Math.round(wake?.delayMs ?? -1));
    give(later(run, wake?.delayMs ?? 0), timer);
  }
  assert.deepEqual(delays, [800, 1600, 3200, 6400, 12800, 25600, 30000, 30000]);
  give(run, accepted, item('11'), ended, refused(503));
  assert.deepEqual(
    essence(run),
    ['wait', `wake ${OVERLOAD_BACKOFF.capMs}`],
    'one success does not end an overload',
  );
  give(run, timer, accepted);
  give(later(run, 120_000), item('12'), ended, refused(503));
  assert.deepEqual(essence(run), ['wait', 'wake 800']);
});

test('Retry-After is obeyed within reason, with some jitter on top', () => {
  assert.deepEqual(essence(give(resumed(), refused(429, 5_000))), ['wait', 'wake 6000']);
  assert.deepEqual(essence(give(resumed(), refused(503, 86_400_000))), [
    'wait',
    `wake ${RETRY_AFTER_MAX_MS * 1.2}`,
  ]);
});

test('watches that end at once without an event are paced; one event ends that', () => {
  const run = give(watching(), item('11'), ended);
  const waits: string[] = [];
  for (let attempt = 0; attempt < 9; attempt++) {
    give(run, accepted, ended);
    if (run.machine.phase.kind === 'waiting') {
      waits.push(essence(run)[1] ?? '');
      give(run, timer);
    } else waits.push('at once');
  }
  assert.deepEqual(waits, [
    'at once',
    'wake 25',
    'wake 50',
    'wake 100',
    'wake 200',
    'wake 400',
    'wake 800',
    'wake 1000',
    'wake 1000',
  ]);
  assert.deepEqual(essence(give(run, accepted, item('12'), ended)), ['openWatch@12']);
});

test('a quiet watch that lasted a second is not a short one', () => {
  const run = give(watching(), ended);
  for (let attempt = 0; attempt < 5; attempt++) {
    give(run, accepted);
    assert.deepEqual(essence(give(later(run, 1_000), ended)), ['openWatch@10']);
  }
});

test('expired versions in a row are paced', () => {
  const run = give(watching(), ended, refused(410));
  assert.deepEqual(essence(run), ['openWatchList']);
  const again = give(give(watching(), errorEvent(410)), refused(410));
  assert.deepEqual(essence(again), ['wait', 'wake 800']);
});

test('ERROR 500 resumes three times and then lists', () => {
  const run = watching();
  for (let attempt = 0; attempt < 3; attempt++) {
    give(run, errorEvent(500));
    if (run.machine.phase.kind === 'waiting') give(run, timer);
    assert.deepEqual(essence(run), ['openWatch@10']);
    give(run, accepted);
  }
  assert.deepEqual(essence(give(run, errorEvent(500), timer)), ['openWatchList']);
});

test('a missing right is reported with verb and resource', () => {
  const message =
    'leases.coordination.k8s.io is forbidden: User "u" cannot watch resource "leases" in API group "coordination.k8s.io" in the namespace "n"';
  const body = JSON.stringify({ kind: 'Status', code: 403, reason: 'Forbidden', message });
  const denied = classify({ status: 403, retryAfterMs: undefined, body });
  assert.equal(denied.kind, 'forbidden');
  const run = begin([{ kind: 'refused', failure: denied }]);
  const report = run.commands.find((command) => command.kind === 'report');
  assert.deepEqual(report?.state, {
    kind: 'forbidden',
    verb: 'watch',
    resource: 'leases.coordination.k8s.io',
    retryInMs: 100 * random.fraction(),
  });
});

test('whatever happens in whatever order, something is open or a wake-up is due', () => {
  const inputs: readonly WatchInput[] = [
    accepted,
    item('12'),
    item('13'),
    bookmark('14'),
    end('15'),
    ended,
    lost,
    timer,
    timer,
    timer,
    { kind: 'malformed' },
    { kind: 'relistOrdered' },
    { kind: 'page', resourceVersion: '20', continueToken: 'c' },
    { kind: 'page', resourceVersion: '20', continueToken: undefined },
    ...[400, 401, 403, 404, 409, 410, 422, 429, 500, 503].flatMap((code) => [
      refused(code),
      errorEvent(code),
    ]),
    ...(['CONNECTION_REFUSED', 'PEER_SILENT', 'REQUEST_TIMEOUT', 'CREDENTIALS_UNREADABLE'] as const).map(
      (cause): WatchInput => ({ kind: 'ended', cause }),
    ),
  ];
  for (let seed = 1; seed <= 300; seed++) {
    const seeded = new SeededRandom(seed);
    let machine = step(INITIAL_MACHINE, { kind: 'started' }, { nowMs: 0, random: seeded }).machine;
    let [open, due, nowMs] = [true, true, 0];
    for (let count = 0; count < 200; count++) {
      nowMs += Math.floor(seeded.fraction() * 2_000);
      const input = inputs[Math.floor(seeded.fraction() * inputs.length)] ?? timer;
      // Only what can happen: a stream's inputs need a stream, a wake-up needs to have been asked for.
      if (input.kind === 'timer' ? !due : !open && input.kind !== 'relistOrdered') continue;
      if (input.kind === 'timer') due = false;
      const result = step(machine, input, { nowMs, random: seeded });
      machine = result.machine;
      for (const command of result.commands) {
        if (command.kind.startsWith('open')) [open, due] = [true, false];
        if (command.kind === 'wait') [open, due] = [false, false];
        if (command.kind === 'wake') {
          assert.ok(
            command.delayMs >= 0 && command.delayMs <= 650_000,
            `seed ${seed}: wake ${command.delayMs}`,
          );
          due = true;
        }
      }
      const { kind } = machine.phase;
      assert.ok(open || due, `seed ${seed}: neither open nor due after ${input.kind}, in ${kind}`);
      if (kind !== 'page') assert.ok(due, `seed ${seed}: no wake-up in ${kind} after ${input.kind}`);
    }
  }
});
