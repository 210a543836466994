import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ContainerLog } from './container-log.ts';
import { CONTAINER_LOG_BYTES_MAX } from './limits.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (log: ContainerLog) => log.lines.map((line) => Buffer.from(line.bytes).toString());

test('lines are put together from chunks, each with the time of its end', () => {
  const log = new ContainerLog();
  log.append('stdout', bytes('one\ntw'), 1);
  log.append('stderr', bytes('error\n'), 2);
  log.append('stdout', bytes('o\nthr'), 3);
  log.close(4);
  assert.deepEqual(text(log), ['one\n', 'error\n', 'two\n', 'thr']);
  assert.deepEqual(
    log.lines.map(({ atMs }) => atMs),
    [1, 2, 3, 4],
  );
});

test('memory is bounded: the oldest lines go, the newest stay', () => {
  const log = new ContainerLog();
  for (let number = 0; number < 100_000; number++) log.append('stdout', bytes(`line ${number}\n`), number);
  const total = log.lines.reduce((sum, line) => sum + line.bytes.length, 0);
  assert.ok(total <= CONTAINER_LOG_BYTES_MAX && total >= CONTAINER_LOG_BYTES_MAX / 2 - 100);
  assert.equal(text(log).at(-1), 'line 99999\n');
});

test('output without a line feed is cut into pieces', () => {
  const log = new ContainerLog();
  for (let count = 0; count < 64; count++) log.append('stdout', bytes('x'.repeat(1_024)), 0);
  assert.equal(log.lines.length, 4);
});

test('a follower hears every later line and the end, and nothing after it left', () => {
  const log = new ContainerLog();
  const heard: (string | undefined)[] = [];
  const listen = (line: { readonly bytes: Uint8Array } | undefined) =>
    heard.push(line && Buffer.from(line.bytes).toString());
  log.append('stdout', bytes('before\n'), 0);
  log.follow(listen);
  log.append('stdout', bytes('after\n'), 0);
  log.close(0);
  assert.deepEqual(heard, ['after\n', undefined]);
  log.follow(listen);
  assert.deepEqual(heard, ['after\n', undefined, undefined]);
});
