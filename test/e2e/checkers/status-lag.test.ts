import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { SingletonVersion } from '../recorder/history.ts';
import { statusLagMs } from './status-lag.ts';
import { Story, service, uidOf } from './story.ts';

const scope = { service, isMember: () => true };

const direct = () => new Story().service().pod('b').pod('a', { role: 'active' }).directRecord(1, 'a');
const says = (pod: string, epoch: number) => ({
  active: { pod, uid: uidOf(pod), node: undefined, epoch, since: '2026-01-01T00:00:00Z' },
  epoch,
});

/** With the Singleton's versions 100 ms after each other, changed as it is said. */
function lagMs(
  { history }: Story,
  change: (version: SingletonVersion, index: number) => object = () => ({}),
) {
  const singletons = history.singletons.map((version, index) => ({
    ...version,
    atMs: 1_000 + 100 * index,
    ...change(version, index),
  }));
  return statusLagMs({ ...history, singletons }, scope);
}

describe('how far a status is behind', () => {
  test('is counted from the last change of what it tells of, to what it has said since', () => {
    const { history } = direct()
      .status(says('a', 1))
      .directRecord(2, 'b')
      .pod('b', { role: 'active' })
      .status(says('b', 2))
      .status({ ...says('b', 2), failovers: 1 });
    assert.equal(statusLagMs(history, scope), 1);
  });

  test('is nothing where it said so before something changed that it does not tell of', () => {
    const { history } = direct().status(says('a', 1)).pod('b', { otherDeaths: 1 });
    assert.equal(statusLagMs(history, scope), 0);
  });

  test('finds one that comes late, and counts from when somebody could have written it', () => {
    const { history } = direct().status({}).status(says('a', 1));
    const [first, second] = history.singletons;
    assert.ok(first !== undefined && second !== undefined);
    const late = { ...history, singletons: [first, { ...second, atMs: 9_000 }] };
    assert.equal(statusLagMs(late, scope), 9_000 - first.atMs);
    assert.equal(statusLagMs(late, scope, { notBeforeMs: 8_500 }), 500);
  });

  test('is not that of a watch which brought the status long after the API server had it', () => {
    const { history } = direct().status({}).status(says('a', 1));
    const [first, second] = history.singletons;
    assert.ok(first !== undefined && second !== undefined);
    const late = { ...history, singletons: [first, { ...second, atMs: 9_000 }] };
    assert.equal(statusLagMs(late, scope, { writtenAtMs: first.atMs + 700 }), 700);
  });

  test('is counted from its own beginning for a Singleton that was made anew', () => {
    const story = direct().status(says('a', 1)).statusDeleted(says('a', 1)).status({}).status(says('a', 1));
    assert.equal(
      lagMs(story, (_version, index) => (index < 2 ? {} : { uid: 'anew' })),
      100,
    );
  });

  test('is counted from when something else was asked of it', () => {
    const story = direct().status(says('a', 1)).status({}).status(says('a', 1));
    assert.equal(
      lagMs(story, (_version, index) => ({ generation: index === 0 ? 1 : 2 })),
      100,
    );
  });
});
