import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resourceTypes } from '../api/resource-types.ts';
import { decodeObject, type StoredObject } from '../api/stored-object.ts';
import { backendKey, frontendKey, type Route, routesOf } from './routing-table.ts';

const twoPorts = [
  { name: 'web', port: 80, targetPort: 1 },
  { name: 'dns', port: 80, targetPort: 1, protocol: 'UDP' },
];

function service(spec: object = {}, labels: object = {}): StoredObject {
  return decodeObject(resourceTypes.services, {
    metadata: { name: 's', namespace: 'default', labels },
    spec: { clusterIP: '127.96.0.1', ports: twoPorts, ...spec },
  });
}

interface SliceParts {
  readonly endpoints?: readonly object[] | null;
  readonly ports?: readonly object[] | null;
  readonly addressType?: string;
  readonly labels?: object;
}

function slice(parts: SliceParts): StoredObject {
  const {
    endpoints = [],
    ports = [{ name: 'web', port: 8_080, protocol: 'TCP' }],
    addressType = 'IPv4',
  } = parts;
  return decodeObject(resourceTypes.endpointslices, {
    metadata: { name: 'any', namespace: 'default', labels: parts.labels ?? {} },
    addressType,
    endpoints,
    ports,
  });
}

const at = (address: string, conditions: object = {}) => ({ addresses: [address], conditions });
const web = { address: '127.96.0.1', port: 80, protocol: 'TCP' } as const;
const dns = { ...web, protocol: 'UDP' } as const;

function routeTo(frontend: typeof web | typeof dns, slices: readonly StoredObject[]): Route | undefined {
  return routesOf(service(), slices).get(frontendKey(frontend));
}

const backends = (...slices: readonly StoredObject[]) => routeTo(web, slices)?.backends.map(backendKey);
const serving = (...slices: readonly StoredObject[]) => routeTo(web, slices)?.serving.map(backendKey);

test('a slice says with its own numbers which port is which: by the name, and the protocol', () => {
  const ports = [
    { name: 'dns', port: 53, protocol: 'UDP' },
    { name: 'web', port: 8_080, protocol: 'TCP' },
    { name: 'dns', port: 54, protocol: 'TCP' },
    { name: '', port: 1, protocol: 'TCP' },
  ];
  const both = [slice({ ports, endpoints: [at('127.10.1.1')] })];
  assert.deepEqual(routeTo(web, both)?.backends, [{ address: '127.10.1.1', port: 8_080 }]);
  assert.deepEqual(routeTo(dns, both)?.backends, [{ address: '127.10.1.1', port: 53 }]);
});

test('a slice without that port, or without a number for it, adds nothing', () => {
  for (const ports of [
    null,
    [],
    [{ name: 'web', protocol: 'TCP' }],
    [{ name: 'web', port: 0, protocol: 'TCP' }],
  ])
    assert.deepEqual(backends(slice({ ports, endpoints: [at('127.10.1.1')] })), [], JSON.stringify(ports));
});

test('all slices of a Service are one: each pod once, whoever wrote them', () => {
  const own = slice({ endpoints: [at('127.10.1.1'), at('127.10.1.2')], labels: { by: 'us' } });
  const theirs = slice({ endpoints: [at('127.10.1.2'), at('127.10.1.3')] });
  assert.deepEqual(backends(own, theirs), ['127.10.1.1:8080', '127.10.1.2:8080', '127.10.1.3:8080']);
});

test('one that any slice calls ready gets traffic: a slice left behind shows', () => {
  const ours = slice({ endpoints: [at('127.10.1.1', { ready: false, serving: false }), at('127.10.1.2')] });
  const left = slice({ endpoints: [at('127.10.1.1', { ready: true })] });
  assert.deepEqual(backends(ours, left), ['127.10.1.1:8080', '127.10.1.2:8080']);
});

test('of two pods with one address the one that runs counts, not the one that terminates', () => {
  const gone = at('127.10.1.1', { ready: false, serving: true, terminating: true });
  const next = at('127.10.1.1', { ready: false, serving: false, terminating: false });
  assert.deepEqual(backends(slice({ endpoints: [gone, next] })), []);
  assert.deepEqual(backends(slice({ endpoints: [gone] })), ['127.10.1.1:8080']);
});

test('what a slice does not say counts as ready, serving and not terminating', () => {
  assert.deepEqual(backends(slice({ endpoints: [at('127.10.1.1')] })), ['127.10.1.1:8080']);
  // Mirrors say no more than `ready`.
  const mirrored = slice({ endpoints: [at('127.10.1.1', { ready: false })] });
  assert.deepEqual([backends(mirrored), serving(mirrored)], [[], ['127.10.1.1:8080']]);
  const leaving = slice({ endpoints: [at('127.10.1.1', { ready: false, terminating: true })] });
  assert.deepEqual(backends(leaving), ['127.10.1.1:8080']);
});

test('a UDP flow may stay with whoever serves, ready or not', () => {
  const endpoints = [
    at('127.10.1.1', { ready: false, serving: true }),
    at('127.10.1.2', { ready: true, serving: true }),
    at('127.10.1.3', { ready: false, serving: false }),
  ];
  assert.deepEqual(backends(slice({ endpoints })), ['127.10.1.2:8080']);
  assert.deepEqual(serving(slice({ endpoints })), ['127.10.1.1:8080', '127.10.1.2:8080']);
});

test('slices of another family, of names, and those marked headless are nobody’s way', () => {
  const endpoints = [at('127.10.1.1')];
  const others = [
    slice({ addressType: 'IPv6', endpoints: [at('fd00::1')] }),
    slice({ addressType: 'FQDN', endpoints: [at('pod.example.com')] }),
    slice({ endpoints, labels: { 'service.kubernetes.io/headless': '' } }),
  ];
  assert.deepEqual(backends(...others), []);
  assert.deepEqual(backends(...others, slice({ endpoints })), ['127.10.1.1:8080']);
});

test('headless Services, those of another proxy, and SCTP ports have no way', () => {
  const slices = [slice({ endpoints: [at('127.10.1.1')] })];
  assert.equal(routesOf(service({ clusterIP: 'None' }), slices).size, 0);
  const foreign = service({}, { 'service.kubernetes.io/service-proxy-name': 'other' });
  assert.equal(routesOf(foreign, slices).size, 0);
  assert.equal(routesOf(service({ ports: [{ port: 80, protocol: 'SCTP' }] }), slices).size, 0);
});
