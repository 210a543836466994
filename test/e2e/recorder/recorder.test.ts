import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { asObject } from '../../../src/kube/decode.ts';
import { resourceTypes } from '../../../src/sandbox/api/resource-types.ts';
import { defineSingletons } from '../../deployment-in-sandbox.ts';
import { KubeApi } from '../kube-api.ts';
import { type SandboxBed, startSandboxBed } from '../sandbox-bed.ts';
import { historyOf } from './history.ts';
import type { RecordedChange } from './recorded-change.ts';
import { Recorder } from './recorder.ts';

let bed: SandboxBed;
let api: KubeApi;
let recorder: Recorder;

const withinMs = 15_000;
const leases = '/apis/coordination.k8s.io/v1/namespaces/default/leases';

/** Waits until a change of an object of this name is in, and resolves to all of them. */
function changesOf(name: string, isEnough: (changes: readonly RecordedChange[]) => boolean) {
  return recorder.waitFor(() => {
    const changes = recorder.changes.filter((change) => change.name === name);
    return isEnough(changes) ? changes : `changes of ${name}`;
  }, withinMs);
}

function lease(name: string, epoch: number) {
  return {
    metadata: {
      name,
      labels: {
        'understudy.dev/lease': 'record',
        'understudy.dev/singleton': name.replace('understudy-', ''),
      },
      annotations: { 'understudy.dev/holder-uid': 'uid-a' },
    },
    spec: { holderIdentity: 'a', leaseTransitions: epoch },
  };
}

describe('the recorder', { timeout: 60_000 }, () => {
  before(async () => {
    bed = await startSandboxBed();
    defineSingletons(bed.sandbox);
    api = await KubeApi.connect(bed.kubeconfig);
    await api.create(leases, lease('understudy-before', 3));
    recorder = await Recorder.start(api.watches, { singletons: true });
  });
  after(async () => {
    recorder?.stop();
    await api?.close();
    await bed?.close();
  });

  test('keeps what there was, and each change after it with its version', async () => {
    const path = `${leases}/understudy-seen`;
    await api.create(leases, lease('understudy-seen', 1));
    await api.mergePatch(path, { spec: { leaseTransitions: 2 } });
    await api.delete(path);
    const changes = await changesOf('understudy-seen', (seen) => seen.at(-1)?.kind === 'deleted');
    assert.deepEqual(
      changes.map(({ kind, listed }) => [kind, listed]),
      [
        ['applied', false],
        ['applied', false],
        ['deleted', false],
      ],
    );
    const { records } = historyOf(recorder.changes, 'default');
    assert.deepEqual(
      records.map(({ singleton, epoch, gone, listed }) => [singleton, epoch, gone, listed]),
      [
        ['before', 3, false, true],
        ['seen', 1, false, false],
        ['seen', 2, false, false],
        ['seen', 2, true, false],
      ],
    );
    const versions = records.map(({ version }) => version);
    assert.deepEqual(
      versions,
      versions.toSorted((left, right) => Number(left - right)),
    );
  });

  test('keeps what a Singleton tells', async () => {
    const path = '/apis/understudy.dev/v1alpha1/namespaces/default/singletons';
    await api.create(path, {
      apiVersion: 'understudy.dev/v1alpha1',
      kind: 'Singleton',
      metadata: { name: 'telling' },
      spec: { selector: { matchLabels: { app: 'telling' } } },
    });
    await api.mergePatch(`${path}/telling/status`, { status: { epoch: 7, ready: '1/2' } });
    await changesOf('telling', (seen) => seen.length === 2);
    const told = historyOf(recorder.changes, 'default').singletons.map(({ status }) => status?.epoch);
    assert.deepEqual(told, [undefined, 7]);
  });

  test('knows what there is', () => {
    const names = recorder.current('nodes').map(({ metadata }) => asObject(metadata).name);
    assert.deepEqual(names.toSorted(), ['node1', 'node2']);
  });

  /** Makes a hole, then a change; resolves to the holes, all of them ended. */
  async function holesAround(fault: () => void, name: string) {
    const before = recorder.holes.length;
    fault();
    await recorder.waitFor(() => (recorder.holes.length > before ? {} : 'a hole'), withinMs);
    bed.sandbox.store.create(resourceTypes.leases, {
      ...lease(name, 1),
      metadata: { ...lease(name, 1).metadata, namespace: 'default' },
    });
    await changesOf(name, (seen) => seen.length === 1);
    return recorder.waitFor(() => {
      const holes = recorder.holes.slice(before);
      return holes.every(({ untilMs }) => untilMs !== undefined) ? holes : 'the holes to end';
    }, withinMs);
  }

  test('marks the hole that lost watches make, and hears afterwards of what happened in it', async () => {
    const holes = await holesAround(() => bed.sandbox.faults.api.dropWatches(), 'understudy-dropped');
    assert.deepEqual(new Set(holes.map(({ resource }) => resource)).size, 7);
    assert.ok(holes.every(({ fromMs, untilMs, relisted }) => !relisted && (untilMs ?? 0) >= fromMs));
  });

  test('goes on when the API was away', async () => {
    const holes = await holesAround(() => bed.sandbox.faults.api.stopApi(300), 'understudy-away');
    assert.ok(holes.some(({ fromMs, untilMs }) => (untilMs ?? 0) - fromMs >= 200));
  });

  test('says so when it had to list all anew: what is gone has vanished, what came was listed', async () => {
    const { store } = bed.sandbox;
    const holes = await holesAround(() => {
      bed.sandbox.faults.api.stopApi(300);
      store.delete(resourceTypes.leases, 'default', 'understudy-away');
      store.collection(resourceTypes.leases).compact();
    }, 'understudy-listed');
    const [hole] = holes.filter(({ resource }) => resource === 'leases');
    assert.equal(hole?.relisted, true);
    const away = await changesOf('understudy-away', (seen) => seen.length > 1);
    assert.deepEqual(
      away.map(({ kind }) => kind),
      ['applied', 'vanished'],
    );
    const [listed] = await changesOf('understudy-listed', (seen) => seen.length > 0);
    assert.equal(listed?.listed, true);
    const [before] = await changesOf('understudy-before', (seen) => seen.length === 1);
    assert.equal(before?.kind, 'applied', 'what had not changed is not told again');
  });
});
