import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { ApiError } from '../api-error.ts';
import { decodeProtobuf } from './protobuf.ts';

const varint = (value: number): Buffer =>
  value < 128
    ? Buffer.from([value])
    : Buffer.concat([Buffer.from([(value & 127) | 128]), varint(Math.floor(value / 128))]);
const number = (field: number, value: number) => Buffer.concat([varint(field * 8), varint(value)]);
const bytes = (field: number, ...content: readonly (string | Buffer)[]) => {
  const joined = Buffer.concat(content.map((part) => Buffer.from(part as string)));
  return Buffer.concat([varint(field * 8 + 2), varint(joined.length), joined]);
};
const envelope = (apiVersion: string, kind: string, object: Buffer) =>
  Buffer.concat([Buffer.from('k8s\0'), bytes(1, bytes(1, apiVersion), bytes(2, kind)), bytes(2, object)]);

describe('a protobuf body', () => {
  test('is read by the numbers of the field schemas; zero values that Go leaves out are left out', () => {
    const metadata = bytes(
      1,
      bytes(1, 'set'),
      bytes(2, ''),
      bytes(8),
      bytes(11, bytes(1, 'app'), bytes(2, 'hapod')),
      bytes(14, 'a/1'),
      bytes(14, 'a/2'),
    );
    const port = bytes(6, number(3, 8080), bytes(4, 'TCP'));
    const container = bytes(2, bytes(1, 'main'), bytes(2, 'busybox'), bytes(3, 'sh'), port);
    const template = bytes(3, bytes(2, container, number(4, 0)));
    const spec = bytes(
      2,
      number(1, 0),
      number(4, 0),
      bytes(2, bytes(1, bytes(1, 'app'), bytes(2, 'hapod'))),
      template,
    );
    assert.deepEqual(
      decodeProtobuf(
        envelope('apps/v1', 'ReplicaSet', Buffer.concat([metadata, spec, bytes(3, number(1, 0))])),
      ),
      {
        apiVersion: 'apps/v1',
        kind: 'ReplicaSet',
        metadata: { name: 'set', labels: { app: 'hapod' }, finalizers: ['a/1', 'a/2'] },
        spec: {
          replicas: 0,
          selector: { matchLabels: { app: 'hapod' } },
          template: {
            spec: {
              containers: [
                {
                  name: 'main',
                  image: 'busybox',
                  command: ['sh'],
                  ports: [{ containerPort: 8080, protocol: 'TCP' }],
                },
              ],
              terminationGracePeriodSeconds: 0,
            },
          },
        },
      },
    );
  });

  test('has inlined types, int-or-string, quantities, bytes and times', () => {
    const probe = bytes(
      11,
      bytes(1, bytes(2, bytes(1, '/ready'), bytes(2, number(1, 1), number(2, 0), bytes(3, 'http')))),
      number(4, 5),
    );
    const limits = bytes(8, bytes(1, bytes(1, 'cpu'), bytes(2, bytes(1, '500m'))));
    const pod = bytes(2, bytes(2, bytes(1, 'main'), probe, limits));
    assert.deepEqual(decodeProtobuf(envelope('v1', 'Pod', pod)).spec, {
      containers: [
        {
          name: 'main',
          readinessProbe: { httpGet: { path: '/ready', port: 'http' }, periodSeconds: 5 },
          resources: { limits: { cpu: '500m' } },
        },
      ],
    });
    const secret = bytes(2, bytes(1, 'key'), bytes(2, Buffer.from([0, 255])));
    assert.deepEqual(decodeProtobuf(envelope('v1', 'Secret', secret)).data, { key: 'AP8=' });
    const lease = bytes(2, bytes(4, number(1, 1767225600), number(2, 250_000_000)));
    assert.deepEqual(decodeProtobuf(envelope('coordination.k8s.io/v1', 'Lease', lease)).spec, {
      renewTime: '2026-01-01T00:00:00.250000Z',
    });
  });

  test('that is broken is refused with 400, never with anything else', () => {
    const whole = envelope('v1', 'Pod', bytes(1, bytes(1, 'a')));
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), fc.boolean(), (position, value, cut) => {
        const broken = Buffer.from(whole);
        broken[position] = value;
        try {
          decodeProtobuf(cut ? broken.subarray(0, position) : broken);
        } catch (error) {
          assert.ok(error instanceof ApiError && error.code === 400, String(error));
        }
      }),
    );
  });
});
