/**
 * Owns how a stored record looks to the decision: the one in effect, and the one of the other mode.
 * Must not choose which of the two is in effect.
 */
import { podUid } from '../core/identity.ts';
import type { RecordView as CoreRecordView, OtherRecord, PresentRecord } from '../core/record.ts';
import type { ObjectMeta } from '../kube/decode-meta.ts';
import type { KnownRecord } from './record-view.ts';
import type { SingletonPods } from './singleton-pods.ts';
import { resolveHolder } from './stored-record.ts';

export type Mode = 'Direct' | 'Labels';

/** One record as the decision sees it. */
export function seeRecord(
  known: KnownRecord<ObjectMeta>,
  pods: SingletonPods,
  traffic: PresentRecord['traffic'],
): CoreRecordView {
  if (known.kind !== 'present') return known;
  const { resourceVersion } = known.object;
  const { epoch, holder, podsVersion, retired } = known.record;
  if (retired) return { kind: 'retired', resourceVersion, epoch };
  const member =
    holder?.uid === undefined ? pods.memberByName(holder?.name ?? '') : pods.memberByUid(holder.uid);
  return {
    kind: 'present',
    resourceVersion,
    epoch,
    holder: holder === undefined ? undefined : resolveHolder(holder, member),
    podsVersion: pods.believes(podsVersion) ? podsVersion : undefined,
    traffic,
  };
}

/** A retired Lease carries no traffic; a retired slice does until it is deleted. */
export function seeOther(known: KnownRecord<ObjectMeta>, mode: Mode): OtherRecord {
  if (known.kind !== 'present') return known;
  if (known.record.retired) {
    // A Lease leads nobody; a slice does until it is deleted, whomever it names.
    const leadsTo = mode === 'Labels' ? (known.record.holder?.uid ?? podUid('')) : undefined;
    return { kind: 'retired', leadsTo };
  }
  return { kind: 'present', resourceVersion: known.object.resourceVersion, epoch: known.record.epoch };
}
