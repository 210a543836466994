/**
 * Owns what the command `switchover` does: it writes the request, waits for what comes of it, and says so.
 * Must not move anything itself, nor leave a request behind that nobody waits for.
 */
import { words } from '../../controller/words.ts';
import { objectPatch } from '../../kube/request.ts';
import { SINGLETONS } from '../../kube/resources.ts';
import { KubeError } from '../../kube/status.ts';
import { TransportError } from '../../kube/transport.ts';
import { type CommandSession, complain, print, styleOf } from '../cluster/command-session.ts';
import { decodeSingleton, type SingletonObject } from '../cluster/decode-singleton.ts';
import { heartbeatSentence, readHeartbeats } from '../cluster/heartbeats.ts';
import { limits } from '../cluster/limits.ts';
import { readSingletonObject } from '../cluster/read-singletons.ts';
import { seen } from '../cluster/seen.ts';
import { moveLines } from '../history/move-lines.ts';
import { wrapped } from '../terminal/wrap.ts';
import { awaitSwitchover } from './await-switchover.ts';
import {
  highestEpoch,
  judgeSwitchover,
  type SwitchoverRequest,
  type SwitchoverState,
} from './judge-switchover.ts';

export interface SwitchoverWish {
  readonly namespace: string;
  readonly name: string;
  /** A member's name; undefined: the best. */
  readonly to: string | undefined;
  readonly timeoutMs: number;
}

const best = 'best';

/** Resolves to the exit code: 0 it has moved, 1 it has not, and standard error says why. */
export async function askSwitchover(session: CommandSession, wish: SwitchoverWish): Promise<number> {
  const before = await readSingletonObject(session.client, wish);
  const active = before.status?.active?.pod;
  if (wish.to !== undefined && wish.to === active) {
    print(session.output, [`${active} is the active one already: nothing to do`]);
    return 0;
  }
  const { request, asked } = await orSayThatItMayStand(
    session,
    wish,
    write(session, before, wish.to ?? best),
  );
  print(session.output, wrapped(askedSentence(wish, before), styleOf(session).width));
  const awaited = await awaitSwitchover({ session, request, asked, timeoutMs: wish.timeoutMs });
  const state =
    awaited.kind === 'pending'
      ? await orSayThatItMayStand(session, wish, withdraw(session, asked, request))
      : awaited;
  if (state.kind !== 'pending') return say(session, request, state);
  session.ending.throwIfAborted();
  return sayTimeout(session, wish, state);
}

/** Where no answer comes, the API server may have acted or not: a request that nobody waits for must not go unsaid. */
async function orSayThatItMayStand<T>(
  session: CommandSession,
  { namespace, name }: SwitchoverWish,
  writing: Promise<T>,
): Promise<T> {
  try {
    return await writing;
  } catch (error) {
    if (error instanceof TransportError) {
      const remove = `kubectl annotate -n ${namespace} singleton ${name} ${words.switchover}-`;
      complain(session, [`the request may stand on the Singleton now: \`${remove}\` takes it back`]);
    }
    throw error;
  }
}

function askedSentence({ namespace, name, to }: SwitchoverWish, before: SingletonObject): string {
  const target = to ?? 'the best standby';
  const active = before.status?.active;
  const now =
    active === undefined ? 'nobody is active' : `${active.pod} is active with epoch ${active.epoch}`;
  const standing = before.annotations[words.switchover];
  const replaced = standing === undefined ? '' : `; the request for ${standing} that stood there is replaced`;
  return `${namespace}/${name}: asked to move the role to ${target}; ${now}${replaced}`;
}

/** An answer that stands there is to an earlier request: it goes as this one comes. */
async function write({ client }: CommandSession, before: SingletonObject, to: string) {
  const { namespace, name, uid } = before;
  // Whoever carries it out, and however late, does it once: from this epoch on.
  const known = highestEpoch(before);
  const wish = known > 0 ? `${to}@${known}` : to;
  const annotations = { [words.switchover]: wish, [words.switchoverResult]: null };
  const patch = objectPatch({ uid }, { metadata: { annotations } });
  const asked = await client.patch(SINGLETONS, { namespace, name }, patch, decodeSingleton);
  const request: SwitchoverRequest = { uid, to, epoch: Math.max(highestEpoch(before), highestEpoch(asked)) };
  return { request, asked };
}

/** Takes the request back; resolves to what has come of it, which is `pending` where it is withdrawn in time. */
async function withdraw(
  { client }: CommandSession,
  { namespace, name }: SingletonObject,
  request: SwitchoverRequest,
): Promise<SwitchoverState> {
  for (let tries = 1; ; tries++) {
    const now = await client.get(SINGLETONS, { namespace, name }, decodeSingleton);
    const state = judgeSwitchover(request, now);
    if (now === undefined || state.kind !== 'pending' || !state.stands) return state;
    const { uid, resourceVersion } = now;
    const patch = objectPatch(
      { uid, resourceVersion },
      { metadata: { annotations: { [words.switchover]: null } } },
    );
    try {
      await client.patch(SINGLETONS, { namespace, name }, patch, decodeSingleton);
      return { ...state, stands: false };
    } catch (error) {
      const isConflict = error instanceof KubeError && error.code === 'CONFLICT';
      if (!isConflict || tries >= limits.withdrawTries) throw error;
    }
  }
}

function say(
  session: CommandSession,
  { to }: SwitchoverRequest,
  state: Exclude<SwitchoverState, { kind: 'pending' }>,
): number {
  switch (state.kind) {
    case 'done': {
      const style = styleOf(session);
      const lines =
        state.move === undefined
          ? wrapped(`done: ${state.sentence}`, style.width)
          : moveLines(state.move, style);
      print(session.output, lines);
      return 0;
    }
    case 'refused':
      complain(session, [`refused: ${state.sentence}`]);
      return 1;
    case 'replaced':
      complain(session, [`the request for ${to} was replaced by somebody else's for ${state.by}`]);
      return 1;
    case 'gone':
      complain(session, ['the Singleton was deleted meanwhile']);
      return 1;
  }
}

async function sayTimeout(
  session: CommandSession,
  { timeoutMs }: SwitchoverWish,
  { known }: Extract<SwitchoverState, { kind: 'pending' }>,
): Promise<number> {
  const heartbeats = await seen(readHeartbeats(session.client));
  const alive = heartbeats.kind === 'seen' ? [heartbeatSentence(heartbeats.value, styleOf(session))] : [];
  complain(session, [
    `not moved within ${timeoutMs / 1_000} s: ${known}`,
    ...alive,
    'the request does not stand any more: nothing will move by it later',
  ]);
  return 1;
}
