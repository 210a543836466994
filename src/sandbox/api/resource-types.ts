/**
 * Owns the table of kinds that the sandbox serves, and the types that CustomResourceDefinitions add to it.
 * Must not hold objects or a kind's rules: those are in store.ts, strategies.ts and validate.ts.
 */
import type { Json, JsonObject } from './json.ts';

export type Subresource = 'status' | 'scale' | 'log' | 'exec' | 'binding' | 'eviction' | 'finalize';

export interface ResourceType {
  /** '' is the core group. */
  readonly group: string;
  readonly version: string;
  /** "v1", "apps/v1". */
  readonly apiVersion: string;
  readonly kind: string;
  readonly listKind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly namespaced: boolean;
  readonly subresources: readonly Subresource[];
  /** Types with the same key are views of the same objects (events of both groups, versions of a CRD). */
  readonly storageKey: string;
  /** Field selectors beyond metadata.name and metadata.namespace. */
  readonly selectableFields: readonly string[];
  /** metadata.generation grows with every change outside metadata and status. */
  readonly countsGenerations: boolean;
  /** PUT without a resourceVersion is taken. */
  readonly unconditionalUpdate: boolean;
  /** PUT of a missing object creates it. */
  readonly createOnUpdate: boolean;
  /** DELETE answers with the object, not with a Status. */
  readonly returnsDeleted: boolean;
  /** Set for the types that a CRD made. */
  readonly custom: boolean;
  /** With `custom`: the version's openAPIV3Schema; `{}` when it has none. */
  readonly customSchema?: JsonObject;
  /** With `custom`: additionalPrinterColumns. */
  readonly customColumns?: readonly Json[];
}

export interface ResourceTypeSpec {
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
  readonly singular?: string;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly namespaced?: boolean;
  readonly subresources?: readonly Subresource[];
  readonly storageKey?: string;
  readonly selectableFields?: readonly string[];
  readonly countsGenerations?: boolean;
  readonly unconditionalUpdate?: boolean;
  readonly createOnUpdate?: boolean;
  readonly returnsDeleted?: boolean;
  readonly listKind?: string;
  readonly custom?: { readonly schema: JsonObject; readonly columns: readonly Json[] };
}

export function resourceType(spec: ResourceTypeSpec): ResourceType {
  const slash = spec.apiVersion.indexOf('/');
  const group = slash < 0 ? '' : spec.apiVersion.slice(0, slash);
  const { shortNames = [], categories = [], subresources = [], selectableFields = [] } = spec;
  return {
    group,
    version: spec.apiVersion.slice(slash + 1),
    apiVersion: spec.apiVersion,
    kind: spec.kind,
    listKind: spec.listKind ?? `${spec.kind}List`,
    plural: spec.plural,
    singular: spec.singular ?? spec.kind.toLowerCase(),
    shortNames,
    categories,
    namespaced: spec.namespaced ?? true,
    subresources,
    storageKey: spec.storageKey ?? (group === '' ? spec.plural : `${spec.plural}.${group}`),
    selectableFields,
    countsGenerations: spec.countsGenerations ?? false,
    unconditionalUpdate: spec.unconditionalUpdate ?? true,
    createOnUpdate: spec.createOnUpdate ?? false,
    returnsDeleted: spec.returnsDeleted ?? false,
    custom: spec.custom !== undefined,
    ...(spec.custom === undefined
      ? {}
      : { customSchema: spec.custom.schema, customColumns: spec.custom.columns }),
  };
}

const RBAC = 'rbac.authorization.k8s.io/v1';

const eventFields = ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'];

