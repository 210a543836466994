/**
 * Owns the names under which the API server keeps each kind of object we use.
 * Must not know what is inside the objects: that is the decoders' business.
 */

/** One kind of object. `group` is empty for the core group, whose paths start with /api instead of /apis. */
export interface Resource {
  readonly group: string;
  readonly version: string;
  /** The path segment: lower case, plural. */
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

export const PODS: Resource = core('pods', 'Pod');
export const EVENTS: Resource = core('events', 'Event');
export const NODES: Resource = { ...core('nodes', 'Node'), namespaced: false };
export const SERVICES: Resource = core('services', 'Service');
export const ENDPOINTS: Resource = core('endpoints', 'Endpoints');
export const ENDPOINT_SLICES: Resource = named('discovery.k8s.io', 'v1', 'endpointslices', 'EndpointSlice');
export const SINGLETONS: Resource = named('understudy.dev', 'v1alpha1', 'singletons', 'Singleton');
export const DISRUPTION_BUDGETS: Resource = named(
  'policy',
  'v1',
  'poddisruptionbudgets',
  'PodDisruptionBudget',
);
export const LEASES: Resource = named('coordination.k8s.io', 'v1', 'leases', 'Lease');
export const SELF_SUBJECT_ACCESS_REVIEWS: Resource = {
  ...named('authorization.k8s.io', 'v1', 'selfsubjectaccessreviews', 'SelfSubjectAccessReview'),
  namespaced: false,
};

/** What an object's `apiVersion` field says for this resource. */
export function apiVersion(resource: Resource): string {
  return resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
}

/** How RBAC rules and people name the resource: `pods`, `leases.coordination.k8s.io`. */
export function qualifiedPlural(resource: Resource): string {
  return resource.group === '' ? resource.plural : `${resource.plural}.${resource.group}`;
}

function core(plural: string, kind: string): Resource {
  return named('', 'v1', plural, kind);
}

function named(group: string, version: string, plural: string, kind: string): Resource {
  return { group, version, plural, kind, namespaced: true };
}
