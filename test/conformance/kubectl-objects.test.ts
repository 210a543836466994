import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Kubectl } from './kubectl.ts';
import { configMap, pod, replicaSet } from './objects.ts';
import { openTarget, type Target } from './target.ts';

let target: Target;
let kubectl: Kubectl;

const yaml = (object: unknown) => JSON.stringify(object);

before(async () => {
  target = await openTarget();
  ({ kubectl } = target);
});
after(() => target.close());

describe('kubectl create, apply and delete', () => {
  test('create makes an object once', async () => {
    assert.equal(
      await kubectl.ok(['create', '-f', '-'], yaml(configMap('created'))),
      'configmap/created created\n',
    );
    const refusal = await kubectl.refused(['create', '-f', '-'], yaml(configMap('created')));
    assert.match(refusal, /^Error from server \(AlreadyExists\).*configmaps "created" already exists/);
  });

  test('create of things that kubectl makes up itself', async () => {
    assert.match(await kubectl.ok(['create', 'configmap', 'made', '--from-literal=a=b']), /created/);
    assert.match(await kubectl.ok(['create', 'serviceaccount', 'made']), /created/);
    assert.match(await kubectl.ok(['create', 'service', 'clusterip', 'made', '--tcp=80:8080']), /created/);
    assert.match(
      await kubectl.ok(['create', 'deployment', 'made', '--image=busybox:1.36', '--replicas=0']),
      /created/,
    );
    assert.match(await kubectl.ok(['create', 'role', 'made', '--verb=get', '--resource=pods']), /created/);
    assert.equal(await kubectl.ok(['get', 'configmap', 'made', '-o', 'jsonpath={.data.a}']), 'b');
  });

  test('create of what the server refuses shows why', async () => {
    const misspelt = { ...pod('misspelt'), spec: { contaners: [] } };
    assert.match(
      await kubectl.refused(['create', '-f', '-'], yaml(misspelt)),
      /unknown field "spec\.contaners"/,
    );
    const broken = await kubectl.refused(
      ['create', '-f', '-'],
      yaml({ ...pod('broken'), spec: { containers: [{ name: 'a', image: 'b', imagePullPolicy: 3 }] } }),
    );
    assert.match(broken, /imagePullPolicy/);
    const unknown = await kubectl.refused(
      ['create', '-f', '-'],
      yaml({ apiVersion: 'v1', kind: 'Unheard', metadata: { name: 'a' } }),
    );
    assert.match(unknown, /no matches for kind "Unheard" in version "v1"/);
  });

  test('apply creates, then leaves alone, then changes', async () => {
    const set = replicaSet('applied', 0);
    assert.equal(await kubectl.ok(['apply', '-f', '-'], yaml(set)), 'replicaset.apps/applied created\n');
    assert.equal(await kubectl.ok(['apply', '-f', '-'], yaml(set)), 'replicaset.apps/applied unchanged\n');
    const changed = { ...set, metadata: { ...set.metadata, labels: { app: 'applied', more: 'yes' } } };
    assert.equal(
      await kubectl.ok(['apply', '-f', '-'], yaml(changed)),
      'replicaset.apps/applied configured\n',
    );
    assert.equal(await kubectl.ok(['apply', '-f', '-'], yaml(set)), 'replicaset.apps/applied configured\n');
    assert.equal(
      await kubectl.ok(['get', 'rs', 'applied', '-o', 'jsonpath={.metadata.labels}']),
      '{"app":"applied"}',
    );
  });

  test('apply --server-side creates and changes', async () => {
    const args = ['apply', '--server-side', '-f', '-'];
    assert.equal(
      await kubectl.ok(args, yaml(configMap('server-side'))),
      'configmap/server-side serverside-applied\n',
    );
    assert.equal(
      await kubectl.ok(args, yaml({ ...configMap('server-side'), data: { key: 'other' } })),
      'configmap/server-side serverside-applied\n',
    );
    assert.equal(await kubectl.ok(['get', 'cm', 'server-side', '-o', 'jsonpath={.data.key}']), 'other');
  });

  test('delete by file, by label and by name', async () => {
    await kubectl.ok(
      ['create', '-f', '-'],
      yaml({
        apiVersion: 'v1',
        kind: 'List',
        items: [
          configMap('gone-1', { gone: 'yes' }),
          configMap('gone-2', { gone: 'yes' }),
          configMap('gone-3'),
        ],
      }),
    );
    assert.match(
      await kubectl.ok(['delete', '-f', '-'], yaml(configMap('gone-3'))),
      /configmap "gone-3" deleted/,
    );
    assert.match(
      await kubectl.ok(['delete', 'cm', '-l', 'gone=yes']),
      /"gone-1" deleted[\s\S]*"gone-2" deleted/,
    );
    assert.match(await kubectl.refused(['delete', 'cm', 'gone-1']), /configmaps "gone-1" not found/);
  });

  test('delete --force of a pod ends it at once', async () => {
    await kubectl.ok(['create', '-f', '-'], yaml(pod('forced', { nodeName: target.nowhere() })));
    const { stdout, stderr, code } = await kubectl.run([
      'delete',
      'pod',
      'forced',
      '--force',
      '--grace-period=0',
    ]);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /pod "forced" force deleted/);
    assert.match(stderr, /Immediate deletion does not wait/);
  });
});

