/**
 * Owns the tables of where the time goes: the steps as the API showed them, the controllers' own share of it, and what it
 * costs when a controller dies too. Must not judge: a goal is information.
 */
import { milliseconds } from '../../src/cli/terminal/milliseconds.ts';
import type { TimelinePhases } from '../../src/controller/timeline.ts';
import { type Moments, phaseNames } from '../../test/e2e/scene/moments.ts';
import { goalTexts } from '../measurement.ts';
import { summarize } from '../statistics.ts';
import { answerOf, figureCells, groupsOf, ownShareOf, resultsOf, seenInApiOf, summaryOf } from './figures.ts';
import type { Sample } from './sample.ts';
import { left, type ResultTable, right } from './table.ts';

/** Of one set of controllers: what a peer's API objects mean is not known. */
export function phasesTable(samples: readonly Sample[]): ResultTable {
  const rows = groupsOf(samples).flatMap(({ scene, samples: members }) => {
    // A watch that was lost brings its news late.
    const results = resultsOf(members).filter(({ momentsMs, holes }) => hasMoved(momentsMs) && holes === 0);
    if (results.length === 0) return [];
    const p50 = (figures: readonly (number | undefined)[]) =>
      summarize(figures.flatMap((figure) => figure ?? []))?.p50;
    const slices = results.map(({ sliceChangesMs }) => sliceChangesMs.length);
    return [
      [
        scene,
        String(results.length),
        ...phaseNames.map((name) => milliseconds(p50(results.map(({ phasesMs }) => phasesMs[name])))),
        String(p50(slices) ?? '–'),
      ],
    ];
  });
  return {
    title: 'Step by step, as the API showed it',
    columns: [left('scene'), right('n'), ...phaseNames.map(right), right('slice changes')],
    rows,
    notes: [
      'In ms, the p50 of each step by itself. Evidence: until the API says something of what was struck. Record: until it ' +
        'names the next active. Fence: until the old pod is told to go. Route: until the next one has its label. Slice: until ' +
        "the Service's EndpointSlices lead to it alone. Answer: until a client has heard it. Slice changes: how often they " +
        'changed in all, the p50 too. In Direct mode record and slice are one write, fence and label come after it, and no ' +
        'client waits for them.',
    ],
  };
}

function hasMoved({ route }: Moments): boolean {
  return route !== undefined;
}

const ownPhases = [
  'decide',
  'record',
  'fence',
  'route',
  'total',
] as const satisfies readonly (keyof TimelinePhases)[];
const ownGoal = [{ figure: 'p99', atMost: 15 }] as const;

/** Scenes in which the active controller lives: the other one waits for 50 ms first. */
export function ownShareTable(samples: readonly Sample[]): ResultTable {
  const rows = groupsOf(samples).flatMap(({ scene, samples: members }) => {
    const summary = summaryOf(members, ownShareOf);
    if (summary === undefined) return [];
    const accounts = resultsOf(members).flatMap(({ controller }) => controller ?? []);
    const backups = accounts.filter(({ actedAs }) => actedAs === 'backup');
    const phases = ownPhases.slice(0, -1).map((name) => {
      const known = accounts.flatMap(({ phasesMs }) => phasesMs[name] ?? []);
      return milliseconds(summarize(known)?.p50);
    });
    const goal = backups.length === 0 ? goalTexts(ownGoal, summary) : [];
    return [
      [
        scene,
        String(summary.count),
        String(backups.length),
        ...phases,
        ...figureCells(summary),
        goal.join(''),
      ],
    ];
  });
  return {
    title: 'Our own share',
    columns: [
      left('scene'),
      right('n'),
      right('by the backup'),
      ...ownPhases.slice(0, -1).map((name) => right(`${name} p50`)),
      right('total p50'),
      right('p99'),
      right('max'),
      left('goal'),
    ],
    rows,
    notes: [
      'In ms, by the clock of the controller that did it: from evidence seen, over the decision, the record, the fence and ' +
        'the label, until the API server has answered the last of these writes. A backup waits for 50 ms before it acts.',
    ],
  };
}

/** Each step of it, over all failovers that an active controller has carried out. */
export function ownStepsTable(samples: readonly Sample[]): ResultTable {
  const accounts = resultsOf(samples)
    .flatMap(({ controller }) => controller ?? [])
    .filter(({ actedAs }) => actedAs === 'active');
  const rows = (accounts.length === 0 ? [] : ownPhases).map((name) => {
    const summary = summarize(accounts.flatMap(({ phasesMs }) => phasesMs[name] ?? []));
    const goal = name === 'total' && summary !== undefined ? goalTexts(ownGoal, summary) : [];
    return [name, String(summary?.count ?? 0), ...figureCells(summary), goal.join('')];
  });
  return {
    title: 'Our own share, step by step',
    columns: [left('step'), right('n'), right('p50'), right('p99'), right('max'), left('goal')],
    rows,
    notes: ['In ms, over all failovers that an active controller has carried out, whatever the scene.'],
  };
}

const pairs = [
  { what: 'kill -9', alone: 'critical container: kill -9', both: 'controller and active: kill -9' },
  {
    what: 'delete --force',
    alone: 'kubectl delete --force',
    both: 'controller: kill -9, and delete --force',
  },
] as const;
const measures = [
  { how: 'our own share', of: ownShareOf },
  { how: 'evidence → route', of: seenInApiOf },
  { how: 'first answer', of: answerOf },
] as const;
const pairGoalMs = 60;

export function pairTable(samples: readonly Sample[]): ResultTable {
  const groups = groupsOf(samples);
  const of = (scene: string) => groups.find((group) => group.scene === scene)?.samples ?? [];
  const rows = pairs.flatMap(({ what, alone, both }) =>
    measures.flatMap(({ how, of: figure }) => {
      const without = summaryOf(of(alone), figure);
      const withIt = summaryOf(of(both), figure);
      if (without === undefined || withIt === undefined) return [];
      const more = withIt.p50 - without.p50;
      return [
        [
          what,
          how,
          ...figureCells(without, ['p50', 'p99']),
          ...figureCells(withIt, ['p50', 'p99']),
          milliseconds(more),
          milliseconds(withIt.p99 - without.p99),
          `p50 ≤ ${pairGoalMs} ${more <= pairGoalMs ? 'met' : 'not met'}`,
        ],
      ];
    }),
  );
  return {
    title: 'What it costs when the active controller dies in the same instant',
    columns: [
      left('strike'),
      left('measured by'),
      ...['the active alone, p50', 'p99', 'with its controller, p50', 'p99', 'more, p50', 'p99'].map(right),
      left('goal'),
    ],
    rows,
    notes: [
      "In ms. In the clients' first answer, kube-proxy's pause of up to 1 s hides what the pair costs, or adds to it.",
    ],
  };
}
