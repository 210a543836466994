/**
 * Owns the way from a request to its answer: routing, faults, and errors as metav1.Status. Must not know sockets.
 */
import { type Clock, pause, type Random } from '../../time/clock.ts';
import { ApiError, internalError, methodNotAllowed, resourceNotFound } from './api-error.ts';
import { ACCESS_REVIEW } from './discovery.ts';
import type { ApiFaults, Verb } from './faults.ts';
import { informationAnswer } from './information-requests.ts';
import { answerForm } from './negotiation.ts';
import type { ExecTarget, PodAccess } from './pod-access.ts';
import { getObject, listOrWatch } from './read-requests.ts';
import {
  isTrue,
  parsePath,
  type RequestPath,
  type ResourcePath,
  type ServerRequest,
  type ServerResponse,
  splitUrl,
} from './request.ts';
import { type ApiServices, errorAnswer, type ResourceRequest, textAnswer } from './request-context.ts';
import type { Subresource } from './resource-types.ts';
import type { Store } from './store.ts';
import {
  accessReview,
  bindingRequest,
  evictionRequest,
  execTarget,
  logRequest,
  scaleRequest,
} from './subresource-requests.ts';
import { WatchHub } from './watch-hub.ts';
import { createObject, deleteCollection, deleteObject, patchObject, updateObject } from './write-requests.ts';

export interface ApiHandlerOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly pods: PodAccess;
  readonly faults: ApiFaults;
  /** Asked first for paths below /sandbox/: what the embedded cluster offers beside the Kubernetes API. */
  readonly sandboxPaths?: (request: ServerRequest) => Promise<ServerResponse | undefined>;
  /** Told of errors that no request should be able to cause; the request itself gets a 500. */
  readonly onBug?: (error: unknown) => void;
}

/** `undefined`: by an injected fault there is no answer at all. */
export type HandledResponse = ServerResponse | undefined;

export class ApiHandler {
  readonly pods: PodAccess;
  readonly faults: ApiFaults;
  readonly clock: Clock;
  readonly #services: ApiServices;
  readonly #sandboxPaths: (request: ServerRequest) => Promise<ServerResponse | undefined>;
  readonly #onBug: (error: unknown) => void;

  constructor(options: ApiHandlerOptions) {
    const { store, clock, random, pods, faults } = options;
    this.pods = pods;
    this.faults = faults;
    this.clock = clock;
    this.#services = { store, clock, random, pods, faults, hub: new WatchHub(store) };
    this.#sandboxPaths = options.sandboxPaths ?? (() => Promise.resolve(undefined));
    this.#onBug = options.onBug ?? (() => {});
  }

  /** Never rejects. */
  async handle(request: ServerRequest): Promise<HandledResponse> {
    const { answerDelayMs } = this.faults;
    if (answerDelayMs > 0) await pause(this.clock, answerDelayMs);
    try {
      const { path, query } = splitUrl(request.url);
      if (path.startsWith('/sandbox/'))
        return (await this.#sandboxPaths(request)) ?? textAnswer(404, PAGE_NOT_FOUND);
      return await this.#route(request, parsePath(path), query);
    } catch (error) {
      if (error instanceof ApiError) return errorAnswer(error);
      this.#onBug(error);
      return errorAnswer(internalError(error instanceof Error ? error.message : String(error), error));
    }
  }

  /** For the socket server, which speaks exec over WebSocket. @throws ApiError 400, 404 */
  execTarget(request: ServerRequest): ExecTarget | undefined {
    const { path, query } = splitUrl(request.url);
    const parsed = parsePath(path);
    if (parsed.kind !== 'resource' || parsed.subresource !== 'exec') return undefined;
    const context = this.#contextOf(request, parsed, query);
    return context === undefined ? undefined : execTarget(context);
  }

  #route(
    request: ServerRequest,
    path: RequestPath,
    query: URLSearchParams,
  ): Promise<HandledResponse> | HandledResponse {
    if (path.kind === 'other') {
      const found = informationAnswer(this.#services.store.types, request, path.parts);
      if (found !== undefined && request.method !== 'GET') throw methodNotAllowed();
      return found ?? this.#notServed(path.parts);
    }
    if (`${path.apiVersion}/${path.plural}` === REVIEW_PATH && request.method === 'POST')
      return accessReview(request);
    const context = this.#contextOf(request, path, query);
    if (context === undefined)
      return this.#notServed(
        path.apiVersion.includes('/') ? ['apis', ...path.apiVersion.split('/')] : ['api'],
      );
    const verb = verbOf(request.method, path, query);
    if (verb === 'get' || verb === 'list' || verb === 'watch') return respond(context, verb);
    const userAgent = request.headers['user-agent'] ?? '';
    const outcome = this.faults.beforeWrite({ resource: path.plural, verb, userAgent });
    const answer = respond(context, verb);
    return outcome === 'noAnswer' ? undefined : answer;
  }

