/**
 * Owns how a Lease, and the two time formats of Kubernetes, are written.
 * Must not decide when to renew or who may hold it.
 */
import { type JsonBody, objectBody, type Preconditions } from './request.ts';
import { LEASES } from './resources.ts';

export interface LeaseContent {
  readonly namespace: string;
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  readonly holder: string | undefined;
  readonly durationSeconds: number;
  readonly transitions: number;
  /** Wall-clock ms since 1970. */
  readonly acquiredAtMs: number;
  readonly renewedAtMs: number;
}

/** The body for a create, and with `expected` for a replace that only succeeds against that very version. */
export function leaseBody(content: LeaseContent, expected?: Preconditions): JsonBody {
  const metadata = {
    namespace: content.namespace,
    name: content.name,
    uid: expected?.uid,
    resourceVersion: expected?.resourceVersion,
    labels: content.labels,
    annotations: content.annotations,
  };
  const spec = {
    holderIdentity: content.holder,
    leaseDurationSeconds: content.durationSeconds,
    leaseTransitions: content.transitions,
    acquireTime: microTime(content.acquiredAtMs),
    renewTime: microTime(content.renewedAtMs),
  };
  return objectBody(LEASES, metadata, { spec });
}

/** metav1.MicroTime: RFC 3339 in UTC with six decimals. */
export function microTime(wallMs: number): string {
  const micros = Math.round(wallMs * 1000) % 1000;
  const iso = new Date(Math.floor(Math.round(wallMs * 1000) / 1000)).toISOString();
  return `${iso.slice(0, -1)}${String(micros).padStart(3, '0')}Z`;
}

/** metav1.Time: RFC 3339 in UTC, whole seconds. */
export function time(wallMs: number): string {
  return `${new Date(wallMs).toISOString().slice(0, 19)}Z`;
}
