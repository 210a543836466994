/**
 * Owns the reading of an application's answer to a datagram: the echo of the epoch is its acknowledgement.
 * Must not trust a byte of it: whoever has the pod's address sends what he likes.
 */
import { limits } from './limits.ts';
import type { RoleNotice } from './notify.ts';

export type Acknowledgement =
  | { readonly kind: 'acknowledged' }
  /** It has heard another notice than this one, or counts wrongly. */
  | { readonly kind: 'wrong-epoch'; readonly epoch: number }
  | { readonly kind: 'garbage'; readonly because: string };

/**
 * The epoch as a decimal number, or a JSON object with it as the number `epoch`; an object that says a `role` too has
 * to say the right one. White space around it does not count: `echo 57` in a shell ends its line.
 */
export function readAcknowledgement(
  answer: string,
  { role, epoch }: Pick<RoleNotice, 'role' | 'epoch'>,
): Acknowledgement {
  if (answer.length > limits.acknowledgementCharactersMax) return garbage('its answer is too large');
  const text = answer.trim();
  if (/^(0|[1-9][0-9]{0,9})$/.test(text)) return compare(Number(text), epoch);
  const said = parseJson(text);
  if (typeof said !== 'object' || said === null || !('epoch' in said)) return garbage(noEcho);
  if (typeof said.epoch !== 'number' || !Number.isSafeInteger(said.epoch)) return garbage(noEcho);
  if ('role' in said && said.role !== role) return garbage('its answer is about another role');
  return compare(said.epoch, epoch);
}

const noEcho = 'its answer is neither the epoch nor a JSON object with it';

function compare(said: number, epoch: number): Acknowledgement {
  return said === epoch ? { kind: 'acknowledged' } : { kind: 'wrong-epoch', epoch: said };
}

function garbage(because: string): Acknowledgement {
  return { kind: 'garbage', because };
}

/** Undefined for what is none. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
