import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decodePod } from '../../kube/decode-pod.ts';
import { asksFor, decodeLabelSelector, takesIn } from '../../kube/label-selector.ts';
import { decodeSingleton } from '../cluster/decode-singleton.ts';
import { managedSingleton } from '../cluster/seen-singleton.ts';
import { decodeReachingService, decodeSelectingObject } from './decode-neighbour.ts';
import { type ExaminedSingleton, examinedSingleton } from './examined-singleton.ts';
import { checkNeighbours } from './neighbours-check.ts';
import { checkSingleton } from './singleton-check.ts';

function metadata(name: string, rest: object = {}) {
  const creationTimestamp = '2026-11-25T11:00:00Z';
  return { namespace: 'shop', name, uid: name, resourceVersion: '1', creationTimestamp, ...rest };
}

const labels = (role: string) => ({ app: 'web', role });

function pod(name: string, node: string, role: string) {
  const raw = {
    metadata: metadata(name, { labels: labels(role) }),
    spec: { nodeName: node, containers: [] },
  };
  return decodePod(raw, { keepEnv: [] });
}

const workload = (selector: object, rest: object = {}) =>
  decodeSelectingObject({ metadata: metadata('rs', rest), spec: { selector } }, 'ReplicaSet');
const budget = (name: string, selector: object | undefined) =>
  decodeSelectingObject({ metadata: metadata(name), spec: { selector } }, 'PodDisruptionBudget');
const service = (name: string, spec: object) =>
  decodeReachingService({ metadata: metadata(name), spec: { ports: [{ port: 80 }], ...spec } });

const status = {
  mode: 'Direct',
  active: { pod: 'web-1', uid: 'web-1', node: 'a', epoch: 3, since: '2026-11-25T11:00:00Z' },
  epoch: 3,
  ready: '2/2',
  standbys: [{ pod: 'web-2', node: 'b', fit: true, because: 'fit' }],
  because: { code: 'HolderHealthy', sentence: 'web-1 holds epoch 3; 1 fit standby' },
};

function examined(
  changes: Partial<ExaminedSingleton> & { readonly spec?: object; readonly status?: object | null } = {},
): ExaminedSingleton {
  const { spec, status: changedStatus, ...neighbours } = changes;
  const object = decodeSingleton({
    metadata: metadata('web'),
    spec: { selector: { matchLabels: { app: 'web' } }, service: 'web', ...spec },
    status: changedStatus === null ? undefined : { ...status, ...changedStatus },
  });
  const pods = [pod('web-1', 'a', 'active'), pod('web-2', 'b', 'standby')];
  const none = { pods, workloads: [], budgets: [], services: undefined };
  return { ...examinedSingleton(managedSingleton(object), none), ...neighbours };
}

const told = (one: ExaminedSingleton) =>
  checkNeighbours(one, 1_000).map(({ verdict, costMs, sentence }) => [
    verdict,
    costMs,
    sentence.split(':')[0],
  ]);

describe('who else selects the members', () => {
  test('a workload that counts only standbys is broken; one that belongs to a Deployment is told with it', () => {
    const byRole = { matchLabels: { app: 'web', role: 'standby' } };
    assert.deepEqual(told(examined({ workloads: [workload(byRole)] })), [
      ['broken', undefined, 'ReplicaSet rs selects by the label role'],
    ]);
    const byExpression = { matchExpressions: [{ key: 'role', operator: 'In', values: ['standby'] }] };
    assert.equal(told(examined({ workloads: [workload(byExpression)] })).length, 1);
    const owned = workload(byRole, { ownerReferences: [{ controller: true, uid: 'd' }] });
    const ofOthers = workload({ matchLabels: { app: 'db', role: 'standby' } });
    const sound = workload({ matchLabels: { app: 'web' } });
    assert.deepEqual(told(examined({ workloads: [owned, ofOthers, sound] })), []);
  });

  test('two budgets for one member are broken, one is well, and an empty selector takes in all', () => {
    const web = { matchLabels: { app: 'web' } };
    assert.deepEqual(told(examined({ budgets: [budget('one', web), budget('all', {})] })), [
      ['broken', undefined, 'two PodDisruptionBudgets match web-1 (one, all)'],
    ]);
    assert.deepEqual(told(examined({ budgets: [budget('one', web), budget('none', undefined)] })), [
      ['ok', undefined, 'one PodDisruptionBudget matches its members'],
    ]);
    const apart = [
      budget('active', { matchLabels: { role: 'active' } }),
      budget('rest', { matchLabels: { role: 'standby' } }),
    ];
    assert.deepEqual(
      told(examined({ budgets: apart })).map(([verdict]) => verdict),
      ['ok'],
    );
  });

  test('a Service of its own that is not there is broken', () => {
    const other = service('db', { selector: { app: 'db' } });
    assert.deepEqual(told(examined({ services: [other] })), [
      ['broken', undefined, 'there is no Service web'],
    ]);
    assert.deepEqual(told(examined({ services: [] })), [['broken', undefined, 'there is no Service web']]);
    assert.deepEqual(told(examined({ services: [service('web', {})] })), []);
    assert.deepEqual(told(examined({ services: undefined })), []);
  });

  test('a Service of its own that publishes what is not ready reaches a dead active', () => {
    const spec = { selector: { app: 'web', role: 'active' }, publishNotReadyAddresses: true };
    assert.deepEqual(told(examined({ services: [service('web', spec)] })), [
      ['costs', undefined, 'Service web publishes addresses that are not ready'],
    ]);
    assert.deepEqual(told(examined({ services: [service('web', { publishNotReadyAddresses: true })] })), []);
  });

  test("another Service over all members costs the dataplane's pause", () => {
    const own = service('web', {});
    const headless = service('peers', { selector: { app: 'web' } });
    assert.deepEqual(told(examined({ services: [own, headless] })), [
      ['costs', 1_000, 'Service peers covers the members too'],
    ]);
    const external = service('out', { selector: { app: 'web' }, type: 'ExternalName' });
    assert.deepEqual(told(examined({ services: [own, external] })), []);
  });
});

