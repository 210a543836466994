/**
 * Owns the pods of whole namespaces, for singletons whose members nobody knows before their Singleton is read.
 * Must not judge a pod: each group gets those that carry its labels, as a watch with that selector would bring them.
 */
import type { ObjectKey } from '../kube/decode-meta.ts';
import type { PodObject } from '../kube/decode-pod.ts';
import type { WatchSink, WatchState } from '../kube/watch-sink.ts';
import { covers } from './watch-scope.ts';

/** One selector in one namespace. */
export interface PodGroup {
  readonly namespace: string;
  readonly matchLabels: Readonly<Record<string, string>>;
  readonly sink: WatchSink<PodObject>;
}

/** One watch: of one namespace, or with `undefined` of all of them. */
interface Scope {
  readonly namespace: string | undefined;
  state: WatchState;
  /** Of the last event; undefined before the first complete picture. */
  version: string | undefined;
  synced: boolean;
}

export class AllPods {
  readonly #onMalformed: (name: string, error: Error) => void;
  readonly #scopes: Scope[] = [];
  readonly #pods = new Map<string, Map<string, PodObject>>();
  readonly #groups = new Map<string, Set<PodGroup>>();

  constructor(onMalformed: (name: string, error: Error) => void) {
    this.#onMalformed = onMalformed;
  }

  /** What is there already reaches the group at once, as a list would. */
  add(group: PodGroup): void {
    const groups = this.#groups.get(group.namespace) ?? new Set();
    this.#groups.set(group.namespace, groups.add(group));
    const scope = this.#scopes.find((one) => covers(one, group.namespace));
    if (scope === undefined) return;
    group.sink.onState({ kind: 'listing' });
    const members = this.#podsOf(group.namespace).filter((pod) => matches(group, pod));
    for (const pod of members) group.sink.onApplied(pod, pod.resourceVersion);
    if (scope.synced && scope.version !== undefined)
      group.sink.onSynced(new Set(members.map(({ uid }) => uid)), scope.version);
    group.sink.onState(scope.state);
  }

  remove(group: PodGroup): void {
    const groups = this.#groups.get(group.namespace);
    groups?.delete(group);
    if (groups?.size === 0) this.#groups.delete(group.namespace);
  }

  sinkFor(namespace: string | undefined): WatchSink<PodObject> {
    const scope: Scope = { namespace, state: { kind: 'connecting' }, version: undefined, synced: false };
    this.#scopes.push(scope);
    return {
      onApplied: (pod, version) => this.#onApplied(scope, pod, version),
      onDeleted: (key, last, version) => this.#onDeleted(scope, key, last, version),
      onSynced: (present, version) => this.#onSynced(scope, present, version),
      onBookmark: (version) => {
        scope.version = version;
        for (const group of this.#groupsIn(scope)) group.sink.onBookmark(version);
      },
      onMalformed: this.#onMalformed,
      onState: (state) => {
        scope.state = state;
        for (const group of this.#groupsIn(scope)) group.sink.onState(state);
      },
    };
  }

  #onApplied(scope: Scope, pod: PodObject, version: string): void {
    if (scope.state.kind !== 'listing') scope.version = version;
    const pods = this.#pods.get(pod.namespace) ?? new Map<string, PodObject>();
    this.#pods.set(pod.namespace, pods);
    const before = pods.get(pod.uid);
    pods.set(pod.uid, pod);
    for (const group of this.#groups.get(pod.namespace) ?? []) {
      if (matches(group, pod)) group.sink.onApplied(pod, version);
      // As the API server tells a watch with a selector that a pod has left it.
      else if (before !== undefined && matches(group, before)) group.sink.onDeleted(pod, pod, version);
    }
  }

  #onDeleted(scope: Scope, key: ObjectKey, last: PodObject | undefined, version: string): void {
    scope.version = version;
    const pods = this.#pods.get(key.namespace);
    const before = pods?.get(key.uid);
    pods?.delete(key.uid);
    if (pods?.size === 0) this.#pods.delete(key.namespace);
    if (before === undefined) return;
    for (const group of this.#groups.get(key.namespace) ?? []) {
      if (matches(group, before)) group.sink.onDeleted(key, last, version);
    }
  }

  #onSynced(scope: Scope, present: ReadonlySet<string>, version: string): void {
    scope.version = version;
    scope.synced = true;
    for (const [namespace, pods] of this.#pods) {
      if (!covers(scope, namespace)) continue;
      for (const uid of pods.keys()) if (!present.has(uid)) pods.delete(uid);
      if (pods.size === 0) this.#pods.delete(namespace);
    }
    for (const group of this.#groupsIn(scope)) {
      const members = this.#podsOf(group.namespace).filter((pod) => matches(group, pod));
      group.sink.onSynced(new Set(members.map(({ uid }) => uid)), version);
    }
  }

  #podsOf(namespace: string): readonly PodObject[] {
    return [...(this.#pods.get(namespace)?.values() ?? [])];
  }

  #groupsIn(scope: Scope): readonly PodGroup[] {
    const groups = [...this.#groups].filter(([namespace]) => covers(scope, namespace));
    return groups.flatMap(([, ofNamespace]) => [...ofNamespace]);
  }
}

function matches({ matchLabels }: PodGroup, { labels }: PodObject): boolean {
  return Object.entries(matchLabels).every(([key, value]) => labels[key] === value);
}
