/**
 * Owns the controllers' picture of the pods, by what they are looked up by, so that no look at one object goes through
 * all of them: with a thousand ReplicaSets a change of one pod costs as much as with one.
 * It is as fresh as the store: it hears of a change before any controller that was made after it.
 */
import type { StoreEvent } from '../api/collection.ts';
import { stringAt } from '../api/json.ts';
import { type LabelSelector, matchesLabels, selectorOfLabels } from '../api/label-selector.ts';
import { resourceTypes } from '../api/resource-types.ts';
import type { StoredObject } from '../api/stored-object.ts';
import type { StoreLink } from '../store-link.ts';

type Pods = Map<string, StoredObject>;

const none: Pods = new Map();

export class KnownPods {
  readonly #link: StoreLink;
  readonly #unsubscribe: () => void;
  readonly #byKey = new Map<string, Pods>();

  constructor(link: StoreLink) {
    this.#link = link;
    this.#unsubscribe = link.subscribe(resourceTypes.pods, (event) => this.#onEvent(event));
    link.onReconnected(() => this.#fill());
    this.#fill();
  }

  /** The pods whose controller has this uid. */
  ownedBy(uid: string): readonly StoredObject[] {
    return [...this.#under(ownerKey(uid)).values()];
  }

  /** The pods that have no controller. */
  orphansIn(namespace: string): readonly StoredObject[] {
    return [...this.#under(orphanKey(namespace)).values()];
  }

  onNode(name: string): readonly StoredObject[] {
    return [...this.#under(nodeKey(name)).values()];
  }

  /** The pods that have all of these labels; none without a label to look for. */
  withLabels(namespace: string, labels: Readonly<Record<string, string>>): readonly StoredObject[] {
    const candidates = Object.entries(labels).map(([label, value]) =>
      this.#under(labelKey(namespace, label, value)),
    );
    const [fewest = none] = candidates.toSorted((left, right) => left.size - right.size);
    const selector = selectorOfLabels(labels);
    return [...fewest.values()].filter((pod) => matchesLabels(selector, pod.metadata.labels));
  }

  /** The pods that the selector takes in; an empty one takes in all. */
  matching(namespace: string, selector: LabelSelector): readonly StoredObject[] {
    const labels = selector.flatMap((requirement) =>
      requirement.kind === 'in' && requirement.values.length === 1
        ? requirement.values.map((value) => [requirement.key, value] as const)
        : [],
    );
    const candidates =
      labels.length === 0
        ? this.#link.list(resourceTypes.pods, { namespace })
        : this.withLabels(namespace, Object.fromEntries(labels));
    return candidates.filter((pod) => matchesLabels(selector, pod.metadata.labels));
  }

  close(): void {
    this.#unsubscribe();
  }

  #under(key: string): Pods {
    return this.#byKey.get(key) ?? none;
  }

  #fill(): void {
    this.#byKey.clear();
    for (const pod of this.#link.list(resourceTypes.pods)) this.#put(pod);
  }

  #onEvent({ type, object, previous }: StoreEvent): void {
    if (previous !== undefined) this.#remove(previous);
    if (type !== 'DELETED') this.#put(object);
  }

  #put(pod: StoredObject): void {
    for (const key of keysOf(pod)) {
      const pods = this.#byKey.get(key);
      if (pods === undefined) this.#byKey.set(key, new Map([[pod.metadata.uid, pod]]));
      else pods.set(pod.metadata.uid, pod);
    }
  }

  #remove(pod: StoredObject): void {
    for (const key of keysOf(pod)) {
      const pods = this.#byKey.get(key);
      pods?.delete(pod.metadata.uid);
      if (pods?.size === 0) this.#byKey.delete(key);
    }
  }
}

function keysOf(pod: StoredObject): readonly string[] {
  const { namespace = '', labels = {}, ownerReferences = [] } = pod.metadata;
  const owner = ownerReferences.find(({ controller }) => controller === true);
  return [
    owner === undefined ? orphanKey(namespace) : ownerKey(owner.uid),
    nodeKey(stringAt(pod, 'spec', 'nodeName') ?? ''),
    ...Object.entries(labels).map(([label, value]) => labelKey(namespace, label, value)),
  ];
}

const ownerKey = (uid: string) => `owner ${uid}`;
const orphanKey = (namespace: string) => `orphans ${namespace}`;
const nodeKey = (name: string) => `node ${name}`;
const labelKey = (namespace: string, label: string, value: string) => `label ${namespace} ${label}=${value}`;
