import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Answer, Body } from './api-client.ts';
import { openTarget, type Target } from './target.ts';

let target: Target;
let services = '';
let slices = '';

before(async () => {
  target = await openTarget();
  services = `/api/v1/namespaces/${target.namespace}/services`;
  slices = `/apis/discovery.k8s.io/v1/namespaces/${target.namespace}/endpointslices`;
});
after(() => target.close());

async function taken(answer: Promise<Answer>): Promise<Body> {
  const { status, text, body } = await answer;
  assert.ok(status === 200 || status === 201, text);
  return body;
}

/** The causes of a 422, as kubectl shows them. */
async function problems(answer: Promise<Answer>): Promise<readonly string[]> {
  const { status, text, body } = await answer;
  assert.equal(status, 422, text);
  return body.details.causes.map(({ field, message }: Body) => `${field}: ${message}`);
}

/** Of a Service that need not exist. */
function slice(name: string, parts: object = {}): object {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name,
      labels: {
        'kubernetes.io/service-name': `of-${name}`,
        'endpointslice.kubernetes.io/managed-by': 'conformance.understudy.dev',
      },
    },
    addressType: 'IPv4',
    endpoints: [{ addresses: ['10.244.77.8'], conditions: { ready: true } }],
    ports: [{ name: 'web', port: 8080, protocol: 'TCP' }],
    ...parts,
  };
}

const make = (name: string, parts: object = {}) => target.api.post(slices, slice(name, parts));

const many = <T>(count: number, of: (index: number) => T): readonly T[] =>
  Array.from({ length: count }, (_, index) => of(index));

describe('a slice that a user writes', () => {
  test('comes back as it was sent, with defaults: nobody asks who manages it', async () => {
    const made = await taken(
      make('plain', {
        endpoints: [{ addresses: ['10.244.77.8'], deprecatedTopology: { zone: 'a' } }],
        ports: [{ port: 8080 }, { name: 'other', port: 9000, protocol: 'SCTP', appProtocol: 'h2c' }],
      }),
    );
    assert.equal(made.metadata.generation, 1);
    assert.equal(
      made.metadata.labels['endpointslice.kubernetes.io/managed-by'],
      'conformance.understudy.dev',
    );
    assert.deepEqual(made.endpoints, [{ addresses: ['10.244.77.8'], conditions: {} }]);
    assert.deepEqual(made.ports, [
      { name: '', port: 8080, protocol: 'TCP' },
      { name: 'other', port: 9000, protocol: 'SCTP', appProtocol: 'h2c' },
    ]);
    const empty = await taken(make('empty', { endpoints: [], ports: [] }));
    assert.deepEqual([empty.endpoints, empty.ports], [null, null]);
  });

  test('keeps its address type, which has to be one that there is', async () => {
    await taken(make('typed'));
    assert.deepEqual(
      await problems(target.api.patch(`${slices}/typed`, 'merge', { addressType: 'IPv6', endpoints: [] })),
      ['addressType: Invalid value: "IPv6": field is immutable'],
    );
    assert.deepEqual(await problems(make('untyped', { addressType: 'IP', endpoints: [] })), [
      'addressType: Unsupported value: "IP": supported values: "FQDN", "IPv4", "IPv6"',
    ]);
  });

  const addresses: readonly (readonly [string, string, string])[] = [
    [
      'IPv4',
      'pod',
      '[0]: Invalid value: "pod": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
    ],
    ['IPv4', '010.1.2.3', '[0]: Invalid value: "010.1.2.3": must not have leading 0s'],
    ['IPv4', 'fd00::1', ': Invalid value: "fd00::1": must be an IPv4 address'],
    ['IPv4', '0.0.0.0', '[0]: Invalid value: "0.0.0.0": may not be unspecified (0.0.0.0)'],
    ['IPv6', '10.1.2.3', ': Invalid value: "10.1.2.3": must be an IPv6 address'],
    ['IPv6', 'FD00::1', '[0]: Invalid value: "FD00::1": must be in canonical form ("fd00::1")'],
    [
      'FQDN',
      'pod',
      '[0]: Invalid value: "pod": should be a domain with at least two segments separated by dots',
    ],
  ];
  for (const [addressType, address, expected] of addresses) {
    test(`of type ${addressType} can't have the address ${address}`, async () => {
      const found = await problems(make('misplaced', { addressType, endpoints: [{ addresses: [address] }] }));
      assert.deepEqual(found, [`endpoints[0].addresses${expected}`]);
    });
  }

  test('may be of IPv6 or of names, wherever the cluster’s pods are', async () => {
    await taken(make('six', { addressType: 'IPv6', endpoints: [{ addresses: ['fd00::1'] }] }));
    await taken(make('names', { addressType: 'FQDN', endpoints: [{ addresses: ['pod.example.com'] }] }));
  });

  test('has up to 1000 endpoints; more than the 100 ports of the documentation are let in', async () => {
    const endpoint = (index: number) => ({ addresses: [`10.244.${80 + (index >> 8)}.${index & 255}`] });
    await taken(make('full', { endpoints: many(1_000, endpoint) }));
    assert.deepEqual(await problems(make('overfull', { endpoints: many(1_001, endpoint) })), [
      'endpoints: Too many: 1001: must have at most 1000 items',
    ]);
    const ports = many(101, (index) => ({ name: `p${index}`, port: index + 1 }));
    assert.equal((await taken(make('ported', { ports }))).ports.length, 101);
  });

  test('has ports with names of their own, and any number', async () => {
    const twice = [{ name: 'web', port: 1 }, { name: 'web' }];
    assert.deepEqual(await problems(make('twice', { ports: twice })), [
      'ports[1].name: Duplicate value: "web"',
    ]);
    assert.deepEqual(await problems(make('quick', { ports: [{ name: 'web', port: 1, protocol: 'QUIC' }] })), [
      'ports[0].protocol: Unsupported value: "QUIC": supported values: "SCTP", "TCP", "UDP"',
    ]);
    await taken(make('odd', { ports: [{ name: 'high', port: 70_000 }, { name: 'none' }] }));
  });

  test('has endpoints with at least one address', async () => {
    assert.deepEqual(await problems(make('bare', { endpoints: [{ addresses: [] }] })), [
      'endpoints[0].addresses: Required value: must contain at least 1 address',
    ]);
  });

  test('is of the next generation when its content or its labels change, not when its annotations do', async () => {
    await taken(make('counted'));
    const patched = async (body: object) =>
      (await taken(target.api.patch(`${slices}/counted`, 'merge', body))).metadata.generation;
    assert.equal(await patched({ metadata: { annotations: { 'example.com/epoch': '2' } } }), 1);
    assert.equal(await patched({ metadata: { labels: { 'example.com/role': 'any' } } }), 2);
    assert.equal(await patched({ endpoints: [{ addresses: ['10.244.77.9'] }] }), 3);
  });
});

