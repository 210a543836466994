/**
 * Owns how the product itself reads an answer, so that a case can hold the server's words against its decisions.
 */
import { classify, type Outcome } from '../../src/kube/status.ts';
import type { Answer } from './api-client.ts';

export function outcomeOf({ status, text, headers }: Answer): Outcome {
  const retryAfter = headers['retry-after'];
  const retryAfterMs = retryAfter === undefined ? undefined : Number(retryAfter) * 1000;
  return classify({ status, body: text, retryAfterMs });
}
