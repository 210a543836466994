/**
 * Owns the OpenAPI documents: built from the same field schemas that decode requests, without descriptions. Enough for
 * kubectl's validation, apply and explain. Pure.
 */
import { typesByGroupVersion } from './discovery.ts';
import type { JsonObject } from './json.ts';
import type { ResourceType, ResourceTypes } from './resource-types.ts';
import {
  type FieldSchema,
  type ObjectSchema,
  objectSchemas,
  type ScalarKind,
  type Schema,
  schemaOfType,
} from './schemas/schema.ts';

/** The index of /openapi/v3: one document for each group and version. */
export function openApiIndex(types: ResourceTypes): JsonObject {
  const names = [...typesByGroupVersion(types).keys()].map(documentPath);
  const entries = names.map((name) => [
    name,
    { serverRelativeURL: `/openapi/v3/${name}?hash=${types.generation}` },
  ]);
  return { paths: Object.fromEntries(entries) };
}

function documentPath(groupVersion: string): string {
  return groupVersion.includes('/') ? `apis/${groupVersion}` : `api/${groupVersion}`;
}

/** `name` as in the index: api/v1, apis/apps/v1. */
export function openApiDocument(types: ResourceTypes, name: string): JsonObject | undefined {
  for (const [groupVersion, members] of typesByGroupVersion(types)) {
    if (documentPath(groupVersion) !== name) continue;
    return {
      openapi: '3.0.0',
      info: { title: 'Kubernetes', version: 'v1.36.0-sandbox' },
      paths: Object.assign({}, ...members.map((type) => pathsOf(type, `/${name}`))),
      components: {
        schemas: { ...sharedSchemas(V3), ...Object.fromEntries(members.map((type) => kindSchema(type, V3))) },
      },
    };
  }
  return undefined;
}

/** Swagger 2.0 for older clients, as JSON. */
export function swaggerDocument(types: ResourceTypes): JsonObject {
  const all = types.all();
  return {
    swagger: '2.0',
    info: { title: 'Kubernetes', version: 'v1.36.0-sandbox' },
    paths: {},
    definitions: { ...sharedSchemas(V2), ...Object.fromEntries(all.map((type) => kindSchema(type, V2))) },
  };
}

/**
 * The same without paths and definitions, as protobuf (gnostic openapi_v2.Document: 1 swagger, 2 info {1 title,
 * 2 version}, 8 paths): kubectl then leaves the checking of fields to the server. All its bytes are ASCII.
 */
export const emptySwaggerProtobuf = [
  delimited(1, '2.0'),
  delimited(2, delimited(1, 'Kubernetes') + delimited(2, 'v1.36.0-sandbox')),
  delimited(8, ''),
].join('');

function delimited(number: number, content: string): string {
  return String.fromCharCode((number << 3) | 2, content.length) + content;
}

const V2 = '#/definitions/';
const V3 = '#/components/schemas/';

function pathsOf(type: ResourceType, root: string): JsonObject {
  const place = type.namespaced ? '/namespaces/{namespace}' : '';
  const collection = `${root}${place}/${type.plural}`;
  const { group, version, kind } = type;
  const operation = (action: string, ...parameters: readonly JsonObject[]) => ({
    operationId: `${action}${group}${version}${kind}`,
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': { group, version, kind },
    parameters,
    responses: { '200': { description: 'OK' } },
  });
  const write = [parameter('dryRun'), parameter('fieldManager'), parameter('fieldValidation')];
  return {
    [collection]: { get: operation('list'), post: operation('post', ...write) },
    [`${collection}/{name}`]: {
      get: operation('get'),
      put: operation('put', ...write),
      patch: operation('patch', ...write, parameter('force')),
      delete: operation('delete', parameter('dryRun')),
    },
  };
}

function parameter(name: string): JsonObject {
  return { name, in: 'query', schema: { type: 'string', uniqueItems: true } };
}

function schemaName(schema: string): string {
  return `io.k8s.sandbox.${schema}`;
}

/** Everything in the table; kinds get their own, with a group-version-kind. */
function sharedSchemas(root: string): JsonObject {
  const shared = [...objectSchemas.values()].map((schema) => [
    schemaName(schema.name),
    objectDocument(schema, root),
  ]);
  return Object.fromEntries(shared);
}

function kindSchema(type: ResourceType, root: string): [string, JsonObject] {
  const { group, version, kind } = type;
  const groupVersionKind = { 'x-kubernetes-group-version-kind': [{ group, version, kind }] };
  const schema = schemaOfType(type);
  const name = `io.k8s.kind.${group === '' ? 'core' : group}.${version}.${kind}`;
  if (schema !== undefined)
    return [name, { ...objectDocument(schema, root, TYPE_META), ...groupVersionKind }];
  const custom = type.customSchema ?? {};
  const properties =
    typeof custom.properties === 'object' && custom.properties !== null ? custom.properties : {};
  const metadata = { $ref: `${root}${schemaName('ObjectMeta')}` };
  return [
    name,
    { type: 'object', ...custom, properties: { ...properties, ...TYPE_META, metadata }, ...groupVersionKind },
  ];
}

const TYPE_META: JsonObject = { apiVersion: { type: 'string' }, kind: { type: 'string' } };

function objectDocument(schema: ObjectSchema, root: string, extra: JsonObject = {}): JsonObject {
  const fields = [...schema.fields.entries()];
  const required = fields.filter(([, field]) => field.required).map(([name]) => name);
  return {
    type: 'object',
    properties: {
      ...extra,
      ...Object.fromEntries(fields.map(([name, field]) => [name, fieldDocument(field, root)])),
    },
    ...(required.length > 0 ? { required } : {}),
  };
}

function fieldDocument({ schema }: FieldSchema, root: string): JsonObject {
  if (schema.kind === 'object' && schema.replaced)
    return { ...schemaDocument(schema, root), 'x-kubernetes-patch-strategy': 'replace' };
  if (schema.kind !== 'list' || schema.merge === undefined) return schemaDocument(schema, root);
  if (schema.merge.kind === 'values')
    return { ...schemaDocument(schema, root), 'x-kubernetes-patch-strategy': 'merge' };
  const { key, retainsKeys } = schema.merge;
  return {
    ...schemaDocument(schema, root),
    'x-kubernetes-patch-merge-key': key,
    'x-kubernetes-patch-strategy': retainsKeys ? 'merge,retainKeys' : 'merge',
  };
}

const SCALARS: Readonly<Record<ScalarKind, JsonObject>> = {
  str: { type: 'string' },
  int: { type: 'integer', format: 'int32' },
  long: { type: 'integer', format: 'int64' },
  num: { type: 'number', format: 'double' },
  bool: { type: 'boolean' },
  b64: { type: 'string', format: 'byte' },
  qty: { type: 'string' },
  ios: { type: 'string', format: 'int-or-string' },
  time: { type: 'string', format: 'date-time' },
  micro: { type: 'string', format: 'date-time' },
  any: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
};

function schemaDocument(schema: Schema, root: string): JsonObject {
  switch (schema.kind) {
    case 'scalar':
      return SCALARS[schema.scalar];
    case 'object':
      return { $ref: `${root}${schemaName(schema.name)}` };
    case 'map':
      return { type: 'object', additionalProperties: schemaDocument(schema.values, root) };
    case 'list':
      return { type: 'array', items: schemaDocument(schema.items, root) };
  }
}
