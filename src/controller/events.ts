/**
 * Owns the Events port: what people see in `kubectl describe pod`.
 * Must not be waited for: an Event is told after the fact, and may be lost.
 */
import type { EventWriter } from '../kube/event-writer.ts';

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

/** As core/v1 Events beside the pod: written at the writer's own pace. */
export function kubernetesEvents(writer: EventWriter): Events {
  return {
    report: ({ namespace, pod, type, reason, message }) => {
      const regarding = { apiVersion: 'v1', kind: 'Pod', namespace, name: pod.name, uid: pod.uid };
      writer.write({ regarding, type, reason, message });
    },
  };
}
