/**
 * Owns when watches are opened anew that seem well: what they tell is checked against what else is known.
 * Must not decide on a singleton, and must not relist more often than its limits allow: a list is dear.
 */
import type { ResourceVersion } from '../core/identity.ts';
import type { MonotonicMs } from '../time/clock.ts';
import type { ControllerWatches } from './controller-watches.ts';
import { limits } from './limits.ts';
import type { Log } from './log.ts';
import type { Singleton } from './singleton.ts';
import type { Singletons } from './singletons.ts';

export interface RelistsOptions {
  readonly watches: ControllerWatches;
  readonly singletons: Singletons;
  readonly log: Log;
}

/** When the newest renewals of the own heartbeat were sent: that the server took, and that came back on the watch. */
export interface Renewals {
  readonly acceptedAt: MonotonicMs | undefined;
  readonly returnedAt: MonotonicMs | undefined;
}

/** A record that rests on newer pods than were seen here. */
interface Ahead {
  readonly version: ResourceVersion;
  /** How many lists there had been when another one was ordered because of it. */
  readonly listsBefore: number | undefined;
}

export class Relists {
  readonly #options: RelistsOptions;
  #relistedAt: MonotonicMs | undefined;
  #stalePodsAt: MonotonicMs | undefined;
  #ahead: ReadonlyMap<string, Ahead> = new Map();

  constructor(options: RelistsOptions) {
    this.#options = options;
  }

  /** To be called from time to time. */
  step(now: MonotonicMs, renewals: Renewals, sightIsClear: boolean): void {
    if (!sightIsClear) this.#checkRenewals(now, renewals);
    this.#options.watches.relistSilent(now);
    if (this.#stalePodsAt !== undefined && now - this.#stalePodsAt < limits.stalePodsMs) return;
    this.#stalePodsAt = now;
    this.#checkStalePods();
  }

  /** The server accepts our renewals, and they don't come back: what the watches tell is not all there is. */
  #checkRenewals(now: MonotonicMs, { acceptedAt, returnedAt }: Renewals): void {
    if (returnedAt === undefined || acceptedAt === undefined || acceptedAt - returnedAt <= limits.sightMs)
      return;
    if (this.#relistedAt !== undefined && now - this.#relistedAt < limits.relistMs) return;
    this.#relistedAt = now;
    const { watches, log } = this.#options;
    log.write('warn', 'the watches are opened anew: the own heartbeat does not come back on them');
    watches.relist();
  }

  /** Either our watch of the pods lags, and a list heals it; or the record's number is false, and a list shows it. */
  #checkStalePods(): void {
    const ahead = new Map<string, Ahead>();
    const due: Singleton[] = [];
    for (const singleton of this.#options.singletons.all()) {
      const version = versionAhead(singleton);
      if (version === undefined) continue;
      const { namespace, name, podView } = singleton;
      const key = `${namespace}/${name}`;
      const known = this.#ahead.get(key);
      const lists = podView.listsOf(namespace);
      if (known?.version !== version) ahead.set(key, { version, listsBefore: undefined });
      else if (known.listsBefore === undefined) {
        ahead.set(key, { version, listsBefore: lists });
        due.push(singleton);
      } else if (lists > known.listsBefore) this.#disbelieve(singleton, version);
      else ahead.set(key, known);
    }
    this.#ahead = ahead;
    if (due.length > 0) this.#options.watches.relistPods(due);
  }

  /** A list is as new as anything that was written before it was asked for: no pod ever had that version. */
  #disbelieve(singleton: Singleton, version: ResourceVersion): void {
    const { log, singletons } = this.#options;
    const { namespace, name, podView } = singleton;
    singleton.disbelieve(version);
    const sentence = `its pods version ${version} is not believed: a complete list has come to ${podView.seenVersion(namespace) ?? 'none'} only`;
    log.write('warn', `record ${namespace}/${name}: ${sentence}`);
    singletons.wake(namespace, name);
    singletons.stepDirty();
  }
}

/** The version of the pods that its record rests on, where that alone keeps it from being decided on. */
function versionAhead(singleton: Singleton): ResourceVersion | undefined {
  if (singleton.state().decision?.because.code !== 'StalePods') return undefined;
  const version = singleton.recordPodsVersion;
  const seen = singleton.podView.seenVersion(singleton.namespace);
  return version !== undefined && (seen === undefined || seen < version) ? version : undefined;
}
