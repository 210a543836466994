import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  encodeHeartbeat,
  heartbeatBody,
  heartbeatName,
  presenceSelector,
} from '../../src/controller/heartbeat-codec.ts';
import { createRequest, deleteRequest, mergePatchRequest, watchRequest } from '../../src/kube/request.ts';
import { LEASES } from '../../src/kube/resources.ts';
import type { MonotonicMs } from '../../src/time/clock.ts';
import { eventually } from './eventually.ts';
import { pod } from './objects.ts';
import { outcomeOf } from './outcome.ts';
import { openTarget, type Target } from './target.ts';

const group = 'conformance';
let target: Target;

before(async () => {
  target = await openTarget();
});
after(() => target.close());

function encoded(name: string, sentAtMs: number, owner?: { readonly name: string; readonly uid: string }) {
  return encodeHeartbeat(
    { name, instance: 'life' },
    { group, sentAt: sentAtMs as MonotonicMs, wallTimeMs: Date.now(), pod: owner },
  );
}

function create(name: string, owner?: { readonly name: string; readonly uid: string }) {
  const { namespace } = target;
  const body = heartbeatBody(encoded(name, 0, owner), { namespace, name: heartbeatName(name) });
  return target.api.request(createRequest(LEASES, { namespace, body }));
}

function renew(name: string, sentAtMs: number) {
  const { namespace } = target;
  const patch = encoded(name, sentAtMs);
  return target.api.request(mergePatchRequest(LEASES, { namespace, name: heartbeatName(name), patch }));
}

describe('a heartbeat', () => {
  test('that nobody has made answers 404 to its renewal', async () => {
    assert.equal(outcomeOf(await renew('unmade', 1)).kind, 'notFound');
  });

  test('is renewed without a resourceVersion, also by many renewals at once: each is written', async () => {
    const created = await create('many');
    assert.equal(created.status, 201, created.text);
    const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => renew('many', index + 1)));
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
    const versions = answers.map(({ body }) => body.metadata.resourceVersion);
    assert.equal(new Set(versions).size, 20);
  });

  test('is seen on the watch of the pair, every renewal of it, in the order of its versions', async () => {
    const created = (await create('watched')).body;
    const { resourceVersion } = created.metadata;
    const selection = { namespace: target.namespace, labelSelector: presenceSelector(group) };
    const { path } = watchRequest(LEASES, { ...selection, resourceVersion, timeoutSeconds: 60 });
    const watch = await target.api.watch(path);
    const written: string[] = [];
    for (let beat = 1; beat <= 5; beat++) {
      written.push((await renew('watched', beat)).body.metadata.resourceVersion);
    }
    const isLast = ({ object }: { readonly object: { metadata: { resourceVersion: string } } }) =>
      object.metadata.resourceVersion === written.at(-1);
    const events = await watch.until(isLast);
    const seen = events.filter(({ object }) => object.metadata.name === heartbeatName('watched'));
    assert.deepEqual(
      seen.map(({ object }) => object.metadata.resourceVersion),
      written,
    );
    watch.stop();
  });

  test('is deleted only with the UID it has', async () => {
    const { uid } = (await create('stopped')).body.metadata;
    const named = { namespace: target.namespace, name: heartbeatName('stopped') };
    const other = await target.api.request(deleteRequest(LEASES, { ...named, uid: 'another-one' }));
    assert.equal(other.status, 409, other.text);
    const own = await target.api.request(deleteRequest(LEASES, { ...named, uid }));
    assert.equal(own.status, 200, own.text);
    const again = await target.api.request(deleteRequest(LEASES, { ...named, uid }));
    assert.equal(outcomeOf(again).kind, 'notFound');
  });

  test('goes when the pod that owns it does', async () => {
    const pods = `/api/v1/namespaces/${target.namespace}/pods`;
    const owner = (await target.api.post(pods, pod('controller', { nodeName: target.nowhere() }))).body
      .metadata;
    const created = await create('owned', { name: owner.name, uid: owner.uid });
    assert.equal(created.status, 201, created.text);
    await target.api.delete(`${pods}/controller`, { gracePeriodSeconds: 0 });
    const leases = `/apis/coordination.k8s.io/v1/namespaces/${target.namespace}/leases`;
    await eventually('the heartbeat of a pod that is gone goes', async () => {
      const { status } = await target.api.get(`${leases}/${heartbeatName('owned')}`);
      return status === 404 ? status : undefined;
    });
  });
});
