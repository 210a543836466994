import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import type { Answer, Body } from './api-client.ts';
import { eventually } from './eventually.ts';
import { ImaginedNodes } from './imagined-nodes.ts';
import { openTarget, type Target } from './target.ts';

let target: Target;
let nodes: ImaginedNodes;
let pods = '';
let budgets = '';

before(async () => {
  target = await openTarget();
  nodes = new ImaginedNodes(target);
  pods = `/api/v1/namespaces/${target.namespace}/pods`;
  budgets = `/apis/policy/v1/namespaces/${target.namespace}/poddisruptionbudgets`;
});
afterEach(() => nodes.remove());
after(() => target.close());

async function taken(answer: Promise<Answer>): Promise<Body> {
  const { status, text, body } = await answer;
  assert.ok(status === 200 || status === 201, text);
  return body;
}

const make = (name: string, spec: object) =>
  target.api.post(budgets, {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name },
    spec,
  });

const of = (app: string) => ({ selector: { matchLabels: { app } } });

interface Counts {
  readonly currentHealthy: number;
  readonly desiredHealthy: number;
  readonly disruptionsAllowed: number;
  readonly expectedPods: number;
}

/** Waits until the budget's status says this, of the budget as it is now. */
function counted(name: string, expected: Partial<Counts>): Promise<Body> {
  let found: unknown;
  return eventually(`${name} counts ${JSON.stringify(expected)}`, async () => {
    const { status, metadata } = (await target.api.get(`${budgets}/${name}`)).body;
    found = status;
    const isSame = Object.entries(expected).every(([count, value]) => status[count] === value);
    return isSame && status.observedGeneration === metadata.generation ? status : undefined;
  }).catch((cause) => {
    throw new Error(`${name} counts ${JSON.stringify(found)}`, { cause });
  });
}

const evict = (pod: string, more: object = {}) =>
  target.api.post(`${pods}/${pod}/eviction`, {
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata: { name: pod, namespace: target.namespace },
    ...more,
  });

const fieldCauses = ({ body }: Answer) =>
  body.details.causes.map(({ field, message }: Body) => `${field}: ${message}`);

async function podsOf(app: string): Promise<readonly Body[]> {
  return (await target.api.get(`${pods}?labelSelector=app%3D${app}`)).body.items;
}

const refusedMessage = "Cannot evict pod as it would violate the pod's disruption budget.";

describe('the status of a PodDisruptionBudget', () => {
  const bounds: readonly (readonly [string, string, object, Partial<Counts>])[] = [
    [
      'as many as must stay',
      'stay',
      { minAvailable: 2 },
      { desiredHealthy: 2, expectedPods: 3, disruptionsAllowed: 1 },
    ],
    [
      'a share that must stay, rounded up',
      'stay-share',
      { minAvailable: '34%' },
      { desiredHealthy: 2, expectedPods: 3, disruptionsAllowed: 1 },
    ],
    [
      'as many as may go',
      'go',
      { maxUnavailable: 2 },
      { desiredHealthy: 1, expectedPods: 3, disruptionsAllowed: 2 },
    ],
    [
      'a share that may go, rounded up',
      'go-share',
      { maxUnavailable: '1%' },
      { desiredHealthy: 2, expectedPods: 3, disruptionsAllowed: 1 },
    ],
    ['no bound', 'nothing', {}, { desiredHealthy: 0, expectedPods: 0, disruptionsAllowed: 0 }],
  ];
  for (const [name, app, bound, expected] of bounds) {
    test(`of three ready pods that says ${name}`, async () => {
      await nodes.runSet(app, 3);
      await taken(make(app, { ...bound, ...of(app) }));
      const status = await counted(app, { currentHealthy: 3, ...expected });
      const condition = status.conditions.find(({ type }: Body) => type === 'DisruptionAllowed');
      const allowed = (expected.disruptionsAllowed ?? 0) > 0;
      assert.deepEqual(
        [condition.status, condition.reason],
        allowed ? ['True', 'SufficientPods'] : ['False', 'InsufficientPods'],
      );
    });
  }

  test('follows readiness', async () => {
    const [first] = await nodes.runSet('follows', 2);
    await taken(make('follows', { minAvailable: 1, ...of('follows') }));
    await counted('follows', { currentHealthy: 2, disruptionsAllowed: 1 });
    await nodes.say(first, 'False');
    await counted('follows', { currentHealthy: 1, disruptionsAllowed: 0 });
    await nodes.say(first, 'True');
    await counted('follows', { currentHealthy: 2, disruptionsAllowed: 1 });
  });

  test('counts pods that nobody controls where pods are counted, and not where their controllers are asked', async () => {
    const nodeName = await nodes.make('lone');
    await nodes.run('lone', nodeName, { labels: { app: 'lone' } });
    await taken(make('lone-counted', { minAvailable: 1, ...of('lone') }));
    await taken(make('lone-asked', { maxUnavailable: 1, ...of('lone') }));
    await counted('lone-counted', { expectedPods: 1, currentHealthy: 1, disruptionsAllowed: 0 });
    await counted('lone-asked', { expectedPods: 0, currentHealthy: 1, disruptionsAllowed: 0 });
  });

  test('takes in no pod without a selector', async () => {
    await nodes.runSet('unselected', 1);
    await taken(make('unselected', { minAvailable: 0 }));
    await counted('unselected', { expectedPods: 0, currentHealthy: 0 });
  });

  test('is shown by kubectl', async () => {
    await nodes.runSet('shown', 1);
    await taken(make('shown', { maxUnavailable: '50%', ...of('shown') }));
    await counted('shown', { disruptionsAllowed: 1 });
    const [head = '', line = ''] = (await target.kubectl.ok(['get', 'pdb', 'shown'])).split('\n');
    assert.match(head, /^NAME +MIN AVAILABLE +MAX UNAVAILABLE +ALLOWED DISRUPTIONS +AGE$/);
    assert.match(line, /^shown +N\/A +50% +1 +/);
  });
});

