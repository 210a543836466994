/**
 * Owns this controller's own Lease, renewed to prove its sight (sight.ts) and its presence to its peers (peers.ts).
 * Must not be waited for by anything.
 */
import type { ControllerIdentity } from '../core/pair.ts';
import { decodeLease } from '../kube/decode-lease.ts';
import { createRequest, deleteRequest, mergePatchRequest } from '../kube/request.ts';
import { LEASES } from '../kube/resources.ts';
import type { ApiRequest } from '../kube/transport.ts';
import { after, type Clock, type MonotonicMs, type Timer } from '../time/clock.ts';
import { type ApiCalls, type CallOutcome, readObject } from './api-calls.ts';
import { encodeHeartbeat, heartbeatBody, heartbeatName } from './heartbeat-codec.ts';
import { limits } from './limits.ts';

export interface HeartbeatOptions {
  readonly calls: ApiCalls;
  readonly clock: Clock;
  readonly identity: ControllerIdentity;
  readonly namespace: string;
  readonly group: string;
  /** This controller's own pod, once it is known that there is one. */
  readonly ownPod: () => { readonly name: string; readonly uid: string } | undefined;
  readonly onBug: (error: unknown) => void;
}

export class Heartbeat {
  readonly #options: HeartbeatOptions;
  readonly #target: { readonly namespace: string; readonly name: string };
  readonly #underWay = new Set<Promise<void>>();
  #timer: Timer | undefined;
  #dueAt: MonotonicMs | undefined;
  #uid: string | undefined;
  #renewedAt: MonotonicMs | undefined;
  #stopped = false;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
    this.#target = { namespace: options.namespace, name: heartbeatName(options.identity.name) };
  }

  /** When the newest renewal that the API server has accepted was sent. */
  get renewedAt(): MonotonicMs | undefined {
    return this.#renewedAt;
  }

  start(): void {
    this.#beat();
  }

  /** Takes the Lease away: the peers see at once that this controller has gone. Nothing is sent after `stopBy`. */
  async stop(stopBy: MonotonicMs): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    // A create under way is the only thing that says which Lease is ours.
    if (this.#uid === undefined) await Promise.all(this.#underWay);
    const timeoutMs = stopBy - this.#options.clock.now();
    if (this.#uid === undefined || timeoutMs <= 0) return;
    const request = deleteRequest(LEASES, { ...this.#target, uid: this.#uid });
    await this.#options.calls.send(request, { urgency: 'first', timeoutMs });
  }

  /** One after the other by the clock, not by the answers: where those take long, the proof of sight must not. */
  #beat(): void {
    this.#timer = undefined;
    this.#arm(limits.heartbeatMs);
    if (this.#underWay.size >= limits.heartbeatsUnderWayMax) return;
    const beating = this.#renew()
      .catch(this.#options.onBug)
      .finally(() => this.#underWay.delete(beating));
    this.#underWay.add(beating);
  }

  async #renew(): Promise<void> {
    const { clock, identity, group, ownPod } = this.#options;
    const sentAt = clock.now();
    const encoded = encodeHeartbeat(identity, {
      group,
      sentAt,
      wallTimeMs: clock.wallTimeMs(),
      pod: ownPod(),
    });
    const renewed = await this.#send(mergePatchRequest(LEASES, { ...this.#target, patch: encoded }));
    const outcome = this.#isToBeMade(renewed) ? await this.#create(encoded) : renewed;
    if (outcome.kind !== 'ok') return this.#arm(limits.heartbeatRetryMs);
    if (this.#renewedAt === undefined || sentAt > this.#renewedAt) this.#renewedAt = sentAt;
    this.#uid = readObject(outcome.body, decodeLease)?.uid ?? this.#uid;
  }

  /** Before the first answer nobody knows whether there is a Lease: a create that finds one does no harm. */
  #isToBeMade(renewed: CallOutcome): boolean {
    if (this.#stopped) return false;
    if (renewed.kind === 'notFound') return true;
    return this.#uid === undefined && renewed.kind === 'unreachable' && renewed.delivered === 'unknown';
  }

  #create(encoded: ReturnType<typeof encodeHeartbeat>): Promise<CallOutcome> {
    const body = heartbeatBody(encoded, this.#target);
    return this.#send(createRequest(LEASES, { namespace: this.#target.namespace, body }));
  }

  #send(request: ApiRequest): Promise<CallOutcome> {
    return this.#options.calls.send(request, {
      urgency: 'first',
      timeoutMs: limits.startRequestTimeoutMs,
    });
  }

  /** The next one is sent after this delay, or before it where it is due anyway. */
  #arm(delayMs: number): void {
    const { clock } = this.#options;
    const dueAt = after(clock.now(), delayMs);
    if (this.#stopped || (this.#timer !== undefined && this.#dueAt !== undefined && this.#dueAt <= dueAt))
      return;
    this.#timer?.cancel();
    this.#dueAt = dueAt;
    this.#timer = clock.schedule(delayMs, () => this.#beat());
  }
}
