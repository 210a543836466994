/**
 * Owns the Events port: what people see in `kubectl describe pod`.
 * Must not be waited for: an Event is told after the fact, and may be lost.
 */

export interface PodEvent {
  readonly namespace: string;
  readonly pod: { readonly name: string; readonly uid: string };
  readonly type: 'Normal' | 'Warning';
  /** A reason code of src/core/reasons.ts. */
  readonly reason: string;
  readonly message: string;
}

export interface Events {
  report(event: PodEvent): void;
}

export const noEvents: Events = { report: () => undefined };
