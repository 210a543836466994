/**
 * Owns what the commands `pause` and `resume` do: one field of the Singleton, and a word on what that means now.
 * Must not wait for a controller: it obeys as soon as it sees the field.
 */
import { objectPatch } from '../../kube/request.ts';
import { SINGLETONS } from '../../kube/resources.ts';
import { type CommandSession, print, styleOf } from '../cluster/command-session.ts';
import { decodeSingleton } from '../cluster/decode-singleton.ts';
import { readSingletonObject } from '../cluster/read-singletons.ts';
import type { PageStyle } from '../terminal/page-style.ts';
import { wrapped } from '../terminal/wrap.ts';

export interface PauseWish {
  readonly namespace: string;
  readonly name: string;
  readonly paused: boolean;
}

/** Resolves to the exit code. */
export async function setPaused(session: CommandSession, wish: PauseWish): Promise<number> {
  const { namespace, name, paused } = wish;
  const { uid, spec } = await readSingletonObject(session.client, wish);
  if (spec.paused !== paused) {
    const patch = objectPatch({ uid }, { spec: { paused } });
    await session.client.patch(SINGLETONS, { namespace, name }, patch, decodeSingleton);
  }
  print(session.output, stateLines(wish, spec.paused === paused ? ' already' : '', styleOf(session)));
  return 0;
}

/** A command has a line to itself: it is there to be copied. */
function stateLines({ namespace, name, paused }: PauseWish, already: string, { width }: PageStyle): string[] {
  const subject = `${namespace}/${name}`;
  if (!paused) return wrapped(`${subject} is not paused${already}: failures move the role`, width);
  return [
    ...wrapped(`${subject} is paused${already}: nothing moves, also when the active dies, until`, width),
    `  understudy resume ${name} -n ${namespace}`,
  ];
}
