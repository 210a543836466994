/**
 * Owns the check that a Singleton's status never runs ahead of the record: whoever it calls active, with which epoch, the
 * record has named before. Must not ask how far it is behind: status-lag.ts does, and what it says in the end end-state.ts.
 */
import type { History, RecordVersion, SingletonVersion } from '../recorder/history.ts';

/** One sentence for each violation. `history`: of one namespace with one Singleton. */
export function statusProblems({ singletons, records }: History): readonly string[] {
  const told = singletons.filter(({ gone, status }) => !gone && status !== undefined);
  return [...told.flatMap((version) => aheadProblems(version, records)), ...fallProblems(told)];
}

function aheadProblems(
  { version, name, status }: SingletonVersion,
  records: readonly RecordVersion[],
): readonly string[] {
  const said = saidUntil(records, version);
  const problems: string[] = [];
  const { active, epoch = 0 } = status ?? {};
  if (active !== undefined && !said.some((record) => isNaming(record, active)))
    problems.push(
      `at ${version} ${name} says that ${active.pod} is active with epoch ${active.epoch}, which no record had said`,
    );
  const highest = Math.max(0, ...said.map((record) => record.epoch));
  if (epoch > highest)
    problems.push(`at ${version} ${name} says epoch ${epoch}, and the highest given out was ${highest}`);
  return problems;
}

/** What the record had said by then, or may have in what was not seen: a list shows the last version before it. */
function saidUntil(records: readonly RecordVersion[], version: bigint): readonly RecordVersion[] {
  const next = records.findIndex((record) => record.version > version);
  if (next < 0) return records;
  return records.slice(0, records[next]?.listed === true ? next + 1 : next);
}

function isNaming(
  { epoch, holder }: RecordVersion,
  active: { readonly uid: string; readonly epoch: number },
): boolean {
  return epoch === active.epoch && holder?.uid === active.uid;
}

/** Of one Singleton; another one of its name begins anew. */
function fallProblems(told: readonly SingletonVersion[]): readonly string[] {
  const highest = new Map<string, number>();
  return told.flatMap(({ version, name, uid, status }) => {
    const epoch = status?.epoch ?? 0;
    const before = highest.get(uid) ?? 0;
    highest.set(uid, Math.max(before, epoch));
    return epoch < before
      ? [`at ${version} the epoch that ${name} says fell from ${before} to ${epoch}`]
      : [];
  });
}
