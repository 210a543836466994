/**
 * Holds deploy/understudy.yaml to what it promises, and runs it in the sandbox with an application beside it.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Document } from 'yaml';
import { areReady } from '../src/cli/hapod/controller-health.ts';
import { decodeEndpointSlice } from '../src/kube/decode-endpoint-slice.ts';
import { decodePod, type PodObject } from '../src/kube/decode-pod.ts';
import { resourceTypes } from '../src/sandbox/api/resource-types.ts';
import { type Sandbox, startSandbox } from '../src/sandbox/sandbox.ts';
import { pause } from '../src/time/clock.ts';
import { realClock } from '../src/time/real-clock.ts';
import { applyFiles, applyText, deployInto, deploymentDocuments } from './deployment-in-sandbox.ts';

interface Container {
  readonly image: string;
  readonly env: readonly { readonly name: string }[];
  readonly securityContext: Readonly<Record<string, unknown>>;
}

interface PodTemplateSpec {
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly containers: readonly Container[];
}

const fromRoot = (file: string) => fileURLToPath(new URL(`../${file}`, import.meta.url));
const kindOf = (document: Document) => document.get('kind');
const deployment = deploymentDocuments.find((document) => kindOf(document) === 'Deployment');
/** Service and Singleton, as the README of deploy/ has them. */
const documented = /```yaml\n(.*?)```/s.exec(readFileSync(fromRoot('deploy/README.md'), 'utf8'))?.[1] ?? '';
const { version } = JSON.parse(readFileSync(fromRoot('package.json'), 'utf8')) as { version: string };

/** Far above a start of two controllers and two pods on a busy machine. */
const withinMs = 60_000;

function templateSpec(): PodTemplateSpec {
  const object = deployment?.toJS() as { spec: { template: { spec: PodTemplateSpec } } };
  return object.spec.template.spec;
}

describe('the deployment', () => {
  test('names the image by the version of this checkout', () => {
    assert.deepEqual(
      templateSpec().containers.map(({ image }) => image),
      [`understudy:${version}`],
    );
  });

  test('keeps to what its namespace enforces: Pod Security, restricted', () => {
    const { securityContext, containers } = templateSpec();
    assert.deepEqual(securityContext, { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
    for (const container of containers)
      assert.deepEqual(container.securityContext, {
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
    const namespace = deploymentDocuments.find((document) => kindOf(document) === 'Namespace');
    assert.equal(
      namespace?.getIn(['metadata', 'labels', 'pod-security.kubernetes.io/enforce']),
      'restricted',
    );
  });

  test('its controllers become Ready, spread over the nodes, and lead the documented Service to one of the example', async () => {
    const sandbox = await startSandbox();
    try {
      deployInto(sandbox);
      applyText(sandbox, documented.replaceAll(/^ {3}/gm, ''));
      applyFiles(sandbox, [fromRoot('examples/hapod/hapod_replicaset.yaml')]);
      await untilReady(sandbox);
      await untilElected(sandbox);
    } finally {
      await sandbox.close();
    }
  });
});

function podsOf(sandbox: Sandbox, namespace: string): readonly PodObject[] {
  return sandbox.store
    .list(resourceTypes.pods, { namespace })
    .map((object) => decodePod(object, { keepEnv: [] }));
}

async function untilReady(sandbox: Sandbox): Promise<void> {
  await until('two controllers that are Ready', async () => {
    const pods = podsOf(sandbox, 'understudy');
    return pods.length === 2 && pods.every(({ ready }) => ready) && (await areReady(pods));
  });
  const nodes = podsOf(sandbox, 'understudy').map(({ node }) => node);
  assert.equal(new Set(nodes).size, 2, `both run on ${nodes[0]}`);
}

async function untilElected(sandbox: Sandbox): Promise<void> {
  await until('one active and one standby, and the Service leads to the active', async () => {
    const pods = podsOf(sandbox, 'default');
    const roles = pods.map(({ labels }) => labels.role);
    const active = pods.find(({ labels }) => labels.role === 'active');
    const reached = sandbox.store
      .list(resourceTypes.endpointslices, { namespace: 'default' })
      .map(decodeEndpointSlice)
      .filter(({ labels }) => labels['kubernetes.io/service-name'] === 'myhaservice')
      .flatMap(({ endpoints }) => endpoints.filter(({ ready }) => ready));
    return (
      roles.toSorted().join() === 'active,standby' &&
      reached.map(({ targetName }) => targetName).join() === active?.name
    );
  });
}

async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await condition())) {
    assert.ok(performance.now() < deadline, `not within ${withinMs} ms: ${what}`);
    await pause(realClock, 50);
  }
}
