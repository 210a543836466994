/**
 * Owns the encoding of a controller's presence: its heartbeat Lease, and its name in the pair's Lease.
 * Must not say who lives: peers.ts does.
 */
import type { ControllerIdentity } from '../core/pair.ts';
import type { LeaseObject } from '../kube/decode-lease.ts';
import { microTime } from '../kube/encode-lease.ts';
import { type JsonBody, objectBody } from '../kube/request.ts';
import { LEASES } from '../kube/resources.ts';
import type { MonotonicMs } from '../time/clock.ts';
import { words } from './words.ts';

/** One renewal as it is seen on the watch. */
export interface SeenHeartbeat {
  readonly identity: ControllerIdentity;
  /** By the sender's own monotonic clock: it means something to the sender alone. */
  readonly sentAt: MonotonicMs;
  /** Where the controller runs as a pod. */
  readonly podUid: string | undefined;
}

/** With a dot: records are named `understudy-SINGLETON`, and no singleton's name makes one of these of it. */
export function heartbeatName(controllerName: string): string {
  return `understudy.controller.${controllerName}`;
}

export function pairLeaseName(group: string): string {
  return `understudy.controllers.${group}`;
}

/** Both kinds of Lease that controllers of one group write about themselves. */
export function presenceSelector(group: string): string {
  return `${words.lease} in (controller,pair),${words.group}=${group}`;
}

/** Fit for a create and for each renewal: the own pod is known only some time after the first one. */
export function encodeHeartbeat(
  identity: ControllerIdentity,
  about: {
    readonly group: string;
    readonly sentAt: MonotonicMs;
    readonly wallTimeMs: number;
    readonly pod: { readonly name: string; readonly uid: string } | undefined;
  },
): { readonly metadata: JsonBody; readonly spec: JsonBody } {
  return {
    metadata: {
      labels: { [words.lease]: 'controller', [words.group]: about.group },
      annotations: {
        [words.heartbeat]: `${identity.instance} ${about.sentAt}`,
        [words.podUid]: about.pod?.uid,
      },
      ownerReferences: about.pod === undefined ? undefined : [ownerReference(about.pod)],
    },
    spec: {
      holderIdentity: identity.name,
      // For people and tools: peers judge by what they see change, on their own clock.
      leaseDurationSeconds: 5,
      renewTime: microTime(about.wallTimeMs),
    },
  };
}

export function heartbeatBody(
  encoded: ReturnType<typeof encodeHeartbeat>,
  target: { readonly namespace: string; readonly name: string },
): JsonBody {
  return objectBody(LEASES, { ...target, ...encoded.metadata }, { spec: encoded.spec });
}

/** With the pod as its owner, the heartbeat goes when the pod does. */
function ownerReference({ name, uid }: { readonly name: string; readonly uid: string }): JsonBody {
  return { apiVersion: 'v1', kind: 'Pod', name, uid };
}

export function decodeHeartbeat(lease: LeaseObject): SeenHeartbeat | undefined {
  if (lease.labels[words.lease] !== 'controller' || lease.holder === undefined) return undefined;
  const [, instance, sentAt] = /^(\S+) ([0-9.]+)$/.exec(lease.annotations[words.heartbeat] ?? '') ?? [];
  if (instance === undefined) return undefined;
  return {
    identity: { name: lease.holder, instance },
    sentAt: Number(sentAt) as MonotonicMs,
    podUid: lease.annotations[words.podUid],
  };
}

/** `NAME_INSTANCE`, as client-go's leader election writes its identities. */
export function encodePairHolder(identity: ControllerIdentity): string {
  return `${identity.name}_${identity.instance}`;
}

export function decodePairHolder(text: string | undefined): ControllerIdentity | undefined {
  const at = text?.lastIndexOf('_') ?? -1;
  if (text === undefined || at <= 0) return undefined;
  return { name: text.slice(0, at), instance: text.slice(at + 1) };
}
