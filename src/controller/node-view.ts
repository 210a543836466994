/**
 * Owns which nodes the API says are not Ready, or cordoned.
 * Must not be needed: where nodes may not be read, what the node controller writes on the pods counts (pod-codec.ts).
 */
import type { NodeObject } from '../kube/decode-node.ts';
import type { WatchSink } from '../kube/watch-sink.ts';
import type { Clock, MonotonicMs } from '../time/clock.ts';

export interface NodeViewOptions {
  readonly clock: Pick<Clock, 'now'>;
  /** A node became Ready or was cordoned, or ceased to be. */
  readonly onChanged: () => void;
}

interface Cordoned {
  readonly uid: string;
  readonly at: MonotonicMs;
}

export class NodeView {
  readonly #notReady = new Map<string, string>();
  readonly #cordoned = new Map<string, Cordoned>();
  /** By UID: a node that was made anew under a name has another one. */
  readonly #withCilium = new Set<string>();
  readonly #options: NodeViewOptions;
  #synced = false;

  constructor(options: NodeViewOptions) {
    this.#options = options;
  }

  /** All of them have been seen once. */
  get synced(): boolean {
    return this.#synced;
  }

  /** True for a node that nothing is known of. */
  isReady(node: string | undefined): boolean {
    return node === undefined || !this.#notReady.has(node);
  }

  /** When this controller saw that; undefined where it is not, or nothing is known of it. */
  cordonedAt(node: string | undefined): MonotonicMs | undefined {
    return node === undefined ? undefined : this.#cordoned.get(node)?.at;
  }

  /** All are Ready, and none is cordoned. */
  get allCalm(): boolean {
    return this.#notReady.size === 0 && this.#cordoned.size === 0;
  }

  /**
   * A node's proxy may miss a change of endpoints until the next one comes. Cilium's agent up to 1.19.2, after it lost its
   * connection to the API server (cilium#48050, mended by cilium#45198).
   */
  get mayMissEndpoints(): boolean {
    return this.#withCilium.size > 0;
  }

  sink(): WatchSink<NodeObject> {
    return {
      onApplied: (node) => this.#apply(node),
      onDeleted: ({ name, uid }) => this.#gone(name, uid),
      onSynced: (present) => {
        this.#synced = true;
        for (const [name, uid] of this.#notReady) if (!present.has(uid)) this.#gone(name, uid);
        for (const uid of this.#withCilium) if (!present.has(uid)) this.#withCilium.delete(uid);
        for (const [name, { uid }] of this.#cordoned) if (!present.has(uid)) this.#gone(name, uid);
      },
      onBookmark: () => undefined,
      onMalformed: () => undefined,
      onState: () => undefined,
    };
  }

  #apply({ name, uid, ready, unschedulable, hasCilium }: NodeObject): void {
    if (hasCilium) this.#withCilium.add(uid);
    else this.#withCilium.delete(uid);
    const wasReady = this.isReady(name);
    const wasCordoned = this.#cordoned.has(name);
    if (ready === 'True') this.#notReady.delete(name);
    // Also where nothing changed: a node that was made anew has another UID.
    else this.#notReady.set(name, uid);
    if (!unschedulable) this.#cordoned.delete(name);
    else if (this.#cordoned.get(name)?.uid !== uid)
      this.#cordoned.set(name, { uid, at: this.#options.clock.now() });
    if (this.isReady(name) !== wasReady || this.#cordoned.has(name) !== wasCordoned)
      this.#options.onChanged();
  }

  /** A node that was made anew under that name stays. */
  #gone(name: string, uid: string): void {
    this.#withCilium.delete(uid);
    const wasNotReady = this.#notReady.get(name) === uid && this.#notReady.delete(name);
    const wasCordoned = this.#cordoned.get(name)?.uid === uid && this.#cordoned.delete(name);
    if (wasNotReady || wasCordoned) this.#options.onChanged();
  }
}
