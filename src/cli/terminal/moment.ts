/**
 * Owns how a moment is shown: the local time, and how long ago that was.
 * Must not read a clock or the machine's zone: whoever looks brings both.
 */

/** Who looks, when and where. */
export interface Viewer {
  /** Wall time in ms since 1970. */
  readonly nowMs: number;
  /** An IANA name, such as `Europe/Berlin`; undefined: the machine's own. */
  readonly timeZone: string | undefined;
}

const secondMs = 1_000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** `12:03:04, 3 min ago`; on another day `Nov 24 12:03:04, 27 h ago`; a dash for what is no time. */
export function momentText(atMs: number | undefined, viewer: Viewer): string {
  if (atMs === undefined) return '–';
  return `${localTime(atMs, viewer)}, ${agoText(atMs, viewer.nowMs)}`;
}

/** `12:03:04`, with the date where it is not today's, with the year where it is not this one's. */
export function localTime(atMs: number, { nowMs, timeZone }: Viewer): string {
  const at = partsOf(atMs, timeZone);
  const now = partsOf(nowMs, timeZone);
  const time = `${at.hour}:${at.minute}:${at.second}`;
  const isThisYear = at.year === now.year;
  if (isThisYear && at.month === now.month && at.day === now.day) return time;
  return `${isThisYear ? '' : `${at.year} `}${at.month} ${at.day} ${time}`;
}

/** One unit is enough at a glance. What lies ahead comes from a clock that differs from ours. */
export function agoText(atMs: number, nowMs: number): string {
  const ageMs = nowMs - atMs;
  if (ageMs <= -secondMs) return `in ${durationText(-ageMs)}`;
  return `${durationText(Math.max(0, ageMs))} ago`;
}

/** `12 s`, `3 min`, `27 h`, `5 d`: a larger unit from two of it on, minutes from one on. */
export function durationText(durationMs: number): string {
  if (durationMs < minuteMs) return `${Math.floor(durationMs / secondMs)} s`;
  if (durationMs < 2 * hourMs) return `${Math.floor(durationMs / minuteMs)} min`;
  if (durationMs < 2 * dayMs) return `${Math.floor(durationMs / hourMs)} h`;
  return `${Math.floor(durationMs / dayMs)} d`;
}

/** RFC 3339 as wall time in ms; undefined for what is none. */
export function parseMoment(text: string | undefined): number | undefined {
  const atMs = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(atMs) ? undefined : atMs;
}

function partsOf(atMs: number, timeZone: string | undefined): Readonly<Record<string, string>> {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    year: 'numeric',
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  });
  return Object.fromEntries(format.formatToParts(atMs).map(({ type, value }) => [type, value]));
}
