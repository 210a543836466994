/** The views on pods and records, fed as a reflector feeds them. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { podUid } from '../core/identity.ts';
import { decodeLease } from '../kube/decode-lease.ts';
import { decodePod } from '../kube/decode-pod.ts';
import { SimulatedClock } from '../time/simulated-clock.ts';
import { labelsRecords } from './labels-record-codec.ts';
import { limits } from './limits.ts';
import { podDecoding } from './pod-codec.ts';
import { PodView } from './pod-view.ts';
import { RecordView } from './record-view.ts';

interface PodChanges {
  readonly name?: string;
  readonly role?: string;
  readonly restarts?: number;
}

function pod(version: number, { name = 'a', role = 'standby', restarts = 0 }: PodChanges = {}) {
  return decodePod(
    {
      metadata: {
        namespace: 'default',
        name,
        uid: `uid-${name}`,
        resourceVersion: String(version),
        creationTimestamp: '2026-01-01T00:00:00Z',
        labels: { app: 'hapod', role },
        annotations: { 'understudy.dev/epoch': '3' },
      },
      spec: { containers: [{ name: 'main', env: [{ name: 'pwcriticality', value: 'critical' }] }] },
      status: {
        phase: 'Running',
        containerStatuses: [
          {
            name: 'main',
            ready: true,
            restartCount: restarts,
            containerID: `c://${restarts}`,
            state: { running: {} },
          },
        ],
      },
    },
    podDecoding,
  );
}

function makePodView(isHolder: (uid: string) => boolean = () => false) {
  const changed: string[] = [];
  const problems: string[] = [];
  const view = new PodView({
    clock: new SimulatedClock(),
    isHolder: (_, uid) => isHolder(uid),
    onChanged: ({ namespace }) => void changed.push(namespace),
    onProblem: (_, name, problem) => void problems.push(`${name}: ${problem}`),
    onMalformed: (name) => void problems.push(name),
  });
  const sink = view.sinkFor(undefined);
  sink.onState({ kind: 'listing' });
  return { view, sink, pods: view.podsOf('default'), changed, problems };
}

const apply = (sink: ReturnType<PodView['sinkFor']>, version: number, changes?: PodChanges) =>
  sink.onApplied(pod(version, changes), String(version));

describe('the view on pods', () => {
  test('an older version never overwrites a newer one, whichever way it comes', () => {
    const { sink, pods, changed } = makePodView();
    apply(sink, 10, { role: 'standby' });
    pods.applyOwnWrite(pod(12, { role: 'active' }), sinkNow);
    apply(sink, 11, { role: 'standby' });
    apply(sink, 12, { role: 'active' });
    assert.equal(pods.members[0]?.roleLabel, 'active');
    assert.equal(pods.members[0]?.resourceVersion, '12');
    assert.equal(changed.length, 1);
  });

  test('a pod that is not heard of is not gone: only a DELETED event or a completed list says so', () => {
    const { sink, pods } = makePodView();
    apply(sink, 10, { name: 'a' });
    apply(sink, 11, { name: 'b' });
    sink.onSynced(new Set(['uid-a', 'uid-b']), '20');
    sink.onState({ kind: 'broken', because: 'CONNECTION_LOST', retryInMs: 100 });
    assert.equal(pods.members.length, 2);
    sink.onDeleted({ namespace: 'default', name: 'a', uid: 'uid-a' }, undefined, '21');
    assert.deepEqual(
      pods.departed.map(({ name }) => name),
      ['a'],
    );
    sink.onSynced(new Set(), '30');
    assert.deepEqual(
      pods.departed.map(({ name }) => name),
      ['a', 'b'],
    );
  });

  test('one that is gone does not come back by a late answer or an older event', () => {
    const { sink, pods } = makePodView();
    apply(sink, 10);
    sink.onDeleted({ namespace: 'default', name: 'a', uid: 'uid-a' }, pod(11), '11');
    pods.applyOwnWrite(pod(12), sinkNow);
    apply(sink, 9);
    assert.equal(pods.isEmpty, true);
    apply(sink, 13);
    assert.equal(pods.members.length, 1);
    assert.equal(pods.departed.length, 0);
  });

  test('an own delete that was accepted marks it leaving, and an event of before does not unmark it', () => {
    const { sink, pods } = makePodView();
    apply(sink, 10);
    pods.applyOwnDelete(podUid('uid-a'), 0);
    apply(sink, 11);
    assert.deepEqual(pods.members[0]?.leaving, { graceSeconds: 0 });
  });

  test('a restart that happened between two events is a critical death, and is counted once', () => {
    const { sink, pods } = makePodView();
    apply(sink, 10, { restarts: 0 });
    apply(sink, 11, { restarts: 1 });
    apply(sink, 12, { restarts: 1 });
    assert.equal(pods.members[0]?.criticalDeath?.sign, 'restartCount');
    assert.equal(pods.criticalDeletes.count, 0);
    sink.onDeleted({ namespace: 'default', name: 'a', uid: 'uid-a' }, undefined, '13');
    assert.equal(pods.criticalDeletes.count, 1);
  });

  test('what was seen reaches as far as the events, but the items of a list say nothing of each other', () => {
    const { view, sink, pods } = makePodView();
    apply(sink, 50);
    assert.equal(view.seenVersion('default'), undefined);
    sink.onSynced(new Set(['uid-a']), '60');
    sink.onState({ kind: 'watching' });
    assert.equal(view.seenVersion('default'), 60n);
    sink.onBookmark('70');
    assert.equal(view.seenVersion('default'), 70n);
    sink.onState({ kind: 'listing' });
    apply(sink, 90);
    assert.equal(view.seenVersion('default'), 70n);
    assert.equal(pods.evidenceVersion, 90n);
  });

  test('the memory of those that went is bounded, and never drops the holder', () => {
    const { sink, pods } = makePodView((uid) => uid === 'uid-p0');
    for (let index = 0; index < 3 * limits.departedMax; index++) {
      apply(sink, 10 + 2 * index, { name: `p${index}` });
      const key = { namespace: 'default', name: `p${index}`, uid: `uid-p${index}` };
      sink.onDeleted(key, undefined, String(11 + 2 * index));
    }
    assert.equal(pods.departed.length, limits.departedMax);
    assert.equal(pods.departed[0]?.name, 'p0');
  });

  test('a problem of a pod is said once, not with each of its versions', () => {
    const { sink, problems } = makePodView();
    for (let version = 10; version < 20; version++) apply(sink, version, { role: 'banana' });
    assert.equal(problems.length, 1);
  });

  test('a watch of one namespace says nothing about the pods of another', () => {
    const { view } = makePodView();
    const other = view.sinkFor('other');
    const { sink, pods } = makePodView();
    apply(sink, 10);
    other.onSynced(new Set(), '99');
    assert.equal(pods.members.length, 1);
  });
});

const sinkNow = new SimulatedClock().now();

const labels = { 'understudy.dev/lease': 'record', 'understudy.dev/singleton': 'hapod' };

function lease(version: number, about: { epoch?: number; uid?: string; labels?: object } = {}) {
  const { epoch = 1, uid = 'lease-1' } = about;
  return decodeLease({
    metadata: {
      namespace: 'default',
      name: 'understudy-hapod',
      uid,
      resourceVersion: String(version),
      creationTimestamp: '2026-01-01T00:00:00Z',
      labels: about.labels ?? labels,
      annotations: {
        'understudy.dev/holder-uid': 'uid-a',
        'understudy.dev/holder-incarnation': 'uid-a/main=1',
      },
    },
    spec: { holderIdentity: 'a', leaseTransitions: epoch },
  });
}

function makeRecordView() {
  const changed: string[] = [];
  const problems: string[] = [];
  const view = new RecordView({
    kind: labelsRecords,
    onChanged: (namespace, name) => void changed.push(`${namespace}/${name}`),
    onSynced: () => undefined,
    onProblem: (_namespace, _name, problem) => void problems.push(problem),
    onMalformed: () => undefined,
  });
  const sink = view.sinkFor(undefined);
  const record = () => view.recordOf('default', 'hapod');
  const epoch = () => {
    const known = record();
    return known.kind === 'present' ? known.record.epoch : known.kind;
  };
  return { view, sink, changed, problems, record, epoch };
}

const leaseKey = { namespace: 'default', name: 'understudy-hapod', uid: 'lease-1' };

describe('the view on records', () => {
  test('a record is unknown before the first complete picture, and absent only after it', () => {
    const { sink, epoch } = makeRecordView();
    assert.equal(epoch(), 'unknown');
    sink.onSynced(new Set(), '5');
    assert.equal(epoch(), 'absent');
  });

  test('an older version never overwrites a newer one', () => {
    const { view, sink, epoch, changed } = makeRecordView();
    sink.onApplied(lease(10, { epoch: 1 }), '10');
    view.applyWritten('hapod', lease(12, { epoch: 2 }));
    sink.onApplied(lease(11, { epoch: 1 }), '11');
    sink.onApplied(lease(12, { epoch: 2 }), '12');
    assert.equal(epoch(), 2);
    assert.equal(changed.length, 1);
  });

  test('an unknown outcome stays unknown until a newer version, or an answer to a GET, settles it', () => {
    const { view, sink, epoch } = makeRecordView();
    sink.onApplied(lease(10, { epoch: 1 }), '10');
    view.markUnknown('default', 'hapod');
    sink.onApplied(lease(10, { epoch: 1 }), '10');
    assert.equal(epoch(), 'unknown');
    view.applyFound('hapod', lease(10, { epoch: 1 }), view.changesOf('default', 'hapod'));
    assert.equal(epoch(), 1);
    view.markUnknown('default', 'hapod');
    sink.onApplied(lease(11, { epoch: 2 }), '11');
    assert.equal(epoch(), 2);
  });

  test('a record that was deleted is absent, and its epoch is remembered', () => {
    const { view, sink, epoch } = makeRecordView();
    sink.onApplied(lease(10, { epoch: 57 }), '10');
    sink.onDeleted(leaseKey, lease(11, { epoch: 57 }), '11');
    assert.equal(epoch(), 'absent');
    assert.equal(view.highestEpoch('default', 'hapod'), 57);
  });

  test('a record that lost its labels is absent for the watch, and there again with the answer to a GET', () => {
    const { view, sink, epoch, problems } = makeRecordView();
    const ask = () => {
      const before = view.changesOf('default', 'hapod');
      view.applyFound('hapod', lease(11, { labels: {} }), before);
    };
    sink.onApplied(lease(10), '10');
    sink.onDeleted(leaseKey, lease(11), '11');
    assert.equal(epoch(), 'absent');
    ask();
    assert.equal(epoch(), 1);
    sink.onSynced(new Set(), '50');
    assert.equal(epoch(), 'absent');
    ask();
    assert.equal(epoch(), 1);
    assert.equal(problems.length, 1, 'said once');
  });

  test('a record that a GET found is not believed where it has changed since', () => {
    const { view, sink, epoch } = makeRecordView();
    sink.onApplied(lease(10), '10');
    const before = view.changesOf('default', 'hapod');
    sink.onDeleted(leaseKey, lease(11), '11');
    view.applyFound('hapod', lease(10), before);
    assert.equal(epoch(), 'absent');
  });

  test('the deletion of an earlier record does not remove the one that took its place', () => {
    const { view, sink, epoch } = makeRecordView();
    sink.onApplied(lease(10), '10');
    view.applyWritten('hapod', lease(12, { epoch: 2, uid: 'lease-2' }));
    sink.onDeleted(leaseKey, undefined, '11');
    assert.equal(epoch(), 2);
  });

  test('a GET that found nothing is not believed where the record has changed since', () => {
    const { view, sink, epoch } = makeRecordView();
    const before = view.changesOf('default', 'hapod');
    sink.onApplied(lease(10), '10');
    view.applyNotFound('default', 'hapod', before);
    assert.equal(epoch(), 1);
  });

  test('a completed list without it makes it absent', () => {
    const { sink, epoch } = makeRecordView();
    sink.onApplied(lease(10), '10');
    sink.onSynced(new Set(['lease-1']), '12');
    assert.equal(epoch(), 1);
    sink.onSynced(new Set(), '14');
    assert.equal(epoch(), 'absent');
  });
});
