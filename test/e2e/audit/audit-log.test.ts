import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { AuditLog, accountName } from './audit-log.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'audit-log-'));
after(() => rmSync(directory, { recursive: true }));
const controller = accountName('understudy', 'understudy');

function line(auditID: string, username: string, change: object = {}): string {
  const event = {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'Request',
    auditID,
    stage: 'ResponseComplete',
    requestURI: '/api/v1/namespaces/scene/pods/a',
    verb: 'delete',
    user: { username },
    objectRef: { resource: 'pods', namespace: 'scene', name: 'a', apiVersion: 'v1' },
    responseStatus: { metadata: {}, code: 200 },
    requestObject: { kind: 'DeleteOptions', apiVersion: 'v1', preconditions: { uid: 'uid-a' } },
    requestReceivedTimestamp: '2026-01-01T00:00:00.123456Z',
    stageTimestamp: '2026-01-01T00:00:00.125Z',
    ...change,
  };
  return `${JSON.stringify(event)}\n`;
}

describe('the audit log', () => {
  test('tells what an account has asked for since a mark, each request once', async () => {
    const file = path.join(directory, 'since');
    writeFileSync(file, line('before', controller));
    const log = new AuditLog(file);
    const mark = log.mark();
    appendFileSync(file, line('other', 'system:kube-scheduler'));
    appendFileSync(file, line('watch', controller, { verb: 'watch', stage: 'RequestReceived' }));
    appendFileSync(file, line('watch', controller, { verb: 'watch', stage: 'ResponseStarted' }));
    appendFileSync(file, line('watch', controller, { verb: 'watch' }));
    appendFileSync(file, line('delete', controller));
    const entries = await log.since(mark, [controller]);
    assert.deepEqual(
      entries.map(({ id, verb, code, uidPrecondition }) => ({ id, verb, code, uidPrecondition })),
      [
        { id: 'watch', verb: 'watch', code: 200, uidPrecondition: 'uid-a' },
        { id: 'delete', verb: 'delete', code: 200, uidPrecondition: 'uid-a' },
      ],
    );
    assert.deepEqual(entries[1]?.target, {
      group: '',
      resource: 'pods',
      subresource: undefined,
      namespace: 'scene',
      name: 'a',
    });
  });

  test('knows a refusal, a delete without a body, and a path that is no resource', async () => {
    const file = path.join(directory, 'kinds');
    const annotations = { 'authorization.k8s.io/decision': 'forbid' };
    writeFileSync(file, line('refused', controller, { responseStatus: { code: 403 }, annotations }));
    appendFileSync(file, line('bare', controller, { requestObject: undefined }));
    appendFileSync(file, line('version', controller, { objectRef: undefined, verb: 'get' }));
    const entries = await new AuditLog(file).since(0, [controller]);
    assert.deepEqual(
      entries.map(({ id, isForbidden, hasBody, target }) => [id, isForbidden, hasBody, target?.resource]),
      [
        ['refused', true, true, 'pods'],
        ['bare', false, false, 'pods'],
        ['version', false, true, undefined],
      ],
    );
  });

  test('knows a JSON patch, whose body is a list', async () => {
    const file = path.join(directory, 'json-patch');
    writeFileSync(file, '');
    const log = new AuditLog(file);
    const mark = log.mark();
    const requestObject = [{ op: 'add', path: '/status', value: {} }];
    appendFileSync(file, line('status', controller, { verb: 'patch', requestObject }));
    const [entry] = await log.since(mark, [controller]);
    assert.deepEqual([entry?.verb, entry?.hasBody, entry?.uidPrecondition], ['patch', true, undefined]);
  });

  test('leaves the line alone that is just being written', async () => {
    const file = path.join(directory, 'cut');
    writeFileSync(file, line('whole', controller) + line('cut', controller).slice(0, 80));
    const entries = await new AuditLog(file).since(0, [controller]);
    assert.deepEqual(
      entries.map(({ id }) => id),
      ['whole'],
    );
  });
});