describe('a patch of a slice', () => {
  const two = [
    { addresses: ['10.244.77.8'], conditions: { ready: true, serving: true } },
    { addresses: ['10.244.77.9'], conditions: { ready: false, serving: false } },
  ];

  test('replaces the endpoints as a whole, whether merged or merged strategically, and the ports', async () => {
    for (const kind of ['merge', 'strategic-merge'] as const) {
      await taken(make(`replaced-by-${kind}`, { endpoints: two }));
      const patched = await taken(
        target.api.patch(`${slices}/replaced-by-${kind}`, kind, {
          endpoints: [{ addresses: ['10.244.77.9'] }],
          ports: [{ name: 'dns', port: 53, protocol: 'UDP' }],
        }),
      );
      assert.deepEqual(patched.endpoints, [{ addresses: ['10.244.77.9'], conditions: {} }], kind);
      assert.deepEqual(patched.ports, [{ name: 'dns', port: 53, protocol: 'UDP' }], kind);
    }
  });

  test('with the resourceVersion of an older state changes nothing: annotations and traffic move together or not at all', async () => {
    const made = await taken(make('guarded', { endpoints: two }));
    const flip = (epoch: string) =>
      target.api.patch(`${slices}/guarded`, 'merge', {
        metadata: {
          resourceVersion: made.metadata.resourceVersion,
          annotations: { 'example.com/epoch': epoch },
        },
        endpoints: two.map(({ addresses }, index) => ({
          addresses,
          conditions: { ready: index === 1, serving: index === 1 },
        })),
      });
    const flipped = await taken(flip('2'));
    assert.deepEqual(
      flipped.endpoints.map(({ conditions }: Body) => conditions.ready),
      [false, true],
    );
    assert.equal((await flip('3')).status, 409);
    const { metadata } = await taken(target.api.get(`${slices}/guarded`));
    assert.equal(metadata.annotations['example.com/epoch'], '2');
    assert.equal(metadata.resourceVersion, flipped.metadata.resourceVersion);
  });

  test('with the uid of another slice of that name is refused', async () => {
    await taken(make('named'));
    const body = { metadata: { uid: '00000000-0000-4000-8000-000000000000' }, endpoints: [] };
    const found = await problems(target.api.patch(`${slices}/named`, 'merge', body));
    assert.match(found[0] ?? '', /^metadata\.uid: .*field is immutable/);
  });

  test('in JSON whose test fails is a 422', async () => {
    await taken(make('tested', { endpoints: two }));
    const answer = await target.api.patch(`${slices}/tested`, 'json', [
      { op: 'test', path: '/endpoints/0/conditions/ready', value: false },
      { op: 'replace', path: '/endpoints', value: [] },
    ]);
    assert.equal(answer.status, 422);
  });
});

