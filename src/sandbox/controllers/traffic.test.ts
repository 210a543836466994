import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resourceTypes } from '../api/resource-types.ts';
import { decodeObject, type StoredObject } from '../api/stored-object.ts';
import { wantedSlices } from './endpoint-slice.ts';
import { mirroredSlices } from './endpoint-slice-mirroring.ts';
import { repacked, type Subset, sameSubsets } from './endpoint-subsets.ts';
import { subsetsFor } from './endpoints.ts';
import { type PodTraits, imaginedPod as pod } from './imagined-pod.ts';
import { planSlices, type WantedSlice } from './slice-plan.ts';

function service(spec: object = {}): StoredObject {
  return decodeObject(resourceTypes.services, {
    metadata: { name: 's', namespace: 'default', uid: 's' },
    spec: { selector: { app: 'a' }, ports: [{ port: 80, targetPort: 8_080 }], ...spec },
  });
}

const everywhere = () => true;

const endpoints: readonly (readonly [string, PodTraits, object, object])[] = [
  ['ready', {}, {}, { ready: true, serving: true, terminating: false }],
  ['not ready', { ready: false }, {}, { ready: false, serving: false, terminating: false }],
  ['leaving and still ready', { leaving: true }, {}, { ready: false, serving: true, terminating: true }],
  [
    'not ready, published all the same',
    { ready: false },
    { publishNotReadyAddresses: true },
    { ready: true, serving: false, terminating: false },
  ],
];

for (const [name, traits, spec, expected] of endpoints) {
  test(`an endpoint of a pod that is ${name}`, () => {
    const [slice] = wantedSlices(service(spec), [pod('p', { ip: '127.10.1.2', ...traits })], everywhere);
    assert.deepEqual(slice?.endpoints[0]?.conditions, expected);
  });
}

test('pods without an address, ended ones, and those on a node that nobody knows are no endpoints', () => {
  const ended = pod('ended', { ip: '127.10.1.3', phase: 'Succeeded' });
  const lost = pod('lost', { ip: '127.10.1.4', node: 'nowhere' });
  const selected = [pod('new'), ended, lost];
  const known = (each: StoredObject) => each !== lost;
  assert.deepEqual(wantedSlices(service(), selected, known), [
    { addressType: 'IPv4', ports: [], endpoints: [] },
  ]);
  const [slice] = wantedSlices(service({ publishNotReadyAddresses: true }), selected, known);
  assert.deepEqual(
    slice?.endpoints.map(({ addresses }) => addresses),
    [['127.10.1.4']],
  );
});

const named = (number: number, protocol = 'TCP') => ({
  containers: [{ name: 'c', ports: [{ name: 'web', containerPort: number, protocol }] }],
});

test('a named port is looked up in each pod: those that have another number get a slice of their own', () => {
  const pods = [
    pod('a', { ip: '127.10.1.2', spec: named(9_000) }),
    pod('b', { ip: '127.10.1.3', spec: named(9_001) }),
    pod('c', { ip: '127.10.1.4', spec: named(9_000) }),
    pod('d', { ip: '127.10.1.5', spec: named(9_000, 'UDP') }),
  ];
  const slices = wantedSlices(service({ ports: [{ port: 80, targetPort: 'web' }] }), pods, everywhere);
  assert.deepEqual(
    slices.map(({ ports, endpoints: members }) => [
      ports.map(({ port }) => port),
      members.flatMap(({ addresses }) => addresses),
    ]),
    [
      [[9_000], ['127.10.1.2', '127.10.1.4']],
      [[9_001], ['127.10.1.3']],
      [[], ['127.10.1.5']],
    ],
  );
});

test('a Service of two families has slices of both, each with the addresses of its own', () => {
  const podIPs = [{ ip: '127.10.1.2' }, { ip: 'fd00::2' }];
  const both = pod('both', { ip: '127.10.1.2', status: { podIP: '127.10.1.2', podIPs } });
  const slices = wantedSlices(service({ ipFamilies: ['IPv4', 'IPv6'] }), [both], everywhere);
  assert.deepEqual(
    slices.map(({ addressType, endpoints: members }) => [addressType, members[0]?.addresses]),
    [
      ['IPv4', ['127.10.1.2']],
      ['IPv6', ['fd00::2']],
    ],
  );
});

