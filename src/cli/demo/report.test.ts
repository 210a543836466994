import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { PodObject } from '../../kube/decode-pod.ts';
import type { GoodStanding } from '../hapod/standing.ts';
import { plainPalette } from '../terminal/palette.ts';
import { columnsMax, widthOf } from '../terminal/screen.ts';
import { announcementLine, legend, phasesText, resultLines, resultTable } from './report.ts';
import { scenes } from './scene.ts';
import type { SceneResult } from './scene-result.ts';

const failover: SceneResult = {
  title: 'controller and active at once',
  passed: true,
  outcome: 'myharset-9dj2f answers, epoch 12 → 13',
  gapMs: 1012.4,
  failedAttempts: 200,
  phasesMs: {
    kubelet: 998.2,
    decide: 51.25,
    record: 13.04,
    fence: 12.2,
    route: 12.8,
    answer: 14.9,
    total: 1102.4,
  },
  notifyMs: 1.2,
  from: 'myharset-x2k4p',
  to: 'myharset-9dj2f',
  epoch: { before: 12, after: 13 },
  controller: 'myicrrset-4k2lm',
};
const calm: SceneResult = {
  ...failover,
  title: 'a non-critical container dies',
  outcome: 'nothing moved; while the pod was not Ready, Kubernetes kept traffic from it',
  phasesMs: undefined,
  gapMs: 6.2,
  epoch: { before: 4, after: 4 },
};

describe('what the demo shows', () => {
  test('a scene that passed shows the gap and the timeline in ms', () => {
    const text = 'kubelet 998 · decide 51.3 · record 13.0 · fence 12.2 · route 12.8 · answer 14.9';
    assert.deepEqual(resultLines(failover, plainPalette), [`    ✓ gap 1012 ms  ${text}`]);
  });

  test('a phase that did not take place is not shown', () => {
    assert.equal(
      phasesText({
        kubelet: undefined,
        decide: 1,
        record: 2,
        fence: undefined,
        route: 3,
        answer: 4,
        total: 10,
      }),
      'decide 1.0 · record 2.0 · route 3.0 · answer 4.0',
    );
  });

  test('a scene that failed says why, in words', () => {
    const lines = resultLines(
      { ...failover, passed: false, outcome: 'the epoch is 14, not 13' },
      plainPalette,
    );
    assert.deepEqual(lines, ['    ✗ failed: the epoch is 14, not 13']);
  });

  test('no line is wider than the screen', () => {
    const lines = [
      ...resultLines(failover, plainPalette),
      ...resultLines(calm, plainPalette),
      ...resultTable([failover, calm], plainPalette),
      ...legend,
    ];
    assert.deepEqual(
      lines.filter((line) => widthOf(line) > columnsMax),
      [],
    );
  });

  test('there are five scenes, and four of them are failovers', () => {
    assert.equal(scenes.length, 5);
    assert.equal(scenes.filter(({ expected }) => expected === 'failover').length, 4);
    const pod = (name: string) => ({ name }) as PodObject;
    const standing: Partial<GoodStanding> = {
      active: pod('myharset-x2k4p'),
      standby: pod('myharset-9dj2f'),
      activeController: pod('myicrrset-4k2lm'),
    };
    for (const [index, scene] of scenes.entries()) {
      const line = announcementLine(index + 1, scene, standing as GoodStanding, plainPalette);
      assert.ok(widthOf(line) <= columnsMax, line);
    }
  });
});
