/**
 * Owns when watches are opened anew that seem well: what they tell is checked against what else is known.
 * Must not decide on a singleton, and must not relist more often than its limits allow: a list is dear.
 */
import type { ResourceVersion } from '../core/identity.ts';
import type { MonotonicMs } from '../time/clock.ts';
import type { Adoption } from './adoption.ts';
import type { ControllerWatches } from './controller-watches.ts';
import { limits } from './limits.ts';
import type { Log } from './log.ts';
import type { PodView } from './pod-view.ts';
import type { RecordView } from './record-view.ts';
import type { SingletonState } from './singleton.ts';
import type { Singletons } from './singletons.ts';

export interface RelistsOptions {
  readonly watches: ControllerWatches;
  readonly podViews: ReadonlyMap<Adoption, PodView>;
  readonly records: RecordView;
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
  readonly #podViews: ReadonlyMap<string, PodView>;
  #relistedAt: MonotonicMs | undefined;
  #stalePodsAt: MonotonicMs | undefined;
  #ahead: ReadonlyMap<string, Ahead> = new Map();

  constructor(options: RelistsOptions) {
    this.#options = options;
    this.#podViews = new Map([...options.podViews].map(([{ singletonName }, view]) => [singletonName, view]));
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
    const due: SingletonState[] = [];
    for (const state of this.#options.singletons.states()) {
      const version = this.#versionAhead(state);
      if (version === undefined) continue;
      const key = `${state.namespace}/${state.name}`;
      const known = this.#ahead.get(key);
      const lists = this.#podViews.get(state.name)?.listsOf(state.namespace) ?? 0;
      if (known?.version !== version) ahead.set(key, { version, listsBefore: undefined });
      else if (known.listsBefore === undefined) {
        ahead.set(key, { version, listsBefore: lists });
        due.push(state);
      } else if (lists > known.listsBefore) this.#disbelieve(state, version);
      else ahead.set(key, known);
    }
    this.#ahead = ahead;
    if (due.length > 0) this.#options.watches.relistPods(due);
  }

  /** The version of the pods that its record rests on, where that alone keeps it from being decided on. */
  #versionAhead({ namespace, name, decision }: SingletonState): ResourceVersion | undefined {
    if (decision?.because.code !== 'StalePods') return undefined;
    const known = this.#options.records.recordOf(namespace, name);
    const version = known.kind === 'present' ? known.record.podsVersion : undefined;
    const seen = this.#podViews.get(name)?.seenVersion(namespace);
    return version !== undefined && (seen === undefined || seen < version) ? version : undefined;
  }

  /** A list is as new as anything that was written before it was asked for: no pod ever had that version. */
  #disbelieve({ namespace, name }: SingletonState, version: ResourceVersion): void {
    const { log, singletons } = this.#options;
    const pods = this.#podViews.get(name);
    pods?.podsOf(namespace).disbelieve(version);
    const sentence = `its pods version ${version} is not believed: a complete list has come to ${pods?.seenVersion(namespace) ?? 'none'} only`;
    log.write('warn', `record ${namespace}/${name}: ${sentence}`);
    singletons.wake(namespace, name);
    singletons.stepDirty();
  }
}
