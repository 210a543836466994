/**
 * Owns the Singletons as the watch has brought them: which of them are looked after, and which are refused and why.
 * Must not look into one.
 */
import type { DecodedSingleton, SingletonHead, SingletonObject } from '../api/decode-singleton.ts';
import type { Because, SingletonStatus } from '../api/singleton.ts';
import type { WatchSink } from '../kube/watch-sink.ts';
import { DeclaredSingleton, type DeclaredSurroundings, recordKeyOf } from './declared-singleton.ts';
import { refusedStatus } from './singleton-status.ts';
import { StatusWriter } from './status-writer.ts';

export interface DeclaredSingletonsOptions extends DeclaredSurroundings {
  /** Names of records that pods adopted by a flag use, in every namespace. */
  readonly adoptedKeys: ReadonlySet<string>;
  /** `name` is `namespace/name` as far as it can be read. */
  readonly onMalformed: (name: string, error: Error) => void;
}

interface Known {
  readonly head: SingletonHead;
  /** Undefined where its spec is wrong. */
  readonly object: SingletonObject | undefined;
  readonly problems: readonly string[];
}

export class DeclaredSingletons {
  readonly #options: DeclaredSingletonsOptions;
  readonly #known = new Map<string, Known>();
  /** By UID of the Singleton. */
  readonly #accepted = new Map<string, DeclaredSingleton>();
  readonly #byId = new Map<string, DeclaredSingleton>();
  readonly #refused = new Map<string, { readonly writer: StatusWriter; because: Because }>();
  /** Namespaces in which a claim may have changed. */
  readonly #unsettled = new Set<string>();

  constructor(options: DeclaredSingletonsOptions) {
    this.#options = options;
  }

  sink(): Omit<WatchSink<DecodedSingleton>, 'onChunkEnd'> {
    return {
      onApplied: (decoded) => this.#apply(decoded),
      onDeleted: ({ uid }) => this.#drop(uid),
      onSynced: (present) => {
        for (const uid of this.#known.keys()) if (!present.has(uid)) this.#drop(uid);
      },
      onBookmark: () => undefined,
      onMalformed: this.#options.onMalformed,
      onState: () => undefined,
    };
  }

  /** The one whose record has this key in this namespace, `NAMESPACE/KEY`. */
  find(id: string): DeclaredSingleton | undefined {
    return this.#byId.get(id);
  }

  /** At the end of a chunk: who claims what is settled once, whatever came in which order. */
  settle(): void {
    const namespaces = [...this.#unsettled];
    this.#unsettled.clear();
    for (const namespace of namespaces) this.#settleIn(namespace);
  }

  stop(): void {
    for (const declared of this.#accepted.values()) declared.stop();
    for (const { writer } of this.#refused.values()) writer.stop();
  }

  #apply(decoded: DecodedSingleton): void {
    const isValid = decoded.kind === 'singleton';
    const head = isValid ? decoded.object : decoded.head;
    if (head.deletionTimestamp !== undefined) {
      this.#drop(head.uid);
      return;
    }
    const known = isValid
      ? { head, object: decoded.object, problems: [] }
      : { head, object: undefined, problems: decoded.problems };
    this.#known.set(head.uid, known);
    this.#unsettled.add(head.namespace);
  }

  #drop(uid: string): void {
    const known = this.#known.get(uid);
    if (known === undefined) return;
    this.#known.delete(uid);
    this.#forget(uid);
    this.#refused.get(uid)?.writer.stop();
    this.#refused.delete(uid);
    this.#unsettled.add(known.head.namespace);
  }

  #forget(uid: string): void {
    const declared = this.#accepted.get(uid);
    if (declared === undefined) return;
    declared.stop();
    this.#accepted.delete(uid);
    this.#byId.delete(declared.id);
  }

  /** The older one stays: in the order of their creation, each is accepted where no earlier one claims the same. */
  #settleIn(namespace: string): void {
    const here = [...this.#known.values()].filter(({ head }) => head.namespace === namespace).sort(byAge);
    const claims: SingletonObject[] = [];
    for (const known of here) {
      const because = this.#whyRefused(known, claims);
      if (because === undefined && known.object !== undefined) {
        claims.push(known.object);
        this.#accept(known.object);
      } else if (because !== undefined) this.#refuse(known.head, because);
    }
  }

  #whyRefused({ object, problems }: Known, claims: readonly SingletonObject[]): Because | undefined {
    if (object === undefined) return { code: 'SpecInvalid', sentence: problems.join('; ') };
    const key = recordKeyOf(object);
    if (this.#options.adoptedKeys.has(key)) {
      const sentence = `a controller adopts pods by --adopt under the same name, ${key}: take that flag away first`;
      return { code: 'Adopted', sentence };
    }
    for (const claim of claims) {
      const overlap = overlapOf(object, claim);
      if (overlap !== undefined) return { code: 'ClaimedBefore', sentence: overlap };
    }
    return undefined;
  }

