/**
 * Owns when each step of one failover was seen in the API, from the strike on, and the phases between them.
 * Must not wait for anything: it reads what was recorded. What came through a hole came late.
 */
import { words } from '../../../src/controller/words.ts';
import type { PodObject } from '../../../src/kube/decode-pod.ts';
import { usedEndpoints } from '../checkers/traffic.ts';
import type { History, NodeVersion, PodVersion, SliceVersion } from '../recorder/history.ts';

/** All in ms from the strike; undefined: it was not seen. */
export interface Moments {
  /** The first that the API said of what was struck. */
  readonly evidence: number | undefined;
  /** The record names the next one. */
  readonly record: number | undefined;
  /** The old one is gone, or told to go, where that was not the evidence itself. */
  readonly fence: number | undefined;
  /** The next one has role=active. */
  readonly route: number | undefined;
  /** A slice leads to the next one, and to nobody else. */
  readonly slice: number | undefined;
  /** A client has read its first answer. */
  readonly answer: number | undefined;
}

export interface Failover {
  readonly struckAtMs: number;
  /** As it was before the strike; undefined: there was none. */
  readonly active: PodObject | undefined;
  readonly heirUid: string;
  readonly service: string;
  readonly answeredAtMs: number | undefined;
}

export interface Evidence {
  readonly kind: 'container ended' | 'leaving' | 'gone' | 'not Ready' | 'node not Ready';
  readonly atMs: number;
}

export function momentsOf(history: History, failover: Failover): Moments {
  const { struckAtMs, active, heirUid, answeredAtMs } = failover;
  const fromStrike = (atMs: number | undefined) => (atMs === undefined ? undefined : atMs - struckAtMs);
  const since = <T extends { readonly atMs: number }>(versions: readonly T[]) =>
    versions.filter(({ atMs }) => atMs > struckAtMs);
  const evidence = evidenceOf(history, failover);
  const isRemoval = evidence?.kind === 'gone' || evidence?.kind === 'leaving';
  const removal = since(history.pods).find(
    ({ uid, gone, pod }) => uid === active?.uid && (gone || pod.deletion !== undefined),
  );
  return {
    evidence: fromStrike(evidence?.atMs),
    record: fromStrike(since(history.records).find(({ holder }) => holder?.uid === heirUid)?.atMs),
    fence: isRemoval ? undefined : fromStrike(removal?.atMs),
    route: fromStrike(
      since(history.pods).find(({ uid, pod }) => uid === heirUid && pod.labels[words.role] === 'active')
        ?.atMs,
    ),
    slice: fromStrike(leadsTo(history.slices, failover)),
    answer: fromStrike(answeredAtMs),
  };
}

/** The first thing that the API said after the strike from which something followed for the active. */
export function evidenceOf({ pods, nodes }: History, { active, struckAtMs }: Failover): Evidence | undefined {
  if (active === undefined) return undefined;
  const ofPod = pods.flatMap((version): readonly Evidence[] => {
    if (version.uid !== active.uid || version.atMs <= struckAtMs) return [];
    const kind = podEvidence(active, version);
    return kind === undefined ? [] : [{ kind, atMs: version.atMs }];
  });
  const ofNode = nodes.flatMap((version): readonly Evidence[] =>
    isLost(version, active) && version.atMs > struckAtMs
      ? [{ kind: 'node not Ready', atMs: version.atMs }]
      : [],
  );
  return [...ofPod, ...ofNode].toSorted((left, right) => left.atMs - right.atMs)[0];
}

function podEvidence(before: PodObject, { gone, pod }: PodVersion): Evidence['kind'] | undefined {
  const hasEnded = pod.containers.some(({ name, restartCount, state }) => {
    const old = before.containers.find((container) => container.name === name);
    return (
      (state.kind === 'terminated' && old?.state.kind !== 'terminated') ||
      restartCount > (old?.restartCount ?? 0)
    );
  });
  if (hasEnded && before.deletion === undefined && pod.deletion === undefined) return 'container ended';
  if (pod.deletion !== undefined && before.deletion === undefined) return 'leaving';
  if (gone) return 'gone';
  return before.ready && !pod.ready ? 'not Ready' : undefined;
}

function isLost({ name, gone, node }: NodeVersion, active: PodObject): boolean {
  return name === active.node && (gone || node.ready !== 'True');
}

/** When the slices of the Service, taken together, first led to the next one alone. */
function leadsTo(
  slices: readonly SliceVersion[],
  { service, heirUid, struckAtMs }: Failover,
): number | undefined {
  const held = new Map<string, SliceVersion>();
  for (const slice of slices) {
    if (slice.service !== service) continue;
    if (slice.gone) held.delete(slice.uid);
    else held.set(slice.uid, slice);
    const used = usedEndpoints([...held.values()].flatMap(({ endpoints }) => endpoints));
    const isAlone = used.length > 0 && used.every(({ targetUid }) => targetUid === heirUid);
    if (isAlone && slice.atMs > struckAtMs) return slice.atMs;
  }
  return undefined;
}

/** In ms from the strike: each change of the Service's slices. A Service proxy may pause after each of them. */
export function sliceChangesOf(
  { slices }: History,
  service: string,
  window: { readonly fromMs: number; readonly untilMs: number },
): readonly number[] {
  return slices
    .filter(
      (slice) => slice.service === service && slice.atMs > window.fromMs && slice.atMs <= window.untilMs,
    )
    .map(({ atMs }) => atMs - window.fromMs);
}

/** Durations in ms that follow each other; a step that was not seen is part of the next one. */
export type Phases = { readonly [name in keyof Moments]: number | undefined };

export const phaseNames = ['evidence', 'record', 'fence', 'route', 'slice', 'answer'] as const;

/**
 * In Direct mode the record is what leads traffic: fence and label follow it, and no client waits for them.
 */
export function isOneWrite({ record, slice }: Pick<Moments, 'record' | 'slice'>): boolean {
  return record !== undefined && record === slice;
}

/** Each step's own time: from the latest of the steps before it. One that ran beside a later step takes none. */
export function phasesOf(all: Moments): Phases {
  const moments = isOneWrite(all) ? { ...all, fence: undefined, route: undefined } : all;
  let reached = 0;
  const own = (moment: number | undefined) => {
    if (moment === undefined) return undefined;
    const duration = Math.max(0, moment - reached);
    reached = Math.max(reached, moment);
    return duration;
  };
  const [evidence, record, fence, route, slice, answer] = phaseNames.map((name) => own(moments[name]));
  return { evidence, record, fence, route, slice, answer };
}
