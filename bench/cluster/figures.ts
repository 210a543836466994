/**
 * Owns the figures that are taken from samples, and how those of one scene are summed up.
 * Must not lay anything out.
 */
import { milliseconds } from '../../src/cli/terminal/milliseconds.ts';
import { isOneWrite } from '../../test/e2e/scene/moments.ts';
import type { SceneResult } from '../../test/e2e/scene/scene-result.ts';
import { type Summary, summarize } from '../statistics.ts';
import { isMeasured, type Sample } from './sample.ts';

export interface Group {
  readonly controllers: string;
  readonly scene: string;
  readonly samples: readonly Sample[];
}

/** By controllers and scene, in the order in which they first come. */
export function groupsOf(samples: readonly Sample[]): readonly Group[] {
  const groups = Map.groupBy(samples, ({ controllers, scene }) => JSON.stringify([controllers, scene]));
  return [...groups.values()].flatMap((members) => {
    const [first] = members;
    return first === undefined
      ? []
      : [{ controllers: first.controllers, scene: first.scene, samples: members }];
  });
}

/** Of those where there is such a figure. */
export function summaryOf(
  samples: readonly Sample[],
  figure: (sample: Sample) => number | undefined,
): Summary | undefined {
  return summarize(samples.flatMap((sample) => figure(sample) ?? []));
}

export function resultsOf(samples: readonly Sample[]): readonly SceneResult[] {
  return samples.filter(isMeasured).flatMap(({ result }) => result ?? []);
}

export const gapOf = (sample: Sample) => (isMeasured(sample) ? sample.clients.gapMs : undefined);
export const answerOf = (sample: Sample) => (isMeasured(sample) ? sample.clients.answerMs : undefined);
/** How many attempts got no answer, until the end of the observation. */
export const failedOf = (sample: Sample) =>
  isMeasured(sample)
    ? Object.values(sample.clients.failures).reduce((sum, count) => sum + count, 0)
    : undefined;
const resultOf = (sample: Sample) => (isMeasured(sample) ? sample.result : undefined);
/** From what the controller saw to the label moved, by its own clock. */
export const ownShareOf = (sample: Sample) => resultOf(sample)?.controller?.phasesMs.total;

/** From the first that the API said to the write that moves traffic, as somebody else saw it in the API. */
export function seenInApiOf(sample: Sample): number | undefined {
  const moments = resultOf(sample)?.momentsMs;
  if (moments === undefined) return undefined;
  const moved = isOneWrite(moments) ? moments.record : moments.route;
  return moments.evidence === undefined || moved === undefined ? undefined : moved - moments.evidence;
}

export function figureCells(
  summary: Summary | undefined,
  figures: readonly ('p50' | 'p99' | 'max')[] = ['p50', 'p99', 'max'],
): readonly string[] {
  return figures.map((figure) => milliseconds(summary?.[figure]));
}
