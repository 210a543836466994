/**
 * Owns get, list with its pages, and the start of a watch.
 */
import { badRequest, expired, invalid, tooLargeResourceVersion } from './api-error.ts';
import { listText } from './encoding.ts';
import type { FieldProblem } from './field-problem.ts';
import { type FieldSelector, parseFieldSelector } from './field-selector.ts';
import { isJsonObject, numberAt, stringAt } from './json.ts';
import { parseLabelSelector } from './label-selector.ts';
import { limits } from './limits.ts';
import { integerParameter, isTrue, type ServerResponse } from './request.ts';
import {
  jsonAnswer,
  nameOf,
  objectAnswer,
  optionsType,
  type ResourceRequest,
  warningHeaders,
} from './request-context.ts';
import type { StoredObject } from './stored-object.ts';
import { parseResourceVersion, parseWatch, resourceVersionProblem, watchResponse } from './watch.ts';
import { passes, type WatchFilter } from './watch-hub.ts';

/** @throws ApiError 404 */
export function getObject(context: ResourceRequest): ServerResponse {
  const { services, type, path, query } = context;
  if (isTrue(query.get('watch'))) return startWatch(context);
  return objectAnswer(context, 200, services.store.mustGet(type, path.namespace, nameOf(context)));
}

export function listOrWatch(context: ResourceRequest): ServerResponse {
  return isTrue(context.query.get('watch')) ? startWatch(context) : listObjects(context);
}

export function filterOf({ type, path, query, form }: ResourceRequest): WatchFilter {
  const byName: FieldSelector =
    path.name === undefined ? [] : [{ path: ['metadata', 'name'], equals: true, value: path.name }];
  return {
    type,
    namespace: path.namespace,
    labelSelector: parseLabelSelector(query.get('labelSelector') ?? ''),
    fieldSelector: [...byName, ...parseFieldSelector(type, query.get('fieldSelector') ?? '')],
    form,
  };
}

function startWatch(context: ResourceRequest): ServerResponse {
  const { services, query } = context;
  return watchResponse(services, parseWatch(filterOf(context), query, services.random));
}

/** Where a list goes on: at which version, after which namespace and name. */
interface Continuation {
  readonly resourceVersion: number;
  readonly after: string;
}

function listObjects(context: ResourceRequest): ServerResponse {
  const { services, type, query, form } = context;
  const { store, clock } = services;
  const continuation = parseContinuation(query.get('continue') ?? '');
  const version = continuation?.resourceVersion ?? versionToList(context);
  const limit = Math.min(integerParameter(query, 'limit') || limits.listItems, limits.listItems);
  const filter = filterOf(context);
  const all = objectsAt(context, version);
  const rest = continuation === undefined ? all : all.filter((object) => keyOf(object) > continuation.after);
  const selected = rest.filter((object) => passes(filter, object));
  const page = selected.slice(0, Math.max(1, limit));
  const last = page.at(-1);
  const remaining = selected.length - page.length;
  const isFiltered = filter.labelSelector.length > 0 || filter.fieldSelector.length > 0;
  const more =
    remaining === 0 || last === undefined
      ? {}
      : {
          continueToken: continueToken({ resourceVersion: version, after: keyOf(last) }),
          ...(isFiltered ? {} : { remainingItemCount: remaining }),
        };
  const metadata = {
    resourceVersion: String(version === store.resourceVersion ? store.resourceVersion : version),
    ...more,
  };
  return jsonAnswer(
    200,
    listText(type, page, metadata, form, clock.wallTimeMs()),
    warningHeaders(context.warnings),
  );
}

function keyOf(object: StoredObject): string {
  return `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
}

function objectsAt({ services, type, path }: ResourceRequest, version: number): readonly StoredObject[] {
  const { store } = services;
  const namespace = type.namespaced ? path.namespace : undefined;
  if (version === store.resourceVersion)
    return store.list(type, namespace === undefined ? {} : { namespace });
  const objects = store.collection(type).listAt(version, namespace);
  if (objects === undefined) throw expired(TOO_OLD_TO_CONTINUE);
  return objects;
}

const TOO_OLD_TO_CONTINUE =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.';

/** @throws ApiError 410, 504 */
function versionToList({ services, type, query }: ResourceRequest): number {
  const current = services.store.resourceVersion;
  const text = query.get('resourceVersion');
  const asked = parseResourceVersion(text);
  if (asked === undefined) throw badRequest(`invalid resource version: ${resourceVersionProblem(text)}`);
  const match = query.get('resourceVersionMatch') ?? '';
  const problem = query.has('sendInitialEvents')
    ? INITIAL_EVENTS_OF_A_LIST
    : matchProblem(match, query.get('resourceVersion') ?? '');
  if (problem !== undefined) throw invalid(optionsType('ListOptions'), '', [problem]);
  if (asked > current) throw tooLargeResourceVersion(asked, current);
  if (match !== 'Exact') return current;
  if (services.store.collection(type).eventsAfter(asked) === undefined) {
    throw expired('The resourceVersion for the provided list is too old.');
  }
  return asked;
}

const INITIAL_EVENTS_OF_A_LIST: FieldProblem = {
  kind: 'forbidden',
  field: 'sendInitialEvents',
  note: 'sendInitialEvents is forbidden for list',
};

const MATCHES = ['Exact', 'NotOlderThan', ''];

function matchProblem(match: string, resourceVersion: string): FieldProblem | undefined {
  const field = 'resourceVersionMatch';
  if (!MATCHES.includes(match)) return { kind: 'unsupported', field, value: match, supported: MATCHES };
  if (match !== '' && resourceVersion === '') {
    return {
      kind: 'forbidden',
      field,
      note: 'resourceVersionMatch is forbidden unless resourceVersion is provided',
    };
  }
  if (match !== 'Exact' || resourceVersion !== '0') return undefined;
  return {
    kind: 'forbidden',
    field,
    note: 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"',
  };
}

function continueToken(continuation: Continuation): string {
  return Buffer.from(
    JSON.stringify({ v: 1, rv: continuation.resourceVersion, start: continuation.after }),
  ).toString('base64url');
}

function parseContinuation(token: string): Continuation | undefined {
  if (token === '') return undefined;
  let decoded: unknown;
  try {
    decoded = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'));
  } catch (cause) {
    throw badRequest(
      `invalid continue token: continue key is not valid: ${cause instanceof Error ? cause.message : String(cause)}`,
    );
  }
  const resourceVersion = numberAt(decoded, 'rv');
  const after = stringAt(decoded, 'start');
  if (!isJsonObject(decoded) || resourceVersion === undefined || after === undefined)
    throw badRequest('invalid continue token: continue key is not valid');
  return { resourceVersion, after };
}
