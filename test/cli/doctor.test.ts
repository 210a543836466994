/**
 * Lets the doctor look at the sandbox's API: with controllers that live, and with much that is wrong or not to be seen.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { examine } from '../../src/cli/doctor/examine.ts';
import type { Finding } from '../../src/cli/doctor/finding.ts';
import type { ApiResponse } from '../../src/kube/transport.ts';
import { resourceTypes } from '../../src/sandbox/api/resource-types.ts';
import { CommandBed, healthyStatus } from './command-bed.ts';

const about = { namespace: undefined, understudyVersion: '0.1.0' };

function findingsOf(bed: CommandBed, namespace?: string): Promise<readonly Finding[]> {
  return bed.run(examine(bed.session, { ...about, namespace }));
}

function told(findings: readonly Finding[], subject: string): readonly string[] {
  return findings
    .filter((finding) => finding.subject === subject)
    .map(({ verdict, sentence }) => `${verdict} ${sentence}`);
}

async function adoptedBed(...controllers: readonly string[]): Promise<CommandBed> {
  const bed = new CommandBed();
  bed.world.addPod('pod-a');
  bed.world.addPod('pod-b');
  for (const name of controllers) bed.world.addController(name);
  await bed.world.settle();
  return bed;
}

const answer = (body: object, status = 200): ApiResponse => ({
  status,
  retryAfterMs: undefined,
  body: JSON.stringify(body),
});

const forbidden = (what: string) =>
  answer({ kind: 'Status', code: 403, message: `${what} is forbidden` }, 403);

describe('the doctor', () => {
  test('finds living controllers and an adopted singleton well, and says what cannot be seen here', async () => {
    const bed = await adoptedBed('icr-a', 'icr-b');
    const findings = await findingsOf(bed);
    assert.deepEqual(told(findings, 'Kubernetes'), ['ok v1.36.0-sandbox, seen by understudy 0.1.0']);
    assert.deepEqual(told(findings, 'clock'), ['hidden not visible: the API server sends no Date header']);
    assert.match(told(findings, 'dataplane').join(), /^hidden not visible: kube-system has no ConfigMap/);
    assert.match(
      told(findings, 'node loss').join(),
      /^hidden not visible: no pod of kube-controller-manager/,
    );
    assert.deepEqual(told(findings, 'controllers'), ['ok 2 are alive: icr-a, icr-b']);
    assert.deepEqual(told(findings, 'default/hapod'), [
      'ok Labels mode, pod-a is active, 1 fit standby',
      'costs all 2 members are on node-1: when it is lost, nobody takes over',
      "costs in Labels mode a takeover changes endpoints twice, and the dataplane's pause lies between",
    ]);
    assert.deepEqual(
      findings.filter(({ verdict }) => verdict === 'broken'),
      [],
    );
    assert.deepEqual(
      bed.requests.filter(({ method }) => method !== 'GET'),
      [],
    );
    await bed.world.end();
  });

  test('takes a controller for dead whose heartbeat stands still', async () => {
    const bed = await adoptedBed('icr-a');
    bed.world.controllers[0]?.kill();
    await bed.world.clock.advance(2_000);
    assert.deepEqual(told(await findingsOf(bed), 'controllers'), [
      'broken none renews its heartbeat (icr-a): nobody fails anything over',
    ]);
  });

  test('finds an empty cluster without controllers broken', async () => {
    const bed = new CommandBed();
    const findings = await findingsOf(bed);
    assert.deepEqual(told(findings, 'controllers'), [
      'broken no heartbeat in this cluster: nobody fails anything over',
    ]);
    assert.deepEqual(told(findings, 'singletons'), [
      'ok there are none in this cluster, nor is the resource installed',
    ]);
  });

  test('reads kube-proxy, the controller manager and the clock where they are to be seen', async () => {
    const bed = new CommandBed();
    const { store, clock } = bed.world;
    store.create(resourceTypes.configmaps, {
      metadata: { name: 'kube-proxy', namespace: 'kube-system' },
      data: { 'config.conf': 'kind: KubeProxyConfiguration\nmode: nftables\n' },
    });
    store.create(resourceTypes.pods, {
      metadata: {
        name: 'kube-controller-manager-a',
        namespace: 'kube-system',
        labels: { component: 'kube-controller-manager' },
      },
      spec: {
        containers: [
          {
            name: 'main',
            image: 'x',
            command: ['kube-controller-manager', '--node-monitor-grace-period=20s'],
          },
        ],
      },
    });
    bed.intervene = ({ path }, ask) =>
      path === '/version'
        ? ask().then((response) => ({ ...response, serverTimeMs: clock.wallTimeMs() + 90_000 }))
        : undefined;
    const findings = await findingsOf(bed);
    const costs = findings
      .filter(({ verdict }) => verdict === 'costs')
      .map(({ subject, costMs }) => [subject, costMs]);
    assert.deepEqual(costs, [
      ['clock', undefined],
      ['kube-proxy', 1_000],
      ['node loss', 20_000],
    ]);
    assert.match(told(findings, 'clock').join(), /is 9\d s ahead of this machine's/);
  });

  test("asks what the controllers' own account may do, in the singletons' namespaces and at home", async () => {
    const bed = new CommandBed();
    bed.installDefinition();
    bed.createSingleton('web', { status: healthyStatus });
    bed.world.store.create(resourceTypes.namespaces, { metadata: { name: 'understudy' } });
    bed.world.store.create(resourceTypes.serviceaccounts, {
      metadata: { name: 'understudy', namespace: 'understudy' },
    });
    const asked: string[] = [];
    bed.intervene = ({ path, body = '' }) => {
      if (!path.endsWith('/subjectaccessreviews')) return undefined;
      const { spec } = JSON.parse(body);
      const { verb, resource, namespace } = spec.resourceAttributes;
      asked.push(`${spec.user} ${verb} ${resource} ${namespace}`);
      return Promise.resolve(answer({ status: { allowed: resource !== 'nodes' && verb !== 'patch' } }, 201));
    };
    const findings = await findingsOf(bed);
    const account = 'system:serviceaccount:understudy:understudy';
    assert.ok(asked.includes(`${account} patch pods default`));
    assert.ok(asked.includes(`${account} delete leases understudy`));
    const rights = findings.filter(({ subject }) => subject === 'rights');
    assert.ok(
      rights.some(
        ({ verdict, sentence }) =>
          verdict === 'broken' &&
          sentence ===
            `${account} may not patch leases.coordination.k8s.io (namespace default), to move the role`,
      ),
    );
    assert.ok(
      rights.some(
        ({ verdict, sentence }) => verdict === 'costs' && sentence.includes('list nodes (cluster)'),
      ),
    );
  });

  test('where there is no such question, or nobody to ask about, that is said', async () => {
    const bed = new CommandBed();
    assert.match(
      told(await findingsOf(bed), 'rights').join(),
      /^hidden not visible: it is not known as whom/,
    );
    bed.world.store.create(resourceTypes.namespaces, { metadata: { name: 'understudy' } });
    bed.world.store.create(resourceTypes.serviceaccounts, {
      metadata: { name: 'understudy', namespace: 'understudy' },
    });
    assert.match(told(await findingsOf(bed), 'rights').join(), /^hidden not visible: HTTP 404/);
  });

  test('finds who else has a hand on the members', async () => {
    const bed = new CommandBed();
    bed.installDefinition();
    for (const name of ['web-1', 'web-2']) bed.world.addPod(name, { labels: { app: 'web' } });
    bed.createSingleton('web', { status: healthyStatus });
    const { store } = bed.world;
    const matchLabels = { app: 'web', role: 'standby' };
    store.create(resourceTypes.replicasets, {
      metadata: { name: 'web', namespace: 'default' },
      spec: {
        replicas: 0,
        selector: { matchLabels },
        template: { metadata: { labels: matchLabels }, spec: { containers: [{ name: 'main', image: 'x' }] } },
      },
    });
    for (const name of ['one', 'two'])
      store.create(resourceTypes.poddisruptionbudgets, {
        metadata: { name, namespace: 'default' },
        spec: { minAvailable: 1, selector: { matchLabels: { app: 'web' } } },
      });
    store.create(resourceTypes.services, {
      metadata: { name: 'peers', namespace: 'default' },
      spec: { selector: { app: 'web' }, ports: [{ port: 80 }] },
    });
    assert.deepEqual(
      told(await findingsOf(bed), 'default/web').map((text) => text.split(':')[0]),
      [
        'ok Direct mode, web-1 is active, 1 fit standby',
        'costs all 2 members are on node-1',
        'broken ReplicaSet web selects by the label role',
        'broken two PodDisruptionBudgets match web-1 (one, two)',
        'broken there is no Service web',
        'costs Service peers covers the members too',
      ],
    );
  });

  test("where not all namespaces may be read it looks at the context's own, and says so", async () => {
    const bed = new CommandBed();
    bed.installDefinition();
    bed.createSingleton('web', { status: healthyStatus });
    bed.intervene = ({ path }) =>
      path.startsWith('/apis/understudy.dev/v1alpha1/singletons')
        ? Promise.resolve(forbidden('singletons'))
        : path.includes('/services')
          ? Promise.resolve(forbidden('services'))
          : undefined;
    const findings = await findingsOf(bed);
    assert.deepEqual(told(findings, 'singletons'), [
      'hidden not visible: other namespaces than default: singletons is forbidden',
    ]);
    assert.deepEqual(told(findings, 'services'), ['hidden not visible: services is forbidden']);
    assert.deepEqual(told(findings, 'default/web'), ['ok Direct mode, web-1 is active, 1 fit standby']);
  });

  test('where nothing at all may be read it says so, one thing after the other', async () => {
    const bed = new CommandBed();
    bed.intervene = ({ path }) => (path === '/version' ? undefined : Promise.resolve(forbidden('that')));
    const findings = await findingsOf(bed);
    assert.deepEqual(
      findings.map(({ verdict, subject }) => [verdict, subject]),
      [
        ['ok', 'Kubernetes'],
        ['hidden', 'clock'],
        ['hidden', 'dataplane'],
        ['hidden', 'node loss'],
        ['hidden', 'controllers'],
        ['hidden', 'rights'],
        ['hidden', 'singletons'],
        ['hidden', 'singletons'],
      ],
    );
  });
});
