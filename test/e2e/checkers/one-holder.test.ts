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

  test('finds nothing where the record moves from a Lease to a slice and back, the epoch with it', () => {
    const story = new Story()
      .record(1, 'a')
      .recordMoved(1, 'a')
      .directRecord(2, 'a')
      .directRecord(3, 'b')
      .directRecord(3, 'b', { moved: true })
      .record(4, 'b')
      .directRecordDeleted(3, 'b')
      .record(5, 'a');
    assert.deepEqual(problemsOf(story), []);
    assert.deepEqual(
      story.history.records.map(({ mode, epoch, gone }) => [mode, epoch, gone]),
      [
        ['Labels', 1, false],
        ['Labels', 1, true],
        ['Direct', 2, false],
        ['Direct', 3, false],
        ['Direct', 3, true],
        ['Labels', 4, false],
        ['Labels', 5, false],
      ],
    );
  });

  test('finds a slice that names somebody while the Lease still does', () => {
    const story = new Story().record(1, 'a').directRecord(2, 'b');
    assert.match(problemsOf(story).join(), /a second record beside understudy-answering/);
  });

  test('finds an epoch that falls when the mode changes, and one that gets a second holder by it', () => {
    const fallen = new Story().record(5, 'a').recordMoved(5, 'a').directRecord(1, 'a');
    assert.match(problemsOf(fallen).join(), /fell from 5 to 1/);
    const second = new Story().record(5, 'a').recordMoved(5, 'a').directRecord(5, 'b');
    assert.match(problemsOf(second).join(), /epoch 5 of uid-a has a second holder, uid-b/);
  });
});
