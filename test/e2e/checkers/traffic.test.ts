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

/** The same in Direct mode: the slice is the record. */
const direct = () =>
  new Story()
    .pod('a')
    .pod('b')
    .directRecord(1, 'a', { endpoints: leadingTo('a', 'b') })
    .pod('a', { role: 'active' });

const leadingTo = (holder: string, ...others: readonly string[]) => [
  { pod: holder, ready: true },
  ...others.map((pod) => ({ pod, ready: false, serving: false })),
];

describe('the check of G2 in Direct mode', () => {
  test('finds nothing where traffic moves first and the labels follow', () => {
    const story = direct()
      .pod('a', { role: 'active', leaving: true })
      .directRecord(2, 'b', { endpoints: leadingTo('b', 'a') })
      .podDeleted('a', { role: 'active', leaving: true })
      .pod('b', { role: 'active' });
    assert.deepEqual(problemsOf(story), []);
  });

  test('finds nothing where the holder dies with no standby: its endpoint is not ready, the slice not empty', () => {
    const story = direct().directRecord(1, 'a', { endpoints: [{ pod: 'a', ready: false, serving: false }] });
    assert.deepEqual(problemsOf(story), []);
  });

  test('finds a slice that leads to somebody whom it does not name', () => {
    const other = direct().directRecord(2, 'a', { endpoints: leadingTo('b', 'a') });
    assert.deepEqual(problemsOf(other), [
      'at 5 the Service begins to lead to b, and the record named a',
      'at 5 understudy-answering leads to b, whom it does not name',
    ]);
    const also = direct().directRecord(1, 'a', { endpoints: [...leadingTo('a'), ...leadingTo('b')] });
    assert.match(problemsOf(also).join(), /at 5 understudy-answering leads to b, whom it does not name/);
  });

  test('finds one that goes on leading to the old holder while it names the next one', () => {
    const story = direct().directRecord(2, 'b', { endpoints: leadingTo('a', 'b') });
    assert.deepEqual(problemsOf(story), ['at 5 understudy-answering leads to a, whom it does not name']);
  });

  test('finds traffic to one that only leaves, and a slice without endpoints', () => {
    const leaving = { pod: 'b', ready: false, serving: true, terminating: true };
    const falling = direct().directRecord(1, 'a', { endpoints: [{ pod: 'a', ready: false }, leaving] });
    assert.match(problemsOf(falling).join(), /leads to b, whom it does not name/);
    const empty = direct().directRecord(1, 'a', { endpoints: [] });
    assert.deepEqual(problemsOf(empty), ['at 5 understudy-answering has no endpoint at all']);
  });

  test("finds what is left of Kubernetes' own endpoints once the role has moved", () => {
    const story = direct()
      .slice([{ pod: 'a', ready: true }])
      .directRecord(2, 'b', { endpoints: leadingTo('b', 'a') });
    assert.match(problemsOf(story).join(), /at 6 the Service leads to (a and b|b and a)/);
  });

  test('lets a second address family follow, and finds one that leads where the record never did', () => {
    const story = direct()
      .secondFamily(1, 'a')
      .directRecord(2, 'b', { endpoints: leadingTo('b', 'a') })
      .secondFamily(2, 'b');
    assert.deepEqual(problemsOf(story), []);
    const early = direct().secondFamily(1, 'a').secondFamily(2, 'b');
    assert.match(problemsOf(early).join(), /at 6 the Service begins to lead to b, and the record named a/);
  });

  test('finds a label that comes before the record here too', () => {
    const story = direct().pod('a').pod('b', { role: 'active' });
    assert.match(problemsOf(story).join(), /b got role=active, and the record named a/);
  });

  test('holds nobody to what somebody else has written, and us to what follows it', () => {
    const story = direct().directRecord(1, 'a', { endpoints: [] });
    const byOthers = new Set([story.version]);
    const problemsAfter = ({ history }: Story) =>
      trafficProblems(history, { service, isMember: () => true, byOthers });
    assert.deepEqual(problemsAfter(story), []);
    assert.deepEqual(problemsAfter(story.directRecord(1, 'a', { endpoints: leadingTo('a', 'b') })), []);
    const wrong = story.directRecord(1, 'a', { endpoints: leadingTo('b', 'a') });
    assert.match(problemsAfter(wrong).join(), /leads to b, whom it does not name/);
  });

  test('finds nothing where the mode changes and the holder stays', () => {
    const toDirect = standing()
      .recordMoved(1, 'a')
      .directRecord(2, 'a', { endpoints: leadingTo('a', 'b') });
    assert.deepEqual(problemsOf(toDirect), []);
    const toLabels = direct()
      .directRecord(1, 'a', { endpoints: leadingTo('a', 'b'), moved: true })
      .slice([{ pod: 'a', ready: true }])
      .record(2, 'a')
      .directRecordDeleted(1, 'a');
    assert.deepEqual(problemsOf(toLabels), []);
  });

  test('finds a change of the mode that takes another one along', () => {
    const story = standing()
      .recordMoved(1, 'a')
      .directRecord(2, 'b', { endpoints: leadingTo('b', 'a') });
    assert.match(problemsOf(story).join(), /the Service leads to a and b/);
  });
});
