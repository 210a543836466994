/**
 * Owns the Events port: what people see in `kubectl describe` of a pod and of a Singleton.
 * Must not be waited for: an Event is told after the fact, and may be lost.
 */
import { singletonVersion } from '../api/singleton.ts';
import type { EventWriter } from '../kube/event-writer.ts';
import { SINGLETONS } from '../kube/resources.ts';

export interface PodEvent {
  readonly namespace: string;
  readonly pod: { readonly name: string; readonly uid: string };
  readonly type: 'Normal' | 'Warning';
  /** A reason code of src/core/reasons.ts. */
  readonly reason: string;
  readonly message: string;
}

export interface SingletonEvent extends Omit<PodEvent, 'pod'> {
  readonly singleton: { readonly name: string; readonly uid: string };
}

export interface Events {
  report(event: PodEvent | SingletonEvent): void;
}

/** As core/v1 Events beside the object: written at the writer's own pace. */
export function kubernetesEvents(writer: EventWriter): Events {
  return {
    report: (event) => {
      const { namespace, type, reason, message } = event;
      const regarding =
        'pod' in event
          ? { apiVersion: 'v1', kind: 'Pod', namespace, ...event.pod }
          : { apiVersion: singletonVersion, kind: SINGLETONS.kind, namespace, ...event.singleton };
      writer.write({ regarding, type, reason, message });
    },
  };
}
