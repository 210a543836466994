/**
 * Owns what this controller may do: asked at start, from time to time, and after a refusal.
 * Must not keep it from what it may do: only what deciding itself needs holds it back.
 */
import { asObject, optionalBoolean, optionalObject } from '../kube/decode.ts';
import { createRequest, type JsonBody, objectBody } from '../kube/request.ts';
import {
  DISRUPTION_BUDGETS,
  ENDPOINT_SLICES,
  ENDPOINTS,
  EVENTS,
  LEASES,
  NODES,
  PODS,
  qualifiedPlural,
  type Resource,
  SELF_SUBJECT_ACCESS_REVIEWS,
  SERVICES,
  SINGLETONS,
} from '../kube/resources.ts';
import { after, type Clock, type MonotonicMs, type Timer } from '../time/clock.ts';
import { type ApiCalls, readObject } from './api-calls.ts';
import { limits } from './limits.ts';
import type { Log } from './log.ts';

interface Need {
  readonly verb: string;
  readonly resource: Resource;
  readonly subresource?: string;
  /** Without it this controller does not act at all. */
  readonly vital: boolean;
  /** What it is for, as the second half of a sentence. */
  readonly purpose: string;
}

/** A need in one place. `namespace` undefined: in all of them. */
export interface ScopedNeed extends Need {
  readonly namespace: string | undefined;
}

/** Where the members are. */
const singletonNeeds: readonly Need[] = [
  need('list', PODS, true, 'to see the members'),
  need('watch', PODS, true, 'to see the members'),
  need('patch', PODS, true, 'to route traffic by the role label'),
  // Vital: a failover that may not fence would stop half-way, with the role moved and the traffic not.
  need('delete', PODS, true, 'to delete pods whose critical container ended, and to fence'),
  need('list', LEASES, true, 'to see the records'),
  need('watch', LEASES, true, 'to see the records'),
  need('get', LEASES, true, 'to settle the record after a conflict'),
  need('create', LEASES, true, 'to make the record'),
  need('patch', LEASES, true, 'to move the role'),
  need('create', EVENTS, false, 'to tell people by Events'),
  need('patch', EVENTS, false, 'to count repeated Events'),
];

/** Where the controllers are. */
const controllerNeeds: readonly Need[] = [
  need('get', PODS, false, 'to know its own pod'),
  need('list', PODS, false, 'to see the other controllers'),
  need('watch', PODS, false, 'to see the other controllers'),
  need('patch', PODS, false, "to write the controllers' role labels"),
  need('list', LEASES, true, 'to see the heartbeats'),
  need('watch', LEASES, true, 'to see the heartbeats'),
  need('get', LEASES, false, "to settle the pair's Lease after a conflict"),
  need('create', LEASES, true, 'to write its heartbeat'),
  need('patch', LEASES, true, 'to renew its heartbeat'),
  need('delete', LEASES, false, 'to take its heartbeat away when it stops'),
];

/** Where Singletons are looked after. */
const declaredNeeds: readonly Need[] = [
  need('list', SINGLETONS, true, 'to see what is asked for'),
  need('watch', SINGLETONS, true, 'to see what is asked for'),
  need('patch', SINGLETONS, false, 'to answer a request for a switchover'),
  {
    ...need('patch', SINGLETONS, false, 'to tell what has become of it'),
    subresource: 'status',
  },
  need('list', SERVICES, true, 'to see the mode of a singleton'),
  need('watch', SERVICES, true, 'to see the mode of a singleton'),
  need('list', ENDPOINT_SLICES, true, 'to see the records in Direct mode'),
  need('watch', ENDPOINT_SLICES, true, 'to see the records in Direct mode'),
  need('get', ENDPOINT_SLICES, true, 'to settle the record after a conflict'),
  need('create', ENDPOINT_SLICES, true, 'to make the record in Direct mode'),
  need('patch', ENDPOINT_SLICES, true, 'to move role and traffic in Direct mode'),
  need('delete', ENDPOINT_SLICES, false, 'to take away endpoints that a change of the mode leaves behind'),
  need('list', DISRUPTION_BUDGETS, false, 'to let a drain wait for the next active'),
  need('watch', DISRUPTION_BUDGETS, false, 'to let a drain wait for the next active'),
  need('create', DISRUPTION_BUDGETS, false, 'to let a drain wait for the next active'),
  need('delete', DISRUPTION_BUDGETS, false, 'to let a drain go on'),
  need('get', ENDPOINTS, false, 'to take away endpoints that a change of the mode leaves behind'),
  need('delete', ENDPOINTS, false, 'to take away endpoints that a change of the mode leaves behind'),
];

