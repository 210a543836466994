import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Body, WatchEvent } from './api-client.ts';
import { lease } from './objects.ts';
import { openTarget, type Target } from './target.ts';

let target: Target;
let leases = '';

before(async () => {
  target = await openTarget();
  leases = `/apis/coordination.k8s.io/v1/namespaces/${target.namespace}/leases`;
});
after(() => target.close());

const nameOf = ({ object }: WatchEvent): string => object.metadata.name;
const versionOf = ({ object }: WatchEvent) => Number(object.metadata.resourceVersion);

async function current(): Promise<string> {
  return (await target.api.get(leases)).body.metadata.resourceVersion;
}

/** Five Leases, each written to by two writers at once, then one that says that it was all. */
async function churn(group: string): Promise<Map<string, number[]>> {
  const names = Array.from({ length: 5 }, (_, index) => `${group}-${index}`);
  const versions = new Map<string, number[]>();
  const written = (name: string, { metadata }: Body) =>
    versions.get(name)?.push(Number(metadata.resourceVersion));
  const write = async (name: string, writer: string) => {
    for (let round = 0; round < 20; round++) {
      const spec = { holderIdentity: `${writer}-${round}` };
      written(name, (await target.api.patch(`${leases}/${name}`, 'merge', { spec })).body);
    }
  };
  for (const name of names) {
    versions.set(name, []);
    written(
      name,
      (await target.api.post(leases, { ...lease(name), metadata: { name, labels: { group } } })).body,
    );
  }
  await Promise.all(names.flatMap((name) => [write(name, 'left'), write(name, 'right')]));
  await target.api.post(leases, {
    ...lease(`${group}-last`),
    metadata: { name: `${group}-last`, labels: { group } },
  });
  return versions;
}

describe('the events of a watch', () => {
  test('of many writers come each once, and all in the order of their versions', async () => {
    const watch = await target.api.watch(
      `${leases}?labelSelector=group%3Dmany&resourceVersion=${await current()}`,
    );
    const written = await churn('many');
    const events = await watch.until((event) => nameOf(event) === 'many-last');
    watch.stop();
    const versions = events.map(versionOf);
    assert.deepEqual(
      versions,
      versions.toSorted((left, right) => left - right),
    );
    assert.equal(new Set(versions).size, versions.length);
    for (const [name, expected] of written) {
      const seen = events.filter((event) => nameOf(event) === name).map(versionOf);
      assert.deepEqual(
        seen,
        expected.toSorted((left, right) => left - right),
      );
    }
  });

  test('are the same for every watcher, from wherever it began', async () => {
    const query = `labelSelector=group%3Dboth&resourceVersion=${await current()}`;
    const early = await target.api.watch(`${leases}?${query}`);
    await churn('both');
    const late = await target.api.watch(`${leases}?${query}`);
    const isLast = (event: WatchEvent) => nameOf(event) === 'both-last';
    const [first, second] = await Promise.all([early.until(isLast), late.until(isLast)]);
    early.stop();
    late.stop();
    assert.deepEqual(second, first);
  });

  test('come before the answer of no later read: what a list shows, a watch from there does not repeat', async () => {
    const group = 'later';
    for (let round = 0; round < 10; round++) {
      const name = `${group}-${round}`;
      await target.api.post(leases, { ...lease(name), metadata: { name, labels: { group } } });
      const { body } = await target.api.get(`${leases}?labelSelector=group%3D${group}`);
      assert.equal(body.items.length, round + 1);
      const from = body.metadata.resourceVersion;
      const watch = await target.api.watch(
        `${leases}?labelSelector=group%3D${group}&resourceVersion=${from}`,
      );
      await target.api.patch(`${leases}/${name}`, 'merge', { spec: { holderIdentity: 'next' } });
      const event = await watch.next();
      watch.stop();
      assert.equal(`${event.type} ${nameOf(event)}`, `MODIFIED ${name}`);
      assert.ok(versionOf(event) > Number(from));
    }
  });

  test('from a version that is still to come are only those after it', async () => {
    const from = Number(await current()) + 1_000_000;
    const watch = await target.api.watch(`${leases}?resourceVersion=${from}&timeoutSeconds=2`);
    await target.api.post(leases, lease('too-early'));
    assert.deepEqual(await watch.end(30_000), []);
  });
});
