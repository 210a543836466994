import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { assertGolden } from '../../../test/golden.ts';
import type { SingletonStatus } from '../../api/singleton.ts';
import type { ManagedSingleton } from '../cluster/seen-singleton.ts';
import type { PageStyle } from '../terminal/page-style.ts';
import { colourPalette, plainPalette } from '../terminal/palette.ts';
import { widthOf } from '../terminal/screen.ts';
import { statusPage } from './status-page.ts';
import { statusTable } from './status-table.ts';

const style: PageStyle = {
  nowMs: Date.UTC(2026, 10, 25, 11, 6, 4),
  timeZone: 'Europe/Berlin',
  palette: plainPalette,
  width: 80,
};

const status: SingletonStatus = {
  observedGeneration: 4,
  mode: 'Direct',
  active: { pod: 'web-7d9f8-2xk4p', uid: 'u2', node: 'node-b', epoch: 8, since: '2026-11-25T11:03:04Z' },
  epoch: 8,
  ready: '2/3',
  standbys: [
    { pod: 'web-7d9f8-8n75m', node: 'node-a', fit: true, because: 'fit' },
    { pod: 'web-7d9f8-q4wjm', node: 'node-b', fit: false, because: 'a critical container is not ready' },
  ],
  conditions: [
    {
      type: 'Accepted',
      status: 'True',
      reason: 'Accepted',
      message: '',
      observedGeneration: 4,
      lastTransitionTime: '2026-11-20T08:00:00Z',
    },
    {
      type: 'Available',
      status: 'True',
      reason: 'HolderHealthy',
      message: 'web-7d9f8-2xk4p holds epoch 8; 1 fit standby',
      observedGeneration: 4,
      lastTransitionTime: '2026-11-25T11:03:04Z',
    },
    {
      type: 'CrashLooping',
      status: 'True',
      reason: 'CrashLooping',
      message:
        'web-7d9f8-q4wjm: critical container main ended (restartCount); left to the kubelet (10 deletes did not help)',
      observedGeneration: 4,
      lastTransitionTime: '2026-11-25T10:58:00Z',
    },
  ],
  history: [
    {
      kind: 'Failover',
      because: {
        code: 'HolderCriticalDeath',
        sentence: 'web-7d9f8-jgsgx: critical container main ended (terminated); web-7d9f8-2xk4p takes over',
      },
      from: 'web-7d9f8-jgsgx',
      to: 'web-7d9f8-2xk4p',
      epoch: 8,
      at: '2026-11-25T11:03:04.512Z',
      by: 'understudy-6c5d4-abcde',
      phasesMs: { detect: 3.1, decide: 0.4, record: 4.1, fence: 0.2, notify: 1.2, total: 7.8 },
    },
  ],
  failovers: 7,
  switchovers: 1,
  because: { code: 'HolderHealthy', sentence: 'web-7d9f8-2xk4p holds epoch 8; 1 fit standby' },
};

function managed(
  name: string,
  changed: Partial<SingletonStatus> | undefined,
  paused = false,
): ManagedSingleton {
  return {
    kind: 'managed',
    namespace: 'shop',
    name,
    status: changed === undefined ? undefined : { ...status, ...changed },
    object: {
      namespace: 'shop',
      name,
      uid: name,
      resourceVersion: '1',
      createdAtMs: 0,
      labels: {},
      annotations: {},
      status: undefined,
      spec: {
        matchLabels: { app: name },
        service: name,
        criticalContainers: [],
        safety: 'Prompt',
        onDemote: 'Restart',
        tripwirePort: undefined,
        paused,
      },
    },
  };
}

const singletons = [
  managed('web', {}),
  managed('feed', { mode: 'Labels', active: undefined, epoch: 3, ready: '0/2', standbys: [] }),
  managed('new', undefined),
];

const golden = (name: string) => new URL(`./golden/${name}`, import.meta.url);
const text = (lines: readonly string[]) => `${lines.join('\n')}\n`;

describe('the table of singletons', () => {
  test('has a line of figures for each, and why', () => {
    assertGolden(golden('table.txt'), text(statusTable(singletons, style, { withNamespace: false })));
  });

  test('gives each singleton lines of its own where it would be wider than the terminal', () => {
    const lines = statusTable(singletons, style, { withNamespace: true });
    assertGolden(golden('blocks.txt'), text(lines));
    assert.match(
      text(statusTable(singletons, { ...style, width: 100 }, { withNamespace: true })),
      /^NAMESPACE/,
    );
  });

  test('takes no more columns with colours', () => {
    const [plain, coloured] = [plainPalette, colourPalette].map((palette) =>
      statusTable(singletons, { ...style, palette }, { withNamespace: false }).map(widthOf),
    );
    assert.deepEqual(coloured, plain);
  });
});

describe('the page of a singleton', () => {
  test('shows everything that its status says', () => {
    assertGolden(golden('page.txt'), text(statusPage(managed('web', {}), style)));
  });

  test('says when nobody is active, when there is no standby, and when it is paused', () => {
    const because = {
      code: 'NoFitStandby',
      sentence: 'web-0: its pod is gone, and no member is fit to take over',
    };
    const lines = statusPage(
      managed('web', { active: undefined, standbys: [], conditions: [], history: [], because }, true),
      style,
    );
    assert.deepEqual(lines, [
      'shop/web  Direct mode, Service web, safety Prompt, PAUSED',
      '',
      'active      nobody',
      'standbys    none',
      'ready       2 of 3 members are fit',
      'because     NoFitStandby: web-0: its pod is gone, and no member is fit to take',
      '            over',
      'moves       7 failovers, 1 switchover',
    ]);
  });

  test('of one that no controller has looked at says that', () => {
    assert.deepEqual(statusPage(managed('web', undefined), style), [
      'shop/web  no mode yet, Service web, safety Prompt',
      '',
      'no controller has looked at it yet',
    ]);
  });

  test('has no line that is wider than the terminal, down to 40 columns', () => {
    for (const width of [40, 60, 80, 100])
      assert.deepEqual(
        statusPage(managed('web', {}), { ...style, width }).filter((line) => widthOf(line) > width),
        [],
      );
  });
});
