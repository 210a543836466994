/**
 * Owns the reading of what a controller says on GET /timelines.
 * Must not repair anything: an answer of another shape is an error that names the field.
 */
import type { Timeline } from '../../controller/timeline.ts';
import { asObject, DecodeError } from '../../kube/decode.ts';

/** @throws DecodeError */
export function decodeTimelines(raw: unknown): readonly Timeline[] {
  const { timelines } = asObject(raw);
  if (!Array.isArray(timelines)) throw new DecodeError('timelines', 'a list');
  for (const timeline of timelines) check(timeline);
  return timelines as readonly Timeline[];
}

function check(raw: unknown): void {
  const timeline = asObject(raw, 'timelines');
  if (typeof timeline.epoch !== 'number') throw new DecodeError('timelines.epoch', 'a number');
  if (typeof timeline.seenAtMs !== 'number') throw new DecodeError('timelines.seenAtMs', 'a number');
  if (typeof timeline.controller !== 'string') throw new DecodeError('timelines.controller', 'a string');
  const phases = asObject(timeline.phasesMs, 'timelines.phasesMs');
  for (const name of ['decide', 'total']) {
    if (typeof phases[name] !== 'number') throw new DecodeError(`timelines.phasesMs.${name}`, 'a number');
  }
}