describe('a singleton by itself', () => {
  const of = (one: ExaminedSingleton) =>
    checkSingleton(one, 1_000).map(({ verdict, costMs, sentence }) => [verdict, costMs, sentence]);

  test('is well with an active and a fit standby', () => {
    assert.deepEqual(of(examined()), [['ok', undefined, 'Direct mode, web-1 is active, 1 fit standby']]);
  });

  test('is broken without an active, without a standby, or where no controller has looked at it', () => {
    assert.deepEqual(
      of(examined({ status: { standbys: [{ pod: 'web-2', fit: false, because: 'it is not Ready' }] } })),
      [['broken', undefined, 'no standby is fit (web-2: it is not Ready): if web-1 dies, nobody takes over']],
    );
    const nobody = {
      active: null,
      because: { code: 'NoFitMember', sentence: 'none of the 2 members is fit yet' },
    };
    assert.deepEqual(of(examined({ status: nobody })), [
      ['broken', undefined, 'nobody is active: none of the 2 members is fit yet'],
    ]);
    assert.deepEqual(of(examined({ status: null })), [
      ['broken', undefined, 'no controller has looked at it'],
    ]);
  });

  test('is broken where its controller says so', () => {
    const conditions = [
      { type: 'Accepted', status: 'False', reason: 'Overlap', message: 'shop/old claims the same pods' },
      { type: 'CrashLooping', status: 'True', reason: 'CrashLooping', message: '' },
      { type: 'Available', status: 'True', reason: 'HolderHealthy', message: '' },
    ];
    assert.deepEqual(of(examined({ status: { conditions } })), [
      ['broken', undefined, 'Accepted is False: shop/old claims the same pods'],
      ['broken', undefined, 'CrashLooping is True: CrashLooping'],
    ]);
  });

  test('costs two writes in Labels mode, a node where all members share it, and failovers while it is paused', () => {
    const members = [pod('web-1', 'a', 'active'), pod('web-2', 'a', 'standby')];
    const verdicts = of(examined({ status: { mode: 'Labels' }, spec: { paused: true }, members }));
    assert.deepEqual(
      verdicts.map(([verdict, costMs]) => [verdict, costMs]),
      [
        ['ok', undefined],
        ['costs', undefined],
        ['costs', undefined],
        ['costs', 1_000],
      ],
    );
  });
});

test('a label selector takes in what Kubernetes says it does', () => {
  const of = (selector: object | undefined) => decodeLabelSelector({ selector }, 'selector');
  const expression = (operator: string, values?: readonly string[]) =>
    of({ matchExpressions: [{ key: 'tier', operator, values }] });
  const cases: readonly (readonly [ReturnType<typeof of>, boolean, boolean])[] = [
    [of(undefined), false, false],
    [of({}), true, true],
    [of({ matchLabels: { tier: 'a' } }), true, false],
    [expression('In', ['a', 'b']), true, false],
    [expression('NotIn', ['a']), false, true],
    [expression('Exists'), true, false],
    [expression('DoesNotExist'), false, true],
    [expression('Like'), false, false],
  ];
  for (const [selector, withLabel, withoutLabel] of cases) {
    assert.equal(takesIn(selector, { tier: 'a' }), withLabel, JSON.stringify(selector));
    assert.equal(takesIn(selector, {}), withoutLabel, JSON.stringify(selector));
  }
  assert.equal(takesIn(of({ matchLabels: { tier: 'b', app: 'x' } }), { app: 'x' }, 'tier'), true);
  assert.deepEqual(
    [asksFor(expression('Exists'), 'tier'), asksFor(of({}), 'tier'), asksFor(undefined, 'tier')],
    [true, false, false],
  );
});