const clusterNeeds: readonly Need[] = [
  need('list', NODES, false, 'to see that a node is not Ready'),
  need('watch', NODES, false, 'to see that a node is not Ready'),
];

function need(verb: string, resource: Resource, vital: boolean, purpose: string): Need {
  return { verb, resource, vital, purpose };
}

export interface PermissionsOptions {
  readonly calls: ApiCalls;
  readonly clock: Clock;
  readonly log: Log;
  /** Whether it looks after Singletons. */
  readonly singletons: boolean;
  /** Empty: all namespaces. */
  readonly namespaces: readonly string[];
  readonly controllerNamespace: string;
  readonly onChanged: () => void;
  readonly onBug: (error: unknown) => void;
}

export class Permissions {
  readonly #options: PermissionsOptions;
  readonly #needs: readonly ScopedNeed[];
  readonly #missing = new Map<string, ScopedNeed>();
  #checking = false;
  #checkedAt: MonotonicMs | undefined;
  #dueAt: MonotonicMs | undefined;
  #retryMs: number = limits.permissionRetryMsMin;
  #timer: Timer | undefined;
  #stopped = false;

  constructor(options: PermissionsOptions) {
    this.#options = options;
    this.#needs = needsOf(options);
  }

  start(): void {
    this.#check(this.#needs);
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  /** A 403 was met: look again soon, however many more of them come. */
  suspect(): void {
    if (this.#stopped || this.#checking) return;
    const now = this.#options.clock.now();
    const earliest = after(this.#checkedAt ?? now, limits.permissionCheckMsMin);
    if (this.#dueAt === undefined || earliest < this.#dueAt)
      this.#arm(Math.max(0, earliest - now), this.#needs);
  }

  /** Sentences `verb resource (scope)` of everything that is missing. */
  get missing(): readonly string[] {
    return [...this.#missing.keys()];
  }

  /** Of what is missing, what keeps it from acting in this namespace. */
  missingVital(namespace?: string): readonly string[] {
    return [...this.#missing]
      .filter(([, { vital }]) => vital)
      .filter(([, scoped]) => namespace === undefined || this.#concerns(scoped, namespace))
      .map(([sentence]) => sentence);
  }

  #concerns(scoped: ScopedNeed, namespace: string): boolean {
    if (scoped.namespace === undefined || scoped.namespace === namespace) return true;
    // Without its own namespace's heartbeats it sees nothing anywhere.
    if (scoped.namespace !== this.#options.controllerNamespace) return false;
    return controllerNeeds.some((own) => own.vital && isSameNeed(own, scoped));
  }

  #check(needs: readonly ScopedNeed[]): void {
    this.#checking = true;
    void this.#askAll(needs)
      .catch(this.#options.onBug)
      .then(() => {
        this.#checking = false;
        this.#checkedAt = this.#options.clock.now();
        this.#armNext(needs);
      });
  }

  /**
   * An API server that has just started refuses everybody until it has read the roles (seen on 1.36): what
   * keeps this controller from acting is asked for again at once, and then ever more rarely.
   */
  #armNext(asked: readonly ScopedNeed[]): void {
    const vital = [...this.#missing.values()].filter((scoped) => scoped.vital);
    if (vital.length > 0) {
      this.#arm(this.#retryMs, vital);
      this.#retryMs = Math.min(2 * this.#retryMs, limits.permissionCheckMs);
      return;
    }
    this.#retryMs = limits.permissionRetryMsMin;
    const wasRetried = asked.length < this.#needs.length;
    this.#arm(wasRetried ? limits.permissionCheckMsMin : limits.permissionCheckMs, this.#needs);
  }

  /** One after the other: it is in no hurry, and a start has other things to ask for. */
  async #askAll(needs: readonly ScopedNeed[]): Promise<void> {
    let changed = false;
    for (const scoped of needs) {
      if (this.#stopped) return;
      const allowed = await this.#ask(scoped);
      if (allowed !== undefined) changed = this.#learn(scoped, allowed) || changed;
    }
    if (changed) this.#options.onChanged();
  }

  /** Undefined: no answer, and so no news. */
  async #ask(scoped: ScopedNeed): Promise<boolean | undefined> {
    const spec = { resourceAttributes: accessAttributes(scoped) };
    const body = objectBody(SELF_SUBJECT_ACCESS_REVIEWS, {}, { spec });
    const outcome = await this.#options.calls.send(createRequest(SELF_SUBJECT_ACCESS_REVIEWS, { body }), {
      urgency: 'later',
      timeoutMs: limits.startRequestTimeoutMs,
    });
    return outcome.kind === 'ok' ? readObject(outcome.body, decodeAllowed) : undefined;
  }

  #learn(scoped: ScopedNeed, allowed: boolean): boolean {
    const sentence = sentenceFor(scoped);
    const wasMissing = this.#missing.has(sentence);
    if (allowed !== wasMissing) return false;
    const { log } = this.#options;
    if (allowed) {
      this.#missing.delete(sentence);
      log.write('info', `permission granted: ${sentence}`);
    } else {
      this.#missing.set(sentence, scoped);
      const consequence = scoped.vital ? '; without it this controller does not act' : '';
      log.write(
        scoped.vital ? 'error' : 'warn',
        `permission missing: ${sentence}, ${scoped.purpose}${consequence}`,
      );
    }
    return true;
  }

  #arm(delayMs: number, needs: readonly ScopedNeed[]): void {
    if (this.#stopped) return;
    this.#timer?.cancel();
    this.#dueAt = after(this.#options.clock.now(), delayMs);
    this.#timer = this.#options.clock.schedule(delayMs, () => {
      this.#dueAt = undefined;
      this.#check(needs);
    });
  }
}

/** Everything that a controller asks for, each need once. `namespaces` empty: all. */
export function needsOf({
  namespaces,
  controllerNamespace,
  singletons,
}: Pick<PermissionsOptions, 'namespaces' | 'controllerNamespace' | 'singletons'>): readonly ScopedNeed[] {
  const scopes: readonly (string | undefined)[] = namespaces.length === 0 ? [undefined] : namespaces;
  const needs = new Map<string, ScopedNeed>();
  const add = (one: Need, namespace: string | undefined) => {
    const scoped = { ...one, namespace };
    const known = needs.get(sentenceFor(scoped));
    if (known === undefined || (scoped.vital && !known.vital)) needs.set(sentenceFor(scoped), scoped);
  };
  const memberNeeds = singletons ? [...singletonNeeds, ...declaredNeeds] : singletonNeeds;
  for (const namespace of scopes) for (const one of memberNeeds) add(one, namespace);
  for (const one of controllerNeeds) {
    const isCovered = singletonNeeds.some((other) => isSameNeed(one, other)) && scopes.includes(undefined);
    if (!isCovered) add(one, controllerNamespace);
  }
  for (const one of clusterNeeds) add(one, undefined);
  return [...needs.values()];
}

function isSameNeed(left: Need, right: Need): boolean {
  return (
    left.verb === right.verb && left.resource === right.resource && left.subresource === right.subresource
  );
}

/** `verb resource (scope)`. */
export function sentenceFor({ verb, resource, subresource, namespace }: ScopedNeed): string {
  const scope = !resource.namespaced
    ? 'cluster'
    : namespace === undefined
      ? 'all namespaces'
      : `namespace ${namespace}`;
  const below = subresource === undefined ? '' : `/${subresource}`;
  return `${verb} ${qualifiedPlural(resource)}${below} (${scope})`;
}

/** As an access review asks for it (authorization.k8s.io/v1, ResourceAttributes). */
export function accessAttributes({ verb, resource, subresource, namespace }: ScopedNeed): JsonBody {
  return { verb, group: resource.group, resource: resource.plural, subresource, namespace };
}

/** What an access review answers. */
export function decodeAllowed(raw: unknown): boolean {
  const status = optionalObject(asObject(raw), 'status', '');
  return optionalBoolean(status, 'allowed', 'status') ?? false;
}
