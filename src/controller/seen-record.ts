/**
 * Owns how a stored record looks to the decision: the one in effect, and the one of the other mode.
 * Must not choose which of the two is in effect.
 */
import type { Mode } from '../api/singleton.ts';
import { parseResourceVersion, podUid, type ResourceVersion } from '../core/identity.ts';
import type { RecordView as CoreRecordView, Holder, OtherRecord, PresentRecord } from '../core/record.ts';
import type { ObjectMeta } from '../kube/decode-meta.ts';
import type { KnownRecord } from './record-view.ts';
import type { SingletonPods } from './singleton-pods.ts';
import { type NamedHolder, resolveHolder } from './stored-record.ts';

/** One record as the decision sees it. */
export function seeRecord(
  known: KnownRecord<ObjectMeta>,
  pods: SingletonPods,
  traffic: PresentRecord['traffic'],
): CoreRecordView {
  if (known.kind !== 'present') return known;
  const { resourceVersion } = known.object;
  const { epoch, holder, podsVersion, singletonVersion, retired } = known.record;
  const named = holderOf(holder, pods);
  if (retired) return { kind: 'retired', resourceVersion, epoch, holder: named };
  return {
    kind: 'present',
    resourceVersion,
    epoch,
    holder: named,
    podsVersion: pods.believes(podsVersion) ? podsVersion : undefined,
    singletonVersion: believableVersion(singletonVersion, resourceVersion),
    traffic,
  };
}

/** It was written down after it had come about: a higher one than the record's own is of another store. */
function believableVersion(
  version: ResourceVersion | undefined,
  recordVersion: string,
): ResourceVersion | undefined {
  const own = parseResourceVersion(recordVersion);
  return version !== undefined && own !== undefined && version < own ? version : undefined;
}

function holderOf(holder: NamedHolder | undefined, pods: SingletonPods): Holder | undefined {
  if (holder === undefined) return undefined;
  const { uid, name } = holder;
  return resolveHolder(holder, uid === undefined ? pods.memberByName(name) : pods.memberByUid(uid));
}

/** A retired Lease carries no traffic; a retired slice does until it is deleted. */
export function seeOther(known: KnownRecord<ObjectMeta>, pods: SingletonPods, mode: Mode): OtherRecord {
  if (known.kind !== 'present') return known;
  if (known.record.retired) {
    // A Lease leads nobody; a slice does until it is deleted, whomever it names.
    const leadsTo = mode === 'Labels' ? (known.record.holder?.uid ?? podUid('')) : undefined;
    const { epoch, holder } = known.record;
    return { kind: 'retired', epoch, holder: holderOf(holder, pods), leadsTo };
  }
  return { kind: 'present', resourceVersion: known.object.resourceVersion, epoch: known.record.epoch };
}