describe('kubectl get', () => {
  let nodeName = '';

  before(async () => {
    nodeName = target.nowhere();
    await kubectl.ok(['create', '-f', '-'], yaml(pod('shown', { nodeName, labels: { app: 'shown' } })));
  });

  test('prints the columns of a pod, more of them with -o wide', async () => {
    const lines = (await kubectl.ok(['get', 'pods', 'shown'])).split('\n');
    assert.match(lines[0] ?? '', /^NAME +READY +STATUS +RESTARTS +AGE$/);
    assert.match(lines[1] ?? '', /^shown +0\/1 +Pending +0 +\d+s$/);
    assert.match(await kubectl.ok(['get', 'pods', '-o', 'wide']), /NODE +NOMINATED NODE +READINESS GATES/);
  });

  test('takes selectors, names, all namespaces and output forms', async () => {
    assert.equal(await kubectl.ok(['get', 'pods', '-l', 'app=shown', '-o', 'name']), 'pod/shown\n');
    assert.equal(
      await kubectl.ok(['get', 'pods', '--field-selector', `spec.nodeName=${nodeName}`, '-o', 'name']),
      'pod/shown\n',
    );
    const [heading = '', ...rows] = (await kubectl.ok(['get', 'pods', '-A'])).split('\n');
    assert.match(heading, /^NAMESPACE +NAME/);
    assert.ok(
      rows.some((row) => row.startsWith(target.namespace) && row.includes('shown')),
      rows.join('\n'),
    );
    assert.match(await kubectl.ok(['get', 'pod/shown', '-o', 'yaml']), /^apiVersion: v1\nkind: Pod\n/);
    assert.equal(JSON.parse(await kubectl.ok(['get', 'po', 'shown', '-o', 'json'])).kind, 'Pod');
    assert.match(await kubectl.ok(['get', 'pods', '--show-labels']), /app=shown/);
  });

  test('of nothing and of an unknown kind says so', async () => {
    const { stderr } = await kubectl.run(['get', 'leases']);
    assert.match(stderr, /No resources found/);
    assert.match(
      await kubectl.refused(['get', 'unheard']),
      /the server doesn't have a resource type "unheard"/,
    );
    assert.match(
      await kubectl.refused(['get', 'pod', 'missing']),
      /Error from server \(NotFound\): pods "missing" not found/,
    );
  });

  test('-w prints each change', async () => {
    const child = kubectl.start(['get', 'cm', '-w', '--watch-only', '-o', 'name']);
    let output = '';
    const seen = new Promise<void>((resolve) => {
      child.stdout?.on('data', (chunk) => {
        output += String(chunk);
        if (/configmap\/watched-\d+\n.*configmap\/watched/s.test(output)) resolve();
      });
    });
    // kubectl does not say when its watch has begun: changes are made until it has told of two.
    let changes = 0;
    const timer = setInterval(
      () =>
        void target.api.post(
          `/api/v1/namespaces/${target.namespace}/configmaps`,
          configMap(`watched-${changes++}`),
        ),
      100,
    );
    await seen;
    clearInterval(timer);
    child.kill();
  });

  test('api-resources lists the kinds with their short names', async () => {
    const output = await kubectl.ok(['api-resources']);
    assert.match(output, /^pods +po +v1 +true +Pod$/m);
    assert.match(output, /^replicasets +rs +apps\/v1 +true +ReplicaSet$/m);
    assert.match(output, /^endpointslices +discovery\.k8s\.io\/v1 +true +EndpointSlice$/m);
  });
});

