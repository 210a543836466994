/**
 * Owns the serving of custom resources: each CRD in the store adds its served versions to the table of types, and takes
 * its objects and types along when it goes.
 */
import { booleanAt, isJsonObject, type JsonObject, listAt, objectAt, stringAt } from '../json.ts';
import { type ResourceType, resourceType, resourceTypes, type Subresource } from '../resource-types.ts';
import type { Store } from '../store.ts';

export function serveCustomTypes(store: Store): void {
  store.subscribe(resourceTypes.customresourcedefinitions, (event) => {
    const before = event.previous === undefined ? [] : typesOfDefinition(event.previous);
    const now = event.type === 'DELETED' ? [] : typesOfDefinition(event.object);
    if (event.type === 'DELETED') deleteObjects(store, before);
    for (const type of before) store.types.remove(type);
    for (const type of now) store.types.add(type);
  });
}

function deleteObjects(store: Store, types: readonly ResourceType[]): void {
  const [type] = types;
  if (type === undefined) return;
  for (const object of store.list(type)) {
    const { namespace, name, finalizers = [] } = object.metadata;
    if (finalizers.length > 0)
      store.update(type, { ...object, metadata: { ...object.metadata, finalizers: [] } });
    if (store.get(type, namespace, name) !== undefined) store.delete(type, namespace, name);
  }
}

/** The types that a CustomResourceDefinition adds: one for each served version. */
export function typesOfDefinition(crd: unknown): readonly ResourceType[] {
  const versions = listAt(crd, 'spec', 'versions');
  return versions
    .filter((version) => booleanAt(version, 'served') === true)
    .map((version) => typeOfVersion(crd, version));
}

function typeOfVersion(crd: unknown, version: unknown): ResourceType {
  const names = objectAt(crd, 'spec', 'names');
  const kind = stringAt(names, 'kind') ?? '';
  const fields = listAt(version, 'selectableFields').map(
    (field) => stringAt(field, 'jsonPath')?.replace(/^\./, '') ?? '',
  );
  return resourceType({
    apiVersion: `${stringAt(crd, 'spec', 'group')}/${stringAt(version, 'name')}`,
    kind,
    listKind: stringAt(names, 'listKind') ?? `${kind}List`,
    plural: stringAt(names, 'plural') ?? '',
    singular: stringAt(names, 'singular') ?? kind.toLowerCase(),
    shortNames: listAt(names, 'shortNames').map(String),
    categories: listAt(names, 'categories').map(String),
    namespaced: stringAt(crd, 'spec', 'scope') !== 'Cluster',
    subresources: subresourcesOf(objectAt(version, 'subresources')),
    selectableFields: fields,
    unconditionalUpdate: false,
    custom: {
      schema: objectAt(version, 'schema', 'openAPIV3Schema'),
      columns: listAt(version, 'additionalPrinterColumns'),
    },
  });
}

function subresourcesOf(subresources: JsonObject): readonly Subresource[] {
  const names: readonly Subresource[] = ['status', 'scale'];
  return names.filter((name) => isJsonObject(subresources[name]));
}