describe('the address families of a Service', () => {
  const ports = [{ name: 'web', port: 80 }];
  const makeService = (name: string, spec: object) =>
    target.api.post(services, {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name },
      spec: { ports, ...spec },
    });
  const families = ({ spec }: Body) => [spec.ipFamilyPolicy, spec.ipFamilies];

  /** What the cases below say is true of clusters with IPv4 alone. */
  async function isSingleStack(name: string): Promise<boolean> {
    const { spec } = await taken(makeService(name, { ipFamilyPolicy: 'PreferDualStack' }));
    assert.equal(spec.clusterIPs.length, spec.ipFamilies.length);
    return spec.ipFamilies.length === 1;
  }

  test('are the cluster’s, and both where it is headless and has no selector', async () => {
    if (!(await isSingleStack('prefers'))) return;
    const plain = await taken(makeService('plain', {}));
    assert.deepEqual(families(plain), ['SingleStack', ['IPv4']]);
    assert.deepEqual(plain.spec.clusterIPs, [plain.spec.clusterIP]);
    assert.notEqual(plain.spec.clusterIP, '');
    const headless = await taken(makeService('headless', { clusterIP: 'None' }));
    assert.deepEqual(families(headless), ['RequireDualStack', ['IPv4', 'IPv6']]);
    assert.deepEqual(headless.spec.clusterIPs, ['None']);
    const selecting = await taken(makeService('selecting', { clusterIP: 'None', selector: { app: 'a' } }));
    assert.deepEqual(families(selecting), ['SingleStack', ['IPv4']]);
  });

  test('can’t be what the cluster does not have', async () => {
    if (!(await isSingleStack('would-prefer'))) return;
    assert.deepEqual(await problems(makeService('six', { ipFamilies: ['IPv6'] })), [
      'spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster',
    ]);
    assert.deepEqual(await problems(makeService('both', { ipFamilyPolicy: 'RequireDualStack' })), [
      'spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services',
    ]);
  });

  test('keep a headless Service from gaining a selector, unless it settles for one', async () => {
    if (!(await isSingleStack('would-prefer-too'))) return;
    await taken(makeService('settles', { clusterIP: 'None' }));
    const gain = (spec: object) =>
      target.api.patch(`${services}/settles`, 'merge', { spec: { selector: { app: 'a' }, ...spec } });
    assert.match((await problems(gain({})))[0] ?? '', /not configured for dual-stack services$/);
    assert.deepEqual(families(await taken(gain({ ipFamilyPolicy: 'SingleStack' }))), [
      'SingleStack',
      ['IPv4'],
    ]);
  });

  test('and its address stay when the same manifest is sent again without them', async () => {
    const made = await taken(makeService('again', { selector: { app: 'a' } }));
    const manifest = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'again' }, spec: { ports } };
    const freed = await taken(target.api.put(`${services}/again`, manifest));
    assert.equal(freed.spec.clusterIP, made.spec.clusterIP);
    assert.deepEqual(families(freed), families(made));
    assert.equal(freed.spec.selector, undefined);
  });

  test('an empty selector is none', async () => {
    assert.equal((await taken(makeService('unselecting', { selector: {} }))).spec.selector, undefined);
  });
});
