/**
 * Owns waiting for what comes of a request to move the role: one watch on the Singleton, and a deadline.
 * Must not judge what it sees (judge-switchover.ts) nor write.
 */
import { parseResourceVersion } from '../../core/identity.ts';
import { startReflector } from '../../kube/reflector.ts';
import { SINGLETONS } from '../../kube/resources.ts';
import type { Timer } from '../../time/clock.ts';
import type { CommandSession } from '../cluster/command-session.ts';
import { decodeSingleton, type SingletonObject } from '../cluster/decode-singleton.ts';
import { HeldObjects } from '../cluster/held-objects.ts';
import { limits } from '../cluster/limits.ts';
import { judgeSwitchover, type SwitchoverRequest, type SwitchoverState } from './judge-switchover.ts';

export interface Awaited {
  readonly session: CommandSession;
  readonly request: SwitchoverRequest;
  /** The Singleton with the request on it. */
  readonly asked: SingletonObject;
  readonly timeoutMs: number;
}

/** `pending`: the time is up, or the session is ending. Rejects for bugs only. */
export function awaitSwitchover(awaited: Awaited): Promise<SwitchoverState> {
  const { session, asked, timeoutMs } = awaited;
  const { clock, random, client, ending } = session;
  const { promise, resolve, reject } = Promise.withResolvers<SwitchoverState>();
  const timers: Timer[] = [];
  const held: HeldObjects<SingletonObject> = new HeldObjects(() => look());
  const finish = () => resolve(stateNow(awaited, held));
  const look = () => {
    const state = stateNow(awaited, held);
    if (state.kind === 'done' && state.move === undefined) {
      if (timers.length === 1) timers.push(clock.schedule(limits.historyWaitMs, finish));
    } else if (state.kind !== 'pending') resolve(state);
  };
  timers.push(clock.schedule(timeoutMs, finish));
  ending.addEventListener('abort', finish);
  const { namespace, name } = asked;
  const selection = { namespace, fieldSelector: `metadata.name=${name}` };
  const watch = { resource: SINGLETONS, decode: decodeSingleton, sink: held, onBug: reject };
  const reflector = startReflector({ ...selection, ...watch, transport: client.transport, clock, random });
  if (ending.aborted) finish();
  return promise.finally(() => {
    reflector.stop();
    ending.removeEventListener('abort', finish);
    for (const timer of timers) timer.cancel();
  });
}

/** What is held may be older than the request itself, or not be there yet: then the request is all that is known. */
function stateNow({ request, asked }: Awaited, held: HeldObjects<SingletonObject>): SwitchoverState {
  if (!held.synced) return judgeSwitchover(request, asked);
  const now = held.all.find(({ name }) => name === asked.name);
  return judgeSwitchover(request, now !== undefined && isOlder(now, asked) ? asked : now);
}

function isOlder(left: SingletonObject, right: SingletonObject): boolean {
  const versions = [left, right].map(({ resourceVersion }) => parseResourceVersion(resourceVersion));
  const [one, other] = versions;
  return one !== undefined && other !== undefined && one < other;
}
