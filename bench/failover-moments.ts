/**
 * Owns the moments of one failover as the store had them, and the phases between them.
 * Must not ask anybody, and does next to nothing while it listens: it sits on the thread that is measured.
 */
import type { HapodCluster } from '../src/cli/hapod/hapod-cluster.ts';
import type { GoodStanding } from '../src/cli/hapod/standing.ts';
import { machineNowMs } from '../src/cli/steady-client/machine-time.ts';
import { resourceTypes } from '../src/sandbox/api/resource-types.ts';
import type { StoredObject } from '../src/sandbox/api/stored-object.ts';

/** Durations in ms that follow each other. */
export interface FailoverPhases {
  /** From the strike to the first change of the active pod in the store. */
  readonly known: number;
  /** To the record that names the standby: the watch, the decision, one write. */
  readonly record: number;
  /** To role=active on the standby: one more write. */
  readonly route: number;
  /** To the end of the first attempt of the client that the standby answered: proxy, and the client's own interval. */
  readonly answer: number;
}

export const failoverPhaseNames = ['known', 'record', 'route', 'answer'] as const;

export class FailoverMoments {
  readonly #before: GoodStanding;
  readonly #unsubscribes: readonly (() => void)[];
  #knownAtMs = Number.NaN;
  #recordedAtMs = Number.NaN;
  #routedAtMs = Number.NaN;

  /** Listens from now on. */
  constructor({ sandbox: { store } }: HapodCluster, before: GoodStanding) {
    this.#before = before;
    this.#unsubscribes = [
      store.subscribe(resourceTypes.pods, ({ object }) => this.#onPod(object)),
      store.subscribe(resourceTypes.leases, ({ object }) => this.#onLease(object)),
    ];
  }

  /** Ends the listening. NaN stands for what was not heard of. */
  phases(struckAtMs: number, answeredAtMs: number): FailoverPhases {
    for (const unsubscribe of this.#unsubscribes) unsubscribe();
    return {
      known: this.#knownAtMs - struckAtMs,
      record: this.#recordedAtMs - this.#knownAtMs,
      route: this.#routedAtMs - this.#recordedAtMs,
      answer: answeredAtMs - this.#routedAtMs,
    };
  }

  #onPod({ metadata: { uid, labels } }: StoredObject): void {
    const { active, standby } = this.#before;
    if (uid === active.uid && Number.isNaN(this.#knownAtMs)) this.#knownAtMs = machineNowMs();
    if (uid === standby.uid && labels?.role === 'active' && Number.isNaN(this.#routedAtMs))
      this.#routedAtMs = machineNowMs();
  }

  #onLease({ metadata, spec }: StoredObject): void {
    if (!Number.isNaN(this.#recordedAtMs) || metadata.namespace !== this.#before.standby.namespace) return;
    if (isNamed(spec, this.#before.standby.name)) this.#recordedAtMs = machineNowMs();
  }
}

function isNamed(spec: unknown, holder: string): boolean {
  return (
    typeof spec === 'object' && spec !== null && 'holderIdentity' in spec && spec.holderIdentity === holder
  );
}
