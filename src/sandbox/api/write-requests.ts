/**
 * Owns create, update, patch and delete as they come over HTTP: bodies, names in paths, codes and warnings.
 */
import { badRequest, invalid, methodNotAllowed, notFound, unsupportedMediaType } from './api-error.ts';
import type { DeleteOptions } from './deletion.ts';
import { convert, listText, storedEvent } from './encoding.ts';
import { isJsonObject, type JsonObject, listAt, numberAt, stringAt, withFields } from './json.ts';
import { applyPatchTo, type Patch } from './patches/patch.ts';
import { filterOf } from './read-requests.ts';
import { integerParameter, type ServerResponse } from './request.ts';
import { jsonBody, mediaType, objectBody, optionalObjectBody, yamlBody } from './request-body.ts';
import {
  jsonAnswer,
  nameOf,
  objectAnswer,
  optionsType,
  type ResourceRequest,
  writeOptions,
} from './request-context.ts';
import { resourceTypes } from './resource-types.ts';
import { conform, MistypedField } from './schemas/conform.ts';
import { objectSchema } from './schemas/schema.ts';
import type { WriteOptions } from './store.ts';
import { decodeObject, type StoredObject } from './stored-object.ts';
import { passes } from './watch-hub.ts';

const NOT_ENFORCED = 'this sandbox stores RBAC objects, but does not enforce them: every request is allowed';

function warn(context: ResourceRequest): void {
  if (context.type.group === 'rbac.authorization.k8s.io') context.warnings.push(NOT_ENFORCED);
}

/** A custom resource must say what it is; a built-in one may leave that to the path. */
function objectToWrite(context: ResourceRequest): JsonObject {
  const { type, request } = context;
  const body = objectBody(request);
  if (!type.custom) return body;
  for (const field of ['kind', 'apiVersion'] as const) {
    if (typeof body[field] === 'string' && body[field] !== '') continue;
    const name = field === 'kind' ? "Object 'Kind'" : "Object 'apiVersion'";
    throw badRequest(
      `the object provided is unrecognized (must be of type ${type.kind}): ${name} is missing`,
    );
  }
  return body;
}

