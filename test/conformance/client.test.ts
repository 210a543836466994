import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { podDecoding } from '../../src/controller/pod-codec.ts';
import { decodeLease, type LeaseObject } from '../../src/kube/decode-lease.ts';
import { decodePod, type PodObject } from '../../src/kube/decode-pod.ts';
import { connectTransport } from '../../src/kube/http2-transport.ts';
import { loadConnection } from '../../src/kube/load-connection.ts';
import { type Reflector, startReflector } from '../../src/kube/reflector.ts';
import {
  createRequest,
  deleteRequest,
  getRequest,
  mergePatchRequest,
  objectBody,
} from '../../src/kube/request.ts';
import { LEASES, PODS, type Resource } from '../../src/kube/resources.ts';
import { bodyOrThrow, classify } from '../../src/kube/status.ts';
import type { ApiRequest, Transport } from '../../src/kube/transport.ts';
import type { WatchSink } from '../../src/kube/watch-sink.ts';
import { realClock, realRandom } from '../../src/time/real-clock.ts';
import { until } from '../kube/until.ts';
import { crashable, pod } from './objects.ts';
import { openTarget, type Target } from './target.ts';

const timeoutMs = 10_000;
const deadlineMs = 60_000;

let target: Target;
let transport: Transport;
let watching: Transport;

before(async () => {
  target = await openTarget();
  const connection = await loadConnection({ kubeconfig: target.kubeconfigPath, env: {} });
  assert.equal(connection.namespace, target.namespace);
  transport = connectTransport(connection, { clock: realClock, random: realRandom, purpose: 'write' });
  watching = connectTransport(connection, { clock: realClock, random: realRandom, purpose: 'watch' });
});
after(async () => {
  await Promise.all([transport.close(), watching.close()]);
  await target.close();
});

/** A cache as simple as can be, with what it was told in short. */
class Seen<T extends { readonly name: string; readonly uid: string }> implements WatchSink<T> {
  readonly told: string[] = [];
  readonly items = new Map<string, T>();
  synced = 0;

  onApplied(item: T): void {
    this.told.push(`applied ${item.name}`);
    this.items.set(item.name, item);
  }

  onDeleted({ name }: { readonly name: string }): void {
    this.told.push(`deleted ${name}`);
    this.items.delete(name);
  }

  onSynced(present: ReadonlySet<string>): void {
    for (const [name, { uid }] of this.items) if (!present.has(uid)) this.items.delete(name);
    this.synced += 1;
  }

  onBookmark(): void {}

  onMalformed(name: string, error: Error): void {
    assert.fail(`${name}: ${error.message}`);
  }

  onState(): void {}
}

function reflect<T extends { readonly name: string; readonly uid: string }>(
  resource: Resource,
  labelSelector: string,
  decode: (raw: unknown) => T,
  sink: Seen<T>,
): Reflector {
  return startReflector({
    namespace: target.namespace,
    labelSelector,
    transport: watching,
    clock: realClock,
    random: realRandom,
    resource,
    decode,
    sink,
    onBug: (error) => assert.fail(String(error)),
  });
}

async function send(request: ApiRequest): Promise<unknown> {
  return JSON.parse(bodyOrThrow(await transport.request(request, timeoutMs)));
}