describe('a PodDisruptionBudget', () => {
  test('that can’t be met or evaluated is refused', async () => {
    assert.deepEqual(fieldCauses(await make('odd', { minAvailable: '101%', ...of('odd') })), [
      'spec.minAvailable: Invalid value: "101%": must not be greater than 100%',
    ]);
    const both = await make('odd', { minAvailable: 1, maxUnavailable: 1, ...of('odd') });
    assert.match(both.body.message, /minAvailable and maxUnavailable cannot be both set/);
    const matchExpressions = [{ key: 'app', operator: 'Is' }];
    assert.deepEqual(fieldCauses(await make('odd', { selector: { matchExpressions } })), [
      'spec.selector.matchExpressions[0].operator: Invalid value: "Is": not a valid selector operator',
    ]);
    const never = { unhealthyPodEvictionPolicy: 'Never', ...of('odd') };
    assert.deepEqual(fieldCauses(await make('odd', never)), [
      'spec.unhealthyPodEvictionPolicy: Unsupported value: "Never": supported values: "AlwaysAllow", "IfHealthyBudget"',
    ]);
  });

  test('has one selector: strategic merge patch replaces it as a whole', async () => {
    await taken(make('patched', { minAvailable: 1, selector: { matchLabels: { a: 'b' } } }));
    const body = { spec: { selector: { matchLabels: { b: 'c' } } } };
    const patched = await taken(target.api.patch(`${budgets}/patched`, 'strategic-merge', body));
    assert.deepEqual(patched.spec.selector, { matchLabels: { b: 'c' } });
    assert.equal(patched.metadata.generation, 2);
  });
});

