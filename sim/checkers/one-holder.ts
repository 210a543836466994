/**
 * Owns the check of G1: an epoch has one holder, epochs only grow, no two members are holder at once; and the store that
 * the applications write to has never taken one epoch from two of them.
 */
import { happened, type RecordVersion, type Story } from './story.ts';

export function oneHolderProblems(story: Story): readonly string[] {
  return [...epochProblems(story), ...twoRecordsProblems(story), ...storedProblems(story)];
}

function epochProblems({ records }: Story): readonly string[] {
  const problems: string[] = [];
  const holders = new Map<number, string>();
  let highest = 0;
  for (const { isGone, isRetired, epoch, holderUid, version } of records) {
    if (isGone || isRetired || holderUid === undefined) continue;
    if (!Number.isInteger(epoch)) problems.push(`at ${version} the record has no epoch`);
    const before = holders.get(epoch);
    if (before !== undefined && before !== holderUid)
      problems.push(`at ${version} epoch ${epoch} is given to ${holderUid}, and was ${before}'s`);
    if (epoch < highest) problems.push(`at ${version} the epoch falls from ${highest} to ${epoch}`);
    holders.set(epoch, holderUid);
    highest = Math.max(highest, epoch);
  }
  return problems;
}

function twoRecordsProblems({ records }: Story): readonly string[] {
  const problems: string[] = [];
  const latest = new Map<string, RecordVersion>();
  for (const record of records) {
    latest.set(record.kind, record);
    const inEffect = [...latest.values()].filter(({ isGone, isRetired }) => !isGone && !isRetired);
    const holders = new Set(inEffect.map(({ holderUid }) => holderUid));
    if (inEffect.length > 1 && holders.size > 1)
      problems.push(`at ${record.version} two records are in effect: ${[...holders].join(' and ')}`);
  }
  return problems;
}

/** Whoever reads its epoch beside its label believes a label that somebody wrote by hand, too. */
function storedProblems(story: Story): readonly string[] {
  const { truth, plan } = story;
  if (plan.notify === 'ancestor' && happened(story, ['label-active-by-hand'], 0, truth.endedAtMs)) return [];
  const problems: string[] = [];
  const writers = new Map<number, string>();
  for (const { singleton, epoch, podName, isAccepted, atMs } of truth.stored) {
    if (singleton !== plan.name || !isAccepted || epoch === 0) continue;
    const before = writers.get(epoch);
    if (before !== undefined && before !== podName)
      problems.push(
        `at ${atMs.toFixed(0)} ms the store took epoch ${epoch} from ${podName} and from ${before}`,
      );
    writers.set(epoch, podName);
  }
  return problems;
}
