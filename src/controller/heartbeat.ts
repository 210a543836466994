/**
 * Owns this controller's own Lease, renewed to prove its sight (sight.ts) and its presence to its peers (peers.ts).
 * Must not be waited for by anything.
 */
import type { ControllerIdentity } from '../core/pair.ts';
import { decodeLease } from '../kube/decode-lease.ts';
import { createRequest, deleteRequest, mergePatchRequest } from '../kube/request.ts';
import { LEASES } from '../kube/resources.ts';
import type { Clock, MonotonicMs, Timer } from '../time/clock.ts';
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
  #timer: Timer | undefined;
  #beating: Promise<void> | undefined;
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

  /** Takes the Lease away: the peers see at once that this controller has gone. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#beating;
    if (this.#uid === undefined) return;
    await this.#options.calls.send(deleteRequest(LEASES, { ...this.#target, uid: this.#uid }), {
      urgency: 'first',
    });
  }

  #beat(): void {
    this.#timer = undefined;
    this.#beating = this.#renew().catch((error: unknown) => {
      this.#options.onBug(error);
      this.#arm(limits.heartbeatMs);
    });
  }

  async #renew(): Promise<void> {
    const { clock, identity, group, ownPod, calls } = this.#options;
    const sentAt = clock.now();
    const pod = ownPod();
    const encoded = encodeHeartbeat(identity, {
      group,
      sentAt,
      wallTimeMs: clock.wallTimeMs(),
      podUid: pod?.uid,
    });
    const renewed = await calls.send(mergePatchRequest(LEASES, { ...this.#target, patch: encoded }), {
      urgency: 'first',
    });
    const outcome = renewed.kind === 'notFound' ? await this.#create(encoded, pod) : renewed;
    if (outcome.kind === 'ok') {
      this.#renewedAt = sentAt;
      this.#uid = readObject(outcome.body, decodeLease)?.uid ?? this.#uid;
      this.#arm(Math.max(0, limits.heartbeatMs - (clock.now() - sentAt)));
    } else {
      this.#arm(limits.heartbeatRetryMs);
    }
  }

  #create(
    encoded: ReturnType<typeof encodeHeartbeat>,
    pod: ReturnType<HeartbeatOptions['ownPod']>,
  ): Promise<CallOutcome> {
    const body = heartbeatBody(encoded, this.#target, pod);
    return this.#options.calls.send(createRequest(LEASES, { namespace: this.#target.namespace, body }), {
      urgency: 'first',
    });
  }

  #arm(delayMs: number): void {
    if (!this.#stopped) this.#timer = this.#options.clock.schedule(delayMs, () => this.#beat());
  }
}
