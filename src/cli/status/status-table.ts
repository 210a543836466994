/**
 * Owns the table of singletons: a line of figures for each, and under it why it is as it is.
 * Must not cut a name: where the table does not fit, each singleton gets lines of its own instead.
 */
import type { SingletonStatus } from '../../api/singleton.ts';
import type { SeenSingleton } from '../cluster/seen-singleton.ts';
import { momentText, parseMoment } from '../terminal/moment.ts';
import type { PageStyle } from '../terminal/page-style.ts';
import { widthOf } from '../terminal/screen.ts';
import { type Column, tableLines } from '../terminal/table.ts';
import { indented, wrapped } from '../terminal/wrap.ts';

const columns: readonly Column[] = [
  { title: 'NAME', align: 'left' },
  { title: 'MODE', align: 'left' },
  { title: 'ACTIVE', align: 'left' },
  { title: 'EPOCH', align: 'right' },
  { title: 'SINCE', align: 'left' },
  { title: 'STANDBYS', align: 'right' },
  { title: 'READY', align: 'right' },
];

const namespaceColumn: Column = { title: 'NAMESPACE', align: 'left' };

/** `withNamespace`: they come from several. */
export function statusTable(
  singletons: readonly SeenSingleton[],
  style: PageStyle,
  { withNamespace }: { readonly withNamespace: boolean },
): string[] {
  const rows = singletons.map((one) => [...(withNamespace ? [one.namespace] : []), ...cellsOf(one, style)]);
  const headed = withNamespace ? [namespaceColumn, ...columns] : columns;
  const [heading = '', ...lines] = tableLines(headed, rows, style.palette.dim);
  if ([heading, ...lines].some((line) => widthOf(line) > style.width))
    return singletons.flatMap((one, index) => [...(index === 0 ? [] : ['']), ...blockLines(one, style)]);
  return [
    heading,
    ...singletons.flatMap((one, index) => [lines[index] ?? '', ...becauseLines(one.status, style)]),
  ];
}

function cellsOf({ name, status }: SeenSingleton, style: PageStyle): string[] {
  const { palette } = style;
  if (status === undefined) return [palette.bold(name), '–', '–', '–', '–', '–', '–'];
  const { mode, active, epoch, ready } = status;
  const fit = fitStandbys(status);
  return [
    palette.bold(name),
    mode ?? '–',
    active?.pod ?? palette.bad('nobody'),
    String(epoch),
    momentText(parseMoment(active?.since), style),
    fit === 0 ? palette.bad('0') : String(fit),
    ready,
  ];
}

/** Two lines of figures, each of which holds one long name. */
function blockLines(one: SeenSingleton, style: PageStyle): string[] {
  const { namespace, name, status } = one;
  const title = style.palette.bold(`${namespace}/${name}`);
  if (status === undefined) return [title, ...becauseLines(status, style)];
  const { mode, active, epoch, ready } = status;
  const fit = fitStandbys(status);
  const standbys = `${fit} ${fit === 1 ? 'standby' : 'standbys'}`;
  const figures = [
    mode,
    `epoch ${epoch}`,
    fit === 0 ? style.palette.bad(standbys) : standbys,
    `ready ${ready}`,
  ];
  return [
    `${title}  ${figures.filter((figure) => figure !== undefined).join('  ')}`,
    `  active ${active?.pod ?? style.palette.bad('nobody')}`,
    ...(active === undefined ? [] : [`  since ${momentText(parseMoment(active.since), style)}`]),
    ...becauseLines(status, style),
  ];
}

function becauseLines(status: SingletonStatus | undefined, { width, palette }: PageStyle): string[] {
  return indented(wrapped(becauseText(status), width - 2).map(palette.dim), 2);
}

/** The code, by which docs/reasons.md has what to do, and the sentence with the case's names. */
export function becauseText(status: Pick<SingletonStatus, 'because'> | undefined): string {
  if (status === undefined) return 'no controller has looked at it yet';
  const { code, sentence } = status.because;
  return code === '' ? sentence : `${code}: ${sentence}`;
}

export function fitStandbys({ standbys }: SingletonStatus): number {
  return standbys.filter(({ fit }) => fit).length;
}
