import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SimulatedClock } from '../time/simulated-clock.ts';
import { limits } from './limits.ts';
import type { NotifyOutcome } from './notify.ts';
import { type Finish, SendSlots } from './send-slots.ts';

const sent: NotifyOutcome = { kind: 'sent' };
const { notifySocketsMax: max, answerPatienceMs } = limits;

/** Sends that end when the test says so. */
function setUp(givesWay: boolean) {
  const clock = new SimulatedClock();
  const slots = new SendSlots({ clock, givesWay });
  const begun: Finish[] = [];
  const outcomes: NotifyOutcome[] = [];
  let held = 0;
  const run = (count: number) => {
    for (let index = 0; index < count; index++) {
      const ended = slots.run((finish) => {
        begun.push(finish);
        held += 1;
        return () => {
          held -= 1;
        };
      });
      void ended.then((outcome) => outcomes.push(outcome));
    }
  };
  return { clock, slots, begun, outcomes, run, held: () => held };
}

describe('sends that are open at once', () => {
  test('begin within the call while there is room, and never more than the limit', () => {
    const { begun, run, held } = setUp(false);
    run(max + 10);
    assert.deepEqual([begun.length, held()], [max, max]);
  });

  test('let the next one in, in the order that they came, and let go of what they held', async () => {
    const { begun, outcomes, run, held, clock } = setUp(false);
    run(max + 2);
    begun[3]?.(sent);
    begun[3]?.({ kind: 'refused' });
    await clock.advance(0);
    assert.deepEqual([begun.length, held(), outcomes], [max + 1, max, [sent]]);
  });

  test('fail when they are closed, with those that wait and those that come later', async () => {
    const { slots, outcomes, run, held, begun, clock } = setUp(true);
    run(max + 5);
    slots.close();
    run(1);
    await clock.advance(0);
    assert.deepEqual([begun.length, held()], [max, 0]);
    assert.equal(outcomes.length, max + 6);
    assert.ok(outcomes.every(({ kind }) => kind === 'failed'));
  });

  test('that cannot even begin fail, and hold no place', async () => {
    const { slots } = setUp(false);
    for (let index = 0; index <= max; index++) {
      const outcome = await slots.run(() => {
        throw new RangeError('no such port');
      });
      assert.deepEqual(outcome, { kind: 'failed', because: 'no such port' });
    }
  });

  test('may end before they have told what they hold: it is let go all the same', async () => {
    const { slots } = setUp(false);
    let isHeld = true;
    const outcome = await slots.run((finish) => {
      finish(sent);
      return () => {
        isHeld = false;
      };
    });
    assert.deepEqual([outcome, isHeld], [sent, false]);
  });
});

describe('sends that wait for an answer which does not come', () => {
  test('keep their places while nobody else wants one', async () => {
    const { clock, run, outcomes } = setUp(true);
    run(max);
    await clock.advance(10 * answerPatienceMs);
    assert.deepEqual(outcomes, []);
  });

  test('G7: give way to others after a moment, so that no number of them holds up one that would be answered', async () => {
    const { clock, run, begun, outcomes } = setUp(true);
    run(max + 3);
    await clock.advance(answerPatienceMs - 1);
    assert.equal(begun.length, max);
    await clock.advance(1);
    assert.equal(begun.length, max + 3);
    assert.deepEqual(
      outcomes.map(({ kind }) => kind),
      ['unacknowledged', 'unacknowledged', 'unacknowledged'],
    );
    run(max);
    await clock.advance(3 * answerPatienceMs);
    assert.equal(begun.length, 2 * max + 3);
  });

  test('are heard to the end if they are merely slow, a few at a time, however many wait', async () => {
    const { clock, slots } = setUp(true);
    const slowMs = 4 * answerPatienceMs;
    const acknowledged: number[] = [];
    const send = async () => {
      const { kind } = await slots.run((finish) => {
        const timer = clock.schedule(slowMs, () => finish({ kind: 'acknowledged' }));
        return () => timer.cancel();
      });
      if (kind === 'acknowledged') acknowledged.push(clock.now());
    };
    for (let index = 0; index < 100 * max; index++) void send();
    await clock.advance(slowMs);
    assert.equal(acknowledged.length, max / 2);
    await clock.advance(slowMs);
    assert.ok(acknowledged.length >= max);
  });

  test('give way to nobody where sends end by themselves', async () => {
    const { clock, run, begun, outcomes } = setUp(false);
    run(max + 1);
    await clock.advance(10 * answerPatienceMs);
    assert.deepEqual([begun.length, outcomes], [max, []]);
  });
});
