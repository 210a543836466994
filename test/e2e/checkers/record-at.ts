/**
 * Owns what the record said at a version of the store, as far as it was seen.
 * Must not be stricter than the eye: where versions may have been missed, what could have been is believed.
 */
import type { RecordVersion } from '../recorder/history.ts';

/** The last version of the record at or before this one; undefined where none was seen. `records` in their order. */
export function recordAt(records: readonly RecordVersion[], version: bigint): RecordVersion | undefined {
  return records.findLast((record) => record.version <= version);
}

/** Whether the record named this pod at that version, or may have in what was not seen. */
export function isNamedAt(records: readonly RecordVersion[], version: bigint, uid: string): boolean {
  const index = records.findLastIndex((record) => record.version <= version);
  if (isNaming(records[index], uid)) return true;
  // A list shows the last of the versions before it: those between the one known and it were not seen.
  const next = records[index + 1];
  return next?.listed === true && isNaming(next, uid);
}

function isNaming(record: RecordVersion | undefined, uid: string): boolean {
  return record !== undefined && !record.gone && record.holder?.uid === uid;
}
