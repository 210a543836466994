/**
 * Owns what is said of a change where lines stay: one line for each singleton that is not as it was, with the time.
 * Must not repeat what has not changed, nor show how long ago anything was: a log is read later.
 */
import type { SeenSingleton } from '../cluster/seen-singleton.ts';
import { localTime } from '../terminal/moment.ts';
import type { PageStyle } from '../terminal/page-style.ts';
import { printable } from '../terminal/wrap.ts';
import { type StatusDocument, statusDocument } from './status-document.ts';
import { becauseText, fitStandbys } from './status-table.ts';

export interface Change {
  readonly singleton: SeenSingleton;
  readonly isGone: boolean;
}

/** What was shown last of each singleton, and what of it is news: only what would read differently is. */
export class ShownBefore {
  readonly #textOf: (singleton: SeenSingleton) => string;
  #shown = new Map<string, { readonly text: string; readonly singleton: SeenSingleton }>();

  /** `textOf`: what is shown of one, without the time. */
  constructor(textOf: (singleton: SeenSingleton) => string) {
    this.#textOf = textOf;
  }

  /** Those that are new or not as they were, then those that are gone. */
  changesTo(singletons: readonly SeenSingleton[]): readonly Change[] {
    const before = this.#shown;
    this.#shown = new Map(
      singletons.map((singleton) => [keyOf(singleton), { text: this.#textOf(singleton), singleton }]),
    );
    const changed = singletons.filter(
      (one) => before.get(keyOf(one))?.text !== this.#shown.get(keyOf(one))?.text,
    );
    const gone = [...before].filter(([key]) => !this.#shown.has(key));
    return [
      ...changed.map((singleton) => ({ singleton, isGone: false })),
      ...gone.map(([, { singleton }]) => ({ singleton, isGone: true })),
    ];
  }
}

/** `12:03:04  default/web  web-2  epoch 8  1 standby  ready 2/2  HolderHealthy: …` */
export function changeLine({ singleton, isGone }: Change, style: PageStyle): string {
  const { namespace, name } = singleton;
  const text = isGone ? `${namespace}/${name}  is gone` : standingText(singleton);
  return `${localTime(style.nowMs, style)}  ${text}`;
}

/** How one stands, in one line without a time. */
export function standingText({ namespace, name, status }: SeenSingleton): string {
  const subject = `${namespace}/${name}`;
  if (status === undefined) return `${subject}  ${becauseText(status)}`;
  const fit = fitStandbys(status);
  const figures = [
    status.active?.pod ?? 'nobody',
    `epoch ${status.epoch}`,
    `${fit} ${fit === 1 ? 'standby' : 'standbys'}`,
    `ready ${status.ready}`,
  ];
  return [subject, ...figures, printable(becauseText(status))].join('  ');
}

/** For `-o json`: what a script gets for each change, a line each. */
export function changeDocument({ singleton, isGone }: Change): StatusDocument & { readonly gone: boolean } {
  return { ...statusDocument(singleton), gone: isGone };
}

function keyOf({ namespace, name }: SeenSingleton): string {
  return `${namespace}/${name}`;
}