  #accept(object: SingletonObject): void {
    this.#refused.get(object.uid)?.writer.stop();
    this.#refused.delete(object.uid);
    const declared = this.#accepted.get(object.uid);
    if (declared?.isSame(object) === true) {
      declared.update(object);
      return;
    }
    this.#forget(object.uid);
    const accepted = new DeclaredSingleton(object, this.#options);
    this.#accepted.set(object.uid, accepted);
    this.#byId.set(accepted.id, accepted);
  }

  /** What was looked after before goes on as it is: nobody else has been chosen in its stead. */
  #refuse(head: SingletonHead, because: Because): void {
    if (because.code === 'ClaimedBefore' || because.code === 'Adopted') this.#forget(head.uid);
    const known = this.#refused.get(head.uid);
    const refused = known ?? { writer: this.#refusalWriter(head.uid), because };
    if ((known === undefined || known.because.sentence !== because.sentence) && this.#options.mayWrite()) {
      const { namespace, name, uid } = head;
      const { code, sentence } = because;
      const event = { type: 'Warning', reason: code, message: `not accepted: ${sentence}` } as const;
      this.#options.events.report({ namespace, singleton: { name, uid }, ...event });
    }
    refused.because = because;
    this.#refused.set(head.uid, refused);
    refused.writer.found(head.status);
    refused.writer.wake();
  }

  #refusalWriter(uid: string): StatusWriter {
    const { calls, clock, log, mayWrite, onBug } = this.#options;
    const { namespace = '', name = '' } = this.#known.get(uid)?.head ?? {};
    return new StatusWriter({
      namespace,
      name,
      calls,
      clock,
      log,
      compose: () => (mayWrite() ? this.#refusal(uid) : undefined),
      onWritten: () => undefined,
      onBug,
    });
  }

  #refusal(uid: string): SingletonStatus | undefined {
    const refused = this.#refused.get(uid);
    const head = this.#known.get(uid)?.head;
    if (refused === undefined || head === undefined) return undefined;
    return refusedStatus(head.generation, refused.because, head.status, this.#options.clock.wallTimeMs());
  }
}

function byAge({ head: left }: Known, { head: right }: Known): number {
  if (left.createdAtMs !== right.createdAtMs) return left.createdAtMs - right.createdAtMs;
  return left.name < right.name ? -1 : 1;
}

/** What both of them claim, as a sentence; undefined where it is nothing. */
function overlapOf(object: SingletonObject, earlier: SingletonObject): string | undefined {
  if (recordKeyOf(object) === recordKeyOf(earlier))
    return `Singleton ${earlier.name} leads Service ${recordKeyOf(earlier)} already`;
  const mine = object.spec.matchLabels;
  const theirs = earlier.spec.matchLabels;
  if (isWithin(mine, theirs) || isWithin(theirs, mine))
    return `Singleton ${earlier.name} selects the same pods already`;
  return undefined;
}

/** Every pod that has all of `labels` has all of `fewer`. */
function isWithin(
  labels: Readonly<Record<string, string>>,
  fewer: Readonly<Record<string, string>>,
): boolean {
  return Object.entries(fewer).every(([key, value]) => labels[key] === value);
}
