/**
 * Owns the pods that one label selector adopts, by namespace: each namespace's are the pods of one singleton.
 * Must not decide, and must not take silence for absence: only a DELETED event or a completed list is.
 */
import { type PodUid, parseResourceVersion, type ResourceVersion } from '../core/identity.ts';
import type { PodObject } from '../kube/decode-pod.ts';
import type { WatchSink } from '../kube/watch-sink.ts';
import type { Clock } from '../time/clock.ts';
import { type MemberTerms, noTerms } from './pod-codec.ts';
import { SingletonPods } from './singleton-pods.ts';
import { WatchProgress } from './watch-progress.ts';
import { covers } from './watch-scope.ts';

export interface PodViewOptions {
  readonly clock: Clock;
  /** Of those that are adopted by label there are none. */
  readonly terms?: () => MemberTerms;
  readonly isHolder: (namespace: string, uid: PodUid) => boolean;
  readonly onChanged: (pods: SingletonPods) => void;
  readonly onProblem: (namespace: string, podName: string, problem: string) => void;
  /** `name` is `namespace/name` as far as it can be read. */
  readonly onMalformed: (name: string, error: Error) => void;
}

/** What one watch covers: one namespace, or with `undefined` all of them. */
interface Scope {
  readonly namespace: string | undefined;
  readonly progress: WatchProgress;
  /** Pods of the list under way that are older than what is known of them: news only if the store went back. */
  readonly older: Map<string, PodObject>;
}

export class PodView {
  readonly #options: PodViewOptions;
  readonly #scopes: Scope[] = [];
  readonly #byNamespace = new Map<string, SingletonPods>();

  constructor(options: PodViewOptions) {
    this.#options = options;
  }

  /** The pods of one namespace; made when first asked for, as a record may be known before its pods. */
  podsOf(namespace: string): SingletonPods {
    const known = this.#byNamespace.get(namespace);
    if (known !== undefined) return known;
    const pods = new SingletonPods({
      namespace,
      terms: this.#options.terms ?? (() => noTerms),
      isHolder: (uid) => this.#options.isHolder(namespace, uid),
      onProblem: (podName, problem) => this.#options.onProblem(namespace, podName, problem),
    });
    this.#byNamespace.set(namespace, pods);
    return pods;
  }

  /** Nothing of this namespace is asked for any more. */
  forget(namespace: string): void {
    this.#byNamespace.delete(namespace);
  }

  /** The newest version up to which every pod of this namespace has been seen. */
  seenVersion(namespace: string): ResourceVersion | undefined {
    return this.#scopeOf(namespace)?.progress.seenVersion;
  }

  /** How many complete pictures of this namespace have arrived. */
  listsOf(namespace: string): number {
    return this.#scopeOf(namespace)?.progress.lists ?? 0;
  }

  /** Registers one watch and gives its sink. */
  sinkFor(namespace: string | undefined): WatchSink<PodObject> {
    const scope: Scope = { namespace, progress: new WatchProgress(), older: new Map() };
    this.#scopes.push(scope);
    return {
      onApplied: (pod, version) => this.#onApplied(scope, pod, version),
      onDeleted: (key, last, version) => this.#onDeleted(scope, key, last, version),
      onSynced: (present, version) => this.#onSynced(scope, present, version),
      onBookmark: (version) => this.#onVersionAlone(scope, version),
      onMalformed: this.#options.onMalformed,
      onState: (state) => {
        if (state.kind === 'listing') scope.older.clear();
        scope.progress.moveTo(state);
      },
    };
  }

  #onApplied(scope: Scope, pod: PodObject, version: string): void {
    const pods = this.podsOf(pod.namespace);
    const isNew = pods.apply(pod, this.#options.clock.now());
    if (!isNew && scope.progress.state.kind === 'listing' && pods.hasNewer(pod))
      scope.older.set(pod.uid, pod);
    scope.progress.sawVersion(version);
    if (isNew) this.#options.onChanged(pods);
  }

  #onDeleted(
    scope: Scope,
    key: { readonly namespace: string; readonly uid: string },
    last: PodObject | undefined,
    version: string,
  ): void {
    scope.progress.sawVersion(version);
    const pods = this.#byNamespace.get(key.namespace);
    if (pods === undefined) return;
    const wasKnown = pods.depart(key.uid, last, parseResourceVersion(version), this.#options.clock.now());
    if (wasKnown) this.#options.onChanged(pods);
  }

  #onSynced(scope: Scope, present: ReadonlySet<string>, version: string): void {
    const wentBack = scope.progress.sawEverything(version);
    const now = this.#options.clock.now();
    const older = [...scope.older.values()];
    scope.older.clear();
    for (const pods of this.#podsIn(scope)) {
      if (wentBack)
        pods.startOver(
          older.filter(({ namespace }) => namespace === pods.namespace),
          now,
        );
      const missing = pods.trackedUids().filter((uid) => !present.has(uid));
      // Without a version: the list's own is newer than the deletion, and others would wait for it in vain.
      for (const uid of missing) pods.depart(uid, undefined, undefined, now);
      this.#options.onChanged(pods);
    }
  }

  /** A bookmark may be what a singleton waits for whose record was decided on newer pods. */
  #onVersionAlone(scope: Scope, version: string): void {
    scope.progress.sawVersion(version);
    for (const pods of this.#podsIn(scope)) this.#options.onChanged(pods);
  }

  #podsIn(scope: Scope): readonly SingletonPods[] {
    const all = [...this.#byNamespace.values()];
    return all.filter(({ namespace }) => covers(scope, namespace));
  }

  #scopeOf(namespace: string): Scope | undefined {
    return this.#scopes.find((scope) => covers(scope, namespace));
  }
}
