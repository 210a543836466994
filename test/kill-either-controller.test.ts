/** Losing either controller, at any moment, never leaves a singleton without an active, nor with two. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Random } from '../src/time/clock.ts';
import { SeededRandom } from '../src/time/simulated-clock.ts';
import { World, type WorldController } from './controller/world.ts';

const moments = 200;
/** From before the strike to well after the failover. */
const spreadMs = { 'in time': 120, late: 700 };

/** One answer in so many is late, by up to the time after which it is given up. */
const lateAnswers = { oneIn: 5, lateMsMax: 500 };

function delaySome(random: Random, controllers: readonly WorldController[]): void {
  for (const { write } of controllers) {
    write.rules.push(() => {
      const isLate = random.fraction() < 1 / lateAnswers.oneIn;
      return isLate ? { lateMs: random.fraction() * lateAnswers.lateMsMax } : undefined;
    });
  }
}

async function play(seed: number, answers: 'in time' | 'late'): Promise<string> {
  const random = new SeededRandom(seed);
  const world = new World({ seed });
  world.addControllerPod('icr-a');
  world.addControllerPod('icr-b');
  world.addPod('a');
  world.addPod('b');
  const controllers = [world.addController('icr-a'), world.addController('icr-b')];
  await world.settle();
  await world.clock.advance(2_000);

  if (answers === 'late') {
    delaySome(random, controllers);
    for (const name of ['d', 'e']) world.addPod(name);
    // The next holder fails while answers about it are still on their way.
    world.clock.schedule(30 + random.fraction() * 300, () => world.crash(world.record()?.holder ?? ''));
  }

  const victim = controllers[random.fraction() < 0.5 ? 0 : 1];
  const killAtMs = random.fraction() * spreadMs[answers];
  world.clock.schedule(killAtMs, () => victim?.kill());
  world.clock.schedule(20, () => (random.fraction() < 0.5 ? world.forceDelete('a') : world.crash('a')));
  world.clock.schedule(300, () => world.addPod('c'));
  await world.clock.advance(320);
  await world.settle(answers === 'late' ? 5_000 : 1_000);
  // And it stays so, also with the controller that is left.
  await world.clock.advance(8_000);
  assert.ok(world.isSettled(), 'settled in the end');
  await world.end();
  return `${victim?.name} killed after ${killAtMs.toFixed(1)} ms`;
}

for (const answers of ['in time', 'late'] as const) {
  test(`G1, G2, G5, G6: kill -9 of either controller at ${moments} random moments, answers ${answers}`, async () => {
    for (let seed = 1; seed <= moments; seed++) {
      try {
        await play(seed, answers);
      } catch (error) {
        throw new Error(`seed ${seed}`, { cause: error });
      }
    }
  });
}
