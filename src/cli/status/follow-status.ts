/**
 * Owns what the command `status --watch` does: on a terminal the page in place, else a line for each change.
 * Must not read by itself (follow-singletons.ts does) nor lay out a line.
 */

import type { Timer } from '../../time/clock.ts';
import { type CommandSession, complain, print, styleOf } from '../cluster/command-session.ts';
import { SingletonFollower } from '../cluster/follow-singletons.ts';
import { limits } from '../cluster/limits.ts';
import { Repainting } from '../terminal/repainting.ts';
import { changeDocument, changeLine, ShownBefore, standingText } from './change-lines.ts';
import { emptySentence, listLines, type StatusRequest } from './show-status.ts';
import { statusDocument } from './status-document.ts';

/** Follows until the session ends; resolves to the exit code. */
export async function followStatus(session: CommandSession, request: StatusRequest): Promise<number> {
  const { clock, random, client, ending, output } = session;
  const { promise: ended, resolve: end, reject: fail } = Promise.withResolvers<void>();
  const isDrawn = request.format === 'text' && output.isTTY === true;
  let show: Show = () => undefined;
  const follower = new SingletonFollower({
    transport: client.transport,
    clock,
    random,
    namespace: request.namespace,
    onChanged: () => show(),
    onBug: fail,
  });
  show = isDrawn ? inPlace(session, request, follower) : asLines(session, request, follower);
  const redrawing = isDrawn ? redraw(session, follower, show) : undefined;
  const onAbort = () => end();
  ending.addEventListener('abort', onAbort);
  if (ending.aborted) end();
  try {
    await ended;
    return 0;
  } finally {
    ending.removeEventListener('abort', onAbort);
    redrawing?.stop();
    follower.stop();
  }
}

type Show = () => void;

function inPlace(session: CommandSession, request: StatusRequest, follower: SingletonFollower): Show {
  const place = new Repainting(session.output);
  return () => {
    const { singletons, troubles } = chosen(follower, request);
    place.draw([...pageOf(session, request, singletons), ...troubles.map(session.palette.bad)]);
  };
}

function asLines(session: CommandSession, request: StatusRequest, follower: SingletonFollower): Show {
  const before = new ShownBefore(
    request.format === 'json' ? (one) => JSON.stringify(statusDocument(one)) : standingText,
  );
  let isFirst = true;
  let saidTroubles = '';
  return () => {
    const { singletons, troubles } = chosen(follower, request);
    if (troubles.join() !== saidTroubles) complain(session, troubles);
    saidTroubles = troubles.join();
    const style = styleOf(session);
    const isEmpty = isFirst && singletons.length === 0 && request.format === 'text';
    isFirst = false;
    if (isEmpty) print(session.output, pageOf(session, request, singletons));
    const changes = before.changesTo(singletons);
    print(
      session.output,
      changes.map((change) =>
        request.format === 'json' ? JSON.stringify(changeDocument(change)) : changeLine(change, style),
      ),
    );
  };
}

type Followed = SingletonFollower['current'];

function chosen(follower: SingletonFollower, { name }: StatusRequest): Followed {
  const { singletons, troubles } = follower.current;
  return { troubles, singletons: singletons.filter((one) => name === undefined || one.name === name) };
}

function pageOf(
  session: CommandSession,
  request: StatusRequest,
  singletons: Followed['singletons'],
): readonly string[] {
  if (singletons.length > 0) return listLines(session, request, singletons);
  const { namespace, name } = request;
  return [
    name === undefined
      ? emptySentence(namespace, true)
      : `no singleton ${name} in namespace ${namespace} now`,
  ];
}

/** Draws again and again: what is shown says how long ago things were. */
function redraw({ clock }: CommandSession, follower: SingletonFollower, show: Show): { stop(): void } {
  let timer: Timer | undefined;
  const arm = () => {
    timer = clock.schedule(limits.redrawMs, () => {
      if (follower.synced) show();
      arm();
    });
  };
  arm();
  return { stop: () => timer?.cancel() };
}
