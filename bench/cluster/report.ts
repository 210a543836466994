/**
 * Owns what a measurement comes to: its tables, and the file with every sample.
 * Must not print or write.
 */
import type { Machine } from '../machine.ts';
import type { Summary } from '../statistics.ts';
import { clientsTable, earlierTable } from './client-tables.ts';
import { ownShareTable, ownStepsTable, pairTable, phasesTable } from './controller-tables.ts';
import { answerOf, gapOf, groupsOf, ownShareOf, seenInApiOf, summaryOf } from './figures.ts';
import { isMeasured, type Sample } from './sample.ts';
import type { ResultTable } from './table.ts';
import type { Versions } from './versions.ts';

/** `known`: whose inner life is known, each of them with tables of its own. */
export function tablesOf(samples: readonly Sample[], known: readonly string[]): readonly ResultTable[] {
  const tables = [
    clientsTable(samples),
    ...known.flatMap((controllers) => innerTables(samples, controllers)),
  ];
  return tables.filter(({ rows }) => rows.length > 0);
}

function innerTables(samples: readonly Sample[], controllers: string): readonly ResultTable[] {
  const own = samples.filter((sample) => sample.controllers === controllers);
  const tables = [
    earlierTable(own),
    phasesTable(own),
    ownShareTable(own),
    ownStepsTable(own),
    pairTable(own),
  ];
  return tables.map((table) => ({ ...table, title: `${table.title}: ${controllers}` }));
}

export interface Results {
  readonly day: string;
  readonly command: string;
  readonly machine: Machine;
  readonly versions: Versions;
  readonly load: Summary | undefined;
  readonly problems: readonly string[];
  readonly samples: readonly Sample[];
}

/** As it goes into the file of `--json`. */
export function resultsRecord(results: Results) {
  const summaries = groupsOf(results.samples).map(({ controllers, scene, samples }) => ({
    controllers,
    scene,
    played: samples.length,
    never: samples.filter((sample) => !isMeasured(sample)).length,
    gapMs: summaryOf(samples, gapOf),
    answerMs: summaryOf(samples, answerOf),
    evidenceToRouteMs: summaryOf(samples, seenInApiOf),
    ownShareMs: summaryOf(samples, ownShareOf),
  }));
  return { ...results, summaries };
}
