import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { statusProblems } from './status.ts';
import { Story, uidOf } from './story.ts';

const problemsOf = ({ history }: Story) => statusProblems(history);
const active = (pod: string, epoch: number) => ({
  active: { pod, uid: uidOf(pod), node: undefined, epoch, since: '2026-01-01T00:00:00Z' },
  epoch,
});

describe('the check that a status never runs ahead of the record', () => {
  test('finds nothing where it follows, late and with steps left out', () => {
    const story = new Story()
      .status({})
      .directRecord(1, 'a')
      .status(active('a', 1))
      .directRecord(2, 'b')
      .directRecord(3, 'a')
      .status(active('b', 2))
      .status(active('a', 3))
      .status({ epoch: 3 });
    assert.deepEqual(problemsOf(story), []);
  });

  test('finds one that calls somebody active before the record does', () => {
    const story = new Story().directRecord(1, 'a').status(active('b', 2)).directRecord(2, 'b');
    assert.deepEqual(problemsOf(story), [
      'at 2 answering says that b is active with epoch 2, which no record had said',
      'at 2 answering says epoch 2, and the highest given out was 1',
    ]);
  });

  test('finds one that calls the right one active with the epoch of another', () => {
    const story = new Story().record(1, 'a').record(2, 'b').status(active('b', 1));
    assert.match(problemsOf(story).join(), /b is active with epoch 1, which no record had said/);
  });

  test('finds an epoch that falls, and lets another Singleton of that name begin anew', () => {
    const fallen = new Story().directRecord(7, 'a').status({ epoch: 7 }).status({ epoch: 6 });
    assert.match(problemsOf(fallen).join(), /fell from 7 to 6/);
    const { history } = new Story()
      .directRecord(7, 'a')
      .status({ epoch: 7 })
      .statusDeleted({ epoch: 7 })
      .status({});
    const singletons = history.singletons.map((version, index) =>
      index < 2 ? version : { ...version, uid: 'another' },
    );
    assert.deepEqual(statusProblems({ ...history, singletons }), []);
  });

  test('believes after a hole what the record could have said meanwhile, and nothing else', () => {
    const unseen = new Story().record(1, 'a').status(active('b', 2)).recordListed(2, 'b');
    assert.deepEqual(problemsOf(unseen), []);
    const wrong = new Story().record(1, 'a').status(active('b', 2)).recordListed(2, 'c');
    assert.match(problemsOf(wrong).join(), /b is active with epoch 2/);
  });
});