describe('kubectl label, annotate, patch and scale', () => {
  before(async () => {
    await kubectl.ok(['create', '-f', '-'], yaml(configMap('changed', { role: 'standby' })));
    await kubectl.ok(['create', '-f', '-'], yaml(replicaSet('scaled', 0)));
  });

  test('label refuses to overwrite until told to', async () => {
    assert.match(
      await kubectl.refused(['label', 'cm', 'changed', 'role=active']),
      /'role' already has a value \(standby\)/,
    );
    assert.match(await kubectl.ok(['label', 'cm', 'changed', 'role=active', '--overwrite']), /labeled/);
    assert.match(await kubectl.ok(['label', 'cm', 'changed', 'role-']), /unlabeled/);
    assert.match(await kubectl.ok(['annotate', 'cm', 'changed', 'note=some']), /annotated/);
  });

  test('patch speaks all three kinds', async () => {
    assert.match(await kubectl.ok(['patch', 'cm', 'changed', '-p', '{"data":{"a":"1"}}']), /patched/);
    assert.match(
      await kubectl.ok(['patch', 'cm', 'changed', '--type=merge', '-p', '{"data":{"b":"2"}}']),
      /patched/,
    );
    const operations = '[{"op":"test","path":"/data/b","value":"2"},{"op":"remove","path":"/data/b"}]';
    assert.match(await kubectl.ok(['patch', 'cm', 'changed', '--type=json', '-p', operations]), /patched/);
    assert.match(
      await kubectl.refused(['patch', 'cm', 'changed', '--type=json', '-p', operations]),
      /The request is invalid/,
    );
    assert.equal(
      await kubectl.ok(['get', 'cm', 'changed', '-o', 'jsonpath={.data}']),
      '{"a":"1","key":"value"}',
    );
  });

  test('scale changes the replicas, under a condition if asked', async () => {
    assert.match(await kubectl.ok(['scale', 'rs', 'scaled', '--replicas=1']), /scaled/);
    assert.match(
      await kubectl.refused(['scale', 'rs', 'scaled', '--current-replicas=5', '--replicas=2']),
      /Expected replicas to be 5, was 1/,
    );
    assert.equal(await kubectl.ok(['get', 'rs', 'scaled', '-o', 'jsonpath={.spec.replicas}']), '1');
    await kubectl.ok(['scale', 'rs/scaled', '--replicas=0']);
  });

  test('describe tells of every kind that is looked at when something is wrong', async () => {
    assert.match(await kubectl.ok(['describe', 'rs', 'scaled']), /Selector: +app=scaled/);
    await kubectl.ok(['create', '-f', '-'], yaml(pod('told', { nodeName: target.nowhere() })));
    assert.match(await kubectl.ok(['describe', 'pod', 'told']), /Node: +conformance-\S+-nowhere-/);
    await kubectl.ok(['create', 'service', 'clusterip', 'described', '--tcp=80']);
    assert.match(await kubectl.ok(['describe', 'service', 'described']), /Selector: +app=described/);
    const nodes = ['get', 'nodes', '-l', '!conformance.understudy.dev/reserved', '-o', 'name'];
    const [node = ''] = (await kubectl.ok(nodes)).split('\n');
    assert.match(await kubectl.ok(['describe', node]), /Conditions:[\s\S]*Ready +True/);
  });

  test('explain and auth can-i answer', async () => {
    assert.match(await kubectl.ok(['explain', 'pod.spec.containers']), /readinessProbe\s+<Probe>/);
    assert.match((await kubectl.run(['auth', 'can-i', 'get', 'pods'])).stdout, /^yes/);
  });
});
