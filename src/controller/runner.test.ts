/** The runner, against an API server that answers as it is told. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Decision, Effect } from '../core/decision.ts';
import { type Epoch, incarnation, podUid } from '../core/identity.ts';
import type { ApiRequest, Transport } from '../kube/transport.ts';
import { SimulatedClock } from '../time/simulated-clock.ts';
import { ApiCalls } from './api-calls.ts';
import { noMetrics } from './metrics.ts';
import type { RecordOutcome, RecordWriter } from './record-writer.ts';
import { Runner } from './runner.ts';
import { SingletonPods } from './singleton-pods.ts';

const pod = { uid: podUid('uid-a'), name: 'a' };

/** Answers every request with `status`; the requests are kept. */
function setUp(status: number) {
  const clock = new SimulatedClock();
  const requests: ApiRequest[] = [];
  const transport: Transport = {
    alive: true,
    request: (request) => {
      requests.push(request);
      const body = JSON.stringify({ kind: 'Status', status: 'Failure', code: status, message: 'as told' });
      return Promise.resolve({ status, retryAfterMs: undefined, body });
    },
    stream: () => assert.fail('a runner opens no stream'),
    close: () => Promise.resolve(),
  };
  const calls = new ApiCalls({ transport, clock, metrics: noMetrics, onForbidden: () => undefined });
  const pods = new SingletonPods({ namespace: 'default', isHolder: () => false, onProblem: () => undefined });
  const unused = new Proxy({}, { get: () => assert.fail('not part of this pass') }) as never;
  const recorded = Promise.withResolvers<RecordOutcome>();
  const recordWriter = { write: () => recorded.promise } as unknown as RecordWriter;
  const runner = new Runner({ namespace: 'default', clock, calls, pods, recordWriter, teller: unused });
  const run = async (effects: readonly Effect[]) => {
    const because = { code: 'LabelsCorrected', sentence: '' } as const;
    const decision: Decision = { because, effects, recheckAt: undefined, judged: [], holder: undefined };
    return (await runner.run(decision, clock.now(), clock.now())).end;
  };
  return { requests, run, recorded };
}

function label(role: 'active' | 'standby'): Effect {
  return { kind: 'label-pod', pod, resourceVersion: '7', role, epoch: 2 as Epoch };
}

describe('the runner', () => {
  test('takes a pod whose name another one has by now (422) for gone: its label is no failure', async () => {
    const { run, requests } = setUp(422);
    assert.deepEqual(await run([label('standby')]), { kind: 'done' });
    assert.match(requests[0]?.body ?? '', /"uid":"uid-a"/);
  });

  test('waits for what the watch brings where that pod was to be the new holder', async () => {
    assert.equal((await setUp(422).run([label('active')])).kind, 'pod-changed');
  });

  test('goes no further when a label could not be taken: the new holder gets none', async () => {
    const { run, requests } = setUp(500);
    assert.equal((await run([label('standby'), label('active')])).kind, 'failed');
    assert.equal(requests.length, 1);
  });

  test('goes no further when the fence was refused', async () => {
    const { run, requests } = setUp(403);
    const because = { code: 'HolderNotReady', sentence: '' } as const;
    const fence: Effect = { kind: 'delete-pod', pod, graceSeconds: 0, rule: 'fence', gates: true, because };
    assert.equal((await run([fence, label('active')])).kind, 'failed');
    assert.deepEqual(
      requests.map(({ method }) => method),
      ['DELETE'],
    );
  });

  test('sends the delete of the critical-container rule beside the record, and routes when both are answered', async () => {
    const { run, requests, recorded } = setUp(404);
    const because = { code: 'HolderCriticalDeath', sentence: '' } as const;
    const rule: Effect = {
      kind: 'delete-pod',
      pod,
      graceSeconds: 0,
      rule: 'critical-container',
      gates: true,
      because,
    };
    const holder = { uid: podUid('uid-b'), name: 'b', incarnation: incarnation('uid-b/') };
    const write = { base: { kind: 'create' }, holder, epoch: 2 as Epoch, podsVersion: undefined } as const;
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
