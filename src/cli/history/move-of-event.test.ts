import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { describePhases, type TimelinePhases } from '../../controller/timeline.ts';
import type { EventObject } from './decode-event.ts';
import { moveOfEvent, movesOfMembers } from './move-of-event.ts';

const phases: TimelinePhases = {
  lateness: 312.4,
  decide: 0.42,
  record: 4.1,
  fence: 3.04,
  route: 5.5,
  notify: 1.2,
  total: 13.06,
};

function event(reason: string, message: string, name = 'web-2'): EventObject {
  return {
    namespace: 'default',
    name: 'e',
    uid: 'e',
    resourceVersion: '1',
    createdAtMs: 0,
    labels: {},
    annotations: {},
    regarding: { kind: 'Pod', name },
    reason,
    message,
    instance: 'understudy-a',
    atMs: Date.UTC(2026, 10, 25, 11, 3, 4),
  };
}

function moveTo(to: string, from: string | undefined, epoch: number) {
  const sentence =
    from === undefined
      ? `no member was active; ${to} is first`
      : `${from}: its pod is gone; ${to} takes over`;
  const move = moveOfEvent(
    event('HolderDeleted', `${sentence} (epoch ${epoch}; ${describePhases(phases)})`, to),
  );
  assert.ok(move !== undefined);
  return move;
}

describe('a move is read out of the Event that the controller writes of it', () => {
  test('with its epoch, its holders and every phase', () => {
    const sentence = 'web-1: critical container main ended (terminated); web-2 takes over';
    assert.deepEqual(
      moveOfEvent(event('HolderCriticalDeath', `${sentence} (epoch 8; ${describePhases(phases)})`)),
      {
        kind: 'Failover',
        because: { code: 'HolderCriticalDeath', sentence },
        from: 'web-1',
        to: 'web-2',
        epoch: 8,
        at: '2026-11-25T11:03:04.000Z',
        by: 'understudy-a',
        phasesMs: { lateness: 312, decide: 0.4, record: 4.1, fence: 3, route: 5.5, notify: 1.2, total: 13.1 },
      },
    );
  });

  test('phases that did not take place are not there', () => {
    const few = { ...phases, lateness: undefined, fence: undefined, notify: undefined };
    const move = moveOfEvent(
      event('HolderDeleted', `web-1: its pod is gone (epoch 8; ${describePhases(few)})`),
    );
    assert.deepEqual(Object.keys(move?.phasesMs ?? {}), ['decide', 'record', 'route', 'total']);
  });

  test('an election is one by its code, and nobody held before it', () => {
    const sentence = 'no member was active; web-2 is first among the fit';
    const move = moveOfEvent(event('FirstElection', `${sentence} (epoch 1; ${describePhases(phases)})`));
    assert.deepEqual([move?.kind, move?.from], ['Election', undefined]);
    const kept = moveOfEvent(event('EpochFell', `web-2: x (epoch 9; ${describePhases(phases)})`));
    assert.deepEqual([kept?.kind, kept?.from], ['Election', undefined]);
  });

  test('a move is of the same kind as the status of a Singleton has it', () => {
    const kinds = ['NodeCordoned', 'Switchover', 'RoleReturned'].map(
      (code) => moveOfEvent(event(code, `x (epoch 9; ${describePhases(phases)})`))?.kind,
    );
    assert.deepEqual(kinds, ['Switchover', 'Switchover', 'Election']);
  });

  test('an Event of something else is none', () => {
    assert.equal(
      moveOfEvent(event('NoFitStandby', 'web-1: its pod is gone, and no member is fit')),
      undefined,
    );
    assert.equal(moveOfEvent(event('Killing', 'Stopping container main (epoch 8)')), undefined);
    const ofNode = event('HolderDeleted', `x (epoch 8; ${describePhases(phases)})`);
    assert.equal(moveOfEvent({ ...ofNode, regarding: { kind: 'Node', name: 'node-1' } }), undefined);
  });
});

test('the moves of one singleton are found among those of its namespace, also of pods that are gone, newest first', () => {
  const ours = [moveTo('web-0', undefined, 1), moveTo('web-1', 'web-0', 2), moveTo('web-2', 'web-1', 3)];
  const others = [moveTo('db-0', undefined, 1), moveTo('db-1', 'db-0', 2)];
  assert.deepEqual(
    movesOfMembers([...others, ...ours], ['web-2', 'web-3']).map(({ to, epoch }) => [to, epoch]),
    [
      ['web-2', 3],
      ['web-1', 2],
      ['web-0', 1],
    ],
  );
  assert.deepEqual(movesOfMembers(others, ['web-2']), []);
});
