import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { AuditEntry } from '../audit/decode-audit-event.ts';
import { deleteProblems } from './deletes.ts';
import { namespace, Story, uidOf } from './story.ts';

function deletion(name: string, change: Partial<AuditEntry> = {}): AuditEntry {
  return {
    id: `${name}-${change.receivedAtMs ?? 0}`,
    stage: 'ResponseComplete',
    user: 'controller',
    verb: 'delete',
    path: `/api/v1/namespaces/${namespace}/pods/${name}`,
    target: { group: '', resource: 'pods', subresource: undefined, namespace, name },
    code: 200,
    isForbidden: false,
    receivedAtMs: 0,
    uidPrecondition: uidOf(name),
    hasBody: true,
    ...change,
  };
}

const problemsOf = (story: Story, ...entries: readonly AuditEntry[]) =>
  deleteProblems(entries, story.history, { namespace, isMember: () => true });

const standing = () => new Story().record(1, 'a').pod('a', { role: 'active' }).pod('b');

describe('the check of G8, nothing is wrongly deleted', () => {
  test('accepts the delete of a pod whose critical container ended', () => {
    const story = standing().pod('b', { criticalDeaths: 1 }).podDeleted('b', { criticalDeaths: 1 });
    assert.deepEqual(problemsOf(story, deletion('b')), []);
  });

  test('accepts the fence of a pod that has lost the role', () => {
    const story = standing().record(2, 'b').podDeleted('a', { role: 'active' });
    assert.deepEqual(problemsOf(story, deletion('a')), []);
  });

  test("accepts the fence of one that was leaving already, on somebody else's word", () => {
    const story = standing()
      .pod('a', { role: 'active', leaving: true })
      .record(2, 'b')
      .podDeleted('a', { role: 'active', leaving: true });
    assert.deepEqual(problemsOf(story, deletion('a', { receivedAtMs: 4.5 })), []);
    assert.match(problemsOf(story, deletion('a', { receivedAtMs: 3.5 })).join(), /had not lost the role/);
  });

  test('goes by the slice where that is the record, and by what took its place where the mode has changed', () => {
    const direct = () => new Story().directRecord(1, 'a').pod('a', { role: 'active' }).pod('b');
    const fenced = direct().directRecord(2, 'b').podDeleted('a', { role: 'active' });
    assert.deepEqual(problemsOf(fenced, deletion('a')), []);
    const named = direct().podDeleted('a', { role: 'active' });
    assert.match(problemsOf(named, deletion('a')).join(), /had not lost the role/);
    const moved = direct()
      .directRecord(1, 'a', { moved: true })
      .record(2, 'a')
      .podDeleted('a', { role: 'active' });
    assert.match(problemsOf(moved, deletion('a')).join(), /had not lost the role/);
  });

  test('finds a delete without a reason: of a healthy active, of a healthy standby', () => {
    const active = standing().podDeleted('a', { role: 'active' });
    assert.match(problemsOf(active, deletion('a')).join(), /had not lost the role/);
    const standby = standing().podDeleted('b');
    assert.match(problemsOf(standby, deletion('b')).join(), /had not lost the role/);
  });

  test('finds a delete for the end of a container that is not critical', () => {
    const story = standing().pod('b', { otherDeaths: 1 }).podDeleted('b', { otherDeaths: 1 });
    assert.match(problemsOf(story, deletion('b')).join(), /none of its critical containers had ended/);
  });

  test('finds a delete that came before its reason', () => {
    const early = standing().podDeleted('a', { role: 'active' }).record(2, 'b');
    assert.match(problemsOf(early, deletion('a')).join(), /had not lost the role/);
    const unproven = standing()
      .pod('b', { leaving: true })
      .pod('b', { leaving: true, criticalDeaths: 1 })
      .podDeleted('b', { leaving: true, criticalDeaths: 1 });
    assert.match(problemsOf(unproven, deletion('b')).join(), /none of its critical containers had ended/);
  });

  test('finds a delete without a UID, and one of which that is not known', () => {
    const story = standing().pod('b', { criticalDeaths: 1 }).podDeleted('b', { criticalDeaths: 1 });
    const bare = problemsOf(story, deletion('b', { uidPrecondition: undefined }));
    assert.match(bare.join(), /without a UID/);
    const unknown = problemsOf(story, deletion('b', { uidPrecondition: undefined, hasBody: false }));
    assert.match(unknown.join(), /was not recorded/);
  });

  test('finds a delete of a whole collection, of a stranger, and of what nobody saw', () => {
    const story = standing().podDeleted('b');
    assert.match(problemsOf(story, deletion('', { verb: 'deletecollection' })).join(), /collection/);
    assert.match(problemsOf(story, deletion('ghost')).join(), /nobody ever saw it/);
    const strangers = deleteProblems([deletion('b')], story.history, { namespace, isMember: () => false });
    assert.match(strangers.join(), /is no member/);
  });

  test('asks for no UID of a delete that was refused before it was read, by an API server that has just started', () => {
    const atTheDoor = { code: 403, isForbidden: true, uidPrecondition: undefined, hasBody: false };
    assert.deepEqual(problemsOf(standing(), deletion('b', atTheDoor)), []);
  });

  test('does not hold a refused delete against anybody', () => {
    assert.deepEqual(problemsOf(standing(), deletion('a', { code: 409 }), deletion('a', { code: 404 })), []);
  });

  test('finds critical deletes that follow each other without a back-off, and takes a second delete of one pod for one', () => {
    const story = standing()
      .pod('b', { criticalDeaths: 1 })
      .podDeleted('b', { criticalDeaths: 1 })
      .pod('c', { criticalDeaths: 1 })
      .podDeleted('c', { criticalDeaths: 1 });
    const first = deletion('b', { receivedAtMs: 0 });
    const again = deletion('b', { receivedAtMs: 50 });
    assert.deepEqual(problemsOf(story, first, again, deletion('c', { receivedAtMs: 1_020 })), []);
    assert.match(problemsOf(story, first, deletion('c', { receivedAtMs: 200 })).join(), /200 ms after/);
  });
});
