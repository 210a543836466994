import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { oneHolderProblems } from './one-holder.ts';
import { Story } from './story.ts';

const problemsOf = (story: Story) => oneHolderProblems(story.history);

describe('the check of G1, one holder', () => {
  test('finds nothing in two failovers, a record that is renewed, and one that was lost and made again', () => {
    const story = new Story()
      .record(1, 'a')
      .pod('a', { role: 'active', epoch: 1 })
      .record(1, 'a')
      .record(2, 'b')
      .pod('a', { role: 'standby', epoch: 2 })
      .pod('b', { role: 'active', epoch: 2 })
      .recordDeleted(2, 'b')
      .record(3, 'b')
      .record(4, 'a');
    assert.deepEqual(problemsOf(story), []);
  });

  test('finds an epoch with two holders', () => {
    assert.match(problemsOf(new Story().record(1, 'a').record(1, 'b')).join(), /second holder, uid-b/);
  });

  test('finds an epoch that falls, also over a record that was lost', () => {
    assert.match(problemsOf(new Story().record(2, 'a').record(1, 'a')).join(), /fell from 2 to 1/);
    const lost = new Story().record(5, 'a').recordDeleted(5, 'a').record(1, 'b');
    assert.match(problemsOf(lost).join(), /fell from 5 to 1/);
  });

  test('finds a second record of one singleton', () => {
    const story = new Story().record(1, 'a');
    const [first] = story.history.records;
    assert.ok(first !== undefined);
    const second = { ...first, name: 'understudy-again', uid: 'again', version: 2n, epoch: 2 };
    const problems = oneHolderProblems({ pods: [], records: [first, second] });
    assert.match(problems.join(), /a second record/);
  });

  test('finds a pod that is labelled active for the epoch of another one', () => {
    const story = new Story().record(1, 'a').record(2, 'b').pod('a', { role: 'active', epoch: 2 });
    assert.match(problemsOf(story).join(), /a is labelled active for epoch 2, whose holder is uid-b/);
  });
});
