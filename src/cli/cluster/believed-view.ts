/**
 * Owns the view that a controller would have of one singleton, had it just started and seen what the commands have read.
 * Must not decide: decide() of src/core does, on this view.
 */

import { decodeLabelsRecord } from '../../controller/labels-record-codec.ts';
import { NodeView } from '../../controller/node-view.ts';
import { noTerms } from '../../controller/pod-codec.ts';
import type { KnownRecord } from '../../controller/record-view.ts';
import { seeRecord } from '../../controller/seen-record.ts';
import { SingletonPods } from '../../controller/singleton-pods.ts';
import { buildView } from '../../controller/singleton-view.ts';
import { words } from '../../controller/words.ts';
import { noEpoch, podUid, recordEpochOf } from '../../core/identity.ts';
import { defaultSettings, type Safety, type SingletonView } from '../../core/view.ts';
import type { LeaseObject } from '../../kube/decode-lease.ts';
import type { NodeObject } from '../../kube/decode-node.ts';
import type { PodObject } from '../../kube/decode-pod.ts';
import type { MonotonicMs } from '../../time/clock.ts';
import type { SingletonObject } from './decode-singleton.ts';

export interface Believed {
  readonly namespace: string;
  readonly name: string;
  readonly safety: Safety;
  readonly paused: boolean;
  readonly record: KnownRecord;
  readonly pods: readonly PodObject[];
  /** Empty where they may not be read. */
  readonly nodes: readonly NodeObject[];
  /** By the clock of whoever looks: nothing here is older than now. */
  readonly now: MonotonicMs;
}

/** What befalls the singleton between the look and the decision, in someone's mind. */
export type Imagined = (pods: SingletonPods, nodes: NodeView) => void;

export function believedView(believed: Believed, imagined: Imagined = () => undefined): SingletonView {
  const { namespace, name, safety, paused, record, now } = believed;
  const pods = new SingletonPods({
    namespace,
    terms: () => noTerms,
    isHolder: () => true,
    onProblem: () => undefined,
  });
  for (const pod of believed.pods) pods.apply(pod, now);
  const nodes = new NodeView({ clock: { now: () => now }, onChanged: () => undefined });
  for (const node of believed.nodes) nodes.sink().onApplied(node, node.resourceVersion);
  imagined(pods, nodes);
  return buildView({
    name,
    settings: { ...defaultSettings, safety, paused },
    pods,
    podsSeenVersion: undefined,
    records: {
      record: seeRecord(record, pods, { kind: 'by-label' }),
      otherRecord: { kind: 'absent' },
      follower: undefined,
      highestEpoch: record.kind === 'present' ? record.record.epoch : noEpoch,
    },
    singletonVersion: undefined,
    singletonsSeenVersion: undefined,
    epochFloor: noEpoch,
    movedAt: undefined,
    request: undefined,
    isHolderReached: false,
    othersMayLead: false,
    epochSeenAt: undefined,
    nodes,
    sight: { kind: 'clear' },
    telling: new Set(),
    steppingDown: new Map(),
    refused: undefined,
  });
}

/**
 * The record in Labels mode: a Lease. Without the version of the pods that it rests on: that keeps a controller with an old
 * picture from acting, and here the pods are read after the record, or show what they show.
 */
export function recordOfLease(lease: LeaseObject): KnownRecord {
  return { kind: 'present', object: lease, record: { ...decodeLabelsRecord(lease), podsVersion: undefined } };
}

/**
 * The record as a Singleton's status repeats it, for where the record itself is not read. Which incarnation holds is not
 * in it: the present one is taken for it.
 */
export function recordOfStatus(object: SingletonObject): KnownRecord {
  const { status } = object;
  const epoch = recordEpochOf(status?.active?.epoch ?? status?.epoch ?? 0);
  if (epoch === undefined) return { kind: 'absent' };
  const active = status?.active;
  const holder =
    active === undefined
      ? undefined
      : { name: active.pod, uid: podUid(active.uid), incarnation: undefined, hasStopped: false };
  return {
    kind: 'present',
    object,
    record: {
      epoch,
      holder,
      podsVersion: undefined,
      singletonVersion: undefined,
      retired: false,
      problems: [],
    },
  };
}

/** The pods with the mark that the Singleton sets on containers from outside: what a controller counts as critical. */
export function withCriticalContainers(
  pods: readonly PodObject[],
  names: readonly string[],
): readonly PodObject[] {
  if (names.length === 0) return pods;
  const mark = [{ name: words.criticality, value: 'critical' }];
  return pods.map((pod) => ({
    ...pod,
    containers: pod.containers.map((container) =>
      names.includes(container.name) ? { ...container, env: mark } : container,
    ),
  }));
}
