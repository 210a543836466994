import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { realClock } from '../../time/real-clock.ts';
import { SeededRandom } from '../../time/simulated-clock.ts';
import { ApiError } from './api-error.ts';
import { at, listAt } from './json.ts';
import { type ResourceType, resourceTypes } from './resource-types.ts';
import { Store } from './store.ts';
import type { StoredObject } from './stored-object.ts';

function newStore(): Store {
  return new Store({ clock: realClock, random: new SeededRandom(1) });
}

/** The causes of a refusal, as kubectl shows them. */
function problems(run: () => unknown): readonly string[] {
  try {
    run();
    return [];
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    assert.equal(error.code, 422);
    return (error.details?.causes ?? []).map(({ field, message }) => `${field}: ${message}`);
  }
}

function problemsOf(type: ResourceType, object: object): readonly string[] {
  return problems(() =>
    newStore().create(type, { metadata: { name: 'x', namespace: 'default' }, ...object }),
  );
}

const many = <T>(count: number, make: (index: number) => T) =>
  Array.from({ length: count }, (_, index) => make(index));

describe('an EndpointSlice', () => {
  const { endpointslices } = resourceTypes;
  const withAddress = (addressType: string, address: string) =>
    problemsOf(endpointslices, { addressType, endpoints: [{ addresses: [address] }] });
  const field = 'endpoints[0].addresses';

  const addresses: readonly (readonly [string, string, readonly string[]])[] = [
    ['IPv4', '10.0.0.1', []],
    ['IPv4', '127.10.1.2', []],
    ['IPv4', '010.0.0.1', [`${field}[0]: Invalid value: "010.0.0.1": must not have leading 0s`]],
    [
      'IPv4',
      'pod',
      [`${field}[0]: Invalid value: "pod": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)`],
    ],
    ['IPv4', 'fd00::1', [`${field}: Invalid value: "fd00::1": must be an IPv4 address`]],
    ['IPv4', '0.0.0.0', [`${field}[0]: Invalid value: "0.0.0.0": may not be unspecified (0.0.0.0)`]],
    [
      'IPv4',
      '169.254.1.1',
      [
        `${field}[0]: Invalid value: "169.254.1.1": may not be in the link-local range (169.254.0.0/16, fe80::/10)`,
      ],
    ],
    ['IPv6', 'fd00::1', []],
    ['IPv6', 'FD00::1', [`${field}[0]: Invalid value: "FD00::1": must be in canonical form ("fd00::1")`]],
    ['IPv6', '10.0.0.1', [`${field}: Invalid value: "10.0.0.1": must be an IPv6 address`]],
    [
      'IPv6',
      '::ffff:10.0.0.1',
      [`${field}[0]: Invalid value: "::ffff:10.0.0.1": must not be an IPv4-mapped IPv6 address`],
    ],
    ['FQDN', 'pod.example.com', []],
    [
      'FQDN',
      'pod',
      [`${field}[0]: Invalid value: "pod": should be a domain with at least two segments separated by dots`],
    ],
  ];
  for (const [addressType, address, expected] of addresses) {
    const verdict = expected.length === 0 ? 'is taken' : 'is refused';
    test(`of type ${addressType} with the address ${address} ${verdict}`, () =>
      assert.deepEqual(withAddress(addressType, address), expected));
  }

  test('needs an address type that there is, and keeps it', () => {
    assert.deepEqual(problemsOf(endpointslices, { endpoints: [] }), ['addressType: Required value']);
    assert.deepEqual(problemsOf(endpointslices, { addressType: 'IP', endpoints: [] }), [
      'addressType: Unsupported value: "IP": supported values: "FQDN", "IPv4", "IPv6"',
    ]);
    const store = newStore();
    const made = store.create(endpointslices, {
      metadata: { name: 'x', namespace: 'default' },
      addressType: 'IPv4',
      endpoints: [],
    });
    assert.deepEqual(
      problems(() => store.update(endpointslices, { ...made, addressType: 'IPv6' })),
      ['addressType: Invalid value: "IPv6": field is immutable'],
    );
  });

  test('has at most 1000 endpoints, 100 addresses in each, and 20000 ports', () => {
    const endpoint = { addresses: ['10.0.0.1'] };
    assert.deepEqual(
      problemsOf(endpointslices, { addressType: 'IPv4', endpoints: many(1_001, () => endpoint) }),
      ['endpoints: Too many: 1001: must have at most 1000 items'],
    );
    const crowded = { addresses: many(101, (index) => `10.0.0.${index}`) };
    assert.deepEqual(problemsOf(endpointslices, { addressType: 'IPv4', endpoints: [crowded] }), [
      'endpoints[0].addresses: Too many: 101: must have at most 100 items',
    ]);
    const ports = many(20_001, (index) => ({ name: `p${index}`, port: 1 }));
    assert.deepEqual(problemsOf(endpointslices, { addressType: 'IPv4', endpoints: [], ports }), [
      'ports: Too many: 20001: must have at most 20000 items',
    ]);
  });

  test('has ports with names of their own, protocols that there are, and any number', () => {
    const ports = [
      { name: 'web', port: 70_000 },
      { name: 'web', protocol: 'SCTP' },
      { name: 'Web', protocol: 'QUIC' },
    ];
    const found = problemsOf(endpointslices, { addressType: 'IPv4', endpoints: [], ports });
    assert.equal(found.length, 3);
    assert.equal(found[0], 'ports[1].name: Duplicate value: "web"');
    assert.match(found[1] ?? '', /^ports\[2\]\.name: Invalid value: "Web": a lowercase RFC 1123 label/);
    assert.equal(
      found[2],
      'ports[2].protocol: Unsupported value: "QUIC": supported values: "SCTP", "TCP", "UDP"',
    );
  });

  test('has endpoints with an address, and names that can be names', () => {
    const endpoints = [{ addresses: [] }, { addresses: ['10.0.0.1'], nodeName: 'No', hostname: 'a.b' }];
    const found = problemsOf(endpointslices, { addressType: 'IPv4', endpoints });
    assert.equal(found[0], 'endpoints[0].addresses: Required value: must contain at least 1 address');
    assert.match(found[1] ?? '', /^endpoints\[1\]\.nodeName: Invalid value: "No"/);
    assert.match(found[2] ?? '', /^endpoints\[1\]\.hostname: Invalid value: "a\.b"/);
  });

  test('comes back with null for lists that are empty, and conditions for each endpoint', () => {
    const made = newStore().create(endpointslices, {
      metadata: { name: 'x', namespace: 'default' },
      addressType: 'IPv4',
      endpoints: [{ addresses: ['10.0.0.1'], deprecatedTopology: { zone: 'a' } }],
    });
    assert.deepEqual(listAt(made, 'endpoints'), [{ addresses: ['10.0.0.1'], conditions: {} }]);
    assert.equal(made.ports, null);
  });

  test('is of the next generation when its content or its labels change, not when its annotations do', () => {
    const store = newStore();
    store.create(endpointslices, {
      metadata: { name: 'x', namespace: 'default' },
      addressType: 'IPv4',
      endpoints: [{ addresses: ['10.0.0.1'] }],
    });
    const patched = (body: object) =>
      store.patch(endpointslices, 'default', 'x', { type: 'merge', body }).metadata.generation;
    assert.equal(patched({ metadata: { annotations: { a: 'b' } } }), 1);
    assert.equal(patched({ metadata: { labels: { a: 'b' } } }), 2);
    assert.equal(patched({ endpoints: [] }), 3);
  });

  test('has one list of endpoints: merge and strategic merge patch replace it as a whole', () => {
    for (const type of ['merge', 'strategic'] as const) {
      const store = newStore();
      store.create(endpointslices, {
        metadata: { name: 'x', namespace: 'default' },
        addressType: 'IPv4',
        endpoints: [{ addresses: ['10.0.0.1'] }, { addresses: ['10.0.0.2'] }],
        ports: [{ name: 'a', port: 1 }],
      });
      const body = { endpoints: [{ addresses: ['10.0.0.3'] }], ports: [{ name: 'b', port: 2 }] };
      const next = store.patch(endpointslices, 'default', 'x', { type, body });
      assert.deepEqual(listAt(next, 'endpoints'), [{ addresses: ['10.0.0.3'], conditions: {} }], type);
      assert.deepEqual(listAt(next, 'ports'), [{ name: 'b', port: 2, protocol: 'TCP' }], type);
    }
  });
});