function slice(name: string, { addressType, ports }: WantedSlice): StoredObject {
  return decodeObject(resourceTypes.endpointslices, {
    metadata: { name, namespace: 'default', uid: name },
    addressType,
    endpoints: [],
    ports,
  });
}

const wanted = (port: number, addressType = 'IPv4'): WantedSlice => ({
  addressType,
  ports: [{ name: '', port, protocol: 'TCP' }],
  endpoints: [],
});

test('slices: one with the same ports is kept, another of the same type is used again, the rest is made or goes', () => {
  const present = [slice('a', wanted(1)), slice('b', wanted(2)), slice('six', wanted(1, 'IPv6'))];
  const [two, three, four] = [wanted(2), wanted(3), wanted(4)];
  const plan = planSlices(present, [three, two, four]);
  assert.deepEqual(
    plan.keep.map(({ slice: kept, wanted: content }) => [kept.metadata.name, content]),
    [
      ['b', two],
      ['a', three],
    ],
  );
  assert.deepEqual(plan.create, [four]);
  assert.deepEqual(
    plan.remove.map(({ metadata }) => metadata.name),
    ['six'],
  );
});

const address = (ip: string) => ({ ip });
const port = (number: number) => ({ port: number, protocol: 'TCP' });

test('subsets are packed: the same addresses stand once, with all their ports, and ready wins', () => {
  const subsets: readonly Subset[] = [
    { addresses: [address('10.0.0.2')], notReadyAddresses: [], ports: [port(80)] },
    { addresses: [], notReadyAddresses: [address('10.0.0.2'), address('10.0.0.1')], ports: [port(80)] },
    {
      addresses: [address('10.0.0.2')],
      notReadyAddresses: [address('10.0.0.1')],
      ports: [port(443)],
    },
    { addresses: [address('10.0.0.2')], notReadyAddresses: [], ports: [port(25)] },
  ];
  const expected: readonly Subset[] = [
    {
      addresses: [address('10.0.0.2')],
      notReadyAddresses: [address('10.0.0.1')],
      ports: [port(80), port(443)],
    },
    { addresses: [address('10.0.0.2')], notReadyAddresses: [], ports: [port(25)] },
  ];
  assert.deepEqual(repacked(subsets), expected);
  assert.equal(sameSubsets(subsets, expected.toReversed()), true);
  assert.equal(sameSubsets(subsets, expected.slice(1)), false);
});

test('an Endpoints object has the pods that stay, ready ones and others, and no port without a name', () => {
  const pods = [
    pod('ready', { ip: '127.10.1.2' }),
    pod('unready', { ip: '127.10.1.3', ready: false }),
    pod('leaving', { ip: '127.10.1.4', leaving: true }),
    pod('new'),
  ];
  const ips = (list: Subset['addresses'] = []) => list.map(({ ip }) => ip);
  const [subset] = subsetsFor(service(), pods);
  assert.deepEqual(ips(subset?.addresses), ['127.10.1.2']);
  assert.deepEqual(ips(subset?.notReadyAddresses), ['127.10.1.3']);
  assert.deepEqual(subset?.ports, [{ port: 8_080, protocol: 'TCP' }]);
  const [all] = subsetsFor(service({ publishNotReadyAddresses: true }), pods);
  assert.deepEqual(ips(all?.addresses), ['127.10.1.2', '127.10.1.3', '127.10.1.4']);
});

test('a mirror says whether an endpoint is ready, and nothing else of it; each family is a slice of its own', () => {
  const object = decodeObject(resourceTypes.endpoints, {
    metadata: { name: 's', namespace: 'default' },
    subsets: [
      {
        addresses: [{ ip: '10.0.0.1', nodeName: 'node1' }, { ip: 'fd00::1' }],
        notReadyAddresses: [{ ip: '10.0.0.2' }],
        ports: [{ port: 80, protocol: 'TCP' }],
      },
    ],
  });
  const ports = [{ name: '', port: 80, protocol: 'TCP' }];
  assert.deepEqual(mirroredSlices(object), [
    {
      addressType: 'IPv4',
      ports,
      endpoints: [
        { addresses: ['10.0.0.1'], conditions: { ready: true }, nodeName: 'node1' },
        { addresses: ['10.0.0.2'], conditions: { ready: false } },
      ],
    },
    { addressType: 'IPv6', ports, endpoints: [{ addresses: ['fd00::1'], conditions: { ready: true } }] },
  ]);
});
