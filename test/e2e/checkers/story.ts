/**
 * Owns making up what a recorder could have seen of one singleton, for the tests of the checkers: one change after the
 * other, each with the next version. Must not care whether it makes sense: planted violations do not.
 */
import type { SingletonStatus } from '../../../src/api/singleton.ts';
import { encodeStatus } from '../../../src/api/status-codec.ts';
import { recordName } from '../../../src/controller/stored-record.ts';
import { words } from '../../../src/controller/words.ts';
import type { JsonObject } from '../../../src/kube/decode.ts';
import { type History, historyOf } from '../recorder/history.ts';
import type { RecordedChange, ResourceName } from '../recorder/recorded-change.ts';

export const namespace = 'scene';
export const service = 'answering';
const singletonName = 'answering';

interface PodState {
  readonly role?: 'active' | 'standby';
  readonly epoch?: number;
  readonly leaving?: boolean;
  /** Of its critical container; it is unless this says otherwise. */
  readonly ready?: boolean;
  readonly node?: string;
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

interface DirectRecordState {
  /** The holder alone, where nothing else is said. */
  readonly endpoints?: readonly EndpointState[];
  /** Its place has been taken by a Lease. */
  readonly moved?: boolean;
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

  record(epoch: number, holder: string, how: Change = applied, lease = recordName(singletonName)): this {
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

  /** A Lease whose place a slice of our own takes. */
  recordMoved(epoch: number, holder: string): this {
    const lease = recordName(singletonName);
    const labels = { [words.lease]: 'record', [words.singleton]: singletonName };
    const annotations = { [words.holderUid]: uidOf(holder), [words.movedTo]: 'Direct' };
    const spec = { holderIdentity: holder, leaseTransitions: epoch };
    return this.#add('leases', lease, { labels, annotations }, { spec }, applied);
  }

  /** A slice of our own, which is a record. */
  directRecord(epoch: number, holder: string, state: DirectRecordState = {}, how: Change = applied): this {
    const { endpoints = [{ pod: holder, ready: true }], moved = false } = state;
    const meta = {
      labels: {
        [words.serviceName]: service,
        [words.managedBy]: words.manager,
        [words.singleton]: singletonName,
      },
      annotations: {
        [words.holder]: holder,
        [words.holderUid]: uidOf(holder),
        [words.recordEpoch]: String(epoch),
        ...(moved ? { [words.movedTo]: 'Labels' } : {}),
      },
    };
    return this.#add('endpointslices', recordName(singletonName), meta, sliceBody(endpoints), how, 'direct');
  }

  /** The slice of a second address family, which follows that record. */
  secondFamily(epoch: number, holder: string): this {
    const labels = { [words.serviceName]: service, [words.managedBy]: words.manager };
    const annotations = { [words.holderUid]: uidOf(holder), [words.recordEpoch]: String(epoch) };
    const body = { ...sliceBody([{ pod: holder, ready: true }]), addressType: 'IPv6' };
    return this.#add('endpointslices', 'second', { labels, annotations }, body, applied);
  }

  directRecordDeleted(epoch: number, holder: string): this {
    return this.directRecord(epoch, holder, {}, deleted);
  }

  service(selector?: Readonly<Record<string, string>>): this {
    return this.#add('services', service, {}, { spec: { selector, ports: [] } }, applied);
  }

  node(name: string, ready: boolean): this {
    const conditions = [{ type: 'Ready', status: ready ? 'True' : 'Unknown' }];
    return this.#add('nodes', name, {}, { status: { conditions } }, applied);
  }

  status(status: Partial<SingletonStatus>, how: Change = applied): this {
    const whole = { ...emptyStatus, ...status };
    return this.#add('singletons', singletonName, {}, { spec: {}, status: encodeStatus(whole) }, how);
  }

  statusDeleted(status: Partial<SingletonStatus>): this {
    return this.status(status, deleted);
  }

  pod(name: string, state: PodState = {}, how: Change = applied): this {
    const { role = 'standby', epoch, leaving = false, ready = true, node } = state;
    const { criticalDeaths = 0, otherDeaths = 0 } = state;
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
      { name: 'server', ready, ...lives(criticalDeaths) },
      { name: 'beside', ready: true, ...lives(otherDeaths) },
    ];
    return this.#add(
      'pods',
      name,
      meta,
      {
        spec: { containers, nodeName: node },
        status: { phase: 'Running', podIP: '10.0.0.1', containerStatuses: statuses },
      },
      how,
    );
  }

  podListed(name: string, state: PodState = {}): this {
    return this.pod(name, state, listed);
  }

  podDeleted(name: string, state: PodState = {}): this {
    return this.pod(name, state, deleted);
  }

  /** One that Kubernetes keeps. */
  slice(endpoints: readonly EndpointState[], name = 'one'): this {
    const meta = { labels: { [words.serviceName]: service } };
    return this.#add('endpointslices', name, meta, sliceBody(endpoints), applied);
  }

  #add(
    resource: ResourceName,
    name: string,
    meta: JsonObject,
    body: JsonObject,
    how: Change,
    kind = '',
  ): this {
    const version = this.version + 1n;
    // Two objects of different kinds may have one name.
    const uid = `${uidOf(name)}${kind}`;
    const identity = { namespace, name, uid, resourceVersion: String(version) };
    const metadata = { ...identity, creationTimestamp: '2026-01-01T00:00:00Z', ...meta };
    this.#changes.push({
      resource,
      ...how,
      atMs: Number(version),
      version,
      ...{ namespace, name, uid },
      object: { metadata, ...body },
    });
    return this;
  }
}

/** Of one that has just been accepted, as far as it matters here. */
const emptyStatus: SingletonStatus = {
  observedGeneration: 1,
  mode: 'Direct',
  active: undefined,
  epoch: 0,
  ready: '0/0',
  standbys: [],
  conditions: [],
  history: [],
  failovers: 0,
  switchovers: 0,
  because: { code: 'HolderHealthy', sentence: '' },
};

function sliceBody(endpoints: readonly EndpointState[]): JsonObject {
  return {
    addressType: 'IPv4',
    endpoints: endpoints.map(({ pod, ...conditions }) => ({
      addresses: ['10.0.0.1'],
      conditions,
      targetRef: { kind: 'Pod', name: pod, uid: uidOf(pod) },
    })),
  };
}

export function uidOf(name: string): string {
  return `uid-${name}`;
}

function lives(deaths: number): JsonObject {
  const lastState = { terminated: { exitCode: 137 } };
  return { restartCount: deaths, state: { running: {} }, ...(deaths === 0 ? {} : { lastState }) };
}
