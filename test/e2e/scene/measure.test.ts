import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { ClientProcess } from '../../../src/cli/steady-client/client-process.ts';
import { machineNowMs } from '../../../src/cli/steady-client/machine-time.ts';
import { applyManifests } from '../../../src/sandbox/api/apply/apply-manifests.ts';
import { loadManifests } from '../../../src/sandbox/api/apply/manifest-file.ts';
import { interruptionProblems } from '../checkers/uninterrupted.ts';
import { answersOf, startProber } from '../prober.ts';
import { type SandboxBed, startSandboxBed } from '../sandbox-bed.ts';
import { createSingleton } from '../singleton/create-singleton.ts';
import { besideName, serverName } from '../singleton/manifests.ts';
import type { Singleton } from '../singleton/singleton.ts';
import { exampleControllers, Stage } from '../stage.ts';
import { playFirstElection } from './first-election.ts';
import { guaranteeProblems } from './guarantees.ts';
import { playScene, type Scene } from './measure.ts';
import { resultLines, type SceneResult } from './scene-result.ts';
import { containerId, deletePod, evictPod, restartRollout } from './strikes.ts';

const manifests = ['icr_sa', 'icr_cr', 'icr_crb', 'icr_replicaset'].map((name) =>
  fileURLToPath(new URL(`../../../examples/hapod/${name}.yaml`, import.meta.url)),
);

let bed: SandboxBed;
let stage: Stage;
let singleton: Singleton;
let prober: ClientProcess;
const results: SceneResult[] = [];

async function play(scene: Omit<Scene, 'observeMs'>): Promise<SceneResult> {
  const { result } = await playScene({ observeMs: 200, calmMs: 0, ...scene }, singleton, prober);
  results.push(result);
  return result;
}

function crash(pod: string, container: string): number {
  const struckAtMs = machineNowMs();
  bed.sandbox.faults.crash({ namespace: singleton.place.namespace, pod, container });
  return struckAtMs;
}

/** Each step that took place is one after the other, up to the answer. */
function assertOrder({ momentsMs }: SceneResult, names: readonly (keyof SceneResult['momentsMs'])[]): void {
  const moments = names.map((name) => momentsMs[name] ?? Number.NaN);
  assert.ok(
    moments.every((moment) => moment > 0),
    JSON.stringify(momentsMs),
  );
  assert.deepEqual(
    moments,
    moments.toSorted((left, right) => left - right),
  );
}

/** The whole sandbox and these clients share two processors with other tests: an answer that is late is not one that is lost. */
const timeoutMs = 5_000;

