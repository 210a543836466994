import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { at, type Json, listAt } from '../json.ts';
import { resourceTypes } from '../resource-types.ts';
import { decodeObject } from '../stored-object.ts';
import { humanDuration } from './column.ts';
import { table } from './table.ts';

const now = Date.UTC(2026, 0, 1, 1);

function podCells(status: object, metadata: object = {}, spec: object = {}): readonly Json[] {
  const pod = decodeObject(resourceTypes.pods, {
    metadata: { name: 'a', creationTimestamp: '2026-01-01T00:00:00Z', ...metadata },
    spec: { containers: [{ name: 'one' }, { name: 'two' }], ...spec },
    status,
  });
  const printed = table(resourceTypes.pods, [pod], {
    include: 'None',
    resourceVersion: '1',
    withHeaders: true,
    wallTimeMs: now,
  });
  return listAt(listAt(printed, 'rows')[0], 'cells');
}

const running = (name: string) => ({
  name,
  image: '',
  imageID: '',
  ready: true,
  restartCount: 0,
  state: { running: {} },
});
const waiting = (name: string, reason: string) => ({
  ...running(name),
  ready: false,
  state: { waiting: { reason } },
});
const ended = (name: string, exitCode: number, reason?: string) => ({
  ...running(name),
  ready: false,
  state: { terminated: { exitCode, ...(reason === undefined ? {} : { reason }) } },
});

describe("a pod's row says", () => {
  const cases: [what: string, cells: readonly Json[], expected: readonly Json[]][] = [
    ['Pending before anything runs', podCells({ phase: 'Pending' }), ['0/2', 'Pending', '0']],
    [
      'Running',
      podCells({ phase: 'Running', containerStatuses: [running('one'), running('two')] }),
      ['2/2', 'Running', '0'],
    ],
    [
      'why a container waits',
      podCells({ phase: 'Running', containerStatuses: [running('one'), waiting('two', 'CrashLoopBackOff')] }),
      ['1/2', 'CrashLoopBackOff', '0'],
    ],
    [
      'Completed',
      podCells({
        phase: 'Succeeded',
        containerStatuses: [ended('one', 0, 'Completed'), ended('two', 0, 'Completed')],
      }),
      ['0/2', 'Completed', '0'],
    ],
    [
      'Error',
      podCells({ phase: 'Failed', containerStatuses: [ended('one', 1, 'Error'), running('two')] }),
      ['1/2', 'Error', '0'],
    ],
    [
      'the exit code where there is no reason',
      podCells({ phase: 'Running', containerStatuses: [ended('one', 139), running('two')] }),
      ['1/2', 'ExitCode:139', '0'],
    ],
    [
      'Terminating',
      podCells(
        { phase: 'Running', containerStatuses: [running('one'), running('two')] },
        { deletionTimestamp: '2026-01-01T00:00:00Z' },
      ),
      ['2/2', 'Terminating', '0'],
    ],
    [
      'how far its init containers are',
      podCells(
        { phase: 'Pending', initContainerStatuses: [ended('i', 0), waiting('j', 'PodInitializing')] },
        {},
        { initContainers: [{ name: 'i' }, { name: 'j' }] },
      ),
      ['0/2', 'Init:1/2', '0'],
    ],
    [
      'when it restarted last',
      podCells({
        phase: 'Running',
        containerStatuses: [
          {
            ...running('one'),
            restartCount: 3,
            lastState: { terminated: { exitCode: 1, finishedAt: '2026-01-01T00:57:00Z' } },
          },
        ],
      }),
      ['1/2', 'Running', '3 (3m ago)'],
    ],
  ];
  for (const [what, cells, expected] of cases) {
    test(what, () => assert.deepEqual(cells.slice(1, 4), expected));
  }
});

test('ages are written as kubectl writes them', () => {
  const minute = 60_000;
  const hour = 60 * minute;
  const day = 24 * hour;
  const cases: [milliseconds: number, text: string][] = [
    [0, '0s'],
    [119_000, '119s'],
    [2 * minute, '2m'],
    [3 * minute + 20_000, '3m20s'],
    [10 * minute, '10m'],
    [179 * minute, '179m'],
    [3 * hour, '3h'],
    [3 * hour + 5 * minute, '3h5m'],
    [47 * hour, '47h'],
    [2 * day + 3 * hour, '2d3h'],
    [8 * day, '8d'],
    [729 * day, '729d'],
    [800 * day, '2y70d'],
  ];
  for (const [milliseconds, text] of cases) assert.equal(humanDuration(milliseconds), text);
});

test("a custom resource's columns follow its definition", () => {
  const column = (name: string, jsonPath: string, type = 'string') => ({ name, jsonPath, type });
  const columns = [
    column('Size', '.spec.size', 'integer'),
    column('Ready', '.status.conditions[?(@.type=="Ready")].status'),
    column('First', '.spec.items[0]'),
    column('Age', '.metadata.creationTimestamp', 'date'),
    column('Missing', '.status.missing'),
    column('Since', '.status.since', 'date'),
    column('Text', '.spec.size'),
    column('Number', '.spec.items[0]', 'integer'),
  ];
  const type = { ...resourceTypes.configmaps, custom: true, customSchema: {}, customColumns: columns };
  const object = decodeObject(type, {
    metadata: { name: 'a', creationTimestamp: '2026-01-01T00:59:00Z' },
    spec: { size: 3, items: ['x'] },
    status: {
      conditions: [
        { type: 'Other', status: 'False' },
        { type: 'Ready', status: 'True' },
      ],
    },
  });
  const printed = table(type, [object], {
    include: 'Metadata',
    resourceVersion: '1',
    withHeaders: true,
    wallTimeMs: now,
  });
  assert.deepEqual(listAt(listAt(printed, 'rows')[0], 'cells'), [
    'a',
    3,
    'True',
    'x',
    '60s',
    null,
    null,
    '3',
    null,
  ]);
  assert.equal(at(listAt(printed, 'rows')[0], 'object', 'kind'), 'PartialObjectMetadata');
});
