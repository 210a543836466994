/**
 * Owns how one move of a role is shown: when, from whom to whom, why, and where the milliseconds went.
 * Must not print: it makes lines.
 */
import type { Move } from '../../api/singleton.ts';
import { momentText, parseMoment } from '../terminal/moment.ts';
import { movePhasesText } from '../terminal/move-phases.ts';
import type { PageStyle } from '../terminal/page-style.ts';
import { wrapped } from '../terminal/wrap.ts';

export function moveLines(move: Move, style: PageStyle): string[] {
  const { width, palette } = style;
  const { kind, from, to, epoch, at, by, because, phasesMs } = move;
  const when = momentText(parseMoment(at), style);
  const phases = movePhasesText(phasesMs);
  return [
    ...wrapped(`${kind} at ${when}, to epoch ${epoch}`, width).map(palette.bold),
    ...wrapped(`${from ?? 'nobody'} → ${to}${by === '' ? '' : `, by ${by}`}`, width),
    ...wrapped(because.code === '' ? because.sentence : `${because.code}: ${because.sentence}`, width),
    ...(phases === '' ? [] : wrapped(phases, width).map(palette.dim)),
  ];
}