describe('an Endpoints object', () => {
  test('has subsets with addresses, and ports with numbers', () => {
    const subsets = [
      { ports: [{ port: 80 }] },
      { addresses: [{ ip: 'pod' }], ports: [{ port: 0 }, { name: 'b', port: 80 }] },
    ];
    assert.deepEqual(problemsOf(resourceTypes.endpoints, { subsets }), [
      'subsets[0]: Required value: must specify `addresses` or `notReadyAddresses`',
      'subsets[1].addresses[0].ip: Invalid value: "pod": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
      'subsets[1].ports[0].name: Required value',
      'subsets[1].ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive',
    ]);
  });
});

describe('a Service', () => {
  const { services } = resourceTypes;
  const ports = [{ port: 80 }];
  const make = (store: Store, spec: object): StoredObject =>
    store.create(services, { metadata: { name: 'x', namespace: 'default' }, spec: { ports, ...spec } });
  const families = (service: StoredObject) => [
    at(service, 'spec', 'ipFamilyPolicy'),
    listAt(service, 'spec', 'ipFamilies'),
  ];

  test('is of one family, but a headless one without a selector is of both: its endpoints are its own affair', () => {
    assert.deepEqual(families(make(newStore(), {})), ['SingleStack', ['IPv4']]);
    assert.deepEqual(families(make(newStore(), { ipFamilyPolicy: 'PreferDualStack' })), [
      'PreferDualStack',
      ['IPv4'],
    ]);
    const headless = make(newStore(), { clusterIP: 'None' });
    assert.deepEqual(families(headless), ['RequireDualStack', ['IPv4', 'IPv6']]);
    assert.deepEqual(listAt(headless, 'spec', 'clusterIPs'), ['None']);
    assert.deepEqual(families(make(newStore(), { clusterIP: 'None', selector: { app: 'a' } })), [
      'SingleStack',
      ['IPv4'],
    ]);
  });

  test('can’t be of a family that the cluster does not have', () => {
    const found = (spec: object) => problems(() => make(newStore(), spec));
    assert.deepEqual(found({ ipFamilies: ['IPv6'] }), [
      'spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster',
    ]);
    assert.deepEqual(found({ ipFamilyPolicy: 'RequireDualStack' }), [
      'spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services',
    ]);
    assert.match(
      found({ ipFamilies: ['IPv4', 'IPv6'] })[0] ?? '',
      /^spec\.ipFamilyPolicy: .*multiple IP families/,
    );
  });

  test('that is headless and of both families can’t gain a selector without being of one', () => {
    const store = newStore();
    make(store, { clusterIP: 'None' });
    const patch = (spec: object) =>
      store.patch(services, 'default', 'x', {
        type: 'merge',
        body: { spec: { selector: { app: 'a' }, ...spec } },
      });
    assert.match(problems(() => patch({}))[0] ?? '', /not configured for dual-stack services/);
    assert.deepEqual(families(patch({ ipFamilyPolicy: 'SingleStack' })), ['SingleStack', ['IPv4']]);
  });

  test('keeps its address and families when the same manifest is sent again, with or without a selector', () => {
    const store = newStore();
    const made = make(store, { clusterIP: '127.96.0.9', selector: { app: 'a' } });
    const again = store.update(services, {
      metadata: { name: 'x', namespace: 'default' },
      spec: { ports, selector: { app: 'a' } },
    });
    assert.equal(again, made);
    const freed = store.update(services, { metadata: { name: 'x', namespace: 'default' }, spec: { ports } });
    assert.equal(at(freed, 'spec', 'clusterIP'), '127.96.0.9');
    assert.equal(at(freed, 'spec', 'selector'), undefined);
  });

  test('with an empty selector has none', () => {
    assert.equal(at(make(newStore(), { selector: {} }), 'spec', 'selector'), undefined);
  });
});

