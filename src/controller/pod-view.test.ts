/** The view on pods where the store goes back to what it was before: a backup of it was restored. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decodePod } from '../kube/decode-pod.ts';
import { SimulatedClock } from '../time/simulated-clock.ts';
import { podDecoding } from './pod-codec.ts';
import { PodView } from './pod-view.ts';

function pod(version: number, name: string, phase: string, epoch: number) {
  return decodePod(
    {
      metadata: {
        namespace: 'default',
        name,
        uid: `uid-${name}`,
        resourceVersion: String(version),
        creationTimestamp: '2026-01-01T00:00:00Z',
        annotations: { 'understudy.dev/epoch': String(epoch) },
      },
      spec: { containers: [] },
      status: { phase },
    },
    podDecoding,
  );
}

function makeSynced() {
  const view = new PodView({
    clock: new SimulatedClock(),
    isHolder: () => false,
    onChanged: () => undefined,
    onProblem: () => undefined,
    onMalformed: () => undefined,
  });
  const sink = view.sinkFor(undefined);
  sink.onState({ kind: 'listing' });
  sink.onApplied(pod(1000, 'a', 'Running', 7), '1000');
  sink.onApplied(pod(300, 'b', 'Running', 1), '300');
  sink.onSynced(new Set(['uid-a', 'uid-b']), '1000');
  sink.onState({ kind: 'watching' });
  const pods = view.podsOf('default');
  const phases = () => pods.members.map(({ name, phase }) => `${name} ${phase}`).sort();
  return { view, sink, pods, phases };
}

describe('a list of an older version than what was seen before it', () => {
  test('replaces it all: its pods count, and the epoch does not fall', () => {
    const { view, sink, pods, phases } = makeSynced();
    sink.onDeleted({ namespace: 'default', name: 'b', uid: 'uid-b' }, undefined, '1001');
    sink.onState({ kind: 'listing' });
    sink.onApplied(pod(400, 'a', 'Failed', 2), '400');
    sink.onApplied(pod(300, 'b', 'Running', 1), '300');
    sink.onSynced(new Set(['uid-a', 'uid-b']), '500');
    assert.deepEqual(phases(), ['a Failed', 'b Running']);
    assert.deepEqual(pods.departed, []);
    assert.deepEqual([view.seenVersion('default'), pods.evidenceVersion], [500n, 400n]);
    assert.equal(pods.highestEpoch, 7);
    sink.onState({ kind: 'watching' });
    sink.onApplied(pod(600, 'a', 'Running', 2), '600');
    assert.deepEqual(phases(), ['a Running', 'b Running']);
  });

  test('is not one that merely has an older version of a pod', () => {
    const { sink, phases } = makeSynced();
    sink.onState({ kind: 'listing' });
    sink.onApplied(pod(400, 'a', 'Failed', 2), '400');
    sink.onSynced(new Set(['uid-a', 'uid-b']), '1000');
    assert.deepEqual(phases(), ['a Running', 'b Running']);
  });
});
