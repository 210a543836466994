import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SimulatedClock } from '../time/simulated-clock.ts';
import { DialQueue } from './dial-queue.ts';

function queueOf(dialsPerTurnMax: number) {
  const clock = new SimulatedClock();
  const queue = new DialQueue({ clock, dialsPerTurnMax });
  const dialed: string[] = [];
  const add = (...keys: string[]) => {
    for (const key of keys) queue.add(key, () => dialed.push(key));
  };
  return { clock, queue, dialed, add };
}

describe('the dial queue', () => {
  test('begins a dial at once, up to so many a turn, and the rest in the turns after it', async () => {
    const { clock, dialed, add } = queueOf(2);
    add('a', 'b', 'c', 'd', 'e');
    assert.deepEqual(dialed, ['a', 'b']);
    await clock.advance(0);
    assert.deepEqual(dialed, ['a', 'b', 'c', 'd', 'e']);
    add('f');
    assert.deepEqual(dialed.at(-1), 'f', 'a later turn has room again');
  });

  test('forgets a dial that is not wanted any more, and has one a singleton', async () => {
    const { clock, queue, dialed, add } = queueOf(1);
    add('a', 'b', 'c', 'c');
    queue.remove('b');
    queue.remove('unknown');
    await clock.advance(0);
    assert.deepEqual(dialed, ['a', 'c']);
  });

  test('begins nothing once it is stopped', async () => {
    const { clock, queue, dialed, add } = queueOf(1);
    add('a', 'b');
    queue.stop();
    await clock.advance(10);
    assert.deepEqual(dialed, ['a']);
  });
});
