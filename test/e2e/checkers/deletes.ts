/**
 * Owns the check of G8: each pod that the controllers delete has a reason in what the API said before, is meant by its
 * UID, and is not one in an endless row. Must not take the controllers' own words for it.
 */
import { words } from '../../../src/controller/words.ts';
import type { PodContainer, PodObject } from '../../../src/kube/decode-pod.ts';
import type { AuditEntry } from '../audit/decode-audit-event.ts';
import type { History, PodVersion, RecordVersion } from '../recorder/history.ts';
import { recordAt } from './record-at.ts';

/** A second critical delete of a singleton waits a second after the first has gone (docs/reasons.md). */
const criticalSpacingMs = 900;

export interface DeleteScope {
  readonly isMember: (pod: PodObject) => boolean;
  readonly namespace: string;
}

/** One sentence for each violation. `entries`: what the controllers asked for; `history`: of that namespace. */
export function deleteProblems(
  entries: readonly AuditEntry[],
  history: History,
  scope: DeleteScope,
): readonly string[] {
  const asked = entries.filter(
    ({ target }) =>
      target?.resource === 'pods' && target.subresource === undefined && target.namespace === scope.namespace,
  );
  const collections = asked.filter(({ verb }) => verb === 'deletecollection');
  const deletes = asked.filter(({ verb }) => verb === 'delete');
  const done = deletes.filter(({ code }) => isDone(code));
  const judged = done.map((entry) => ({ entry, ...judge(entry, history, scope) }));
  return [
    ...collections.map(({ path }) => `all pods of a collection were deleted: ${path}`),
    ...deletes.flatMap(preconditionProblems),
    ...judged.flatMap(({ problem }) => problem ?? []),
    ...spacingProblems(judged.filter(({ reason }) => reason === 'critical').map(({ entry }) => entry)),
  ];
}

function isDone(code: number): boolean {
  return code >= 200 && code < 300;
}

function preconditionProblems({ path, uidPrecondition, hasBody, code }: AuditEntry): readonly string[] {
  // Bodies are written down as they are read: what was refused before that, as by an API server that has just started, has
  // deleted nothing.
  if (!hasBody) return isDone(code) ? [`${path}: whether the delete named a UID was not recorded`] : [];
  return uidPrecondition === undefined ? [`${path}: deleted without a UID as precondition`] : [];
}

interface Judgement {
  readonly reason: 'critical' | 'fence' | undefined;
  readonly problem: string | undefined;
}

function judge(
  { target, uidPrecondition, receivedAtMs }: AuditEntry,
  history: History,
  scope: DeleteScope,
): Judgement {
  const name = target?.name ?? '';
  const versions = history.pods.filter((version) =>
    uidPrecondition === undefined ? version.name === name : version.uid === uidPrecondition,
  );
  const [first] = versions;
  if (first === undefined)
    return { reason: undefined, problem: `${name} was deleted, and nobody ever saw it` };
  if (!versions.some(({ pod }) => scope.isMember(pod)))
    return { reason: undefined, problem: `${name} was deleted, and is no member` };
  // One that was leaving before, on somebody else's word, is removed by this delete when it is gone.
  const removed = versions.find(
    ({ gone, pod, atMs }) => gone || (pod.deletion !== undefined && atMs >= receivedAtMs),
  );
  const seen = versions.filter(({ version }) => removed === undefined || version < removed.version);
  if (seen.some(({ pod }) => pod.containers.some(hasCriticalDeath)))
    return { reason: 'critical', problem: undefined };
  if (isFenced(first.uid, removed, versions, history.records)) return { reason: 'fence', problem: undefined };
  return {
    reason: undefined,
    problem: `${name} was deleted: none of its critical containers had ended, and it had not lost the role`,
  };
}

function hasCriticalDeath({ env, state, lastTerminated }: PodContainer): boolean {
  const isCritical = env.some(({ name, value }) => name === words.criticality && value === 'critical');
  return isCritical && (state.kind === 'terminated' || lastTerminated !== undefined);
}

/** It had the role, by the record or by its label, and before it went the record named somebody else. */
function isFenced(
  uid: string,
  removed: PodVersion | undefined,
  versions: readonly PodVersion[],
  records: readonly RecordVersion[],
): boolean {
  const last = removed?.version ?? versions.at(-1)?.version ?? 0n;
  const now = recordAt(records, last);
  const isNamed = now !== undefined && !now.gone && now.holder?.uid === uid;
  const hadRole =
    records.some(({ version, holder }) => version <= last && holder?.uid === uid) ||
    versions.some(({ version, pod }) => version <= last && pod.labels[words.role] === 'active');
  return hadRole && !isNamed && now?.holder !== undefined;
}

function spacingProblems(deletes: readonly AuditEntry[]): readonly string[] {
  // The same pod may be deleted twice: by the backup too, or once more by force.
  const firsts = [
    ...new Map(deletes.toReversed().map((entry) => [entry.uidPrecondition ?? entry.path, entry])).values(),
  ].toSorted((left, right) => left.receivedAtMs - right.receivedAtMs);
  return firsts.flatMap((entry, index) => {
    const before = firsts[index - 1];
    if (before === undefined || entry.receivedAtMs - before.receivedAtMs >= criticalSpacingMs) return [];
    const afterMs = Math.round(entry.receivedAtMs - before.receivedAtMs);
    return [`${entry.path} was deleted ${afterMs} ms after ${before.path}: no back-off`];
  });
}
