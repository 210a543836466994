/**
 * Owns this controller's place in its group: it keeps core/pair.ts's decision carried out, and hands over when it stops.
 * Must not be waited for by a failover: every controller decides, whoever is the active one.
 */
import type { ControllerRole } from '../core/hold-back.ts';
import { parseResourceVersion } from '../core/identity.ts';
import {
  type ControllerIdentity,
  decidePair,
  isVacant,
  type PairEffect,
  type PairLease,
  type PairView,
} from '../core/pair.ts';
import { decodeLease, type LeaseObject } from '../kube/decode-lease.ts';
import { decodePod } from '../kube/decode-pod.ts';
import { microTime } from '../kube/encode-lease.ts';
import { createRequest, getRequest, mergePatchRequest, objectBody, objectPatch } from '../kube/request.ts';
import { LEASES, PODS } from '../kube/resources.ts';
import { after, type Clock, type MonotonicMs, type Timer } from '../time/clock.ts';
import { type ApiCalls, describeFailure, readObject } from './api-calls.ts';
import { decodePairHolder, encodePairHolder, pairLeaseName } from './heartbeat-codec.ts';
import { limits } from './limits.ts';
import type { Log } from './log.ts';
import type { Peers } from './peers.ts';
import { podDecoding } from './pod-codec.ts';
import { words } from './words.ts';

export interface PairRunnerOptions {
  readonly calls: ApiCalls;
  readonly clock: Clock;
  readonly log: Log;
  readonly identity: ControllerIdentity;
  readonly namespace: string;
  readonly group: string;
  readonly peers: Peers;
  readonly isSightClear: (now: MonotonicMs) => boolean;
  readonly onRoleChanged: (role: ControllerRole) => void;
  readonly onBug: (error: unknown) => void;
}

export class PairRunner {
  readonly #options: PairRunnerOptions;
  readonly #target: { readonly namespace: string; readonly name: string };
  #role: ControllerRole = 'backup';
  #lease: PairLease = { kind: 'unknown' };
  #leaseTransitions = 0;
  #vacantSince: MonotonicMs | undefined;
  #sightWasClear = false;
  #blockedUntil: MonotonicMs | undefined;
  #passing: Promise<void> | undefined;
  #timer: Timer | undefined;
  #saidFailure: string | undefined;
  #saidNamesake: string | undefined;
  #stopped = false;

  constructor(options: PairRunnerOptions) {
    this.#options = options;
    this.#target = { namespace: options.namespace, name: pairLeaseName(options.group) };
  }

  get role(): ControllerRole {
    return this.#role;
  }

