import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Move } from '../../api/singleton.ts';
import { decodeSingleton, type SingletonObject } from '../cluster/decode-singleton.ts';
import { highestEpoch, judgeSwitchover, type SwitchoverRequest } from './judge-switchover.ts';

const request: SwitchoverRequest = { uid: 'u', to: 'best', epoch: 3 };
const because = { code: 'HolderHealthy', sentence: 'web-1 holds epoch 3; 1 fit standby' };

function move(kind: Move['kind'], to: string, epoch: number): object {
  return {
    kind,
    because: { code: 'Asked', sentence: `to ${to}` },
    from: 'web-1',
    to,
    epoch,
    at: '',
    by: '',
    phasesMs: {},
  };
}

function singleton(
  annotations: Readonly<Record<string, string>>,
  history: readonly object[] = [],
  paused = false,
): SingletonObject {
  return decodeSingleton({
    metadata: {
      namespace: 'default',
      name: 'web',
      uid: 'u',
      resourceVersion: '7',
      creationTimestamp: '2026-11-25T11:00:00Z',
      annotations,
    },
    spec: { selector: { matchLabels: { app: 'web' } }, paused },
    status: { epoch: 3, because, history },
  });
}

const standing = { 'understudy.dev/switchover': 'best' };
const answered = (text: string) => ({ 'understudy.dev/switchover-result': text });

describe('what has come of a request for a switchover', () => {
  test('nothing, while it stands; and why is what the controller said last', () => {
    assert.deepEqual(judgeSwitchover(request, singleton(standing)), {
      kind: 'pending',
      stands: true,
      known:
        'no controller has taken the request; the last it said: HolderHealthy: web-1 holds epoch 3; 1 fit standby',
    });
    const paused = judgeSwitchover(request, singleton(standing, [], true));
    assert.match(
      paused.kind === 'pending' ? paused.known : '',
      /^no controller has taken the request, and it is paused;/,
    );
  });

  test('a switchover of a higher epoch than was known, whatever the annotations say', () => {
    for (const annotations of [standing, {}, answered('refused: no')]) {
      const state = judgeSwitchover(request, singleton(annotations, [move('Switchover', 'web-2', 4)]));
      assert.deepEqual([state.kind, state.kind === 'done' && state.move?.to], ['done', 'web-2']);
    }
  });

  test('not a switchover that was there before, nor a failover, nor one to another member than was asked for', () => {
    const before = singleton(standing, [move('Switchover', 'web-2', 3)]);
    assert.equal(judgeSwitchover(request, before).kind, 'pending');
    const failover = singleton(standing, [move('Failover', 'web-2', 4)]);
    assert.equal(judgeSwitchover(request, failover).kind, 'pending');
    const other = singleton({ 'understudy.dev/switchover': 'web-3' }, [move('Switchover', 'web-2', 4)]);
    assert.equal(judgeSwitchover({ ...request, to: 'web-3' }, other).kind, 'pending');
  });

  test('what the controller writes as it takes the request away', () => {
    assert.deepEqual(judgeSwitchover(request, singleton(answered('refused: nobody is fit'))), {
      kind: 'refused',
      sentence: 'nobody is fit',
    });
    assert.deepEqual(judgeSwitchover(request, singleton(answered('done: web-2 is active'))), {
      kind: 'done',
      sentence: 'web-2 is active',
      move: undefined,
    });
  });

  test('not known, where it is gone without an answer, or with one that makes no sense', () => {
    for (const annotations of [{}, answered('perhaps')]) {
      const state = judgeSwitchover(request, singleton(annotations));
      assert.deepEqual(state.kind === 'pending' && state.stands, false);
    }
  });

  test('the place taken by another request, or the whole Singleton gone or made anew', () => {
    const other = singleton({ 'understudy.dev/switchover': 'web-9' });
    assert.deepEqual(judgeSwitchover(request, other), { kind: 'replaced', by: 'web-9' });
    assert.deepEqual(judgeSwitchover(request, undefined), { kind: 'gone' });
    assert.deepEqual(judgeSwitchover({ ...request, uid: 'old' }, singleton(standing)), { kind: 'gone' });
  });
});

test('the highest epoch that a Singleton knows of is looked for wherever it may stand', () => {
  assert.equal(highestEpoch(singleton({}, [move('Failover', 'web-2', 9)])), 9);
  assert.equal(highestEpoch(singleton({})), 3);
});