describe('measuring scenes', { timeout: 100_000 }, () => {
  before(async () => {
    const node = { command: ['/usr/bin/node'], args: [], programs: { '/usr/bin/node': [process.execPath] } };
    bed = await startSandboxBed({ images: { 'mygoudpsrv:v1': node } });
    const { store } = bed.sandbox;
    applyManifests(store, loadManifests(manifests, store.types));
    stage = await Stage.open(bed, exampleControllers);
    await stage.controllersInGoodOrder();
  });
  after(async () => {
    await prober?.stop();
    await stage?.close();
    await bed?.close();
  });

  test('a first election: from the first member that is Ready to its first answer', async () => {
    const played = await playFirstElection(stage, { namespace: 'scene' }, { everyMs: 5, timeoutMs });
    ({ singleton, prober } = played);
    const { result } = played;
    results.push(result);
    assertOrder(result, ['record', 'route', 'slice', 'answer']);
    assert.deepEqual(result.epochs, { before: 0, after: 1 });
    assert.equal(result.to, singleton.record()?.holder?.name);
  });

  test('a critical container that dies: what the API said, step by step, and the gap that clients saw', async () => {
    const result = await play({
      name: 'critical container dies',
      expected: 'failover',
      strike: ({ active }) => crash(active.name, serverName),
    });
    assert.equal(result.evidence, 'container ended');
    assertOrder(result, ['evidence', 'record', 'route', 'slice', 'answer']);
    assert.deepEqual(result.epochs, { before: 1, after: 2 });
    assert.notEqual(result.from, result.to);
    const { gapMs, answerMs, failures } = result.connections;
    assert.ok(gapMs !== undefined && answerMs !== undefined && gapMs <= answerMs + 200);
    assert.ok(Object.values(failures).length > 0, 'somebody was refused while nobody was active');
    assert.ok((result.datagrams?.answerMs ?? 0) > 0, 'datagrams reached the next one too');
    assert.equal(result.controller?.actedAs, 'active');
    assert.equal(typeof result.controller?.phasesMs.decide, 'number');
  });

  test('a forced delete: its own word is the evidence, and no fence follows', async () => {
    const result = await play({
      name: 'delete --force',
      expected: 'failover',
      strike: ({ active }) => deletePod(stage, active, { force: true }),
    });
    assert.ok(result.evidence === 'gone' || result.evidence === 'leaving');
    assert.equal(result.momentsMs.fence, undefined);
    assertOrder(result, ['evidence', 'record', 'route', 'slice', 'answer']);
  });

  test('a container that is not critical: the role stays, and what clients missed is counted', async () => {
    const result = await play({
      name: 'non-critical container dies',
      expected: 'nothing',
      strike: ({ active }) => crash(active.name, besideName),
    });
    assert.equal(result.to, result.from);
    assert.equal(result.epochs.before, result.epochs.after);
    assert.equal(result.connections.answerMs, undefined);
  });

  test('both controllers killed: clients of a living active notice nothing', async () => {
    const { active } = await singleton.inGoodOrder();
    await answersOf(prober, singleton, active.name);
    let fromMs = machineNowMs();
    const { observedUntilMs, result } = await playScene(
      {
        name: 'both controllers killed',
        expected: 'nothing',
        observeMs: 500,
        calmMs: 200,
        strike: () => {
          fromMs = machineNowMs();
          for (const { name } of stage.controllers()) bed.sandbox.faults.crash({ pod: name });
          return fromMs;
        },
      },
      singleton,
      prober,
    );
    results.push(result);
    assert.deepEqual(
      interruptionProblems(prober.log.attempts, { fromMs, untilMs: observedUntilMs, pod: active.name }),
      [],
    );
  });

  test('what was seen of all of it violates no guarantee, and makes a table', async (context) => {
    assert.deepEqual(
      await guaranteeProblems(singleton, { prober, auditMark: undefined, byOthers: new Set() }),
      [],
    );
    const lines = resultLines(results);
    for (const line of lines) context.diagnostic(line);
    assert.equal(lines.length, 6);
  });

  test('a Deployment is restarted, and evicted from, one pod at a time', async () => {
    const other = await createSingleton(stage, { namespace: 'rollout', kind: 'Deployment' });
    const before = await other.inGoodOrder();
    assert.match(containerId(before.active, serverName), /:\/\//);
    const clients = startProber(other, { everyMs: 5, timeoutMs, datagramsEveryMs: 0 });
    try {
      await answersOf(clients, other, before.active.name);
      const { result } = await playScene(
        {
          name: 'evict',
          expected: 'failover',
          observeMs: 100,
          calmMs: 0,
          strike: ({ active }) => evictPod(stage, active),
        },
        other,
        clients,
      );
      assert.equal(result.datagrams, undefined);
      const standing = await other.inGoodOrder();
      await restartRollout(stage, other.place.workloadPath);
      const old = new Set(other.pods().map(({ uid }) => uid));
      await stage.recorder.waitFor(() => {
        const now = other.standing();
        return other.pods().some(({ uid }) => old.has(uid)) ? 'the end of the old pods' : now;
      }, 60_000);
      assert.ok((other.record()?.epoch ?? 0) > standing.epoch);
      assert.deepEqual(
        await guaranteeProblems(other, { prober: clients, auditMark: undefined, byOthers: new Set() }),
        [],
      );
    } finally {
      await clients.stop();
      await other.remove();
    }
  });

  test('what is left of a singleton that is removed is no pod', async () => {
    await singleton.remove();
    assert.deepEqual(stage.pods('scene'), []);
  });
});
