/**
 * Owns reading a move of the role out of the Event that a controller writes of it: singleton-report.ts has the sentence,
 * timeline.ts the phases.
 * Must not take any other Event for one: without an epoch and phases in it, none has moved.
 */
import type { Move } from '../../api/singleton.ts';
import { kindOfMove } from '../../controller/kind-of-move.ts';
import type { EventObject } from './decode-event.ts';

/** The message's end: `(epoch 8; decided in 1.2 ms, record 4.0 ms; 11.3 ms from seen to routed)`. */
const told = /^(.*) \(epoch (\d+); (.*); (\d+(?:\.\d+)?) ms from seen to routed\)$/s;

const phaseWords: Readonly<Record<string, string>> = { 'decided in': 'decide' };

/** Undefined for an Event that tells of something else. */
export function moveOfEvent(event: EventObject): Move | undefined {
  const [, sentence, epoch, phases, total] = told.exec(event.message) ?? [];
  if (event.regarding.kind !== 'Pod' || sentence === undefined || phases === undefined) return undefined;
  return {
    kind: kindOfMove(event.reason),
    because: { code: event.reason, sentence },
    from: formerHolder(sentence, event.regarding.name),
    to: event.regarding.name,
    epoch: Number(epoch),
    at: new Date(event.atMs).toISOString(),
    by: event.instance,
    phasesMs: { ...phasesIn(phases), total: Number(total) },
  };
}

/** Sentences about a holder begin with its name and a colon. */
function formerHolder(sentence: string, to: string): string | undefined {
  const [, name] = /^([a-z0-9][a-z0-9.-]*): /.exec(sentence) ?? [];
  return name === to ? undefined : name;
}

/** `known 300 ms late, decided in 1.2 ms, record 4.0 ms` */
function phasesIn(text: string): Readonly<Record<string, number>> {
  const phases = text.split(', ').flatMap((part) => {
    const [, late] = /^known ([\d.]+) ms late$/.exec(part) ?? [];
    if (late !== undefined) return [['lateness', Number(late)] as const];
    const [, word, ms] = /^(.+) ([\d.]+) ms$/.exec(part) ?? [];
    return word === undefined ? [] : [[phaseWords[word] ?? word, Number(ms)] as const];
  });
  return Object.fromEntries(phases);
}

/**
 * The moves of one singleton among those of its namespace, newest first: those to its members, and, as each names the
 * holder before, those to the pods that its members took over from.
 */
export function movesOfMembers(moves: readonly Move[], members: readonly string[]): readonly Move[] {
  const names = new Set(members);
  const newestFirst = moves.toSorted((left, right) => right.epoch - left.epoch);
  let known = -1;
  while (known !== names.size) {
    known = names.size;
    for (const { from, to } of newestFirst) if (from !== undefined && names.has(to)) names.add(from);
  }
  return newestFirst.filter(({ to }) => names.has(to));
}