describe('a PodDisruptionBudget', () => {
  const { poddisruptionbudgets } = resourceTypes;
  const found = (spec: object) => problemsOf(poddisruptionbudgets, { spec });

  test('says one bound, as a number or a percentage that can be met', () => {
    assert.deepEqual(found({ minAvailable: '100%', selector: {} }), []);
    assert.deepEqual(found({ minAvailable: '101%' }), [
      'spec.minAvailable: Invalid value: "101%": must not be greater than 100%',
    ]);
    assert.match(found({ maxUnavailable: 'one' })[0] ?? '', /^spec\.maxUnavailable: .*valid percent string/);
    assert.match(found({ minAvailable: 1, maxUnavailable: 1 })[0] ?? '', /^spec: .*cannot be both set/);
  });

  test('has a selector that can be evaluated, and a policy that there is', () => {
    const matchExpressions = [
      { key: 'app', operator: 'Is' },
      { key: 'app', operator: 'In' },
      { key: 'app', operator: 'Exists', values: ['a'] },
    ];
    assert.deepEqual(found({ selector: { matchExpressions }, unhealthyPodEvictionPolicy: 'Never' }), [
      'spec.selector.matchExpressions[0].operator: Invalid value: "Is": not a valid selector operator',
      "spec.selector.matchExpressions[1].values: Required value: must be specified when `operator` is 'In' or 'NotIn'",
      "spec.selector.matchExpressions[2].values: Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
      'spec.unhealthyPodEvictionPolicy: Unsupported value: "Never": supported values: "AlwaysAllow", "IfHealthyBudget"',
    ]);
  });

  test('has one selector: strategic merge patch replaces it, where merge patch joins', () => {
    for (const [type, expected] of [
      ['strategic', { b: 'c' }],
      ['merge', { a: 'b', b: 'c' }],
    ] as const) {
      const store = newStore();
      store.create(poddisruptionbudgets, {
        metadata: { name: 'x', namespace: 'default' },
        spec: { minAvailable: 1, selector: { matchLabels: { a: 'b' } } },
      });
      const body = { spec: { selector: { matchLabels: { b: 'c' } } } };
      const next = store.patch(poddisruptionbudgets, 'default', 'x', { type, body });
      assert.deepEqual(at(next, 'spec', 'selector', 'matchLabels'), expected, type);
    }
  });
});
