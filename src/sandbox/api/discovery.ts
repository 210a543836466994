/**
 * Owns discovery: which groups, versions and resources there are, in the aggregated and in the old form. Pure.
 * (kubernetes apiserver pkg/endpoints/discovery)
 */
import type { JsonObject } from './json.ts';
import type { ResourceType, ResourceTypes, Subresource } from './resource-types.ts';

/** Of the API that is spoken, not of a Kubernetes build: kubectl compares it with its own. */
export const versionInfo: JsonObject = {
  major: '1',
  minor: '36',
  gitVersion: 'v1.36.0-sandbox',
  gitCommit: '',
  gitTreeState: 'clean',
  buildDate: '2026-01-01T00:00:00Z',
  goVersion: process.version,
  compiler: 'node',
  platform: `${process.platform}/${process.arch}`,
};

const VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

interface SubresourceKind {
  readonly verbs: readonly string[];
  /** The kind that the subresource speaks; the resource's own when left out. */
  readonly kind?: { readonly group: string; readonly version: string; readonly kind: string };
}

const WRITABLE = ['get', 'patch', 'update'];

const SUBRESOURCES: Readonly<Record<Subresource, SubresourceKind>> = {
  status: { verbs: WRITABLE },
  scale: { verbs: WRITABLE, kind: { group: 'autoscaling', version: 'v1', kind: 'Scale' } },
  log: { verbs: ['get'] },
  exec: { verbs: ['create', 'get'], kind: { group: '', version: 'v1', kind: 'PodExecOptions' } },
  binding: { verbs: ['create'], kind: { group: '', version: 'v1', kind: 'Binding' } },
  eviction: { verbs: ['create'], kind: { group: 'policy', version: 'v1', kind: 'Eviction' } },
  finalize: { verbs: ['update'] },
};

/** Served beside the stored kinds: asked, answered, not kept. */
export const ACCESS_REVIEW = {
  group: 'authorization.k8s.io',
  version: 'v1',
  plural: 'selfsubjectaccessreviews',
  kind: 'SelfSubjectAccessReview',
};

interface GroupVersion {
  readonly group: string;
  readonly version: string;
  readonly types: readonly ResourceType[];
}

function groupVersions(types: ResourceTypes): readonly GroupVersion[] {
  const found = new Map<string, ResourceType[]>();
  for (const type of types.all()) found.set(type.apiVersion, [...(found.get(type.apiVersion) ?? []), type]);
  const stored = [...found.values()].flatMap((members) => {
    const [first] = members;
    return first === undefined ? [] : [{ group: first.group, version: first.version, types: members }];
  });
  return [...stored, { group: ACCESS_REVIEW.group, version: ACCESS_REVIEW.version, types: [] }];
}

export function aggregatedDiscovery(types: ResourceTypes, core: boolean): JsonObject {
  const groups = new Map<string, GroupVersion[]>();
  for (const each of groupVersions(types).filter(({ group }) => (group === '') === core)) {
    groups.set(each.group, [...(groups.get(each.group) ?? []), each]);
  }
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: 'apidiscovery.k8s.io/v2',
    metadata: {},
    items: [...groups.entries()].map(([group, versions]) => ({
      metadata: group === '' ? {} : { name: group },
      versions: versions.map((each) => ({
        version: each.version,
        resources: [...each.types.map(aggregatedResource), ...reviewResource(each.group)],
        freshness: 'Current',
      })),
    })),
  };
}

function aggregatedResource(type: ResourceType): JsonObject {
  const { group, version, kind } = type;
  return {
    resource: type.plural,
    responseKind: { group, version, kind },
    scope: type.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: type.singular,
    verbs: VERBS,
    shortNames: type.shortNames,
    categories: type.categories,
    subresources: type.subresources.map((name) => ({
      subresource: name,
      responseKind: SUBRESOURCES[name].kind ?? { group, version, kind },
      verbs: SUBRESOURCES[name].verbs,
    })),
  };
}

function reviewResource(group: string): readonly JsonObject[] {
  if (group !== ACCESS_REVIEW.group) return [];
  const { version, kind, plural } = ACCESS_REVIEW;
  const responseKind = { group, version, kind };
  return [
    {
      resource: plural,
      responseKind,
      scope: 'Cluster',
      singularResource: kind.toLowerCase(),
      verbs: ['create'],
    },
  ];
}

export function groupList(types: ResourceTypes): JsonObject {
  const groups = [...new Set(groupVersions(types).map(({ group }) => group))].filter((group) => group !== '');
  return {
    kind: 'APIGroupList',
    apiVersion: 'v1',
    groups: groups.map((group) => groupOf(types, group) ?? {}),
  };
}

export function groupOf(types: ResourceTypes, group: string): JsonObject | undefined {
  const versions = groupVersions(types)
    .filter((each) => each.group === group)
    .map(({ version }) => ({ groupVersion: `${group}/${version}`, version }));
  const [preferredVersion] = versions;
  if (preferredVersion === undefined) return undefined;
  return { kind: 'APIGroup', apiVersion: 'v1', name: group, versions, preferredVersion };
}

export function resourceList(types: ResourceTypes, groupVersion: string): JsonObject | undefined {
  const found = groupVersions(types).find(
    ({ group, version }) => (group === '' ? version : `${group}/${version}`) === groupVersion,
  );
  if (found === undefined) return undefined;
  const resources = found.types.flatMap((type) => [
    resourceEntry(type),
    ...type.subresources.map((name) => subresourceEntry(type, name)),
  ]);
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion,
    resources: [...resources, ...reviewEntry(found.group)],
  };
}

function resourceEntry(type: ResourceType): JsonObject {
  return {
    name: type.plural,
    singularName: type.singular,
    namespaced: type.namespaced,
    kind: type.kind,
    verbs: VERBS,
    ...(type.shortNames.length > 0 ? { shortNames: type.shortNames } : {}),
    ...(type.categories.length > 0 ? { categories: type.categories } : {}),
  };
}

function subresourceEntry(type: ResourceType, name: Subresource): JsonObject {
  const { verbs, kind } = SUBRESOURCES[name];
  const foreign = kind === undefined ? {} : { group: kind.group, version: kind.version };
  return {
    name: `${type.plural}/${name}`,
    singularName: '',
    namespaced: type.namespaced,
    ...foreign,
    kind: kind?.kind ?? type.kind,
    verbs,
  };
}

function reviewEntry(group: string): readonly JsonObject[] {
  if (group !== ACCESS_REVIEW.group) return [];
  return [
    {
      name: ACCESS_REVIEW.plural,
      singularName: '',
      namespaced: false,
      kind: ACCESS_REVIEW.kind,
      verbs: ['create'],
    },
  ];
}

/** Everything served, as groups and versions: for OpenAPI. */
export function typesByGroupVersion(types: ResourceTypes): ReadonlyMap<string, readonly ResourceType[]> {
  return new Map(
    groupVersions(types).map(({ group, version, types: members }) => [
      group === '' ? version : `${group}/${version}`,
      members,
    ]),
  );
}
