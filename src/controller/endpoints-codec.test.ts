import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decodeEndpointSlice, type EndpointSliceObject } from '../kube/decode-endpoint-slice.ts';
import type { ServicePort } from '../kube/decode-service.ts';
import {
  type EndpointPod,
  type EndpointsBody,
  type EndpointsWanted,
  encodeEndpoints,
  judgeTraffic,
  unknownPorts,
} from './endpoints-codec.ts';

const web: ServicePort = {
  name: 'web',
  protocol: 'TCP',
  port: 80,
  targetPort: 'http',
  appProtocol: undefined,
};
const feed: ServicePort = {
  name: 'feed',
  protocol: 'UDP',
  port: 53,
  targetPort: 5353,
  appProtocol: undefined,
};

function pod(name: string, changes: Partial<EndpointPod> = {}): EndpointPod {
  return {
    namespace: 'default',
    name,
    uid: `uid-${name}`,
    node: 'node-1',
    ips: [`10.0.0.${name.charCodeAt(0)}`, `fd00::${name}`],
    namedPorts: [{ name: 'http', protocol: 'TCP', port: 8080 }],
    ...changes,
  };
}

const wanted: EndpointsWanted = {
  service: { ports: [web, feed] },
  family: 'IPv4',
  pods: [pod('a'), pod('b')],
  holderUid: 'uid-a',
  serving: true,
};

function sliceOf(body: EndpointsBody): EndpointSliceObject {
  const metadata = {
    name: 's',
    namespace: 'default',
    uid: 's',
    resourceVersion: '1',
    creationTimestamp: '2026-01-01T00:00:00Z',
  };
  return decodeEndpointSlice(JSON.parse(JSON.stringify({ metadata, addressType: 'IPv4', ...body })));
}

function readiness({ endpoints }: EndpointSliceObject) {
  return endpoints.map(({ addresses, ready, serving }) => [addresses[0], ready, serving]);
}

describe('the endpoints of Direct mode', () => {
  test('hold every member with an address, and only the holder is ready and serving', () => {
    assert.deepEqual(readiness(sliceOf(encodeEndpoints(wanted, undefined))), [
      ['10.0.0.97', true, true],
      ['10.0.0.98', false, false],
    ]);
  });

  test('have the addresses of their family', () => {
    const slice = sliceOf(encodeEndpoints({ ...wanted, family: 'IPv6' }, undefined));
    assert.deepEqual(readiness(slice)[0], ['fd00::a', true, true]);
  });

  test('have ports by number and by the name that the holder gives them', () => {
    const pods = [pod('b', { namedPorts: [] }), pod('a')];
    const { ports } = sliceOf(encodeEndpoints({ ...wanted, pods }, undefined));
    assert.deepEqual(
      ports.map(({ name, protocol, port }) => [name, protocol, port]),
      [
        ['web', 'TCP', 8080],
        ['feed', 'UDP', 5353],
      ],
    );
  });

  test('leave out a port by a name that no member has, and it is said', () => {
    const pods = [pod('a', { namedPorts: [] })];
    assert.deepEqual(
      sliceOf(encodeEndpoints({ ...wanted, pods }, undefined)).ports.map(({ name }) => name),
      ['feed'],
    );
    assert.deepEqual(unknownPorts(wanted.service, pods), ['http']);
    assert.deepEqual(unknownPorts(wanted.service, wanted.pods), []);
  });

  test('are never none: without members those that were there stay, not ready', () => {
    const before = sliceOf(encodeEndpoints(wanted, undefined));
    const left = sliceOf(encodeEndpoints({ ...wanted, pods: [], serving: false }, before));
    assert.deepEqual(readiness(left), [
      ['10.0.0.97', false, false],
      ['10.0.0.98', false, false],
    ]);
    assert.deepEqual(left.ports, before.ports);
  });
});

describe('a slice of ours', () => {
  const slice = sliceOf(encodeEndpoints(wanted, undefined));

  test('is right as it was written, also with members that came later', () => {
    const pods = [pod('a'), pod('c')];
    assert.deepEqual(judgeTraffic(slice, { ...wanted, pods }), {
      kind: 'by-record',
      serving: true,
      correct: true,
    });
  });

  test('is wrong where somebody else is ready, or serves while it ends', () => {
    const { endpoints, ports } = encodeEndpoints(wanted, undefined);
    const foreign = { addresses: ['10.0.0.9'] };
    for (const conditions of [{ ready: true }, {}, { ready: false, serving: true, terminating: true }]) {
      const edited = sliceOf({ endpoints: [...endpoints, { ...foreign, conditions }], ports });
      assert.deepEqual(judgeTraffic(edited, wanted), { kind: 'by-record', serving: true, correct: false });
    }
  });

  test('is wrong where the holder has another address by now, or the Service other ports', () => {
    const moved = [pod('a', { ips: ['10.0.0.7'] }), pod('b')];
    assert.deepEqual(judgeTraffic(slice, { ...wanted, pods: moved }), {
      kind: 'by-record',
      serving: true,
      correct: false,
    });
    const service = { ports: [web] };
    assert.deepEqual(judgeTraffic(slice, { ...wanted, service }), {
      kind: 'by-record',
      serving: true,
      correct: false,
    });
  });

  test('does not serve where its holder is gone from it', () => {
    const verdict = judgeTraffic(slice, { ...wanted, holderUid: 'uid-c' });
    assert.deepEqual(verdict, { kind: 'by-record', serving: false, correct: false });
  });
});
