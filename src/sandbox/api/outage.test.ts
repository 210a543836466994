/* Owns the test that an outage ends although its timer came early: the machine's timers do, by a fraction. */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { Clock } from '../../time/clock.ts';
import { SimulatedClock } from '../../time/simulated-clock.ts';
import { ApiFaults } from './faults.ts';

/** Timers of more than a millisecond fire half a millisecond before they are due. */
function hasty(clock: SimulatedClock): Clock {
  return {
    now: () => clock.now(),
    wallTimeMs: () => clock.wallTimeMs(),
    schedule: (delayMs, run) => clock.schedule(delayMs > 1 ? delayMs - 0.5 : delayMs, run),
  };
}

test('an outage whose timer comes early ends when it is over', async () => {
  const clock = new SimulatedClock();
  const faults = new ApiFaults(hasty(clock));
  const heard: boolean[] = [];
  faults.onOutage((down) => heard.push(down));
  faults.stopApi(200);
  await clock.advance(201);
  assert.deepEqual([faults.down, heard], [false, [true, false]]);
});

test('an outage that is made longer ends once, at its later end', async () => {
  const clock = new SimulatedClock();
  const faults = new ApiFaults(clock);
  const heard: [boolean, number][] = [];
  faults.onOutage((down) => heard.push([down, clock.now()]));
  faults.stopApi(100);
  faults.stopApi(300);
  await clock.advance(1_000);
  assert.equal(heard.find(([down]) => !down)?.[1], 300);
});
