/**
 * Owns the reading of a coordination.k8s.io/v1 Lease.
 * Must not say whether a lease has run out: its times come from another machine's clock.
 */
import { asObject, optionalInteger, optionalObject, optionalString } from './decode.ts';
import { decodeMeta, type ObjectMeta } from './decode-meta.ts';

export interface LeaseObject extends ObjectMeta {
  readonly holder: string | undefined;
  /** spec.leaseTransitions; 0 when never written. */
  readonly transitions: number;
  /** As the holder wrote it: to be compared for change, never with our clock. */
  readonly renewTime: string | undefined;
  readonly acquireTime: string | undefined;
  readonly durationSeconds: number | undefined;
}

export function decodeLease(raw: unknown): LeaseObject {
  const spec = optionalObject(asObject(raw), 'spec', '');
  return {
    ...decodeMeta(raw),
    holder: optionalString(spec, 'holderIdentity', 'spec'),
    transitions: optionalInteger(spec, 'leaseTransitions', 'spec') ?? 0,
    renewTime: optionalString(spec, 'renewTime', 'spec'),
    acquireTime: optionalString(spec, 'acquireTime', 'spec'),
    durationSeconds: optionalInteger(spec, 'leaseDurationSeconds', 'spec'),
  };
}
