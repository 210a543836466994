import assert from 'node:assert/strict';
import test from 'node:test';
import { canAcknowledge, channelsOf } from './notify-channel.ts';

const ancestor = { port: 10_001, format: 'ancestor' } as const;
const json = { port: 10_001, format: 'json' } as const;
const http = { port: 8_081, path: '/role' } as const;

test('a Singleton is told over each channel that it names, and over none where it names none', () => {
  assert.deepEqual(channelsOf({ udp: undefined, http: undefined }), []);
  assert.deepEqual(channelsOf({ udp: json, http }), [
    { kind: 'udp', ...json },
    { kind: 'http', ...http },
  ]);
});

test("an application can acknowledge by the echo of an epoch and by HTTP, and not in the ancestor's format", () => {
  const can = (notify: Parameters<typeof channelsOf>[0]) => canAcknowledge(channelsOf(notify));
  assert.equal(can({ udp: undefined, http: undefined }), false);
  assert.equal(can({ udp: ancestor, http: undefined }), false);
  assert.equal(can({ udp: json, http: undefined }), true);
  assert.equal(can({ udp: undefined, http }), true);
  assert.equal(can({ udp: ancestor, http }), true);
});
