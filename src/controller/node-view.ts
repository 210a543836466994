/**
 * Owns which nodes the API says are not Ready.
 * Must not be needed: where nodes may not be read, what the node controller writes on the pods counts (pod-codec.ts).
 */
import type { NodeObject } from '../kube/decode-node.ts';
import type { WatchSink } from '../kube/watch-sink.ts';

export interface NodeViewOptions {
  /** A node became Ready, or ceased to be. */
  readonly onChanged: () => void;
}

export class NodeView {
  readonly #notReady = new Map<string, string>();
  readonly #options: NodeViewOptions;

  constructor(options: NodeViewOptions) {
    this.#options = options;
  }

  /** True for a node that nothing is known of. */
  isReady(node: string | undefined): boolean {
    return node === undefined || !this.#notReady.has(node);
  }

  get allReady(): boolean {
    return this.#notReady.size === 0;
  }

  sink(): WatchSink<NodeObject> {
    return {
      onApplied: (node) => this.#learn(node.name, node.uid, node.ready === 'True'),
      onDeleted: ({ name, uid }) => this.#gone(name, uid),
      onSynced: (present) => {
        for (const [name, uid] of this.#notReady) if (!present.has(uid)) this.#gone(name, uid);
      },
      onBookmark: () => undefined,
      onMalformed: () => undefined,
      onState: () => undefined,
    };
  }

  #learn(name: string, uid: string, ready: boolean): void {
    const wasReady = this.isReady(name);
    if (ready) this.#notReady.delete(name);
    // Also where nothing changed: a node that was made anew has another UID.
    else this.#notReady.set(name, uid);
    if (ready !== wasReady) this.#options.onChanged();
  }

  /** A node that was made anew under that name stays. */
  #gone(name: string, uid: string): void {
    if (this.#notReady.get(name) === uid) this.#learn(name, uid, true);
  }
}