describe('an eviction', () => {
  test('takes one from the budget; the next one is refused until another pod is ready', async () => {
    const [first, second] = await nodes.runSet('evicts', 2, { graceSeconds: 30 });
    await taken(make('evicts', { minAvailable: 1, ...of('evicts') }));
    await counted('evicts', { disruptionsAllowed: 1 });
    assert.equal((await evict(first)).status, 201);
    const { metadata, status } = (await target.api.get(`${pods}/${first}`)).body;
    assert.notEqual(metadata.deletionTimestamp, undefined);
    const condition = status.conditions.find(({ type }: Body) => type === 'DisruptionTarget');
    assert.deepEqual(
      [condition.status, condition.reason, condition.message],
      ['True', 'EvictionByEvictionAPI', 'Eviction API: evicting'],
    );
    await counted('evicts', { currentHealthy: 1, disruptionsAllowed: 0 });
    const refused = await evict(second);
    assert.equal(refused.status, 429);
    assert.equal(refused.headers['retry-after'], undefined);
    const { message, reason, details } = refused.body;
    assert.deepEqual([message, reason], [refusedMessage, 'TooManyRequests']);
    assert.deepEqual(details.causes, [
      {
        reason: 'DisruptionBudget',
        message: 'The disruption budget evicts needs 1 healthy pods and has 1 currently',
      },
    ]);
    const next = await eventually('a pod in place of the first', async () =>
      (await podsOf('evicts')).find(({ metadata: each }) => ![first, second].includes(each.name)),
    );
    await nodes.say(next.metadata.name, 'True');
    await counted('evicts', { currentHealthy: 2, disruptionsAllowed: 1 });
    assert.equal((await evict(second)).status, 201);
  });

  test('of a pod that two budgets take in fails, with words and without a reason or a time to wait', async () => {
    const [first] = await nodes.runSet('doubly', 2);
    await taken(make('doubly', { minAvailable: 0, ...of('doubly') }));
    await taken(make('doubly-more', { minAvailable: 0, ...of('doubly') }));
    await counted('doubly', { disruptionsAllowed: 2 });
    const { status, headers, body } = await evict(first);
    assert.deepEqual([status, headers['retry-after']], [500, undefined]);
    assert.deepEqual(body, {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message:
        'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
      code: 500,
    });
    // Said of a pod that something happens to, not of a budget that comes.
    await nodes.say(first, 'False');
    const event = await eventually('an event that says so', async () => {
      const { items } = (await target.api.get(`/api/v1/namespaces/${target.namespace}/events`)).body;
      return items.find(({ reason }: Body) => reason === 'MultiplePodDisruptionBudgets');
    });
    assert.match(event.message, /matches multiple PodDisruptionBudgets/);
  });

  test('of a pod that is not ready is let through while enough others are, or at any time by policy', async () => {
    const [first, second] = await nodes.runSet('unready', 2);
    await taken(make('unready', { minAvailable: 1, ...of('unready') }));
    for (const name of [first, second]) await nodes.say(name, 'False');
    await counted('unready', { currentHealthy: 0 });
    const refused = await evict(first);
    assert.equal(refused.status, 429);
    assert.equal(
      refused.body.details.causes[0].message,
      'The disruption budget unready needs 1 healthy pods and has 0 currently',
    );
    await nodes.say(second, 'True');
    await counted('unready', { currentHealthy: 1 });
    assert.equal((await evict(first, { deleteOptions: { dryRun: ['All'] } })).status, 201);
    await nodes.say(second, 'False');
    await counted('unready', { currentHealthy: 0 });
    await taken(
      target.api.patch(`${budgets}/unready`, 'merge', {
        spec: { unhealthyPodEvictionPolicy: 'AlwaysAllow' },
      }),
    );
    assert.equal((await evict(first)).status, 201);
  });

  test('as a dry run takes nothing from the budget', async () => {
    const [first] = await nodes.runSet('dry', 2);
    await taken(make('dry', { minAvailable: 1, ...of('dry') }));
    await counted('dry', { disruptionsAllowed: 1 });
    assert.equal((await evict(first, { deleteOptions: { dryRun: ['All'] } })).status, 201);
    assert.equal((await target.api.get(`${budgets}/dry`)).body.status.disruptionsAllowed, 1);
    assert.equal((await target.api.get(`${pods}/${first}`)).status, 200);
  });

  test('with the uid of another pod is refused, and the pod is not marked', async () => {
    const [first] = await nodes.runSet('named', 1);
    const uid = '00000000-0000-4000-8000-000000000000';
    const refused = await evict(first, { deleteOptions: { preconditions: { uid } } });
    assert.equal(refused.status, 409);
    assert.match(refused.body.message, /the UID in the precondition .* does not match the UID in record/);
    const { status } = (await target.api.get(`${pods}/${first}`)).body;
    assert.ok(status.conditions.every(({ type }: Body) => type !== 'DisruptionTarget'));
  });

  test('has to name the pod that its path names', async () => {
    const [first] = await nodes.runSet('paths', 1);
    const { status, body } = await evict(first, { metadata: { name: 'another' } });
    assert.equal(status, 400);
    assert.equal(body.message, 'name in URL does not match name in Eviction object');
  });
});

describe('kubectl drain', () => {
  const drain = (node: string, ...more: readonly string[]) => [
    'drain',
    node,
    '--ignore-daemonsets',
    '--force',
    ...more,
  ];

  test('waits for the budget of the active one, and goes on once another pod has the role', async () => {
    const { api, kubectl } = target;
    const guarded = await nodes.make('guarded');
    const spare = await nodes.make('spare');
    const labels = (role: string) => ({ labels: { app: 'pair', role }, graceSeconds: 0 });
    await nodes.run('pair-a', guarded, labels('active'));
    await nodes.run('pair-b', spare, labels('standby'));
    const selector = { matchLabels: { app: 'pair', role: 'active' } };
    await taken(make('pair', { minAvailable: 1, selector }));
    await counted('pair', { currentHealthy: 1, expectedPods: 1, disruptionsAllowed: 0 });
    const child = kubectl.start(drain(guarded, '--timeout=50s'));
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (chunk: string) => {
        said += chunk;
      });
    await eventually('the drain is refused', async () =>
      said.includes('error when evicting pods/"pair-a"') ? said : undefined,
    );
    assert.match(said, /will retry after 5s.*Cannot evict pod as it would violate/);
    assert.equal((await api.get(`/api/v1/nodes/${guarded}`)).body.spec.unschedulable, true);
    const giveRole = (name: string, role: string) =>
      taken(api.patch(`${pods}/${name}`, 'merge', { metadata: { labels: { role } } }));
    await giveRole('pair-a', 'standby');
    await giveRole('pair-b', 'active');
    assert.equal(await ended, 0, said);
    assert.match(said, /drained/);
    assert.equal((await api.get(`${pods}/pair-a`)).status, 404);
    assert.equal((await api.get(`${pods}/pair-b`)).body.metadata.deletionTimestamp, undefined);
  });

  test('does not wait for a pod that two budgets take in: it fails', async () => {
    const node = await nodes.make('twice');
    await nodes.run('twice', node, { labels: { app: 'twice' }, graceSeconds: 0 });
    for (const name of ['twice', 'twice-more']) {
      await taken(make(name, { minAvailable: 0, ...of('twice') }));
      await counted(name, { disruptionsAllowed: 1 });
    }
    const refused = await target.kubectl.refused(drain(node, '--timeout=50s'));
    assert.match(refused, /This pod has more than one PodDisruptionBudget/);
  });
});
