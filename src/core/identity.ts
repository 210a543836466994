/**
 * Owns the names by which the decision tells things apart: pods, incarnations, epochs.
 * Must not make up an identity: each one is read from Kubernetes or computed from what was read.
 */

import { limits } from './limits.ts';

/** metadata.uid of a pod: a new pod of the same name has another one. */
export type PodUid = string & { readonly brand: 'PodUid' };

/** The fencing token: an integer in the record, one higher with each new holder. 0 means: never had one. */
export type Epoch = number & { readonly brand: 'Epoch' };

/**
 * One life of a member: its pod's UID and the container IDs of its critical containers
 * (of all its containers where none is critical). A restart in place is another incarnation.
 */
export type Incarnation = string & { readonly brand: 'Incarnation' };

/** Names and container IDs of the containers of a member that do not count for its incarnation. */
export type Companions = string & { readonly brand: 'Companions' };

/** metadata.resourceVersion as the integer it is; compared only between versions of the same resource. */
export type ResourceVersion = bigint & { readonly brand: 'ResourceVersion' };

export const noEpoch = 0 as Epoch;

/** The epoch of the next holder. `undefined` where there is none left. */
export function nextEpoch(highest: Epoch, passedOver = 0): Epoch | undefined {
  return recordEpochOf(highest + passedOver + 1);
}

/** The greater of two epochs. */
export function higherEpoch(left: Epoch, right: Epoch): Epoch {
  return left > right ? left : right;
}

/** Reads an epoch written as text. `undefined` for anything that no record could hold. */
export function parseEpoch(text: string | undefined): Epoch | undefined {
  return text !== undefined && /^[1-9][0-9]{0,9}$/.test(text) ? recordEpochOf(Number(text)) : undefined;
}

/**
 * What an epoch that somebody else wrote says about those given out: one near the end of the range was planted, and
 * believed it would leave no room for failovers.
 */
export function believable(epoch: Epoch): Epoch {
  return epoch <= limits.epochBelievedMax ? epoch : noEpoch;
}

/** Takes the record's own number for an epoch: whatever was written there must be read again. */
export function recordEpochOf(value: number): Epoch | undefined {
  return Number.isInteger(value) && value > 0 && value <= limits.recordEpochMax
    ? (value as Epoch)
    : undefined;
}

/** Reads a resourceVersion. `undefined` for anything that is not a decimal integer. */
export function parseResourceVersion(text: string | undefined): ResourceVersion | undefined {
  return text !== undefined && /^[0-9]{1,20}$/.test(text) ? (BigInt(text) as ResourceVersion) : undefined;
}

/** Of two that may be unknown the one that is known, and of two known ones the later. */
export function laterVersion(
  left: ResourceVersion | undefined,
  right: ResourceVersion | undefined,
): ResourceVersion | undefined {
  if (left === undefined || right === undefined) return left ?? right;
  return left > right ? left : right;
}

/** The incarnation written as `text`. */
export function incarnation(text: string): Incarnation {
  return text as Incarnation;
}

export function companions(text: string): Companions {
  return text as Companions;
}

export function podUid(text: string): PodUid {
  return text as PodUid;
}
