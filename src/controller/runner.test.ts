/** The runner, against an API server that answers as it is told. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Decision, Effect, PodReference } from '../core/decision.ts';
import { type Epoch, incarnation, podUid } from '../core/identity.ts';
import type { ApiRequest, Transport } from '../kube/transport.ts';
import { SimulatedClock } from '../time/simulated-clock.ts';
import { ApiCalls } from './api-calls.ts';
import { noMetrics } from './metrics.ts';
import { noTerms } from './pod-codec.ts';
import type { RecordOutcome } from './record-writer.ts';
import { Runner } from './runner.ts';
import { SingletonPods } from './singleton-pods.ts';
import type { SingletonRecords } from './singleton-records.ts';

const pod = { uid: podUid('uid-a'), name: 'a' };
const holder = { uid: podUid('uid-b'), name: 'b' };

type Answer = { readonly status: number; readonly body: string };

function refusal(status: number, details: object = {}): Answer {
  const said = { kind: 'Status', status: 'Failure', code: status, message: 'as told', ...details };
  return { status, body: JSON.stringify(said) };
}

/** As the API server answers a patch that carries the UID of a pod whose name another one has by now. */
const otherUid = refusal(422, {
  reason: 'Invalid',
  message: 'Pod "a" is invalid: metadata.uid: Invalid value: "uid-a": field is immutable',
  details: { causes: [{ reason: 'FieldValueInvalid', field: 'metadata.uid' }] },
});
const accepted: Answer = { status: 200, body: '{}' };

/** Answers as it is told; the requests are kept. */
function setUp(answer: Answer | ((request: ApiRequest) => Answer)) {
  const clock = new SimulatedClock();
  const requests: ApiRequest[] = [];
  const transport: Transport = {
    alive: true,
    request: (request) => {
      requests.push(request);
      const { status, body } = typeof answer === 'function' ? answer(request) : answer;
      return Promise.resolve({ status, retryAfterMs: undefined, body });
    },
    stream: () => assert.fail('a runner opens no stream'),
    close: () => Promise.resolve(),
  };
  const calls = new ApiCalls({ transport, clock, metrics: noMetrics, onForbidden: () => undefined });
  const pods = new SingletonPods({
    namespace: 'default',
    terms: () => noTerms,
    isHolder: () => false,
    onProblem: () => undefined,
  });
  const unused = new Proxy({}, { get: () => assert.fail('not part of this pass') }) as never;
  const recorded = Promise.withResolvers<RecordOutcome>();
  /** What the record names, as far as it is known here. */
  const record = { epoch: 2 as Epoch, holder: holder.uid };
  const names = (epoch: Epoch, named: PodReference) => epoch === record.epoch && named.uid === record.holder;
  const records = { mode: 'Labels', write: () => recorded.promise, names } as unknown as SingletonRecords;
  const runner = new Runner({ namespace: 'default', clock, calls, pods, records, teller: unused });
  const run = async (effects: readonly Effect[]) => {
    const because = { code: 'LabelsCorrected', sentence: '' } as const;
    const decision: Decision = {
      because,
      effects,
      recheckAt: undefined,
      judged: [],
      holder,
      answer: undefined,
    };
    return (await runner.run(decision, clock.now(), clock.now())).end;
  };
  return { requests, run, recorded, record };
}

const isDelete = ({ method }: ApiRequest) => method === 'DELETE';
const because = { code: 'HolderNotReady', sentence: '' } as const;
const fence: Effect = { kind: 'delete-pod', pod, graceSeconds: 0, rule: 'fence', gates: true, because };
const route: Effect = { ...label('active'), pod: { uid: podUid('uid-b'), name: 'b' } };

/** What was asked for: the method, the pod and its label. */
function asked(requests: readonly ApiRequest[]): readonly string[] {
  return requests.map(({ method, path, body }) => {
    const role = /"role":"(\w+)"/.exec(body ?? '')?.[1];
    return [method, path.split('/').at(-1), ...(role === undefined ? [] : [role])].join(' ');
  });
}

function label(role: 'active' | 'standby'): Extract<Effect, { readonly kind: 'label-pod' }> {
  return { kind: 'label-pod', pod, resourceVersion: '7', role, epoch: 2 as Epoch };
}

