/**
 * Owns what becomes of a question that the cluster may refuse to answer: the answer, or why there is none.
 * Must not take an API server that does not answer at all for a refusal.
 */
import { KubeError } from '../../kube/status.ts';
import { UnreadableObject } from './cluster-client.ts';

export type Seen<T> =
  | { readonly kind: 'seen'; readonly value: T }
  /** `because` as the API server says it, or what cannot be read about the answer. */
  | { readonly kind: 'hidden'; readonly because: string };

/** Rejects only with what is no refusal: a TransportError, or a bug. */
export async function seen<T>(reading: Promise<T>): Promise<Seen<T>> {
  try {
    return { kind: 'seen', value: await reading };
  } catch (error) {
    if (!(error instanceof KubeError || error instanceof UnreadableObject)) throw error;
    return { kind: 'hidden', because: error.message };
  }
}

/** The value, or nothing. */
export function seenValue<T>(one: Seen<T>): T | undefined {
  return one.kind === 'seen' ? one.value : undefined;
}
