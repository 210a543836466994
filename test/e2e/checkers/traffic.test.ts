import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Story, service } from './story.ts';
import { trafficProblems } from './traffic.ts';

const problemsOf = ({ history }: Story) => trafficProblems(history, { service, isMember: () => true });

/** One that stands: a is active, b stands by. */
const standing = () =>
  new Story()
    .pod('a')
    .pod('b')
    .record(1, 'a')
    .pod('a', { role: 'active' })
    .slice([{ pod: 'a', ready: true }]);

describe('the check of G2, traffic follows the record', () => {
  test('finds nothing in a failover whose old active is gone', () => {
    const story = standing()
      .pod('a', { role: 'active', leaving: true })
      .slice([{ pod: 'a', ready: false, serving: true, terminating: true }])
      .podDeleted('a', { role: 'active', leaving: true })
      .slice([])
      .record(2, 'b')
      .pod('b', { role: 'active' })
      .slice([{ pod: 'b', ready: true }]);
    assert.deepEqual(problemsOf(story), []);
  });

  test('finds nothing where the label of a living old active goes first', () => {
    const story = standing()
      .record(2, 'b')
      .pod('a')
      .pod('b', { role: 'active' })
      .slice([{ pod: 'b', ready: true }]);
    assert.deepEqual(problemsOf(story), []);
  });

  test('takes what leaves for unused while another one is ready, as a Service proxy does', () => {
    const story = standing()
      .pod('a', { role: 'active', leaving: true })
      .record(2, 'b')
      .pod('b', { role: 'active' })
      .slice([
        { pod: 'a', ready: false, serving: true, terminating: true },
        { pod: 'b', ready: true },
      ]);
    assert.deepEqual(problemsOf(story), []);
  });

  test('finds nothing where the slices come so late that the record has moved on', () => {
    const story = standing()
      .pod('a')
      .record(2, 'b')
      .pod('b', { role: 'active' })
      .record(3, 'a')
      .slice([{ pod: 'b', ready: true }]);
    assert.deepEqual(problemsOf(story), []);
  });

  test('finds two members that serve at once, in one slice or in two', () => {
    const one = standing()
      .record(2, 'b')
      .pod('a')
      .pod('b', { role: 'active' })
      .slice([
        { pod: 'a', ready: true },
        { pod: 'b', ready: true },
      ]);
    assert.match(problemsOf(one).join(), /at 9 the Service leads to a and b/);
    const two = standing()
      .record(2, 'b')
      .pod('a')
      .pod('b', { role: 'active' })
      .slice([{ pod: 'b', ready: true }], 'two');
    assert.match(problemsOf(two).join(), /the Service leads to a and b/);
  });

  test('finds two that serve at once while both leave', () => {
    const story = standing().slice([
      { pod: 'a', ready: false, serving: true, terminating: true },
      { pod: 'b', ready: false, serving: true, terminating: true },
    ]);
    assert.match(problemsOf(story).join(), /the Service leads to a and b/);
  });

  test('finds a label that comes before the record, and the traffic that follows it', () => {
    const story = standing()
      .pod('a')
      .pod('b', { role: 'active' })
      .slice([{ pod: 'b', ready: true }])
      .record(2, 'b');
    assert.deepEqual(problemsOf(story), [
      'at 7 b got role=active, and the record named a',
      'at 8 the Service begins to lead to b, and the record named a',
    ]);
  });

  test('finds traffic that goes back to a member which has lost the role', () => {
    const story = standing()
      .record(2, 'b')
      .pod('a')
      .pod('b', { role: 'active' })
      .slice([{ pod: 'b', ready: true }])
      .pod('b')
      .pod('a', { role: 'active' })
      .slice([{ pod: 'a', ready: true }]);
    assert.deepEqual(problemsOf(story), [
      'at 11 a got role=active, and the record named b',
      'at 12 the Service begins to lead to a, and the record named b',
    ]);
  });

  test('finds two with role=active at once', () => {
    const story = standing().record(2, 'b').pod('b', { role: 'active' });
    assert.match(problemsOf(story).join(), /several have role=active: a, b/);
  });

  test('believes after a hole what could have been meanwhile, and nothing else', () => {
    const unseen = standing()
      .podListed('b', { role: 'active' })
      .podListed('a')
      .recordListed(2, 'b')
      .slice([{ pod: 'b', ready: true }]);
    assert.deepEqual(problemsOf(unseen), []);
    const wrong = standing().podListed('b', { role: 'active' }).podListed('a').recordListed(2, 'a');
    assert.match(problemsOf(wrong).join(), /b got role=active, and the record named a/);
  });
});
