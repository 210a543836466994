/**
 * Owns how far a Singleton's status came behind what it tells of, at the end of a scene.
 * Must not look into what it says: end-state.ts has found it true.
 */
import type { SingletonStatus } from '../../../src/api/singleton.ts';
import type { History, NodeVersion, SingletonVersion } from '../recorder/history.ts';
import type { Scope } from './traffic.ts';

/**
 * In ms, from the last change of what it tells of to the version since which it has said what it says now. `notBeforeMs`:
 * until then nobody could have written it. `writtenAtMs`: nothing was written to it after that, as the API server knows;
 * whoever watches may have seen it much later, where its own watch was lost.
 */
export function statusLagMs(
  history: History,
  { isMember, service }: Scope,
  {
    notBeforeMs = Number.NEGATIVE_INFINITY,
    writtenAtMs = Number.POSITIVE_INFINITY,
  }: { readonly notBeforeMs?: number | undefined; readonly writtenAtMs?: number | undefined } = {},
): number {
  const texts = history.singletons.map(({ status, gone }) => (gone ? '' : textOf(status)));
  const since = texts.findLastIndex((text) => text !== texts.at(-1)) + 1;
  const saidAtMs = Math.min(writtenAtMs, history.singletons[since]?.atMs ?? 0);
  const moments = [
    ...history.records,
    ...history.services,
    ...history.pods.filter(({ pod }) => isMember(pod)),
    ...history.slices.filter((slice) => slice.service === service),
    ...history.nodes.filter(hasTurned),
    ...history.singletons.filter(asksForSomethingNew),
  ].map(({ atMs }) => atMs);
  return Math.max(0, saidAtMs - Math.max(notBeforeMs, ...moments));
}

/** What is checked of it in the end. */
export function textOf(status: SingletonStatus | undefined): string {
  const { active, epoch, ready, mode, conditions = [] } = status ?? {};
  const states = conditions.map(({ type, status: is }) => [type, is]);
  return JSON.stringify([active?.uid, active?.epoch, epoch, ready, mode, states]);
}

/** One that was made anew, too: it could tell nothing before it was there. */
function asksForSomethingNew(
  { uid, generation }: SingletonVersion,
  index: number,
  all: readonly SingletonVersion[],
): boolean {
  const before = all[index - 1];
  return before?.uid !== uid || before.generation !== generation;
}

/** Kubelets renew their node's status all the time. */
function hasTurned({ uid, gone, node }: NodeVersion, index: number, all: readonly NodeVersion[]): boolean {
  const before = all.slice(0, index).findLast((version) => version.uid === uid);
  return gone || before?.node.ready !== node.ready;
}
