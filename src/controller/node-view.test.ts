import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decodeNode } from '../kube/decode-node.ts';
import { SimulatedClock } from '../time/simulated-clock.ts';
import { NodeView } from './node-view.ts';

function node(uid: string, ready: 'True' | 'False' | 'Unknown', unschedulable = false) {
  return decodeNode({
    metadata: { name: 'n1', uid, resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' },
    spec: { unschedulable },
    status: { conditions: [{ type: 'Ready', status: ready }] },
  });
}

function makeNodeView() {
  const changes: boolean[] = [];
  const clock = new SimulatedClock();
  const view = new NodeView({ clock, onChanged: () => changes.push(view.isReady('n1')) });
  return { view, sink: view.sink(), changes, clock };
}

describe('the view on nodes', () => {
  test('a node that was made anew, and is not Ready, stays so whatever becomes of the one before', () => {
    const { view, sink, changes } = makeNodeView();
    sink.onApplied(node('u1', 'Unknown'), '1');
    sink.onApplied(node('u2', 'Unknown'), '3');
    sink.onSynced(new Set(['u2']), '3');
    sink.onDeleted({ namespace: '', name: 'n1', uid: 'u1' }, undefined, '4');
    assert.equal(view.isReady('n1'), false);
    sink.onSynced(new Set(), '5');
    assert.equal(view.isReady('n1'), true);
    assert.deepEqual(changes, [false, true]);
  });

  test('a node is cordoned from when that was seen until it is no longer so', async () => {
    const { view, sink, changes, clock } = makeNodeView();
    sink.onApplied(node('u1', 'True'), '1');
    assert.equal(view.cordonedAt('n1'), undefined);
    await clock.advance(100);
    sink.onApplied(node('u1', 'True', true), '2');
    await clock.advance(100);
    sink.onApplied(node('u1', 'True', true), '3');
    assert.equal(clock.now() - (view.cordonedAt('n1') ?? 0), 100);
    assert.equal(view.allCalm, false);
    sink.onApplied(node('u1', 'True'), '4');
    assert.equal(view.cordonedAt('n1'), undefined);
    assert.equal(view.allCalm, true);
    assert.equal(changes.length, 2);
  });

  test('proxies may miss a change of endpoints as long as a node is there whose network is Cilium', () => {
    const { view, sink } = makeNodeView();
    const withCilium = { ...node('u1', 'True'), hasCilium: true };
    assert.equal(view.mayMissEndpoints, false);
    sink.onApplied(withCilium, '1');
    assert.equal(view.mayMissEndpoints, true);
    sink.onDeleted({ namespace: '', name: 'n1', uid: 'u1' }, undefined, '2');
    assert.equal(view.mayMissEndpoints, false);
    sink.onApplied(withCilium, '3');
    sink.onSynced(new Set(), '4');
    assert.equal(view.mayMissEndpoints, false);
  });
});
