/**
 * Owns the check of G1: an epoch has one holder, epochs only grow, no two members are holder at once.
 * Must not read labels: what traffic follows is traffic.ts.
 */
import { words } from '../../../src/controller/words.ts';
import type { History, PodVersion, RecordVersion } from '../recorder/history.ts';

/** One sentence for each violation. Records of several singletons may stand in one history. */
export function oneHolderProblems({ records, pods }: Pick<History, 'records' | 'pods'>): readonly string[] {
  const bySingleton = Map.groupBy(records, (record) => `${record.namespace}/${record.singleton}`);
  return [...bySingleton].flatMap(([singleton, own]) =>
    [...recordProblems(own), ...epochOnPodProblems(own, pods)].map((problem) => `${singleton}: ${problem}`),
  );
}

function recordProblems(records: readonly RecordVersion[]): readonly string[] {
  const problems: string[] = [];
  const holders = new Map<number, string>();
  const alive = new Set<string>();
  let highest = 0;
  for (const { version, gone, name, uid, epoch, holder } of records) {
    if (gone) alive.delete(uid);
    else alive.add(uid);
    if (alive.size > 1) problems.push(`at ${version} a second record beside ${name} exists`);
    if (gone) continue;
    if (epoch < highest) problems.push(`at ${version} the epoch fell from ${highest} to ${epoch}`);
    highest = Math.max(highest, epoch);
    if (holder === undefined) continue;
    const holderUid = holder.uid;
    if (holderUid === undefined) {
      problems.push(`at ${version} the record names ${holder.name} without its UID`);
      continue;
    }
    const first = holders.get(epoch) ?? holderUid;
    holders.set(epoch, first);
    if (first !== holderUid)
      problems.push(`at ${version} epoch ${epoch} of ${first} has a second holder, ${holderUid}`);
  }
  return problems;
}

/** A pod that carries an epoch which the record gave to somebody else. */
function epochOnPodProblems(
  records: readonly RecordVersion[],
  pods: readonly PodVersion[],
): readonly string[] {
  const holders = new Map(
    records.flatMap(({ epoch, holder }) => (holder?.uid === undefined ? [] : [[epoch, holder.uid]])),
  );
  const wrong = pods.flatMap(({ namespace, name, uid, pod }) => {
    const epoch = Number(pod.annotations[words.epoch]);
    const holder = holders.get(epoch);
    const isOther = namespace === records[0]?.namespace && holder !== undefined && holder !== uid;
    // On a standby the annotation says for which epoch its label was taken away.
    const claims = isOther && pod.labels[words.role] === 'active';
    return claims ? [`${name} is labelled active for epoch ${epoch}, whose holder is ${holder}`] : [];
  });
  return [...new Set(wrong)];
}
