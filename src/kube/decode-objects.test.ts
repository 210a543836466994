import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Lease } from 'kubernetes-types/coordination/v1.d.ts';
import type { Node, Pod, Service } from 'kubernetes-types/core/v1.d.ts';
import { DecodeError } from './decode.ts';
import { decodeLease } from './decode-lease.ts';
import { decodeNode } from './decode-node.ts';
import { decodePod } from './decode-pod.ts';
import { decodeService } from './decode-service.ts';
import { decodeListPage, decodeWatchEvent } from './decode-watch.ts';
import { leaseBody, microTime, time } from './encode-lease.ts';

const KEEP = { keepEnv: ['pwcriticality'] };
const metadata = {
  name: 'a',
  namespace: 'ns',
  uid: 'u1',
  resourceVersion: '41',
  creationTimestamp: '2026-01-01T00:00:00Z',
};

const FULL: Pod = {
  metadata: {
    ...metadata,
    labels: { app: 'hapod', role: 'active' },
    annotations: {
      'understudy.dev/told': '3/x',
      'kubectl.kubernetes.io/last-applied-configuration': '{"long":1}',
    },
    deletionTimestamp: '2026-01-01T00:01:00Z',
    deletionGracePeriodSeconds: 30,
    ownerReferences: [
      { apiVersion: 'v1', kind: 'Other', name: 'o', uid: 'o1' },
      { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'r', uid: 'r1', controller: true },
    ],
  },
  spec: {
    nodeName: 'n1',
    initContainers: [{ name: 'setup' }, { name: 'proxy', restartPolicy: 'Always' }],
    containers: [
      {
        name: 'crit',
        ports: [{ name: 'web', containerPort: 80 }, { containerPort: 81 }],
        env: [
          { name: 'OTHER', value: 'secret' },
          { name: 'pwcriticality', value: 'critical' },
        ],
      },
      {
        name: 'plain',
        env: [{ name: 'pwcriticality', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
      },
    ],
  },
  status: {
    phase: 'Running',
    podIP: '10.0.0.7',
    conditions: [
      { type: 'Initialized', status: 'True' },
      { type: 'Ready', status: 'True' },
    ],
    initContainerStatuses: [
      { name: 'setup', image: '', imageID: '', ready: true, restartCount: 0 },
      {
        name: 'proxy',
        image: '',
        imageID: '',
        ready: true,
        restartCount: 1,
        containerID: 'containerd://p',
        state: { running: { startedAt: '2026-01-01T00:00:02Z' } },
      },
    ],
    containerStatuses: [
      {
        name: 'plain',
        image: '',
        imageID: '',
        ready: false,
        restartCount: 0,
        state: { waiting: { reason: 'CrashLoopBackOff' } },
      },
      {
        name: 'crit',
        image: '',
        imageID: '',
        ready: false,
        restartCount: 2,
        containerID: 'containerd://c3',
        state: {
          terminated: {
            exitCode: 139,
            signal: 11,
            reason: 'Error',
            containerID: 'containerd://c3',
            finishedAt: '2026-01-01T00:00:09Z',
          },
        },
        lastState: {
          terminated: { exitCode: 1, containerID: 'containerd://c2', finishedAt: '2026-01-01T00:00:05Z' },
        },
      },
    ],
  },
};

test('a pod is read with its sidecars first, its containers in the order of the spec, and only the env asked for', () => {
  const start = Date.UTC(2026, 0, 1);
  assert.deepEqual(decodePod(FULL, KEEP), {
    namespace: 'ns',
    name: 'a',
    uid: 'u1',
    resourceVersion: '41',
    createdAtMs: start,
    labels: { app: 'hapod', role: 'active' },
    annotations: { 'understudy.dev/told': '3/x' },
    deletion: { atMs: start + 60_000, graceSeconds: 30 },
    node: 'n1',
    ip: '10.0.0.7',
    ips: ['10.0.0.7'],
    phase: 'Running',
    ready: true,
    trueConditions: ['Initialized', 'Ready'],
    notReadyReason: undefined,
    ownerUid: 'r1',
    containers: [
      {
        name: 'proxy',
        sidecar: true,
        env: [],
        containerId: 'containerd://p',
        restartCount: 1,
        ready: true,
        state: { kind: 'running', startedAtMs: start + 2_000 },
        lastTerminated: undefined,
      },
      {
        name: 'crit',
        sidecar: false,
        env: [{ name: 'pwcriticality', value: 'critical' }],
        containerId: 'containerd://c3',
        restartCount: 2,
        ready: false,
        state: {
          kind: 'terminated',
          exitCode: 139,
          signal: 11,
          reason: 'Error',
          containerId: 'containerd://c3',
          finishedAtMs: start + 9_000,
        },
        lastTerminated: { containerId: 'containerd://c2', exitCode: 1, finishedAtMs: start + 5_000 },
      },
      {
        name: 'plain',
        sidecar: false,
        env: [{ name: 'pwcriticality', value: undefined }],
        containerId: undefined,
        restartCount: 0,
        ready: false,
        state: { kind: 'waiting', reason: 'CrashLoopBackOff' },
        lastTerminated: undefined,
      },
    ],
    namedPorts: [{ name: 'web', protocol: 'TCP', port: 80 }],
  });
});

test('a pod that nobody has looked at yet is pending, not ready, and nowhere', () => {
  const pod = decodePod({ metadata, spec: { containers: [{ name: 'c' }] } }, KEEP);
  assert.deepEqual(
    [pod.phase, pod.ready, pod.node, pod.ip, pod.deletion],
    ['Pending', false, undefined, undefined, undefined],
  );
  assert.deepEqual(pod.containers[0]?.state, { kind: 'unknown' });
  assert.equal(decodePod({ metadata, spec: {}, status: { phase: 'Levitating' } }, KEEP).phase, 'Unknown');
});

const MALFORMED: readonly (readonly [unknown, string])[] = [
  ['a string', 'the object: expected an object'],
  [{}, 'metadata: expected an object'],
  [{ metadata: { ...metadata, uid: '' }, spec: {} }, 'metadata.uid: expected a non-empty string'],
  [
    { metadata: { ...metadata, creationTimestamp: 'soon' }, spec: {} },
    'metadata.creationTimestamp: expected an RFC 3339 time',
  ],
  [{ metadata: { ...metadata, labels: { a: 1 } }, spec: {} }, 'metadata.labels: expected a map of strings'],
  [{ metadata, spec: { containers: {} } }, 'spec.containers: expected an array'],
  [
    { metadata, spec: { containers: [{ name: 'c' }, { name: 4 }] } },
    'spec.containers[1].name: expected a string',
  ],
  [
    { metadata, spec: {}, status: { containerStatuses: [{}] } },
    'status.containerStatuses[0].name: expected a non-empty string',
  ],
  [
    {
      metadata,
      spec: { containers: [{ name: 'c' }] },
      status: { containerStatuses: [{ name: 'c', state: { terminated: {} } }] },
    },
    'spec.containers[0].terminated.exitCode: expected an integer',
  ],
];

for (const [raw, message] of MALFORMED) {
  test(`a malformed pod is refused with the place: ${message}`, () => {
    assert.throws(
      () => decodePod(raw, KEEP),
      (error) => error instanceof DecodeError && error.message === message,
    );
  });
}

test('a lease that was never held is read, and one that is written is read back', () => {
  const empty: Lease = { metadata };
  const lease = decodeLease(empty);
  assert.deepEqual(
    [lease.holder, lease.transitions, lease.renewTime, lease.durationSeconds],
    [undefined, 0, undefined, undefined],
  );
  const at = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
  const body = leaseBody(
    {
      namespace: 'ns',
      name: 'a',
      holder: 'h',
      durationSeconds: 15,
      transitions: 7,
      acquiredAtMs: at,
      renewedAtMs: at + 0.25,
    },
    { uid: 'u1', resourceVersion: '41' },
  );
  const sent = JSON.parse(JSON.stringify(body));
  assert.deepEqual(
    [sent.apiVersion, sent.kind, sent.metadata.uid],
    ['coordination.k8s.io/v1', 'Lease', 'u1'],
  );
  const read = decodeLease({ ...sent, metadata: { ...metadata, ...sent.metadata } });
  assert.deepEqual([read.holder, read.transitions, read.durationSeconds], ['h', 7, 15]);
  assert.equal(read.acquireTime, '2026-01-02T03:04:05.678000Z');
  assert.equal(read.renewTime, '2026-01-02T03:04:05.678250Z');
});

test('times are written as Kubernetes reads them', () => {
  const at = Date.UTC(2026, 10, 23, 7, 8, 9, 999);
  assert.equal(time(at), '2026-11-23T07:08:09Z');
  assert.equal(microTime(at + 0.9999), '2026-11-23T07:08:10.000000Z');
});

test('a node is Unknown until it has said otherwise', () => {
  const silent: Node = { metadata, spec: { unschedulable: true } };
  assert.deepEqual(decodeNode(silent).ready, 'Unknown');
  const node: Node = {
    metadata,
    spec: { taints: [{ key: 'node.kubernetes.io/unreachable', effect: 'NoExecute' }] },
    status: { conditions: [{ type: 'Ready', status: 'False' }] },
  };
  const decoded = decodeNode(node);
  assert.deepEqual([decoded.ready, decoded.unschedulable, decoded.hasCilium], ['False', false, false]);
  assert.deepEqual(decoded.taints, [{ key: 'node.kubernetes.io/unreachable', effect: 'NoExecute' }]);
});

test('a node has Cilium where that says that it is up', () => {
  const up = { type: 'NetworkUnavailable', status: 'False', reason: 'CiliumIsUp' };
  const flannel = { ...up, reason: 'FlannelIsUp' };
  assert.equal(decodeNode({ metadata, status: { conditions: [up] } }).hasCilium, true);
  assert.equal(decodeNode({ metadata, status: { conditions: [flannel] } }).hasCilium, false);
});

test('a service says whom it selects and where it listens', () => {
  const service: Service = {
    metadata,
    spec: {
      selector: { app: 'hapod' },
      clusterIP: '10.0.0.1',
      ports: [{ port: 8080 }, { name: 'u', port: 53, protocol: 'UDP', targetPort: 'dns' }],
    },
  };
  const decoded = decodeService(service);
  assert.deepEqual(decoded.ports, [
    { name: '', protocol: 'TCP', port: 8080, targetPort: 8080, appProtocol: undefined },
    { name: 'u', protocol: 'UDP', port: 53, targetPort: 'dns', appProtocol: undefined },
  ]);
  assert.equal(decodeService({ metadata, spec: {} }).selector, undefined);
});

test('the envelopes of watches and lists are read, and nothing else is taken for one', () => {
  const bookmark = {
    type: 'BOOKMARK',
    object: { metadata: { resourceVersion: '9', annotations: { 'k8s.io/initial-events-end': 'true' } } },
  };
  assert.deepEqual(decodeWatchEvent(JSON.stringify(bookmark)), {
    kind: 'bookmark',
    resourceVersion: '9',
    endsInitialEvents: true,
  });
  const page = decodeListPage('{"metadata":{"resourceVersion":"5","continue":""},"items":null}');
  assert.deepEqual(page, { resourceVersion: '5', continueToken: undefined, objects: [] });
  for (const line of ['', 'null', '{}', '{"type":"RENAMED"}', '{"type":"BOOKMARK","object":{}}']) {
    assert.throws(() => decodeWatchEvent(line), DecodeError, line);
  }
  for (const body of ['', '[]', '{"items":[]}', '{"metadata":{"resourceVersion":"5"},"items":{}}']) {
    assert.throws(() => decodeListPage(body), DecodeError, body);
  }
});