/** The built-in kinds, by plural. */
export const resourceTypes = {
  namespaces: resourceType({
    apiVersion: 'v1',
    kind: 'Namespace',
    plural: 'namespaces',
    shortNames: ['ns'],
    namespaced: false,
    subresources: ['status', 'finalize'],
    selectableFields: ['status.phase'],
  }),
  nodes: resourceType({
    apiVersion: 'v1',
    kind: 'Node',
    plural: 'nodes',
    shortNames: ['no'],
    namespaced: false,
    subresources: ['status'],
    selectableFields: ['spec.unschedulable'],
  }),
  pods: resourceType({
    apiVersion: 'v1',
    kind: 'Pod',
    plural: 'pods',
    shortNames: ['po'],
    categories: ['all'],
    subresources: ['status', 'log', 'exec', 'binding', 'eviction'],
    countsGenerations: true,
    returnsDeleted: true,
    selectableFields: [
      'spec.nodeName',
      'spec.restartPolicy',
      'spec.schedulerName',
      'spec.serviceAccountName',
      'spec.hostNetwork',
      'status.phase',
      'status.podIP',
      'status.nominatedNodeName',
    ],
  }),
  services: resourceType({
    apiVersion: 'v1',
    kind: 'Service',
    plural: 'services',
    shortNames: ['svc'],
    categories: ['all'],
    subresources: ['status'],
    selectableFields: ['spec.clusterIP', 'spec.type'],
    returnsDeleted: true,
    createOnUpdate: true,
  }),
  endpoints: resourceType({
    apiVersion: 'v1',
    kind: 'Endpoints',
    plural: 'endpoints',
    singular: 'endpoints',
    shortNames: ['ep'],
    createOnUpdate: true,
    listKind: 'EndpointsList',
  }),
  events: resourceType({
    apiVersion: 'v1',
    kind: 'Event',
    plural: 'events',
    shortNames: ['ev'],
    createOnUpdate: true,
    selectableFields: [
      ...eventFields.map((field) => `involvedObject.${field}`),
      'reason',
      'reportingComponent',
      'source',
      'type',
    ],
  }),
  eventsOfEventsGroup: resourceType({
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    plural: 'events',
    shortNames: ['ev'],
    createOnUpdate: true,
    storageKey: 'events',
    selectableFields: [
      ...eventFields.map((field) => `regarding.${field}`),
      'reason',
      'reportingController',
      'type',
    ],
  }),
  serviceaccounts: resourceType({
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    plural: 'serviceaccounts',
    shortNames: ['sa'],
    returnsDeleted: true,
  }),
  configmaps: resourceType({ apiVersion: 'v1', kind: 'ConfigMap', plural: 'configmaps', shortNames: ['cm'] }),
  secrets: resourceType({ apiVersion: 'v1', kind: 'Secret', plural: 'secrets', selectableFields: ['type'] }),
  replicasets: resourceType({
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    plural: 'replicasets',
    shortNames: ['rs'],
    categories: ['all'],
    subresources: ['status', 'scale'],
    countsGenerations: true,
    selectableFields: ['status.replicas'],
  }),
  deployments: resourceType({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    plural: 'deployments',
    shortNames: ['deploy'],
    categories: ['all'],
    subresources: ['status', 'scale'],
    countsGenerations: true,
  }),
  endpointslices: resourceType({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    plural: 'endpointslices',
    countsGenerations: true,
  }),
  leases: resourceType({
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    plural: 'leases',
    unconditionalUpdate: false,
    createOnUpdate: true,
  }),
  poddisruptionbudgets: resourceType({
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    plural: 'poddisruptionbudgets',
    shortNames: ['pdb'],
    subresources: ['status'],
    countsGenerations: true,
    unconditionalUpdate: false,
  }),
  roles: resourceType({ apiVersion: RBAC, kind: 'Role', plural: 'roles', createOnUpdate: true }),
  rolebindings: resourceType({
    apiVersion: RBAC,
    kind: 'RoleBinding',
    plural: 'rolebindings',
    createOnUpdate: true,
  }),
  clusterroles: resourceType({
    apiVersion: RBAC,
    kind: 'ClusterRole',
    plural: 'clusterroles',
    namespaced: false,
    createOnUpdate: true,
  }),
  clusterrolebindings: resourceType({
    apiVersion: RBAC,
    kind: 'ClusterRoleBinding',
    plural: 'clusterrolebindings',
    namespaced: false,
    createOnUpdate: true,
  }),
  customresourcedefinitions: resourceType({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    plural: 'customresourcedefinitions',
    shortNames: ['crd', 'crds'],
    categories: ['api-extensions'],
    namespaced: false,
    subresources: ['status'],
    countsGenerations: true,
    unconditionalUpdate: false,
  }),
} as const satisfies Record<string, ResourceType>;

/** The types served at this moment: the built-in ones and those of the CRDs in the store. */
export class ResourceTypes {
  readonly #byPath = new Map<string, ResourceType>();
  readonly #byKind = new Map<string, ResourceType>();
  #generation = 0;

  constructor() {
    for (const type of Object.values(resourceTypes)) this.add(type);
  }

  /** Grows with every change, so that what is derived from the table can be cached. */
  get generation(): number {
    return this.#generation;
  }

  all(): readonly ResourceType[] {
    return [...this.#byPath.values()];
  }

  byPath(apiVersion: string, plural: string): ResourceType | undefined {
    return this.#byPath.get(`${apiVersion}/${plural}`);
  }

  byKind(apiVersion: string, kind: string): ResourceType | undefined {
    return this.#byKind.get(`${apiVersion}/${kind}`);
  }

  add(type: ResourceType): void {
    this.#byPath.set(`${type.apiVersion}/${type.plural}`, type);
    this.#byKind.set(`${type.apiVersion}/${type.kind}`, type);
    this.#generation++;
  }

  remove(type: ResourceType): void {
    this.#byPath.delete(`${type.apiVersion}/${type.plural}`);
    this.#byKind.delete(`${type.apiVersion}/${type.kind}`);
    this.#generation++;
  }
}
