/**
 * Owns the putting together of the view that decide() gets of one singleton.
 * Must not remember anything: the views it reads from do.
 */

import type { Epoch } from '../core/identity.ts';
import { higherEpoch, type PodUid, type ResourceVersion } from '../core/identity.ts';
import type { Member } from '../core/member.ts';
import type { RecordView as CoreRecordView } from '../core/record.ts';
import type { Settings, Sight, SingletonView } from '../core/view.ts';
import { resolveHolder } from './labels-record-codec.ts';
import type { NodeView } from './node-view.ts';
import type { KnownRecord } from './record-view.ts';
import type { SingletonPods } from './singleton-pods.ts';

export interface ViewParts {
  readonly name: string;
  readonly settings: Settings;
  readonly pods: SingletonPods;
  readonly podsSeenVersion: ResourceVersion | undefined;
  readonly record: KnownRecord;
  readonly recordHighestEpoch: Epoch;
  readonly nodes: NodeView;
  readonly sight: Sight;
  readonly telling: ReadonlySet<PodUid>;
}

export function buildView(parts: ViewParts): SingletonView {
  const { pods, record } = parts;
  return {
    namespace: pods.namespace,
    name: parts.name,
    settings: parts.settings,
    record: viewOfRecord(record, pods),
    highestEpoch: higherEpoch(parts.recordHighestEpoch, pods.highestEpoch),
    members: withNodes(pods.members, parts.nodes),
    departed: pods.departed,
    podsVersion: parts.podsSeenVersion,
    evidenceVersion: pods.evidenceVersion,
    sight: parts.sight,
    criticalDeletes: pods.criticalDeletes,
    telling: parts.telling,
  };
}

function viewOfRecord(known: KnownRecord, pods: SingletonPods): CoreRecordView {
  if (known.kind !== 'present') return known;
  const { epoch, holder, podsVersion } = known.record;
  const member =
    holder?.uid === undefined ? pods.memberByName(holder?.name ?? '') : pods.memberByUid(holder.uid);
  return {
    kind: 'present',
    resourceVersion: known.resourceVersion,
    epoch,
    holder: holder === undefined ? undefined : resolveHolder(holder, member),
    podsVersion: pods.believes(podsVersion) ? podsVersion : undefined,
  };
}

function withNodes(members: readonly Member[], nodes: NodeView): readonly Member[] {
  if (nodes.allReady) return members;
  return members.map((member) => (nodes.isReady(member.node) ? member : { ...member, nodeReady: false }));
}
