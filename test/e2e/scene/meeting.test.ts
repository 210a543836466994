import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Meeting } from './meeting.ts';

describe('what scenes have in common', () => {
  test('happens once, when the last of them is ready, and all get its moment', async () => {
    const { once } = new Meeting(2);
    let strikes = 0;
    const strike = () => {
      strikes += 1;
      return 40 + strikes;
    };
    const first = once(strike);
    assert.equal(strikes, 0);
    assert.deepEqual(await Promise.all([first, once(strike)]), [41, 41]);
    assert.deepEqual(await Promise.all([once(strike), once(strike)]), [42, 42]);
    assert.equal(strikes, 2);
  });

  test('fails for all of them', async () => {
    const { once } = new Meeting(2);
    const strike = () => Promise.reject(new Error('it does not run'));
    const outcomes = await Promise.allSettled([once(strike), once(strike)]);
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ['rejected', 'rejected'],
    );
  });

  test('is not waited for by the others once one of them has been broken off, before or after they have come', async () => {
    const meeting = new Meeting(2);
    const waiting = meeting.once(() => 1);
    meeting.breakOff();
    await assert.rejects(waiting, /broken off/);
    await assert.rejects(
      meeting.once(() => 1),
      /broken off/,
    );
  });
});