  /** Inside a group that is served the answer is a Status, elsewhere a line of text. */
  #notServed([root, group]: readonly string[]): ServerResponse {
    const groups = new Set(this.#services.store.types.all().map((type) => type.group));
    const isServed = root === 'api' || (root === 'apis' && group !== undefined && groups.has(group));
    return isServed ? errorAnswer(resourceNotFound()) : textAnswer(404, PAGE_NOT_FOUND);
  }

  /** Undefined when no such resource is served at this path. */
  #contextOf(
    request: ServerRequest,
    path: ResourcePath,
    query: URLSearchParams,
  ): ResourceRequest | undefined {
    const type = this.#services.store.types.byPath(path.apiVersion, path.plural);
    if (type === undefined) return undefined;
    const misplaced = type.namespaced
      ? path.name !== undefined && path.namespace === undefined
      : path.namespace !== undefined;
    if (misplaced) return undefined;
    if (path.subresource !== undefined && !type.subresources.some((name) => name === path.subresource))
      return undefined;
    const form =
      path.subresource === undefined
        ? answerForm(request.headers.accept, query)
        : { kind: 'object' as const };
    return { services: this.#services, request, path, query, type, form, warnings: [] };
  }
}

const REVIEW_PATH = `${ACCESS_REVIEW.group}/${ACCESS_REVIEW.version}/${ACCESS_REVIEW.plural}`;

const PAGE_NOT_FOUND = '404 page not found\n';

function verbOf(method: string, path: ResourcePath, query: URLSearchParams): Verb {
  switch (method) {
    case 'GET':
      if (isTrue(query.get('watch'))) return 'watch';
      return path.name === undefined ? 'list' : 'get';
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return 'delete';
    default:
      throw methodNotAllowed();
  }
}

function respond(context: ResourceRequest, verb: Verb): Promise<ServerResponse> | ServerResponse {
  const { name, subresource } = context.path;
  if (subresource !== undefined) return respondToSubresource(context, subresource, verb);
  switch (verb) {
    case 'get':
      return getObject(context);
    case 'list':
      return listOrWatch(context);
    case 'watch':
      return name === undefined ? listOrWatch(context) : getObject(context);
    case 'create':
      return createObject(context);
    case 'update':
      if (name === undefined) throw methodNotAllowed();
      return updateObject(context);
    case 'patch':
      if (name === undefined) throw methodNotAllowed();
      return patchObject(context);
    case 'delete':
      return name === undefined ? deleteCollection(context) : deleteObject(context);
  }
}

/** The router has checked that the type has the subresource. */
function respondToSubresource(
  context: ResourceRequest,
  subresource: string,
  verb: Verb,
): Promise<ServerResponse> | ServerResponse {
  const subresources: Readonly<
    Record<Subresource, Partial<Record<Verb, () => Promise<ServerResponse> | ServerResponse>>>
  > = {
    status: {
      get: () => getObject(context),
      update: () => updateObject(context, 'status'),
      patch: () => patchObject(context, 'status'),
    },
    scale: {
      get: () => scaleRequest(context),
      update: () => scaleRequest(context),
      patch: () => scaleRequest(context),
    },
    finalize: { update: () => updateObject(context, 'finalize') },
    binding: { create: () => bindingRequest(context) },
    eviction: { create: () => evictionRequest(context) },
    log: { get: () => logRequest(context) },
    exec: { get: () => upgradeRequired(context), create: () => upgradeRequired(context) },
  };
  const found = Object.entries(subresources).find(([name]) => name === subresource)?.[1][verb];
  if (found === undefined) throw methodNotAllowed();
  return found();
}

function upgradeRequired(context: ResourceRequest): never {
  execTarget(context);
  throw new ApiError(
    400,
    'BadRequest',
    'Upgrade request required: exec is spoken over WebSocket (v5.channel.k8s.io)',
  );
}
