import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type EventSeries, eventBody, eventRepetition } from '../../src/kube/encode-event.ts';
import { createRequest, mergePatchRequest } from '../../src/kube/request.ts';
import { EVENTS } from '../../src/kube/resources.ts';
import type { Body } from './api-client.ts';
import { pod } from './objects.ts';
import { openTarget, type Target } from './target.ts';

let target: Target;
let regarding: Body;

before(async () => {
  target = await openTarget();
  const pods = `/api/v1/namespaces/${target.namespace}/pods`;
  const { metadata } = (await target.api.post(pods, pod('subject', { nodeName: target.nowhere() }))).body;
  const { namespace, name, uid } = metadata;
  regarding = { apiVersion: 'v1', kind: 'Pod', namespace, name, uid };
});
after(() => target.close());

function series(name: string, changes: Partial<EventSeries> = {}): EventSeries {
  const nowMs = Date.now();
  const notice = {
    regarding,
    type: 'Normal',
    reason: 'Promoted',
    message: 'subject is active with epoch 1',
  } as const;
  return { notice, name, count: 1, firstAtMs: nowMs, lastAtMs: nowMs, ...changes };
}

function write(event: EventSeries) {
  const body = eventBody(event, { component: 'understudy', instance: 'controller-1' });
  return target.api.request(createRequest(EVENTS, { namespace: target.namespace, body }));
}

function repeat(event: EventSeries) {
  const { name } = event;
  const patch = eventRepetition(event);
  return target.api.request(mergePatchRequest(EVENTS, { namespace: target.namespace, name, patch }));
}

describe('an Event', () => {
  test('as the controller writes it is taken, and found at its pod', async () => {
    const created = await write(series('subject.one'));
    assert.equal(created.status, 201, created.text);
    assert.equal(created.body.count, 1);
    assert.equal(created.body.involvedObject.uid, regarding.uid);
    assert.equal(created.body.reportingComponent, 'understudy');
    const query = `fieldSelector=${encodeURIComponent(`involvedObject.uid=${regarding.uid},reason=Promoted`)}`;
    const found = (await target.api.get(`/api/v1/namespaces/${target.namespace}/events?${query}`)).body.items;
    assert.deepEqual(
      found.map((item: Body) => item.metadata.name),
      ['subject.one'],
    );
    assert.match(await target.kubectl.ok(['describe', 'pod', 'subject']), /Normal +Promoted .* understudy/);
  });

  test('is counted up by a merge patch that leaves its words alone', async () => {
    const event = series('subject.two');
    await write(event);
    const repeated = await repeat({ ...event, count: 7, lastAtMs: event.lastAtMs + 5_000 });
    assert.equal(repeated.status, 200, repeated.text);
    assert.equal(repeated.body.count, 7);
    assert.equal(repeated.body.message, event.notice.message);
    const { firstTimestamp, lastTimestamp } = repeated.body;
    assert.equal(Date.parse(lastTimestamp) - Date.parse(firstTimestamp), 5_000);
  });

  test('that was forgotten answers 404 to its repetition; one that is there, 409 to a second create', async () => {
    assert.equal((await repeat(series('subject.forgotten'))).status, 404);
    const event = series('subject.three');
    await write(event);
    const again = await write(event);
    assert.equal(again.status, 409);
    assert.equal(again.body.reason, 'AlreadyExists');
  });

  test('about something in another namespace than its own is refused: 422', async () => {
    const elsewhere = { ...regarding, namespace: 'elsewhere' };
    const body = eventBody(
      { ...series('subject.elsewhere'), notice: { ...series('').notice, regarding: elsewhere } },
      { component: 'understudy', instance: 'controller-1' },
    );
    const { namespace } = target;
    const placed = { ...body, metadata: { name: 'subject.elsewhere', namespace } };
    const refused = await target.api.request(createRequest(EVENTS, { namespace, body: placed }));
    assert.equal(refused.status, 422, refused.text);
    assert.match(refused.body.message, /involvedObject\.namespace: Invalid value/);
  });

  test('of any length is cut to what the server takes', async () => {
    const long = { ...series('').notice, message: 'x'.repeat(5_000) };
    const created = await write(series('subject.long', { notice: long }));
    assert.equal(created.status, 201, created.text);
    assert.equal(created.body.message.length, 1024);
  });
});
