import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decodePod, type PodObject } from '../kube/decode-pod.ts';
import type { WatchSink } from '../kube/watch-sink.ts';
import { AllPods } from './all-pods.ts';

function pod(name: string, version: number, labels: Readonly<Record<string, string>>): PodObject {
  const metadata = {
    name,
    namespace: 'default',
    uid: `uid-${name}`,
    resourceVersion: String(version),
    creationTimestamp: '2026-01-01T00:00:00Z',
    labels,
  };
  return decodePod({ metadata, spec: { containers: [] } }, { keepEnv: [] });
}

/** Writes down what it hears. */
function makeGroup(matchLabels: Readonly<Record<string, string>>) {
  const heard: string[] = [];
  const sink: WatchSink<PodObject> = {
    onApplied: ({ name }, version) => void heard.push(`${name} applied at ${version}`),
    onDeleted: ({ uid }, _last, version) => void heard.push(`${uid} gone at ${version}`),
    onSynced: (present, version) => void heard.push(`[${[...present].join()}] at ${version}`),
    onBookmark: (version) => void heard.push(`nothing else up to ${version}`),
    onMalformed: () => undefined,
    onState: ({ kind }) => void heard.push(kind),
  };
  return { group: { namespace: 'default', matchLabels, sink }, heard };
}

function watched() {
  const all = new AllPods(() => undefined);
  const sink = all.sinkFor(undefined);
  sink.onState({ kind: 'listing' });
  sink.onApplied(pod('a', 1, { app: 'feed' }), '5');
  sink.onApplied(pod('b', 2, { app: 'other' }), '5');
  sink.onSynced(new Set(['uid-a', 'uid-b']), '5');
  sink.onState({ kind: 'watching' });
  return { all, sink };
}

describe('all pods', () => {
  test('a group hears of the pods that are there already as of a list', () => {
    const { all } = watched();
    const { group, heard } = makeGroup({ app: 'feed' });
    all.add(group);
    assert.deepEqual(heard, ['listing', 'a applied at 1', '[uid-a] at 5', 'watching']);
  });

  test('a pod that leaves a group by its labels is gone for it, as for a watch with that selector', () => {
    const { all, sink } = watched();
    const [feed, other] = [makeGroup({ app: 'feed' }), makeGroup({ app: 'other' })];
    all.add(feed.group);
    all.add(other.group);
    feed.heard.length = 0;
    other.heard.length = 0;
    sink.onApplied(pod('a', 6, { app: 'other' }), '6');
    assert.deepEqual(feed.heard, ['uid-a gone at 6']);
    assert.deepEqual(other.heard, ['a applied at 6']);
  });

  test('a list without a pod tells its group so, and no other one', () => {
    const { all, sink } = watched();
    const [feed, other] = [makeGroup({ app: 'feed' }), makeGroup({ app: 'other' })];
    all.add(feed.group);
    all.add(other.group);
    feed.heard.length = 0;
    other.heard.length = 0;
    sink.onSynced(new Set(['uid-b']), '9');
    assert.deepEqual(feed.heard, ['[] at 9']);
    assert.deepEqual(other.heard, ['[uid-b] at 9']);
  });

  test('a group that was taken away hears nothing more', () => {
    const { all, sink } = watched();
    const { group, heard } = makeGroup({ app: 'feed' });
    all.add(group);
    all.remove(group);
    heard.length = 0;
    sink.onDeleted({ namespace: 'default', name: 'a', uid: 'uid-a' }, undefined, '7');
    assert.deepEqual(heard, []);
  });
});
