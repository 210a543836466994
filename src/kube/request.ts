/**
 * Owns how each operation on an object is written as a request: path, query and body.
 * Must not send anything, nor decide when to: a Transport carries what is built here.
 */
import { apiVersion, type Resource } from './resources.ts';
import type { ApiRequest } from './transport.ts';

/** A JSON object on its way to the server. */
export type JsonBody = Readonly<Record<string, unknown>>;

/** Which objects a list or a watch covers. Without `namespace`: those of all namespaces. */
export interface Selection {
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
}

export interface ListOptions extends Selection {
  /** Objects a page; left out: all in one answer. */
  readonly limit?: number | undefined;
  readonly continueToken?: string | undefined;
  /** Left out: the newest state, by quorum. */
  readonly resourceVersion?: string | undefined;
}

export interface WatchOptions extends Selection {
  /** Events after this version. Left out only together with `sendInitialEvents`. */
  readonly resourceVersion?: string | undefined;
  /** The server ends the watch after this long. */
  readonly timeoutSeconds: number;
  /** WatchList (KEP-3157): first everything there is, then a bookmark that says so, then the changes. */
  readonly sendInitialEvents?: boolean | undefined;
}

/** One object. `namespace` is left out for resources that have none. */
export interface ObjectName {
  readonly namespace?: string | undefined;
  readonly name: string;
  /** Such as `status` or `eviction`. */
  readonly subresource?: string | undefined;
}

/** What an operation expects of the object it changes; the server answers 409 when it is otherwise. */
export interface Preconditions {
  readonly uid?: string | undefined;
  readonly resourceVersion?: string | undefined;
}

export interface DeleteOptions extends ObjectName {
  /** Required: a delete by name alone could hit a namesake that was created meanwhile. */
  readonly uid: string;
  readonly resourceVersion?: string | undefined;
  /** Left out: the object's own. 0 removes it from the API at once, whatever still runs. */
  readonly gracePeriodSeconds?: number | undefined;
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan' | undefined;
}

export function listRequest(resource: Resource, options: ListOptions): ApiRequest {
  return {
    method: 'GET',
    path:
      collectionPath(resource, options.namespace) +
      query({
        labelSelector: options.labelSelector,
        fieldSelector: options.fieldSelector,
        limit: options.limit,
        continue: options.continueToken,
        resourceVersion: options.resourceVersion,
      }),
  };
}

export function watchRequest(resource: Resource, options: WatchOptions): ApiRequest {
  const initial = options.sendInitialEvents === true;
  return {
    method: 'GET',
    path:
      collectionPath(resource, options.namespace) +
      query({
        watch: 1,
        allowWatchBookmarks: true,
        labelSelector: options.labelSelector,
        fieldSelector: options.fieldSelector,
        resourceVersion: options.resourceVersion,
        sendInitialEvents: initial ? true : undefined,
        resourceVersionMatch: initial ? 'NotOlderThan' : undefined,
        timeoutSeconds: options.timeoutSeconds,
      }),
  };
}

export function getRequest(resource: Resource, target: ObjectName): ApiRequest {
  return { method: 'GET', path: objectPath(resource, target) };
}

/** `name` is given only together with a subresource: a new object's own name is in its body. */
export function createRequest(
  resource: Resource,
  options: { readonly namespace?: string | undefined; readonly body: JsonBody } & Partial<ObjectName>,
): ApiRequest {
  const { name, subresource } = options;
  if ((name === undefined) !== (subresource === undefined)) {
    throw new TypeError('createRequest takes a name and a subresource, or neither');
  }
  const path =
    name === undefined
      ? writablePath(resource, options.namespace)
      : objectPath(resource, { namespace: options.namespace, name, subresource });
  return { method: 'POST', path, body: JSON.stringify(options.body) };
}

/** A compare-and-swap when the body's metadata holds the resourceVersion it was derived from. */
export function replaceRequest(
  resource: Resource,
  options: ObjectName & { readonly body: JsonBody },
): ApiRequest {
  return { method: 'PUT', path: objectPath(resource, options), body: JSON.stringify(options.body) };
}

/** JSON merge patch (RFC 7386): a null value removes the field, an array replaces the whole array. */
export function mergePatchRequest(
  resource: Resource,
  options: ObjectName & { readonly patch: JsonBody },
): ApiRequest {
  return {
    method: 'PATCH',
    path: objectPath(resource, options),
    contentType: 'application/merge-patch+json',
    body: JSON.stringify(options.patch),
  };
}

/** JSON patch (RFC 6902). */
export function jsonPatchRequest(
  resource: Resource,
  options: ObjectName & { readonly patch: readonly JsonBody[] },
): ApiRequest {
  return {
    method: 'PATCH',
    path: objectPath(resource, options),
    contentType: 'application/json-patch+json',
    body: JSON.stringify(options.patch),
  };
}

export function deleteRequest(resource: Resource, options: DeleteOptions): ApiRequest {
  const body = {
    apiVersion: 'v1',
    kind: 'DeleteOptions',
    preconditions: { uid: options.uid, resourceVersion: options.resourceVersion },
    gracePeriodSeconds: options.gracePeriodSeconds,
    propagationPolicy: options.propagationPolicy,
  };
  return { method: 'DELETE', path: objectPath(resource, options), body: JSON.stringify(body) };
}

/**
 * A merge patch that applies only to the very object, and the very version of it, that it was made for.
 * Without a resourceVersion the server merges it into whatever is newest, and a writer who lost wins silently.
 */
export function objectPatch(
  expected: Preconditions,
  changes: JsonBody & { readonly metadata?: JsonBody | undefined },
): JsonBody {
  const metadata = { ...changes.metadata, uid: expected.uid, resourceVersion: expected.resourceVersion };
  return { ...changes, metadata };
}

/** The three fields that every object body starts with. */
export function objectBody(resource: Resource, metadata: JsonBody, rest: JsonBody): JsonBody {
  return { apiVersion: apiVersion(resource), kind: resource.kind, metadata, ...rest };
}

function writablePath(resource: Resource, namespace: string | undefined): string {
  if (resource.namespaced && namespace === undefined) {
    throw new TypeError(`${resource.plural}: one object of a namespaced resource needs its namespace`);
  }
  return collectionPath(resource, namespace);
}

function objectPath(resource: Resource, target: ObjectName): string {
  // An empty name would address the whole collection: a DELETE of one object must never become one of all.
  if (target.name === '') throw new TypeError(`${resource.plural}: an object needs a name`);
  const path = `${writablePath(resource, target.namespace)}/${encodeURIComponent(target.name)}`;
  return target.subresource === undefined ? path : `${path}/${encodeURIComponent(target.subresource)}`;
}

function collectionPath(resource: Resource, namespace: string | undefined): string {
  if (!resource.namespaced && namespace !== undefined) {
    throw new TypeError(`${resource.plural} have no namespace`);
  }
  if (namespace === '') throw new TypeError(`${resource.plural}: the namespace is empty`);
  const prefix = resource.group === '' ? '/api' : `/apis/${encodeURIComponent(resource.group)}`;
  const scope = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  return `${prefix}/${encodeURIComponent(resource.version)}${scope}/${encodeURIComponent(resource.plural)}`;
}

function query(parameters: Readonly<Record<string, string | number | boolean | undefined>>): string {
  let text = '';
  for (const [name, value] of Object.entries(parameters)) {
    if (value === undefined) continue;
    text += `${text === '' ? '?' : '&'}${name}=${encodeURIComponent(value)}`;
  }
  return text;
}