/** Body and path must agree on the namespace; where the body has none it gets the path's. */
function placed(context: ResourceRequest, body: JsonObject): JsonObject {
  const { path, type } = context;
  const stated = stringAt(body, 'metadata', 'namespace') ?? '';
  if (!type.namespaced || path.namespace === undefined) return body;
  if (stated !== '' && stated !== path.namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
  const { metadata } = body;
  if (metadata !== undefined && metadata !== null && !isJsonObject(metadata)) return body;
  return withFields(body, { metadata: { ...metadata, namespace: path.namespace } });
}

/** Both groups' events are stored as core events: the body is rewritten, the checks are those of the core kind. */
function storable(
  context: ResourceRequest,
  body: JsonObject,
  options: WriteOptions,
): { type: typeof context.type; body: JsonObject } {
  const { type } = context;
  if (type !== resourceTypes.eventsOfEventsGroup) return { type, body };
  const event = decodeObject(type, body, options.onUnknownFields);
  if (event.eventTime === undefined) {
    throw invalid(type, event.metadata.name, [{ kind: 'required', field: 'eventTime' }]);
  }
  return { type: resourceTypes.events, body: storedEvent(body) };
}

/** @throws ApiError 400, 403, 404, 405, 409, 415, 422 */
export function createObject(context: ResourceRequest): ServerResponse {
  const { services, path, type } = context;
  if (path.name !== undefined || (type.namespaced && path.namespace === undefined)) throw methodNotAllowed();
  const options = writeOptions(context);
  const stored = storable(context, placed(context, objectToWrite(context)), options);
  warn(context);
  return objectAnswer(context, 201, services.store.create(stored.type, stored.body, options));
}

/** @throws ApiError 400, 404, 409, 415, 422 */
export function updateObject(context: ResourceRequest, subresource?: 'status' | 'finalize'): ServerResponse {
  const { services, path, type } = context;
  const body = placed(context, objectToWrite(context));
  const name = nameOf(context);
  const stated = stringAt(body, 'metadata', 'name') ?? '';
  if (stated !== name) {
    throw badRequest(
      stated === ''
        ? `the name of the object (${name} based on URL) was undeterminable: name must be provided`
        : `the name of the object (${stated}) does not match the name on the URL (${name})`,
    );
  }
  const options = { ...writeOptions(context), ...(subresource === undefined ? {} : { subresource }) };
  const stored = storable(context, body, options);
  const existed = services.store.get(type, path.namespace, name) !== undefined;
  warn(context);
  return objectAnswer(context, existed ? 200 : 201, services.store.update(stored.type, stored.body, options));
}

const PATCH_TYPES: ReadonlyMap<string, Patch['type']> = new Map([
  ['application/json-patch+json', 'json'],
  ['application/merge-patch+json', 'merge'],
  ['application/strategic-merge-patch+json', 'strategic'],
  ['application/apply-patch+yaml', 'apply'],
]);

/** @throws ApiError 400, 415 */
export function patchOf(context: ResourceRequest): Patch {
  const { request } = context;
  const type = PATCH_TYPES.get(mediaType(request.headers['content-type']));
  if (type === undefined) throw unsupportedMediaType([...PATCH_TYPES.keys()]);
  const body = type === 'apply' ? yamlBody(request.body) : jsonBody(request.body);
  return { type, body };
}

/** @throws ApiError 400, 404, 409, 415, 422 */
export function patchObject(context: ResourceRequest, subresource?: 'status'): ServerResponse {
  const { services, path, type, query } = context;
  const { store } = services;
  const name = nameOf(context);
  const patch = patchOf(context);
  if (patch.type === 'apply' && (query.get('fieldManager') ?? '') === '') {
    throw invalid(optionsType('PatchOptions'), '', [
      { kind: 'required', field: 'fieldManager', note: 'is required for apply patch' },
    ]);
  }
  const options = { ...writeOptions(context), ...(subresource === undefined ? {} : { subresource }) };
  warn(context);
  if (type === resourceTypes.eventsOfEventsGroup)
    return objectAnswer(context, 200, patchEvent(context, name, patch, options));
  const existed = store.get(type, path.namespace, name) !== undefined;
  const object = store.patch(type, path.namespace, name, patch, options);
  return objectAnswer(context, existed ? 200 : 201, object);
}

/** The patch speaks the other group's fields: it is applied to that view of the event. */
function patchEvent(
  context: ResourceRequest,
  name: string,
  patch: Patch,
  options: WriteOptions,
): StoredObject {
  const { services, path, type } = context;
  const current = services.store.get(resourceTypes.events, path.namespace, name);
  if (current === undefined) throw notFound(type, name);
  const view = decodeObject(type, convert(type, current));
  const patched = applyPatchTo(type, view, patch);
  if (!isJsonObject(patched)) throw badRequest('error decoding patch: an object is expected');
  decodeObject(type, patched, options.onUnknownFields);
  return services.store.update(resourceTypes.events, storedEvent(patched), options);
}

const POLICIES = ['Foreground', 'Background', 'Orphan'] as const;

/** From the body, or from the query where there is no body. @throws ApiError 400, 422 */
export function deleteOptions(context: ResourceRequest, sent: JsonObject | undefined): DeleteOptions {
  const { query } = context;
  const body = sent === undefined ? undefined : conformedOptions(sent);
  const dryRun = [...query.getAll('dryRun'), ...listAt(body, 'dryRun')].filter((value) => value !== '');
  if (dryRun.some((value) => value !== 'All')) {
    throw invalid(optionsType('DeleteOptions'), '', [
      { kind: 'unsupported', field: 'dryRun', value: dryRun, supported: ['All'] },
    ]);
  }
  const gracePeriodSeconds =
    numberAt(body, 'gracePeriodSeconds') ?? integerParameter(query, 'gracePeriodSeconds');
  const uid = stringAt(body, 'preconditions', 'uid');
  const resourceVersion = stringAt(body, 'preconditions', 'resourceVersion');
  const propagationPolicy = propagationOf(
    stringAt(body, 'propagationPolicy') ?? query.get('propagationPolicy') ?? '',
  );
  return {
    dryRun: dryRun.length > 0,
    ...(propagationPolicy === undefined ? {} : { propagationPolicy }),
    ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    ...(uid === undefined ? {} : { uid }),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  };
}

function conformedOptions(body: JsonObject): JsonObject {
  try {
    return conform(objectSchema('DeleteOptions'), body).value;
  } catch (error) {
    if (error instanceof MistypedField) throw badRequest(error.message);
    throw error;
  }
}

function propagationOf(policy: string): DeleteOptions['propagationPolicy'] {
  const known = POLICIES.find((each) => each === policy);
  if (known !== undefined || policy === '') return known;
  throw invalid(optionsType('DeleteOptions'), '', [
    { kind: 'unsupported', field: 'propagationPolicy', value: policy, supported: [...POLICIES, 'nil'] },
  ]);
}

/** @throws ApiError 400, 403, 404, 409 */
export function deleteObject(context: ResourceRequest): ServerResponse {
  const { services, path, type } = context;
  const { store } = services;
  const name = nameOf(context);
  const deleted = store.delete(
    type,
    path.namespace,
    name,
    deleteOptions(context, optionalObjectBody(context.request)),
  );
  const stillThere = store.get(type, path.namespace, name)?.metadata.uid === deleted.metadata.uid;
  if (stillThere || type.returnsDeleted) return objectAnswer(context, 200, deleted);
  const group = type.group === '' ? {} : { group: type.group };
  const details = { name, ...group, kind: type.plural, uid: deleted.metadata.uid };
  return jsonAnswer(200, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details });
}

/** Deletes what matches the selectors. */
export function deleteCollection(context: ResourceRequest): ServerResponse {
  const { services, path, type } = context;
  const { store } = services;
  if (type.namespaced && path.namespace === undefined) throw methodNotAllowed();
  const options = deleteOptions(context, optionalObjectBody(context.request));
  const filter = filterOf(context);
  const namespace = path.namespace === undefined ? {} : { namespace: path.namespace };
  const deleted = store.list(type, namespace).filter((object) => passes(filter, object));
  const items = deleted.map((object) =>
    store.delete(type, object.metadata.namespace, object.metadata.name, options),
  );
  const metadata = { resourceVersion: String(store.resourceVersion) };
  return jsonAnswer(200, listText(type, items, metadata, { kind: 'object' }, services.clock.wallTimeMs()));
}
