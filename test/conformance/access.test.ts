import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createRequest, listRequest, objectBody, watchRequest } from '../../src/kube/request.ts';
import { NODES, PODS, type Resource, SELF_SUBJECT_ACCESS_REVIEWS } from '../../src/kube/resources.ts';
import type { ApiClient } from './api-client.ts';
import { eventually } from './eventually.ts';
import { pod } from './objects.ts';
import { outcomeOf } from './outcome.ts';
import { onRealClusterOnly, openTarget, type Target } from './target.ts';

const noRbac = onRealClusterOnly('the sandbox knows no users: it stores RBAC objects, and allows everything');
let target: Target;

before(async () => {
  target = await openTarget();
});
after(() => target.close());

/** As the controller asks at its start. */
function mayI(api: ApiClient, verb: string, resource: Resource, namespace: string | undefined) {
  const resourceAttributes = { verb, group: resource.group, resource: resource.plural, namespace };
  const body = objectBody(SELF_SUBJECT_ACCESS_REVIEWS, {}, { spec: { resourceAttributes } });
  return api.request(createRequest(SELF_SUBJECT_ACCESS_REVIEWS, { body }));
}

/** With nothing but this token. */
function bearing(token: string): ApiClient {
  return target.api.bearing(token);
}

async function withAccount(name: string, run: (api: ApiClient) => Promise<void>): Promise<void> {
  const accounts = `/api/v1/namespaces/${target.namespace}/serviceaccounts`;
  await target.api.post(accounts, { metadata: { name } });
  const asked = await target.api.post(`${accounts}/${name}/token`, {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: { expirationSeconds: 600 },
  });
  assert.equal(asked.status, 201, asked.text);
  const api = bearing(asked.body.status.token);
  try {
    await run(api);
  } finally {
    api.close();
  }
}

describe('a SelfSubjectAccessReview', () => {
  test('is answered 201 with what was asked, and whether it is allowed', async () => {
    for (const [verb, resource, namespace] of [
      ['patch', PODS, target.namespace],
      ['list', NODES, undefined],
      ['watch', PODS, undefined],
    ] as const) {
      const { status, body } = await mayI(target.api, verb, resource, namespace);
      assert.equal(status, 201);
      assert.equal(body.kind, 'SelfSubjectAccessReview');
      assert.equal(body.spec.resourceAttributes.verb, verb);
      assert.equal(body.spec.resourceAttributes.resource, resource.plural);
      assert.equal(body.status.allowed, true);
    }
  });

  test('that asks for nothing is refused: 422', async () => {
    const body = objectBody(SELF_SUBJECT_ACCESS_REVIEWS, {}, { spec: {} });
    const refused = await target.api.request(createRequest(SELF_SUBJECT_ACCESS_REVIEWS, { body }));
    assert.equal(refused.status, 422, refused.text);
    assert.match(
      refused.body.message,
      /exactly one of nonResourceAttributes or resourceAttributes must be specified/,
    );
  });

  test('says no to who has no rights, and yes once they are granted', noRbac, async () => {
    await withAccount('granted', async (api) => {
      assert.equal((await mayI(api, 'list', PODS, target.namespace)).body.status.allowed, false);
      const { kubectl, namespace } = target;
      await kubectl.ok(['create', 'role', 'lists', '--verb=list', '--resource=pods']);
      await kubectl.ok([
        'create',
        'rolebinding',
        'lists',
        '--role=lists',
        `--serviceaccount=${namespace}:granted`,
      ]);
      await eventually('the grant counts', async () => {
        const { body } = await mayI(api, 'list', PODS, namespace);
        return body.status.allowed ? body : undefined;
      });
      assert.equal((await api.request(listRequest(PODS, { namespace }))).status, 200);
      assert.equal((await mayI(api, 'list', PODS, undefined)).body.status.allowed, false);
    });
  });
});

describe('a request without the right to it', () => {
  test('is answered 403, and says the verb and the resource', noRbac, async () => {
    await withAccount('poor', async (api) => {
      const { namespace } = target;
      const list = await api.request(listRequest(PODS, { namespace }));
      const outcome = outcomeOf(list);
      assert.equal(list.status, 403);
      assert.ok(outcome.kind === 'forbidden');
      assert.deepEqual([outcome.verb, outcome.resource], ['list', 'pods']);
      assert.equal(list.body.reason, 'Forbidden');
      assert.match(list.body.message, /^pods is forbidden: User "system:serviceaccount:/);
      const watch = outcomeOf(
        await api.request(watchRequest(NODES, { timeoutSeconds: 1, sendInitialEvents: true })),
      );
      assert.ok(watch.kind === 'forbidden');
      assert.deepEqual([watch.verb, watch.resource], ['watch', 'nodes']);
    });
  });

  test(
    'is answered 403 before it is looked at whether the object or the namespace is there',
    noRbac,
    async () => {
      await withAccount('blind', async (api) => {
        assert.equal((await api.get('/api/v1/namespaces/not-there/pods/none')).status, 403);
        const created = await api.post(
          `/api/v1/namespaces/${target.namespace}/pods`,
          pod('none', { nodeName: target.nowhere() }),
        );
        assert.equal(created.status, 403);
      });
    },
  );
});

describe('a request with a token that nobody gave out', () => {
  test('is answered 401, as is a watch', noRbac, async () => {
    const api = bearing('nonsense');
    const { namespace } = target;
    for (const request of [
      listRequest(PODS, { namespace }),
      watchRequest(PODS, { namespace, timeoutSeconds: 1, sendInitialEvents: true }),
    ]) {
      const refused = await api.request(request);
      assert.equal(refused.status, 401, refused.text);
      assert.equal(refused.body.reason, 'Unauthorized');
      assert.equal(outcomeOf(refused).kind, 'unauthorized');
    }
    api.close();
  });
});