describe('the runner', () => {
  test('takes a pod whose name another one has by now (422 on its UID) for gone: its label is no failure', async () => {
    const { run, requests } = setUp(otherUid);
    assert.deepEqual(await run([label('standby')]), { kind: 'done' });
    assert.match(requests[0]?.body ?? '', /"uid":"uid-a"/);
  });

  test('waits for what the watch brings where that pod was to be the new holder', async () => {
    assert.equal((await setUp(otherUid).run([label('active')])).kind, 'pod-changed');
  });

  for (const status of [400, 405, 415, 422]) {
    test(`G2: takes no other refusal (${status}) for a pod that is gone: nobody is routed beside it`, async () => {
      const { run, requests } = setUp(refusal(status));
      assert.equal((await run([label('standby'), route])).kind, 'failed');
      assert.deepEqual(asked(requests), ['PATCH a standby']);
    });
  }

  test('goes no further when a label could not be taken: the new holder gets none', async () => {
    const { run, requests } = setUp(refusal(500));
    assert.equal((await run([label('standby'), label('active')])).kind, 'failed');
    assert.equal(requests.length, 1);
  });

  test('goes no further when the fence failed', async () => {
    const { run, requests } = setUp(refusal(500));
    assert.equal((await run([fence, route])).kind, 'failed');
    assert.deepEqual(asked(requests), ['DELETE a']);
  });

  for (const status of [400, 403, 422]) {
    test(`G2, G5: where the fence is refused for good (${status}) the label is taken first, then the new holder is routed`, async () => {
      const { run, requests } = setUp((request) => (isDelete(request) ? refusal(status) : accepted));
      assert.deepEqual(asked(requests), []);
      assert.equal((await run([fence, route])).kind, 'failed', 'the delete stays due');
      assert.deepEqual(asked(requests), ['DELETE a', 'PATCH a standby', 'PATCH b active']);
    });
  }

  test('G2: routes nobody where both the fence and the label of the old holder are refused', async () => {
    const { run, requests } = setUp(refusal(403));
    assert.equal((await run([fence, route])).kind, 'failed');
    assert.deepEqual(asked(requests), ['DELETE a', 'PATCH a standby']);
  });

  test('a pod whose name another one has by now counts as fenced, in either wording of the API server', async () => {
    for (const message of [
      'Precondition failed: UID in precondition: uid-a, UID in object meta: uid-c',
      'the UID in the precondition (uid-a) does not match the UID in record (uid-c)',
    ]) {
      const { run } = setUp((request) => (isDelete(request) ? refusal(409, { message }) : accepted));
      assert.equal((await run([fence, route])).kind, 'done');
    }
  });

  test('G2, G4: a record that has moved on while an answer was awaited ends the pass: no label, no word', async () => {
    const { run, requests, record } = setUp((request) => {
      if (isDelete(request)) record.epoch = 3 as Epoch;
      return accepted;
    });
    assert.equal((await run([fence, label('standby'), route])).kind, 'lost');
    assert.deepEqual(asked(requests), ['DELETE a']);
  });

  test('the same between the label that is taken and the one that is set', async () => {
    const { run, requests, record } = setUp(() => {
      record.holder = podUid('uid-c');
      return accepted;
    });
    assert.equal((await run([label('standby'), route])).kind, 'lost');
    assert.deepEqual(asked(requests), ['PATCH a standby']);
  });

  test('sends the delete of the critical-container rule beside the record, and routes when both are answered', async () => {
    const { run, requests, recorded } = setUp(refusal(404));
    const rule: Effect = {
      kind: 'delete-pod',
      pod,
      graceSeconds: 0,
      rule: 'critical-container',
      gates: true,
      because,
    };
    const next = { ...holder, incarnation: incarnation('uid-b/'), hasStopped: false };
    const write = {
      base: { kind: 'create' },
      holder: next,
      epoch: 2 as Epoch,
      podsVersion: undefined,
      singletonVersion: undefined,
      serving: true,
    } as const;
    const ended = run([{ kind: 'write-record', write, because }, rule, label('standby')]);
    assert.deepEqual(
      requests.map(({ method }) => method),
      ['DELETE'],
    );
    recorded.resolve({ kind: 'lost' });
    assert.equal((await ended).kind, 'lost');
    assert.equal(requests.length, 1);
  });
});
