/**
 * Owns making up what a recorder could have seen of one singleton, for the tests of the checkers: one change after the
 * other, each with the next version. Must not care whether it makes sense: planted violations do not.
 */
import { recordName } from '../../../src/controller/stored-record.ts';
import { words } from '../../../src/controller/words.ts';
import type { JsonObject } from '../../../src/kube/decode.ts';
import { type History, historyOf } from '../recorder/history.ts';
import type { RecordedChange, ResourceName } from '../recorder/recorded-change.ts';

export const namespace = 'scene';
export const service = 'answering';

interface PodState {
  readonly role?: 'active' | 'standby';
  readonly epoch?: number;
  readonly leaving?: boolean;
  /** How often its critical container has ended. */
  readonly criticalDeaths?: number;
  readonly otherDeaths?: number;
}

interface EndpointState {
  readonly pod: string;
  readonly ready?: boolean;
  readonly serving?: boolean;
  readonly terminating?: boolean;
}

interface Change {
  readonly kind: RecordedChange['kind'];
  readonly listed: boolean;
}

const applied: Change = { kind: 'applied', listed: false };
const listed: Change = { kind: 'applied', listed: true };
const deleted: Change = { kind: 'deleted', listed: false };

export class Story {
  readonly #changes: RecordedChange[] = [];

  get history(): History {
    return historyOf(this.#changes, namespace);
  }

  /** The version of the last change. */
  get version(): bigint {
    return BigInt(this.#changes.length);
  }

  record(epoch: number, holder: string, how: Change = applied, lease = recordName('singleton')): this {
    const labels = { [words.lease]: 'record', [words.singleton]: lease.replace(/^understudy-/, '') };
    const annotations = { [words.holderUid]: uidOf(holder) };
    const spec = { holderIdentity: holder, leaseTransitions: epoch };
    return this.#add('leases', lease, { labels, annotations }, { spec }, how);
  }

  recordListed(epoch: number, holder: string): this {
    return this.record(epoch, holder, listed);
  }

  recordDeleted(epoch: number, holder: string): this {
    return this.record(epoch, holder, deleted);
  }

  pod(name: string, state: PodState = {}, how: Change = applied): this {
    const { role = 'standby', epoch, leaving = false, criticalDeaths = 0, otherDeaths = 0 } = state;
    const meta = {
      labels: { role },
      ...(epoch === undefined ? {} : { annotations: { [words.epoch]: String(epoch) } }),
      ...(leaving ? { deletionTimestamp: '2026-01-01T00:00:00Z', deletionGracePeriodSeconds: 0 } : {}),
    };
    const containers = [
      { name: 'server', env: [{ name: words.criticality, value: 'critical' }] },
      { name: 'beside', env: [{ name: words.criticality, value: 'noncritical' }] },
    ];
    const statuses = [
      { name: 'server', ...lives(criticalDeaths) },
      { name: 'beside', ...lives(otherDeaths) },
    ];
    return this.#add(
      'pods',
      name,
      meta,
      { spec: { containers }, status: { containerStatuses: statuses } },
      how,
    );
  }

  podListed(name: string, state: PodState = {}): this {
    return this.pod(name, state, listed);
  }

  podDeleted(name: string, state: PodState = {}): this {
    return this.pod(name, state, deleted);
  }

  slice(endpoints: readonly EndpointState[], name = 'one'): this {
    const body = {
      endpoints: endpoints.map(({ pod, ...conditions }) => ({
        addresses: ['10.0.0.1'],
        conditions,
        targetRef: { kind: 'Pod', name: pod, uid: uidOf(pod) },
      })),
    };
    return this.#add(
      'endpointslices',
      name,
      { labels: { 'kubernetes.io/service-name': service } },
      body,
      applied,
    );
  }

  #add(resource: ResourceName, name: string, meta: JsonObject, body: JsonObject, how: Change): this {
    const version = this.version + 1n;
    const identity = { namespace, name, uid: uidOf(name), resourceVersion: String(version) };
    const metadata = { ...identity, creationTimestamp: '2026-01-01T00:00:00Z', ...meta };
    this.#changes.push({
      resource,
      ...how,
      atMs: Number(version),
      version,
      ...{ namespace, name, uid: uidOf(name) },
      object: { metadata, ...body },
    });
    return this;
  }
}

export function uidOf(name: string): string {
  return `uid-${name}`;
}

function lives(deaths: number): JsonObject {
  const lastState = { terminated: { exitCode: 137 } };
  return { restartCount: deaths, state: { running: {} }, ...(deaths === 0 ? {} : { lastState }) };
}
