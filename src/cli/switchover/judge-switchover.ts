/**
 * Owns what has come of a request to move the role: read from the Singleton alone, whoever carries the request out.
 * Must not compare clocks: a move is newer than the request when its epoch is higher than those known then.
 */
import type { Move } from '../../api/singleton.ts';
import { words } from '../../controller/words.ts';
import type { SingletonObject } from '../cluster/decode-singleton.ts';

export interface SwitchoverRequest {
  /** Of the Singleton: a new one of its name was asked nothing. */
  readonly uid: string;
  /** A member's name, or `best`. */
  readonly to: string;
  /** The highest epoch that was known when it was asked. */
  readonly epoch: number;
}

export type SwitchoverState =
  /** `known`: how far it has come, as the second half of a sentence. `stands`: nobody has taken the request yet. */
  | { readonly kind: 'pending'; readonly known: string; readonly stands: boolean }
  /** `move` undefined: done, and its line in the history is yet to come. */
  | { readonly kind: 'done'; readonly sentence: string; readonly move: Move | undefined }
  | { readonly kind: 'refused'; readonly sentence: string }
  /** Somebody else's request stands in its place. */
  | { readonly kind: 'replaced'; readonly by: string }
  /** The Singleton is not there any more. */
  | { readonly kind: 'gone' };

export function highestEpoch({ status }: SingletonObject): number {
  const epochs = (status?.history ?? []).map(({ epoch }) => epoch);
  return Math.max(0, status?.epoch ?? 0, status?.active?.epoch ?? 0, ...epochs);
}

export function judgeSwitchover(
  request: SwitchoverRequest,
  now: SingletonObject | undefined,
): SwitchoverState {
  if (now === undefined || now.uid !== request.uid) return { kind: 'gone' };
  const move = now.status?.history.find((one) => isAnswer(one, request));
  if (move !== undefined) return { kind: 'done', sentence: move.because.sentence, move };
  const standing = now.annotations[words.switchover];
  if (standing?.split('@')[0] === request.to)
    return { kind: 'pending', known: whyWaiting(now), stands: true };
  if (standing !== undefined) return { kind: 'replaced', by: standing };
  return judgeResult(now.annotations[words.switchoverResult]);
}

function isAnswer(move: Move, { to, epoch }: SwitchoverRequest): boolean {
  return move.kind === 'Switchover' && move.epoch > epoch && (to === 'best' || move.to === to);
}

function judgeResult(result: string | undefined): SwitchoverState {
  const [, word, sentence = ''] = /^(done|refused):\s*(.*)$/s.exec(result ?? '') ?? [];
  if (word === 'done') return { kind: 'done', sentence, move: undefined };
  if (word === 'refused') return { kind: 'refused', sentence };
  return { kind: 'pending', known: 'the request was taken, and nothing says what came of it', stands: false };
}

function whyWaiting({ spec, status }: SingletonObject): string {
  if (status === undefined) return 'no controller has ever looked at this Singleton';
  const paused = spec.paused ? ', and it is paused' : '';
  return `no controller has taken the request${paused}; the last it said: ${status.because.code}: ${status.because.sentence}`;
}
