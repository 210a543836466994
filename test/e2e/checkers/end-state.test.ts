import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Condition, ConditionType, SingletonStatus } from '../../../src/api/singleton.ts';
import { endStateProblems } from './end-state.ts';
import { Story, service, uidOf } from './story.ts';

const scope = { service, isMember: () => true };
const problemsOf = ({ history }: Story) => endStateProblems(history, scope);

function conditions(states: Partial<Record<ConditionType, boolean>> = {}): readonly Condition[] {
  const all = { Accepted: true, Available: true, Redundant: true, Paused: false, ...states };
  return Object.entries(all).map(([type, is]) => ({
    type: type as ConditionType,
    status: is ? 'True' : 'False',
    reason: 'Told',
    message: '',
    observedGeneration: 1,
    lastTransitionTime: '2026-01-01T00:00:00Z',
  }));
}

function statusOf(
  pod: string,
  epoch: number,
  change: Partial<SingletonStatus> = {},
): Partial<SingletonStatus> {
  const active = { pod, uid: uidOf(pod), node: undefined, epoch, since: '2026-01-01T00:00:00Z' };
  return { mode: 'Direct', active, epoch, ready: '2/2', conditions: conditions(), ...change };
}

/** a is active in Direct mode, b stands by. */
const direct = () => new Story().service().pod('b').pod('a', { role: 'active' }).directRecord(1, 'a');

/** The same in Labels mode. */
const labels = () =>
  new Story()
    .service({ role: 'active' })
    .pod('b')
    .record(1, 'a')
    .pod('a', { role: 'active' })
    .slice([{ pod: 'a', ready: true }]);

describe('the check of what a status says at the end of a scene', () => {
  test('finds nothing where it tells what there is, in either mode', () => {
    assert.deepEqual(problemsOf(direct().status(statusOf('a', 1))), []);
    assert.deepEqual(problemsOf(labels().status(statusOf('a', 1, { mode: 'Labels' }))), []);
  });

  test('finds a Singleton that is missing, and one without a status', () => {
    assert.deepEqual(problemsOf(direct()), ['there is no Singleton']);
    const { history } = direct().status({});
    const singletons = history.singletons.map((version) => ({ ...version, status: undefined }));
    assert.deepEqual(endStateProblems({ ...history, singletons }, scope), ['answering has no status']);
  });

  test('finds one that still calls the old one active', () => {
    const story = direct()
      .pod('b', { role: 'active' })
      .pod('a')
      .directRecord(2, 'b')
      .status(statusOf('a', 1));
    assert.deepEqual(problemsOf(story), [
      'status says active: a, and it is b',
      'status says the epoch of active: 1, and it is 2',
      'status says epoch: 1, and it is 2',
    ]);
  });

  test('finds an active that is called so although its pod is gone', () => {
    const gone = direct().podDeleted('a', { role: 'active' });
    const without = { ready: '1/1', conditions: conditions({ Available: false }) };
    assert.match(problemsOf(gone.status(statusOf('a', 1, without))).join(), /active: a, and it is none/);
    const right = { ...without, active: undefined };
    assert.deepEqual(problemsOf(gone.status(statusOf('a', 1, right))), []);
  });

  test('finds the wrong mode, node and number of fit members', () => {
    const story = direct()
      .node('node1', false)
      .pod('b', { node: 'node1' })
      .status(statusOf('a', 1, { mode: 'Labels' }));
    assert.deepEqual(problemsOf(story), [
      'status says mode: Labels, and it is Direct',
      'status says ready: 2/2, and it is 1/2',
      'status says condition Redundant: True, and it is False',
    ]);
  });

  test('finds a label that is on another one than the holder', () => {
    const story = direct().pod('a').pod('b', { role: 'active' }).status(statusOf('a', 1));
    assert.deepEqual(problemsOf(story), ['role=active is on b, and the record names a']);
  });

  test('finds one that is called available, and the Service leads to nobody, or its container is not ready', () => {
    const nobody = direct()
      .directRecord(1, 'a', { endpoints: [{ pod: 'a', ready: false }] })
      .status(statusOf('a', 1));
    assert.deepEqual(problemsOf(nobody), ['status says condition Available: True, and it is False']);
    const unfit = direct()
      .pod('a', { role: 'active', ready: false })
      .status(statusOf('a', 1, { ready: '1/2', conditions: conditions({ Redundant: false }) }));
    assert.deepEqual(problemsOf(unfit), [
      'status says condition Available: True, and it is False',
      'status says condition Redundant: False, and it is True',
    ]);
  });
});
