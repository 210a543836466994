/**
 * Owns what the command `history` does: the moves of one singleton, from its status or from Events.
 * Must not parse flags, nor lay out a line.
 */
import { EVENTS } from '../../kube/resources.ts';
import { type CommandSession, complain, print, styleOf } from '../cluster/command-session.ts';
import { readSingleton } from '../cluster/read-singletons.ts';
import type { AdoptedSingleton, ManagedSingleton } from '../cluster/seen-singleton.ts';
import { decodeEvent } from './decode-event.ts';
import { type History, historyPage } from './history-page.ts';
import { moveOfEvent, movesOfMembers } from './move-of-event.ts';

/** Resolves to the exit code. */
export async function showHistory(
  session: CommandSession,
  target: { readonly namespace: string; readonly name: string },
): Promise<number> {
  const one = await readSingleton(session.client, target, session.clock.now());
  const history = one.kind === 'managed' ? historyInStatus(one) : await historyInEvents(session, one);
  print(session.output, historyPage(history, styleOf(session)));
  return 0;
}

function historyInStatus({ namespace, name, status }: ManagedSingleton): History {
  const moves = status?.history ?? [];
  return { namespace, name, moves, source: 'From its status, which keeps the last ten.' };
}

async function historyInEvents(session: CommandSession, one: AdoptedSingleton): Promise<History> {
  const { namespace, name, members, record } = one;
  const ours = { namespace, fieldSelector: 'involvedObject.kind=Pod,reportingComponent=understudy' };
  const { items, problems } = await session.client.list(EVENTS, ours, decodeEvent);
  complain(session, problems);
  const moves = items.map(moveOfEvent).filter((move) => move !== undefined);
  const names = [
    ...members.map((member) => member.name),
    ...(record.holder === undefined ? [] : [record.holder]),
  ];
  return {
    namespace,
    name,
    moves: movesOfMembers(moves, names),
    source: 'From Events: API servers keep those for an hour, unless they are told otherwise.',
  };
}
