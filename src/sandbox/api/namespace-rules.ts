/**
 * Owns which namespaces there are from the start, and that content needs a namespace that exists and stays.
 * (apiserver pkg/admission/plugin/namespace/lifecycle)
 */
import { forbidden, notFound } from './api-error.ts';
import { stringAt } from './json.ts';
import { type ResourceType, resourceTypes } from './resource-types.ts';
import type { StoredObject } from './stored-object.ts';

export const DEFAULT_NAMESPACES = ['default', 'kube-node-lease', 'kube-public', 'kube-system'] as const;

/** What of the store this rule needs. */
interface Namespaces {
  get(type: ResourceType, namespace: string | undefined, name: string): StoredObject | undefined;
}

/** @throws ApiError 404 when the object's namespace does not exist, 403 when it is being deleted. */
export function checkNamespaceAcceptsContent(
  store: Namespaces,
  type: ResourceType,
  object: StoredObject,
): void {
  const { namespace, name } = object.metadata;
  if (!type.namespaced || namespace === undefined) return;
  const found = store.get(resourceTypes.namespaces, undefined, namespace);
  if (found === undefined) throw notFound(resourceTypes.namespaces, namespace);
  if (stringAt(found, 'status', 'phase') !== 'Terminating') return;
  const cause = {
    reason: 'NamespaceTerminating',
    message: `namespace ${namespace} is being terminated`,
    field: 'metadata.namespace',
  };
  const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
  throw forbidden(type, name, why, [cause]);
}
