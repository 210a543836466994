/**
 * Owns the page of one singleton: who is active, who stands by and why not, what is the matter, and the last move.
 * Must not print: it makes lines.
 */
import type { ActiveStatus, Condition, SingletonStatus, StandbyStatus } from '../../api/singleton.ts';
import type { SeenSingleton } from '../cluster/seen-singleton.ts';
import { moveLines } from '../history/move-lines.ts';
import { momentText, parseMoment } from '../terminal/moment.ts';
import type { PageStyle } from '../terminal/page-style.ts';
import { pageTitle } from '../terminal/page-title.ts';
import { besideLabel } from '../terminal/wrap.ts';
import { becauseText } from './status-table.ts';

const labelWidth = 12;

export function statusPage(one: SeenSingleton, style: PageStyle): string[] {
  const { status } = one;
  const head = [...pageTitle(`${one.namespace}/${one.name}`, aboutText(one), style), ''];
  if (status === undefined) return [...head, becauseText(status)];
  return [
    ...head,
    ...activeLines(status.active, style),
    ...standbyLines(status.standbys, style),
    ...entry('ready', readyText(status), style),
    ...entry('because', becauseText(status), style),
    ...conditionLines(status.conditions, style),
    ...lastMoveLines(status, style),
    ...(one.kind === 'managed' ? entry('moves', countsText(status), style) : []),
  ];
}

function aboutText(one: SeenSingleton): string {
  const mode = one.status?.mode === undefined ? 'no mode yet' : `${one.status.mode} mode`;
  if (one.kind === 'adopted') return `${mode}, adopted by label`;
  const { service, safety, paused } = one.object.spec;
  const parts = [mode, service === undefined ? 'no Service' : `Service ${service}`, `safety ${safety}`];
  return [...parts, ...(paused ? ['PAUSED'] : [])].join(', ');
}

function activeLines(active: ActiveStatus | undefined, style: PageStyle): string[] {
  if (active === undefined) return entry('active', 'nobody', style, style.palette.bad);
  const since = momentText(parseMoment(active.since), style);
  return [
    ...entry('active', `${active.pod}${onNode(active.node)}`, style, style.palette.good),
    ...entry('', `epoch ${active.epoch}, since ${since}`, style),
  ];
}

function standbyLines(standbys: readonly StandbyStatus[], style: PageStyle): string[] {
  if (standbys.length === 0) return entry('standbys', 'none', style, style.palette.bad);
  return standbys.flatMap(({ pod, node, fit, because }, index) => {
    const worth = fit ? 'fit' : because === '' ? 'not fit' : `not fit: ${because}`;
    const paint = fit ? undefined : style.palette.bad;
    return entry(index === 0 ? 'standbys' : '', `${pod}${onNode(node)}: ${worth}`, style, paint);
  });
}

function onNode(node: string | undefined): string {
  return node === undefined ? '' : ` on ${node}`;
}

function readyText({ ready }: SingletonStatus): string {
  const [fit, all] = ready.split('/');
  return all === undefined ? ready : `${fit} of ${all} members are fit`;
}

function conditionLines(conditions: readonly Condition[], style: PageStyle): string[] {
  return conditions.flatMap((condition, index) => {
    const { type, status, reason, message, lastTransitionTime } = condition;
    const why = [reason === type ? '' : reason, message].filter((part) => part !== '').join(': ');
    const since = momentText(parseMoment(lastTransitionTime), style);
    const text = `${type} ${status} since ${since}${why === '' ? '' : `; ${why}`}`;
    return entry(index === 0 ? 'conditions' : '', text, style, paintOf(condition, style));
  });
}

/** What is good when True is bad when False; the others are the other way round. */
const goodWhenTrue: ReadonlySet<string> = new Set(['Accepted', 'Available', 'Redundant']);

function paintOf(
  { type, status }: Condition,
  { palette }: PageStyle,
): ((text: string) => string) | undefined {
  if (status === 'Unknown') return palette.bad;
  return goodWhenTrue.has(type) === (status === 'True') ? undefined : palette.bad;
}

function lastMoveLines({ history }: SingletonStatus, style: PageStyle): string[] {
  const [last] = history;
  if (last === undefined) return [];
  const lines = moveLines(last, { ...style, width: style.width - labelWidth });
  return lines.map((line, index) => `${(index === 0 ? 'last move' : '').padEnd(labelWidth)}${line}`);
}

function countsText({ failovers, switchovers }: SingletonStatus): string {
  const count = (n: number, noun: string) => `${n} ${noun}${n === 1 ? '' : 's'}`;
  return `${count(failovers, 'failover')}, ${count(switchovers, 'switchover')}`;
}

function entry(
  label: string,
  text: string,
  { width }: PageStyle,
  paint: (text: string) => string = (line) => line,
): string[] {
  return besideLabel(label, text, { labelWidth, width }).map(
    (line) => line.slice(0, labelWidth) + paint(line.slice(labelWidth)),
  );
}