describe("the product's own client", () => {
  test('writes, reads, is refused and deletes over one HTTP/2 connection', async () => {
    const { namespace } = target;
    const named = { namespace, name: 'client' };
    const body = objectBody(LEASES, named, { spec: { holderIdentity: 'one', leaseTransitions: 1 } });
    const create = createRequest(LEASES, { namespace, body });
    const created = decodeLease(await send(create));
    assert.deepEqual([created.holder, created.transitions], ['one', 1]);
    const again = classify(await transport.request(create, timeoutMs));
    assert.ok(again.kind === 'conflict' && again.alreadyExists);
    const patch = { metadata: { resourceVersion: created.resourceVersion }, spec: { leaseTransitions: 2 } };
    const moved = decodeLease(await send(mergePatchRequest(LEASES, { ...named, patch })));
    assert.equal(moved.transitions, 2);
    assert.deepEqual(decodeLease(await send(getRequest(LEASES, named))), moved);
    const late = classify(await transport.request(mergePatchRequest(LEASES, { ...named, patch }), timeoutMs));
    assert.ok(late.kind === 'conflict' && !late.alreadyExists);
    await send(deleteRequest(LEASES, { ...named, uid: moved.uid }));
    const missing = classify(await transport.request(getRequest(LEASES, named), timeoutMs));
    assert.equal(missing.kind, 'notFound');
    assert.equal(transport.alive, true);
  });

  test('keeps many requests apart that are under way at once', async () => {
    const { namespace } = target;
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) => {
        const body = objectBody(
          LEASES,
          { namespace, name: `at-once-${index}` },
          { spec: { holderIdentity: `h${index}` } },
        );
        return send(createRequest(LEASES, { namespace, body })).then(decodeLease);
      }),
    );
    assert.deepEqual(
      answers.map(({ name, holder }) => [name, holder]),
      answers.map((_, index) => [`at-once-${index}`, `h${index}`]),
    );
  });

  test('watches from what there is, through every change, and again after it was told to list anew', async () => {
    const { namespace } = target;
    const make = (name: string) => {
      const metadata = { namespace, name, labels: { group: 'reflected' } };
      return send(createRequest(LEASES, { namespace, body: objectBody(LEASES, metadata, { spec: {} }) }));
    };
    await make('reflected-1');
    const seen = new Seen<LeaseObject>();
    const reflector = reflect(LEASES, 'group=reflected', decodeLease, seen);
    await until(() => reflector.synced, 'the watch is synced', deadlineMs);
    assert.deepEqual([...seen.items.keys()], ['reflected-1']);
    await make('reflected-2');
    await send(
      mergePatchRequest(LEASES, { namespace, name: 'reflected-1', patch: { spec: { leaseTransitions: 5 } } }),
    );
    const { uid } = decodeLease(await send(getRequest(LEASES, { namespace, name: 'reflected-2' })));
    await send(deleteRequest(LEASES, { namespace, name: 'reflected-2', uid }));
    await until(() => seen.told.includes('deleted reflected-2'), 'the delete is seen', deadlineMs);
    assert.deepEqual(seen.told, [
      'applied reflected-1',
      'applied reflected-2',
      'applied reflected-1',
      'deleted reflected-2',
    ]);
    assert.equal(seen.items.get('reflected-1')?.transitions, 5);
    reflector.relist();
    await until(() => seen.synced === 2, 'it is synced again', deadlineMs);
    assert.deepEqual([...seen.items.keys()], ['reflected-1']);
    reflector.stop();
  });

  test('reads every state of a real pod, from its creation over a crash to its end', async () => {
    const pods = `/api/v1/namespaces/${target.namespace}/pods`;
    const seen = new Seen<PodObject>();
    const reflector = reflect(PODS, 'app=read', (raw) => decodePod(raw, podDecoding), seen);
    await until(() => reflector.synced, 'the watch is synced', deadlineMs);
    const created = await target.api.post(
      pods,
      pod('read', { script: crashable, graceSeconds: 5, labels: { app: 'read' } }),
    );
    assert.equal(created.status, 201, created.text);
    const main = () => seen.items.get('read')?.containers[0];
    await until(() => seen.items.get('read')?.ready === true, 'it is ready', deadlineMs);
    const first = main()?.containerId;
    await target.kubectl.touchLast('read', 'main', '/tmp/crash');
    await until(() => main()?.restartCount === 1 && main()?.ready === true, 'it runs again', deadlineMs);
    assert.equal(main()?.lastTerminated?.containerId, first);
    assert.equal(main()?.lastTerminated?.exitCode, 3);
    await target.api.delete(`${pods}/read`);
    await until(() => seen.told.at(-1) === 'deleted read', 'it is gone', deadlineMs);
    reflector.stop();
  });
});
