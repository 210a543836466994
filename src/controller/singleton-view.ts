/**
 * Owns the putting together of the view that decide() gets of one singleton.
 * Must not remember anything: the views it reads from do.
 */

import { type Epoch, higherEpoch, type PodUid, type ResourceVersion } from '../core/identity.ts';
import type { Member } from '../core/member.ts';
import type { Settings, Sight, SingletonView, SwitchoverRequest } from '../core/view.ts';
import type { MonotonicMs } from '../time/clock.ts';
import type { NodeView } from './node-view.ts';
import type { SingletonPods } from './singleton-pods.ts';
import type { SeenRecords } from './singleton-records.ts';

export interface ViewParts {
  readonly name: string;
  readonly settings: Settings;
  readonly pods: SingletonPods;
  readonly podsSeenVersion: ResourceVersion | undefined;
  readonly records: SeenRecords;
  readonly singletonVersion: SingletonView['singletonVersion'];
  readonly singletonsSeenVersion: SingletonView['singletonsSeenVersion'];
  /** Below it no epoch is given out, whatever the records and pods say. */
  readonly epochFloor: Epoch;
  readonly movedAt: MonotonicMs | undefined;
  readonly epochSeenAt: MonotonicMs | undefined;
  readonly request: SwitchoverRequest | undefined;
  readonly isHolderReached: boolean;
  readonly othersMayLead: boolean;
  readonly nodes: NodeView;
  readonly sight: Sight;
  readonly telling: ReadonlySet<PodUid>;
  readonly steppingDown: SingletonView['steppingDown'];
  readonly refused: SingletonView['refused'];
}

export function buildView(parts: ViewParts): SingletonView {
  const { pods, records } = parts;
  const seenEpoch = higherEpoch(records.highestEpoch, pods.highestEpoch);
  return {
    namespace: pods.namespace,
    name: parts.name,
    settings: parts.settings,
    record: records.record,
    otherRecord: records.otherRecord,
    movedAt: parts.movedAt,
    epochSeenAt: parts.epochSeenAt,
    request: parts.request,
    isHolderReached: parts.isHolderReached,
    othersMayLead: parts.othersMayLead,
    mayMissEndpoints: parts.nodes.mayMissEndpoints,
    follower: records.follower,
    highestEpoch: higherEpoch(seenEpoch, parts.epochFloor),
    members: withNodes(pods.members, parts.nodes),
    departed: pods.departed,
    podsVersion: parts.podsSeenVersion,
    evidenceVersion: pods.evidenceVersion,
    singletonVersion: parts.singletonVersion,
    singletonsSeenVersion: parts.singletonsSeenVersion,
    sight: parts.sight,
    criticalDeletes: pods.criticalDeletes,
    telling: parts.telling,
    steppingDown: parts.steppingDown,
    refused: parts.refused,
  };
}

function withNodes(members: readonly Member[], nodes: NodeView): readonly Member[] {
  if (nodes.allCalm) return members;
  return members.map((member) => {
    const nodeReady = member.nodeReady && nodes.isReady(member.node);
    const cordonedAt = nodes.cordonedAt(member.node);
    const isAsItWas = nodeReady === member.nodeReady && cordonedAt === undefined;
    return isAsItWas ? member : { ...member, nodeReady, cordonedAt };
  });
}
