/**
 * Owns what is kept of one run of a scene: plain figures, as they go into a report.
 * Must not say whether they are good.
 */
import { milliseconds } from '../../../src/cli/terminal/milliseconds.ts';
import { type Column, tableLines } from '../../../src/cli/terminal/table.ts';
import { type Evidence, type Moments, type Phases, phaseNames } from './moments.ts';
import type { ControllerPart } from './timelines.ts';

/** What one kind of clients saw. */
export interface ClientView {
  /** The longest time between two answers, around the strike and until the end of the observation. */
  readonly gapMs: number | undefined;
  /** From the strike to the first answer of the next active; undefined where none was to come. */
  readonly answerMs: number | undefined;
  readonly attempts: number;
  /** By the system's code, or TIMEOUT. */
  readonly failures: Readonly<Record<string, number>>;
}

export interface SceneResult {
  readonly scene: string;
  readonly from: string;
  readonly to: string;
  readonly epochs: { readonly before: number; readonly after: number };
  readonly connections: ClientView;
  /** Undefined where none were sent. */
  readonly datagrams: ClientView | undefined;
  readonly evidence: Evidence['kind'] | undefined;
  readonly momentsMs: Moments;
  readonly phasesMs: Phases;
  /** In ms from the strike, those of the Service until the end of the observation. */
  readonly sliceChangesMs: readonly number[];
  /** What the controller that moved the role says of it; undefined where none moved it, or none can be asked. */
  readonly controller: ControllerPart | undefined;
  /** How many watches of the recorder were lost meanwhile: its moments may be late. */
  readonly holes: number;
}

const columns: readonly Column[] = [
  { title: 'scene', align: 'left' },
  { title: 'epoch', align: 'right' },
  { title: 'gap', align: 'right' },
  { title: 'UDP gap', align: 'right' },
  { title: 'lost', align: 'right' },
  ...phaseNames.map((title): Column => ({ title, align: 'right' })),
  { title: 'total', align: 'right' },
  { title: 'evidence', align: 'left' },
];

/** A table of these results, in ms. */
export function resultLines(results: readonly SceneResult[]): readonly string[] {
  return tableLines(columns, results.map(cellsOf));
}

function cellsOf(result: SceneResult): readonly string[] {
  const { scene, epochs, connections, datagrams, phasesMs, evidence } = result;
  const { before, after } = epochs;
  const failed = Object.values(connections.failures).reduce((sum, count) => sum + count, 0);
  return [
    scene,
    before === after ? String(before) : `${before}→${after}`,
    milliseconds(connections.gapMs),
    milliseconds(datagrams?.gapMs),
    String(failed),
    ...phaseNames.map((name) => milliseconds(phasesMs[name])),
    milliseconds(connections.answerMs),
    evidence ?? '–',
  ];
}
