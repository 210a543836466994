import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Epoch, Incarnation, ResourceVersion } from '../core/identity.ts';
import { podUid } from '../core/identity.ts';
import type { Member } from '../core/member.ts';
import type { RecordWrite } from '../core/record.ts';
import { decodeLease } from '../kube/decode-lease.ts';
import { decodeLabelsRecord, encodeLabelsRecord } from './labels-record-codec.ts';
import { resolveHolder, singletonOf } from './stored-record.ts';

const holder = {
  name: 'a',
  uid: podUid('uid-a'),
  incarnation: 'uid-a/main=1' as Incarnation,
  hasStopped: false,
};
const write: RecordWrite = {
  base: { kind: 'create' },
  holder,
  epoch: 57 as Epoch,
  podsVersion: 1234n as ResourceVersion,
  singletonVersion: 1200n as ResourceVersion,
  serving: true,
};

function leaseFrom(body: { metadata: object; spec: object }, name = 'understudy-hapod') {
  const metadata = {
    namespace: 'default',
    name,
    uid: 'lease-1',
    resourceVersion: '9',
    creationTimestamp: '2026-01-01T00:00:00Z',
  };
  return decodeLease(
    JSON.parse(JSON.stringify({ metadata: { ...metadata, ...body.metadata }, spec: body.spec })),
  );
}

function encoded() {
  const about = { singletonName: 'hapod', code: 'FirstElection', wallTimeMs: 0 };
  const { metadata, rest } = encodeLabelsRecord(write, about);
  return { metadata, spec: { ...Object(rest.spec) } };
}

describe('the record as a Lease', () => {
  test('is read back as it was written', () => {
    const lease = leaseFrom(encoded());
    assert.deepEqual(decodeLabelsRecord(lease), {
      epoch: 57,
      holder,
      podsVersion: 1234n,
      singletonVersion: 1200n,
      retired: false,
      problems: [],
    });
    assert.equal(lease.transitions, 57);
    assert.equal(lease.holder, 'a');
  });

  test('that its holder has ended stands in it for that pod alone, and not for the next holder', () => {
    const { metadata, spec } = encoded();
    const ended = (uid: string) => {
      const annotations = { ...metadata.annotations, 'understudy.dev/holder-stopped': uid };
      return decodeLabelsRecord(leaseFrom({ metadata: { ...metadata, annotations }, spec })).holder
        ?.hasStopped;
    };
    assert.equal(ended('uid-a'), true);
    assert.equal(ended('uid-of-the-one-before'), false);
    const next = { ...write, base: { kind: 'replace', resourceVersion: '9' } } as const;
    const about = { singletonName: 'hapod', code: 'HolderStopped', wallTimeMs: 0 };
    const { annotations } = encodeLabelsRecord(next, about).metadata;
    assert.equal(Object(annotations)['understudy.dev/holder-stopped'], null);
  });

  test('belongs to a singleton only under the name that follows from it', () => {
    assert.equal(singletonOf(leaseFrom(encoded())), 'hapod');
    assert.equal(singletonOf(leaseFrom(encoded(), 'somebody-elses')), undefined);
  });

  test('without annotations it knows the holder by name only, and says so', () => {
    const { metadata, spec } = encoded();
    const record = decodeLabelsRecord(leaseFrom({ metadata: { labels: metadata.labels }, spec }));
    assert.deepEqual(record.holder, { name: 'a', uid: undefined, incarnation: undefined, hasStopped: false });
    assert.equal(record.epoch, 57);
    assert.match(record.problems.join(), /names a without a UID/);
  });

  test('an emptied holder is nobody', () => {
    const { metadata } = encoded();
    assert.equal(
      decodeLabelsRecord(leaseFrom({ metadata, spec: { leaseTransitions: 57 } })).holder,
      undefined,
    );
  });

  test('its own epoch is believed as far as a Lease can hold one: what is written there is read again', () => {
    const { metadata, spec } = encoded();
    const lease = leaseFrom({ metadata, spec: { ...spec, leaseTransitions: 2_147_483_647 } });
    assert.equal(decodeLabelsRecord(lease).epoch, 2_147_483_647);
  });

  test('an epoch that cannot be one counts as none, and it is said', () => {
    const { metadata, spec } = encoded();
    const record = decodeLabelsRecord(leaseFrom({ metadata, spec: { ...spec, leaseTransitions: -1 } }));
    assert.equal(record.epoch, 0);
    assert.match(record.problems.join(), /leaseTransitions is -1/);
  });

  test('without its labels it is known by its name alone, and that is said', () => {
    const { metadata, spec } = encoded();
    const lease = leaseFrom({ metadata: { ...metadata, labels: {} }, spec });
    const { epoch, problems } = decodeLabelsRecord(lease);
    assert.equal(epoch, 57);
    assert.match(problems.join(), /known by its name alone/);
  });

  test('a replace removes the pods version that it has none of, a create leaves it out', () => {
    const about = { singletonName: 'hapod', code: 'x', wallTimeMs: 0 };
    const bare = { ...write, podsVersion: undefined };
    const replace: RecordWrite = { ...bare, base: { kind: 'replace', resourceVersion: '1' } };
    const annotation = 'understudy.dev/pods-version';
    assert.equal(encodeLabelsRecord(replace, about).metadata.annotations[annotation], null);
    assert.equal(encodeLabelsRecord(bare, about).metadata.annotations[annotation], undefined);
  });
});

describe('a holder known by name only', () => {
  const member = { uid: podUid('uid-a'), name: 'a', containers: [] as Member['containers'] } as Member;

  test('is recognised by the member of that name, in its present incarnation', () => {
    const resolved = resolveHolder(
      { name: 'a', uid: undefined, incarnation: undefined, hasStopped: false },
      member,
    );
    assert.deepEqual(resolved, { name: 'a', uid: 'uid-a', incarnation: 'uid-a/', hasStopped: false });
  });

  test('is somebody who is gone where there is no such member', () => {
    assert.equal(
      resolveHolder({ name: 'a', uid: undefined, incarnation: undefined, hasStopped: false }, undefined).uid,
      '',
    );
  });

  test('an incarnation that the record does say is kept', () => {
    assert.deepEqual(resolveHolder(holder, member), holder);
  });
});
