import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { MonotonicMs } from '../time/clock.ts';
import { limits } from './limits.ts';
import { describePhases, phasesOf, type Timeline, TimelineRing } from './timeline.ts';

const at = (ms: number) => ms as MonotonicMs;

describe('the timeline of a failover', () => {
  test('each phase starts where the one before it ended, and notify runs beside route', () => {
    const phases = phasesOf(
      {
        seenAt: at(10),
        decidedAt: at(10.2),
        recordWrittenAt: at(14),
        fencedAt: at(16),
        routedAt: at(20),
        notifiedAt: at(17),
      },
      640,
    );
    assert.deepEqual(phases, {
      lateness: 640,
      decide: 0.2,
      record: 3.8,
      fence: 2,
      route: 4,
      notify: 1,
      total: 10,
    });
    assert.equal(
      describePhases(phases),
      'known 640 ms late, decided in 0.2 ms, record 3.8 ms, fence 2.0 ms, route 4.0 ms, notify 1.0 ms; 10.0 ms from seen to routed',
    );
  });

  test('a phase that did not take place has no duration', () => {
    const phases = phasesOf(
      { seenAt: at(0), decidedAt: at(1), recordWrittenAt: at(3), routedAt: at(7) },
      undefined,
    );
    assert.equal(phases.fence, undefined);
    assert.equal(phases.route, 4);
    assert.equal(phases.lateness, undefined);
  });

  test("another machine's clock that runs ahead does not make lateness negative", () => {
    assert.equal(phasesOf({ seenAt: at(0), decidedAt: at(0) }, -300).lateness, 0);
  });

  test('the ring keeps the newest ones', () => {
    const ring = new TimelineRing();
    for (let epoch = 1; epoch <= limits.timelinesMax + 5; epoch++) ring.add({ epoch } as Timeline);
    assert.equal(ring.list().length, limits.timelinesMax);
    assert.equal(ring.list()[0]?.epoch, 6);
  });
});
