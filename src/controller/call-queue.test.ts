import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CallQueue } from './call-queue.ts';
import { limits } from './limits.ts';

/** Calls that end when told to. */
function setUp() {
  const queue = new CallQueue();
  const started: string[] = [];
  const ends = new Map<string, (failure?: Error) => void>();
  const call = (name: string, urgency: 'first' | 'normal' | 'later' = 'normal') =>
    queue.run(urgency, () => {
      started.push(name);
      return new Promise<string>((resolve, reject) => {
        ends.set(name, (failure) => (failure === undefined ? resolve(name) : reject(failure)));
      });
    });
  const end = async (name: string, failure?: Error) => {
    ends.get(name)?.(failure);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { call, end, started };
}

describe('the queue of calls', () => {
  test('starts a call within the turn while there is room', () => {
    const { call, started } = setUp();
    void call('a');
    assert.deepEqual(started, ['a']);
  });

  test('holds back what exceeds the limit, and lets the urgent go before the rest', async () => {
    const { call, end, started } = setUp();
    for (let index = 0; index < limits.callsUnderWayMax; index++) void call(`early-${index}`);
    void call('later', 'later');
    void call('normal');
    void call('first', 'first');
    assert.equal(started.length, limits.callsUnderWayMax + 1);
    assert.equal(started.at(-1), 'first');
    await end('early-0');
    assert.equal(started.at(-1), 'normal');
    await end('early-1');
    assert.equal(started.at(-1), 'later');
  });

  test('a call that fails makes room too, and its failure reaches its caller', async () => {
    const { call, end, started } = setUp();
    const failing = call('failing');
    failing.catch(() => undefined);
    for (let index = 1; index < limits.callsUnderWayMax; index++) void call(`early-${index}`);
    void call('waiting');
    await end('failing', new Error('no'));
    await assert.rejects(failing, /no/);
    assert.equal(started.at(-1), 'waiting');
  });
});
