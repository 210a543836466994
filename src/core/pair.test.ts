/* Owns the tests of the controller pair: who becomes the active one, and who keeps out of its way. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { after, type MonotonicMs } from '../time/clock.ts';
import { limits } from './limits.ts';
import { type ControllerPod, decidePair, type PairLease, type PairView } from './pair.ts';

const now = 9_000 as MonotonicMs;
const first = { name: 'icr-a', instance: '1' };
const second = { name: 'icr-b', instance: '2' };

function view(changes: Partial<PairView>): PairView {
  return {
    self: first,
    lease: { kind: 'absent' },
    livePeers: [second],
    pods: [],
    sightIsClear: true,
    vacantSince: now,
    ...changes,
  };
}

function heldBy(holder: typeof first | undefined): PairLease {
  return { kind: 'present', resourceVersion: '7', holder };
}

function controllerPod(name: string, roleLabel: string | undefined, alive = true): ControllerPod {
  return { uid: `uid-${name}`, name, resourceVersion: '3', roleLabel, alive };
}

test('the lowest name claims a Lease that nobody holds', () => {
  assert.deepEqual(decidePair(view({}), now).effects, [{ kind: 'claim', base: { kind: 'create' } }]);
});

test('a higher name waits its turn, and claims when the lowest does not', () => {
  const waiting = view({ self: second, livePeers: [first] });
  const turn = after(now, limits.pairClaimPatienceMs);
  assert.deepEqual(decidePair(waiting, now), { role: 'backup', effects: [], recheckAt: turn });
  assert.equal(decidePair(waiting, turn).effects[0]?.kind, 'claim');
});

test('a living holder keeps the role, although a lower name has come', () => {
  const decision = decidePair(view({ lease: heldBy(second), vacantSince: undefined }), now);
  assert.deepEqual(decision, { role: 'backup', effects: [], recheckAt: undefined });
});

test('a dead holder is replaced at once', () => {
  const decision = decidePair(view({ self: second, livePeers: [], lease: heldBy(first) }), now);
  assert.deepEqual(decision.effects, [{ kind: 'claim', base: { kind: 'replace', resourceVersion: '7' } }]);
});

test('a restarted controller is not taken for the one that held the Lease before', () => {
  const restarted = { ...first, instance: '3' };
  const decision = decidePair(view({ self: restarted, lease: heldBy(first) }), now);
  assert.equal(decision.effects[0]?.kind, 'claim');
});

test('a living holder of the own name keeps the role too: two of one name do not fight', () => {
  const namesake = { ...first, instance: '3' };
  const held = view({ lease: heldBy(namesake), livePeers: [namesake], vacantSince: undefined });
  assert.deepEqual(decidePair(held, now), { role: 'backup', effects: [], recheckAt: undefined });
});

test('the active one labels itself active and every other living controller standby', () => {
  const pods = [
    controllerPod('icr-a', 'standby'),
    controllerPod('icr-b', 'active'),
    controllerPod('icr-c', 'active', false),
  ];
  const decision = decidePair(view({ lease: heldBy(first), pods }), now);
  assert.equal(decision.role, 'active');
  assert.deepEqual(
    decision.effects.map((effect) =>
      effect.kind === 'label-controller' ? [effect.pod.name, effect.role] : [],
    ),
    [
      ['icr-a', 'active'],
      ['icr-b', 'standby'],
    ],
  );
});

test('who does not see clearly leaves the pair as it is', () => {
  assert.deepEqual(decidePair(view({ sightIsClear: false }), now).effects, []);
  assert.deepEqual(decidePair(view({ lease: { kind: 'unknown' } }), now).effects, []);
});
