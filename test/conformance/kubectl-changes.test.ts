import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Body } from './api-client.ts';
import { eventually } from './eventually.ts';
import type { Kubectl } from './kubectl.ts';
import { configMap, obedient, pod } from './objects.ts';
import { onRealClusterOnly, openTarget, type Target } from './target.ts';

let target: Target;
let kubectl: Kubectl;

const json = (object: unknown) => JSON.stringify(object);

before(async () => {
  target = await openTarget();
  ({ kubectl } = target);
});
after(() => target.close());

describe('kubectl run, expose and delete --now', () => {
  test('make a pod and a Service for it, and end the pod soon', async () => {
    const args = ['run', 'lone', '--image=busybox:1.36', '--port=8080', '--', 'sh', '-c', obedient];
    assert.equal(await kubectl.ok(args), 'pod/lone created\n');
    assert.match(
      await kubectl.ok(['wait', '--for=condition=Ready', 'pod/lone', '--timeout=30s']),
      /condition met/,
    );
    assert.equal(await kubectl.ok(['expose', 'pod', 'lone']), 'service/lone exposed\n');
    const address = ['get', 'service', 'lone', '-o', 'jsonpath={.spec.clusterIP}:{.spec.ports[0].port}'];
    assert.match(await kubectl.ok(address), /^[0-9.]+:8080$/);
    const slices = ['get', 'endpointslices', '-l', 'kubernetes.io/service-name=lone'];
    await kubectl.ok([
      'wait',
      '--for=jsonpath={.endpoints[0].conditions.ready}=true',
      ...slices.slice(1),
      '--timeout=30s',
    ]);
    assert.match(
      await kubectl.ok(slices),
      /^NAME +ADDRESSTYPE +PORTS +ENDPOINTS +AGE\nlone-\w+ +IPv4 +8080 +[0-9.]+ /,
    );
    assert.match(await kubectl.ok(['delete', 'pod', 'lone', '--now']), /pod "lone" deleted/);
  });
});

describe('kubectl replace and edit', () => {
  test('replace changes the whole object, and only against its resourceVersion where one is given', async () => {
    await kubectl.ok(['create', '-f', '-'], json(configMap('replaced', { one: '1' })));
    const old = JSON.parse(await kubectl.ok(['get', 'cm', 'replaced', '-o', 'json']));
    assert.match(
      await kubectl.ok(['replace', '-f', '-'], json(configMap('replaced', { two: '2' }))),
      /replaced/,
    );
    const labels = ['get', 'cm', 'replaced', '-o', 'jsonpath={.metadata.labels}'];
    assert.equal(await kubectl.ok(labels), '{"two":"2"}');
    assert.match(
      await kubectl.refused(['replace', '-f', '-'], json(old)),
      /Conflict.*the object has been modified/s,
    );
    assert.match(await kubectl.refused(['replace', '-f', '-'], json(configMap('unmade'))), /not found/);
  });

  test('edit writes what the editor leaves', async () => {
    await kubectl.ok(['create', '-f', '-'], json(configMap('edited')));
    const editing = { KUBE_EDITOR: "sed -i 's/key: value/key: other/'" };
    assert.match(await kubectl.ok(['edit', 'cm', 'edited'], '', editing), /edited/);
    assert.equal(await kubectl.ok(['get', 'cm', 'edited', '-o', 'jsonpath={.data.key}']), 'other');
  });

  test('diff says what an apply would change, and changes nothing', async () => {
    await kubectl.ok(['apply', '-f', '-'], json(configMap('differs')));
    assert.equal(await kubectl.ok(['diff', '-f', '-'], json(configMap('differs'))), '');
    const { code, stdout } = await kubectl.run(
      ['diff', '-f', '-'],
      json({ ...configMap('differs'), data: { key: 'new' } }),
    );
    assert.equal(code, 1);
    assert.match(stdout, /- {2}key: value\n\+ {2}key: new/);
    assert.equal(await kubectl.ok(['get', 'cm', 'differs', '-o', 'jsonpath={.data.key}']), 'value');
  });
});

describe('kubectl set and rollout', () => {
  const { spec } = pod('revised', { script: obedient, graceSeconds: 1 });
  const labels = { app: 'revised' };
  const deployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'revised' },
    spec: { replicas: 1, selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
  };
  const settled = () => kubectl.ok(['rollout', 'status', 'deployment/revised', '--timeout=50s']);
  const env = () =>
    kubectl.ok([
      'get',
      'deployment',
      'revised',
      '-o',
      'jsonpath={.spec.template.spec.containers[0].env[*].value}',
    ]);

  const show = async (...what: string[]): Promise<Body> =>
    JSON.parse(await kubectl.ok(['get', ...what, '-o', 'json']));
  /** Of the ReplicaSets that are to have pods: a pod of an earlier revision may still be on its way out. */
  const coloursInUse = async (): Promise<string[]> =>
    (await show('rs', '-l', 'app=revised')).items
      .filter(({ spec: { replicas } }: Body) => replicas > 0)
      .flatMap((set: Body) => set.spec.template.spec.containers[0].env ?? [])
      .map(({ value }: Body) => value);

  test('set makes a revision, history shows it, undo goes back', async () => {
    await kubectl.ok(['create', '-f', '-'], json(deployment));
    await settled();
    assert.match(await kubectl.ok(['set', 'env', 'deployment/revised', 'COLOUR=blue']), /env updated/);
    await settled();
    assert.equal(await env(), 'blue');
    assert.match(
      await kubectl.ok(['rollout', 'history', 'deployment/revised']),
      /REVISION[\s\S]*\n1 [\s\S]*\n2 /,
    );
    assert.match(await kubectl.ok(['rollout', 'undo', 'deployment/revised']), /rolled back/);
    await settled();
    assert.equal(await env(), '');
    assert.match(await kubectl.ok(['get', 'rs', '-l', 'app=revised']), /revised-\w+ +1 +1 +1 /);
  });

  test('a paused rollout makes no pods until it goes on', async () => {
    assert.match(await kubectl.ok(['rollout', 'pause', 'deployment/revised']), /paused/);
    await kubectl.ok(['set', 'env', 'deployment/revised', 'COLOUR=green']);
    await eventually('the controller has seen the change', async () => {
      const { metadata, status } = await show('deployment', 'revised');
      return status.observedGeneration === metadata.generation ? status : undefined;
    });
    assert.deepEqual(await coloursInUse(), []);
    assert.match(await kubectl.ok(['rollout', 'resume', 'deployment/revised']), /resumed/);
    await settled();
    assert.deepEqual(await coloursInUse(), ['green']);
  });
});

describe('kubectl version, api-versions and auth', () => {
  test('tell of the server', async () => {
    const { serverVersion } = JSON.parse(await kubectl.ok(['version', '-o', 'json']));
    assert.match(serverVersion.gitVersion, /^v1\.\d+\.\d+/);
    assert.match(await kubectl.ok(['api-versions']), /^coordination\.k8s\.io\/v1$/m);
    assert.equal(await kubectl.ok(['get', '--raw', '/readyz']), 'ok');
  });

  test(
    'tell who somebody is, and give out tokens',
    onRealClusterOnly('the sandbox knows no users and no tokens'),
    async () => {
      assert.match(await kubectl.ok(['auth', 'whoami']), /Username +\S+/);
      assert.match(await kubectl.ok(['create', 'token', 'default']), /^[\w-]+\.[\w-]+\.[\w-]+\n?$/);
    },
  );
});