  /** The pair's Lease as the watch, or an answer, has it. Older versions are left aside. */
  leaseSeen(lease: LeaseObject): void {
    if (lease.name !== this.#target.name) return;
    const version = parseResourceVersion(lease.resourceVersion);
    const known =
      this.#lease.kind === 'present' ? parseResourceVersion(this.#lease.resourceVersion) : undefined;
    if (version !== undefined && known !== undefined && version <= known) return;
    this.#leaseTransitions = lease.transitions;
    const holder = decodePairHolder(lease.holder);
    this.#lease = { kind: 'present', resourceVersion: lease.resourceVersion, holder };
  }

  leaseGone(name: string, resourceVersion: string): void {
    const deleted = parseResourceVersion(resourceVersion);
    const known =
      this.#lease.kind === 'present' ? parseResourceVersion(this.#lease.resourceVersion) : undefined;
    const isNewer = deleted === undefined || known === undefined || deleted >= known;
    if (name === this.#target.name && isNewer) this.#lease = { kind: 'absent' };
  }

  /** The first picture of the Leases is complete: one that was not in it does not exist. */
  leasesSynced(names: ReadonlySet<string>): void {
    if (!names.has(this.#target.name)) this.#lease = { kind: 'absent' };
  }

  /** Decides on the pair as it is now. Never throws. */
  step(): void {
    if (this.#stopped || this.#passing !== undefined) return;
    try {
      this.#decide();
    } catch (error) {
      this.#options.onBug(error);
    }
  }

  /** Hands over at once: the Lease is released and the own label put back. Nothing is sent after `stopBy`. */
  async stop(stopBy: MonotonicMs): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#passing;
    const { peers, identity, clock } = this.#options;
    const timeoutMs = stopBy - clock.now();
    if (timeoutMs <= 0) return;
    const pod = peers.podNamed(identity.name);
    const unlabel =
      pod?.labels[words.role] === 'active' ? this.#label(pod, undefined, 'standby', timeoutMs) : undefined;
    await Promise.all([this.#release(timeoutMs), unlabel]);
  }

  #decide(): void {
    const { clock } = this.#options;
    const now = clock.now();
    const view = this.#view(now);
    const { role, effects, recheckAt } = decidePair(view, now);
    if (role !== this.#role) {
      this.#role = role;
      this.#options.onRoleChanged(role);
    }
    const isBlocked = this.#blockedUntil !== undefined && now < this.#blockedUntil;
    if (effects.length > 0 && !isBlocked) this.#pass(effects);
    else this.#arm(isBlocked ? this.#blockedUntil : recheckAt, now);
  }

  #view(now: MonotonicMs): PairView {
    const { identity, peers, isSightClear } = this.#options;
    const sightIsClear = isSightClear(now);
    if (sightIsClear && !this.#sightWasClear) peers.forgive(now);
    this.#sightWasClear = sightIsClear;
    const livePeers = peers.live(now);
    this.#sayNamesake(livePeers);
    const isEmpty = isVacant({ lease: this.#lease, self: identity, livePeers });
    this.#vacantSince = isEmpty ? (this.#vacantSince ?? now) : undefined;
    const { lease, vacantSince } = { lease: this.#lease, vacantSince: this.#vacantSince };
    return { self: identity, lease, livePeers, pods: peers.pods(), sightIsClear, vacantSince };
  }

  #pass(effects: readonly PairEffect[]): void {
    this.#passing = Promise.all(effects.map((effect) => this.#carryOut(effect)))
      .then(
        (successes) => this.#learn(successes.every((success) => success)),
        (error: unknown) => {
          this.#options.onBug(error);
          this.#learn(false);
        },
      )
      .then(() => {
        this.#passing = undefined;
        this.step();
      });
  }

  #learn(succeeded: boolean): void {
    if (succeeded) this.#saidFailure = undefined;
    this.#blockedUntil = succeeded ? undefined : after(this.#options.clock.now(), limits.pairRetryMs);
  }

  #carryOut(effect: PairEffect): Promise<boolean> {
    if (effect.kind === 'claim') return this.#claim(effect);
    return this.#label(effect.pod, effect.resourceVersion, effect.role);
  }

  async #claim({ base }: Extract<PairEffect, { readonly kind: 'claim' }>): Promise<boolean> {
    const { calls, identity, group, clock } = this.#options;
    const now = microTime(clock.wallTimeMs());
    const metadata = { labels: { [words.lease]: 'pair', [words.group]: group } };
    const leaseTransitions = this.#leaseTransitions + 1;
    const spec = {
      holderIdentity: encodePairHolder(identity),
      leaseTransitions,
      acquireTime: now,
      renewTime: now,
    };
    const request =
      base.kind === 'create'
        ? createRequest(LEASES, {
            namespace: this.#target.namespace,
            body: objectBody(LEASES, { ...this.#target, ...metadata }, { spec }),
          })
        : mergePatchRequest(LEASES, {
            ...this.#target,
            patch: objectPatch({ resourceVersion: base.resourceVersion }, { metadata, spec }),
          });
    const outcome = await calls.send(request, patiently);
    if (outcome.kind === 'ok') return this.#readLease(outcome.body);
    this.#sayFailure(`the pair's Lease was not taken: ${describeFailure(outcome)}`);
    if (this.#stopped) return false;
    const isKnown = await this.#askForLease();
    // A conflict is not a fault: somebody else has it now.
    return isKnown && outcome.kind === 'conflict';
  }

  #readLease(body: string): boolean {
    const lease = readObject(body, decodeLease);
    if (lease !== undefined) this.leaseSeen(lease);
    return lease !== undefined;
  }

  async #askForLease(): Promise<boolean> {
    const outcome = await this.#options.calls.send(getRequest(LEASES, this.#target), patiently);
    if (outcome.kind === 'ok') {
      // Believed whatever its version: what is known has just been refused, and the store itself may have gone back.
      this.#lease = { kind: 'unknown' };
      return this.#readLease(outcome.body);
    }
    if (outcome.kind === 'notFound') this.#lease = { kind: 'absent' };
    return outcome.kind === 'notFound';
  }

  async #label(
    { uid, name }: { readonly uid: string; readonly name: string },
    resourceVersion: string | undefined,
    role: string,
    timeoutMs: number = patiently.timeoutMs,
  ): Promise<boolean> {
    const { calls, namespace, peers } = this.#options;
    const patch = objectPatch({ uid, resourceVersion }, { metadata: { labels: { [words.role]: role } } });
    const outcome = await calls.send(mergePatchRequest(PODS, { namespace, name, patch }), {
      urgency: 'first',
      timeoutMs,
    });
    if (outcome.kind !== 'ok') {
      this.#sayFailure(`controller ${name} was not labelled ${role}: ${describeFailure(outcome)}`);
      return false;
    }
    const pod = readObject(outcome.body, (raw) => decodePod(raw, podDecoding));
    if (pod !== undefined) peers.podSeen(pod);
    return pod !== undefined;
  }

  async #release(timeoutMs: number): Promise<void> {
    const { calls, identity } = this.#options;
    const lease = this.#lease;
    if (lease.kind !== 'present' || lease.holder === undefined) return;
    if (encodePairHolder(lease.holder) !== encodePairHolder(identity)) return;
    const patch = objectPatch({ resourceVersion: lease.resourceVersion }, { spec: { holderIdentity: null } });
    await calls.send(mergePatchRequest(LEASES, { ...this.#target, patch }), { urgency: 'first', timeoutMs });
  }

  /** Two of one name share one heartbeat Lease and one Pod name: each works, but nobody can tell them apart. */
  #sayNamesake(livePeers: readonly ControllerIdentity[]): void {
    const { identity, log } = this.#options;
    const namesake = livePeers.find(({ name }) => name === identity.name);
    if (namesake === undefined || namesake.instance === this.#saidNamesake) return;
    this.#saidNamesake = namesake.instance;
    log.write(
      'warn',
      `another controller runs under the name ${identity.name} too: each needs its own (--name)`,
    );
  }

  #sayFailure(sentence: string): void {
    if (sentence === this.#saidFailure) return;
    this.#saidFailure = sentence;
    this.#options.log.write('debug', sentence);
  }

  #arm(at: MonotonicMs | undefined, now: MonotonicMs): void {
    this.#timer?.cancel();
    this.#timer =
      at === undefined ? undefined : this.#options.clock.schedule(Math.max(0, at - now), () => this.step());
  }
}

/** No failover waits for the pair: a slow answer is better than none. */
const patiently = { urgency: 'first', timeoutMs: limits.startRequestTimeoutMs } as const;
