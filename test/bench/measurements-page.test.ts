import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { handWrittenPart, type MeasuredRun, renderPage } from '../../bench/cluster/measurements-page.ts';
import { tablesOf } from '../../bench/cluster/report.ts';
import type { Measured, Sample } from '../../bench/cluster/sample.ts';
import { phasesOf } from '../../test/e2e/scene/moments.ts';
import type { SceneResult } from '../../test/e2e/scene/scene-result.ts';
import { assertGolden } from '../golden.ts';

const scenes = {
  crash: 'critical container: kill -9',
  forced: 'kubectl delete --force',
  both: 'controller: kill -9, and delete --force',
};

const labels = 'Understudy, Labels';
const known = ['Understudy, Direct', labels];
const load = 1.5;

interface Story {
  readonly actedAs?: 'active' | 'backup';
  readonly ownMs?: number;
  readonly answerMs: number;
}

function resultOf(scene: string, { actedAs = 'active', ownMs = 9, answerMs }: Story): SceneResult {
  const evidence = 5;
  const route = evidence + ownMs;
  return {
    scene,
    from: 'a',
    to: 'b',
    epochs: { before: 1, after: 2 },
    connections: { gapMs: answerMs + 1, answerMs, attempts: 100, failures: {} },
    datagrams: undefined,
    evidence: 'leaving',
    momentsMs: { evidence, record: 9, fence: undefined, route, slice: route + 6, answer: answerMs },
    phasesMs: { evidence, record: 4, fence: undefined, route: ownMs - 4, slice: 6, answer: 1_000 },
    sliceChangesMs: [6, route + 6],
    controller: {
      name: 'one',
      actedAs,
      code: 'pod-gone',
      seenMs: 5,
      phasesMs: {
        lateness: undefined,
        decide: 0.5,
        record: 4,
        fence: undefined,
        route: ownMs - 4.5,
        notify: 1,
        total: ownMs,
      },
    },
    holes: 0,
  };
}

function own(scene: string, run: number, story: Story): Measured {
  const result = resultOf(scene, story);
  return {
    kind: 'measured',
    controllers: labels,
    scene,
    run,
    load,
    clients: result.connections,
    result,
  };
}

function peer(scene: string, run: number, answerMs: number): Measured {
  const clients = { gapMs: answerMs, answerMs, attempts: 100, failures: {} };
  return { kind: 'measured', controllers: 'peer', scene, run, load, clients, result: undefined };
}

/** One write: the record is the slice, and the label comes after it. */
const direct: Sample = (() => {
  const sample = own(scenes.forced, 1, { answerMs: 31 });
  const momentsMs = { evidence: 5, record: 10, fence: undefined, route: 18, slice: 10, answer: 31 };
  const phasesMs = phasesOf(momentsMs);
  return {
    ...sample,
    controllers: 'Understudy, Direct',
    result: { ...resultOf(scenes.forced, { answerMs: 31 }), momentsMs, phasesMs },
  };
})();

const samples: readonly Sample[] = [
  own(scenes.crash, 1, { answerMs: 1_500 }),
  own(scenes.forced, 1, { answerMs: 1_050 }),
  own(scenes.both, 1, { answerMs: 1_070, ownMs: 61, actedAs: 'backup' }),
  own(scenes.crash, 2, { answerMs: 900, ownMs: 18 }),
  own(scenes.forced, 2, { answerMs: 1_060 }),
  own(scenes.both, 2, { answerMs: 1_080, ownMs: 64, actedAs: 'backup' }),
];

const run: MeasuredRun = {
  day: '2026-01-31',
  command: 'npm run bench:cluster -- --runs 2 --write',
  machine: {
    processor: 'Some CPU',
    cores: 2,
    memoryGiB: 24,
    kernel: '6.1',
    node: 'v24.0.0',
    loadBefore: 0.1,
  },
  versions: {
    understudy: '0.1.0',
    commit: 'abc1234',
    ownCluster: true,
    kubernetes: 'v1.36.3',
    containerRuntime: 'containerd://2.2.0',
    kubeProxyMode: 'nftables',
    kubeProxyMinSyncPeriod: '1s',
    nodeMonitorGrace: '10s',
    node: 'v24.0.0',
  },
  load: { count: 6, min: 0.5, p50: 1.5, p99: 2, max: 2 },
  tables: tablesOf(samples, known),
  problems: [],
};

describe('the page of measurements', () => {
  test('has the command, the versions, the machine and every table', () => {
    assertGolden(new URL('golden/measurements.txt', import.meta.url), renderPage(run, undefined));
  });

  test('shows peers beside our own, with those runs in which nobody answered', () => {
    const never: Sample = {
      kind: 'never',
      controllers: 'peer',
      scene: scenes.crash,
      run: 2,
      load,
      because: 'waited 30 s',
    };
    const tables = tablesOf([...samples, direct, peer(scenes.crash, 1, 5_824), never], known);
    assertGolden(
      new URL('golden/measurements-with-peer.txt', import.meta.url),
      renderPage({ ...run, tables, problems: [`${labels}, run 2: G1: two holders`] }, undefined),
    );
  });

  test('keeps what people wrote between the marks, to the letter', () => {
    const first = renderPage(run, undefined);
    const written = first.replace('<!-- by hand -->', '<!-- by hand -->\n\n## Why\n\nBecause  of | this.\n');
    const again = renderPage({ ...run, day: '2026-02-01' }, written);
    assert.equal(handWrittenPart(again), handWrittenPart(written));
    assert.match(again, /Measured on 2026-02-01/);
    assert.equal(renderPage(run, again), written);
  });

  test('is not written over one that has no marks', () => {
    assert.throws(() => renderPage(run, '# Measurements, all by hand\n'), /lacks the lines/);
  });

  test('leaves out tables for which nothing was measured', () => {
    const titles = tablesOf([peer(scenes.crash, 1, 900)], known).map(({ title }) => title);
    assert.deepEqual(titles, ['What clients see']);
  });
});
