/**
 * Owns how a Singleton's status is written, within bounds, and read back whatever is found there.
 * Must not decide what it says.
 */
import { isObject, type JsonObject } from '../kube/decode.ts';
import { limits } from './limits.ts';
import type {
  ActiveStatus,
  Because,
  Condition,
  ConditionType,
  Move,
  SingletonStatus,
  StandbyStatus,
} from './singleton.ts';

/**
 * The value of `status`, whole. It is to replace what is there (a PUT, or a JSON patch `add` of `/status`): a merge
 * patch would leave behind what this one no longer has.
 */
export function encodeStatus(status: SingletonStatus): JsonObject {
  const history = status.history.slice(0, limits.historyMax).map(encodeMove);
  return present({
    observedGeneration: status.observedGeneration,
    mode: status.mode,
    active: status.active === undefined ? undefined : present({ ...status.active }),
    epoch: status.epoch,
    ready: status.ready,
    standbys: status.standbys.slice(0, limits.standbysMax).map(encodeStandby),
    standbyNames: standbyNames(status.standbys),
    conditions: status.conditions.map((each) => ({ ...each, message: shortened(each.message) })),
    lastFailover: history.find(({ kind }) => kind === 'Failover'),
    history,
    failovers: status.failovers,
    switchovers: status.switchovers,
    because: encodeBecause(status.because),
  });
}

function encodeStandby({ because, ...standby }: StandbyStatus): JsonObject {
  return present({ ...standby, because: shortened(because) });
}

function encodeMove({ because, ...move }: Move): JsonObject {
  return present({ ...move, because: encodeBecause(because) });
}

function encodeBecause({ code, sentence }: Because): Because {
  return { code, sentence: shortened(sentence) };
}

/** `b,c +2`, `<none>`: as kubectl writes such things. */
function standbyNames(standbys: readonly StandbyStatus[]): string {
  const fit = standbys.filter((standby) => standby.fit).map(({ pod }) => pod);
  if (fit.length === 0) return '<none>';
  const more = fit.length - limits.standbyNamesMax;
  return fit.slice(0, limits.standbyNamesMax).join(',') + (more > 0 ? ` +${more}` : '');
}

function shortened(sentence: string): string {
  return sentence.length <= limits.sentenceMax ? sentence : `${sentence.slice(0, limits.sentenceMax - 1)}…`;
}

/** Without the fields that are undefined, so that what is compared is what is written. */
function present(fields: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/**
 * What of a status can be made out: nothing is undefined where the type says that it is there, and entries of lists
 * that nothing can be made of are left out. Undefined where there is no status at all.
 */
export function decodeStatus(raw: unknown): SingletonStatus | undefined {
  if (!isObject(raw)) return undefined;
  return {
    observedGeneration: number(raw.observedGeneration) ?? 0,
    mode: raw.mode === 'Direct' || raw.mode === 'Labels' ? raw.mode : undefined,
    active: decodeActive(raw.active),
    epoch: number(raw.epoch) ?? 0,
    ready: text(raw.ready) ?? '',
    standbys: each(raw.standbys, decodeStandby),
    conditions: each(raw.conditions, decodeCondition),
    history: each(raw.history, decodeMove),
    failovers: number(raw.failovers) ?? 0,
    switchovers: number(raw.switchovers) ?? 0,
    because: decodeBecause(raw.because),
  };
}

function decodeActive(raw: unknown): ActiveStatus | undefined {
  if (!isObject(raw)) return undefined;
  const pod = text(raw.pod);
  const epoch = number(raw.epoch);
  if (pod === undefined || epoch === undefined) return undefined;
  return { pod, epoch, uid: text(raw.uid) ?? '', node: text(raw.node), since: text(raw.since) ?? '' };
}

function decodeStandby(raw: JsonObject): StandbyStatus | undefined {
  const pod = text(raw.pod);
  if (pod === undefined) return undefined;
  return { pod, node: text(raw.node), fit: raw.fit === true, because: text(raw.because) ?? '' };
}

const conditionTypes: readonly ConditionType[] = [
  'Accepted',
  'Available',
  'Redundant',
  'Paused',
  'CrashLooping',
  'Degraded',
  'DrainBlocked',
];

function decodeCondition(raw: JsonObject): Condition | undefined {
  const type = conditionTypes.find((known) => known === raw.type);
  if (type === undefined) return undefined;
  const { status } = raw;
  return {
    type,
    status: status === 'True' || status === 'False' ? status : 'Unknown',
    reason: text(raw.reason) ?? '',
    message: text(raw.message) ?? '',
    observedGeneration: number(raw.observedGeneration) ?? 0,
    lastTransitionTime: text(raw.lastTransitionTime) ?? '',
  };
}

const moveKinds: readonly Move['kind'][] = ['Election', 'Failover', 'Switchover'];

function decodeMove(raw: JsonObject): Move | undefined {
  const kind = moveKinds.find((known) => known === raw.kind);
  const to = text(raw.to);
  const epoch = number(raw.epoch);
  if (kind === undefined || to === undefined || epoch === undefined) return undefined;
  return {
    kind,
    to,
    epoch,
    from: text(raw.from),
    because: decodeBecause(raw.because),
    at: text(raw.at) ?? '',
    by: text(raw.by) ?? '',
    phasesMs: decodePhases(raw.phasesMs),
  };
}

function decodePhases(raw: unknown): Readonly<Record<string, number>> {
  if (!isObject(raw)) return {};
  return Object.fromEntries(
    Object.entries(raw).filter((entry): entry is [string, number] => typeof entry[1] === 'number'),
  );
}

function decodeBecause(raw: unknown): Because {
  const because = isObject(raw) ? raw : {};
  return { code: text(because.code) ?? '', sentence: text(because.sentence) ?? '' };
}

function each<T>(raw: unknown, decode: (item: JsonObject) => T | undefined): readonly T[] {
  if (!Array.isArray(raw)) return [];
  return raw.flatMap((item) => {
    const decoded = isObject(item) ? decode(item) : undefined;
    return decoded === undefined ? [] : [decoded];
  });
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function number(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}
