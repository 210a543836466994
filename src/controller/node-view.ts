/**
 * Owns which nodes the API says are not Ready.
 * Must not be needed: where nodes may not be read, the pods' own conditions count.
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
      onDeleted: ({ name, uid }) => this.#learn(name, uid, true),
      onSynced: (present) => {
        for (const [name, uid] of this.#notReady) if (!present.has(uid)) this.#learn(name, uid, true);
      },
      onBookmark: () => undefined,
      onMalformed: () => undefined,
      onState: () => undefined,
    };
  }

  #learn(name: string, uid: string, ready: boolean): void {
    if (ready !== this.#notReady.has(name)) return;
    if (ready) this.#notReady.delete(name);
    else this.#notReady.set(name, uid);
    this.#options.onChanged();
  }
}
