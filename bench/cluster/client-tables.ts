/**
 * Owns the tables of what clients saw: in this run, and beside what was measured of the ancestor before.
 * Must not use anything but clients' figures: they are the same for everybody's controllers.
 */
import { milliseconds } from '../../src/cli/terminal/milliseconds.ts';
import { answerOf, failedOf, figureCells, gapOf, groupsOf, summaryOf } from './figures.ts';
import { tunedMinSyncPeriod } from './proxies.ts';
import { isMeasured, type Sample } from './sample.ts';
import { left, type ResultTable, right } from './table.ts';

const three = (name: string) => [right(`${name} p50`), right('p99'), right('max')];

export function clientsTable(samples: readonly Sample[]): ResultTable {
  // Whoever's controllers: one scene stands together.
  const groups = [...Map.groupBy(groupsOf(samples), ({ scene }) => scene).values()].flat();
  const isAlone = new Set(groups.map(({ controllers }) => controllers)).size < 2;
  const rows = groups.map(({ controllers, scene, samples: members }) => [
    scene,
    ...(isAlone ? [] : [controllers]),
    String(members.length),
    String(members.filter((sample) => !isMeasured(sample)).length),
    ...figureCells(summaryOf(members, gapOf)),
    ...figureCells(summaryOf(members, answerOf)),
    String(summaryOf(members, failedOf)?.max ?? '–'),
  ]);
  return {
    title: 'What clients see',
    columns: [
      left('scene'),
      ...(isAlone ? [] : [left('controllers')]),
      right('n'),
      right('never'),
      ...three('gap'),
      ...three('first answer'),
      right('failed'),
    ],
    rows,
    notes: [
      'In ms. A client in a node opens a new TCP connection to the ClusterIP every 2 ms. Gap: the longest time between two ' +
        'answers around the strike. First answer: from the strike (first election: from the first pod that is Ready) to the ' +
        'first answer of the next active; none where nothing has to move. Never: nobody answered within 30 s, with a lost ' +
        'node 45 s. Failed: attempts that got no answer, in the run that had the most of them. Below 100 samples p99 is the ' +
        'largest of them.',
      `kube-proxy tuned: with minSyncPeriod ${tunedMinSyncPeriod}, and as the cluster has it elsewhere.`,
    ],
  };
}

/** Of the ancestor, from a strike to the first answer of the standby; an earlier recipe of the same bed. */
const earlier = [
  { scene: 'kubectl delete --force', p50: 1183, range: '1089–1232', count: 12 },
  { scene: 'kubectl delete', p50: 1145, range: '1085–1229', count: 6 },
  { scene: 'critical container: kill -9', p50: 1905, range: '1193–2122', count: 12 },
  {
    scene: 'controller: kill -9, and delete --force',
    p50: 1170,
    range: 'in 4 of 5 runs, in 1 of 5 never',
    count: 5,
  },
] as const;

/** Of our own controllers; without rows where none of its scenes was played. */
export function earlierTable(samples: readonly Sample[]): ResultTable {
  const groups = groupsOf(samples);
  const rows = earlier.flatMap(({ scene, p50, range, count }) => {
    const summary = summaryOf(groups.find((group) => group.scene === scene)?.samples ?? [], answerOf);
    if (summary === undefined) return [];
    const own = [String(summary.count), milliseconds(summary.p50), `${(p50 / summary.p50).toFixed(1)}×`];
    return [[scene, String(count), String(p50), range, ...own]];
  });
  return {
    title: 'Beside the ancestor, measured earlier',
    columns: [
      left('scene'),
      right('ancestor, n'),
      right('first answer p50'),
      left('range'),
      right('Understudy, n'),
      right('first answer p50'),
      right('faster'),
    ],
    rows,
    notes: [
      'In ms. The left half was not measured in this run: it comes from an earlier recipe of the same bed (two nodes, ' +
        'Kubernetes 1.36, kube-proxy with nftables and its default pause, 2 cores), with the ancestor as it is (Go, client-go).',
    ],
  };
}
