/**
 * Owns the fields that the API server fills in where the writer left them out, kind by kind. Pure.
 * (kubernetes pkg/apis/<group>/v1/defaults.go, and each strategy.go's PrepareForCreate)
 */
import { fill, fillAt, fillEach } from './defaults/fill.ts';
import { qosClass, withAdmission, withPodSpecDefaults } from './defaults/pod-defaults.ts';
import { serviceSpecDefaults, withServiceFamilies } from './defaults/service-defaults.ts';
import { at, frozenObject, type JsonObject, listAt, objectAt, stringAt } from './json.ts';
import type { ResourceType } from './resource-types.ts';
import { changed, type StoredObject, withMetadata } from './stored-object.ts';

type Defaulter = (object: JsonObject) => JsonObject;

function specDefaults(fillSpec: (spec: JsonObject) => JsonObject): Defaulter {
  return (object) => fillAt(object, 'spec', fillSpec);
}

function templateDefaults(spec: JsonObject): JsonObject {
  const withMetadataField = fillAt(spec, 'template', (template) => fill(template, { metadata: {} }));
  return fillAt(withMetadataField, 'template', (template) => fillAt(template, 'spec', withPodSpecDefaults));
}

const ROLLING_UPDATE = { maxUnavailable: '25%', maxSurge: '25%' };

function deploymentSpecDefaults(spec: JsonObject): JsonObject {
  const filled = fill(templateDefaults(spec), {
    replicas: 1,
    revisionHistoryLimit: 10,
    progressDeadlineSeconds: 600,
    strategy: {},
  });
  return fillAt(filled, 'strategy', (strategy) => {
    const typed = fill(strategy, { type: 'RollingUpdate' });
    if (typed.type !== 'RollingUpdate') return typed;
    return fillAt(fill(typed, { rollingUpdate: {} }), 'rollingUpdate', (rolling) =>
      fill(rolling, ROLLING_UPDATE),
    );
  });
}

function crdSpecDefaults(spec: JsonObject): JsonObject {
  const filled = fill(spec, { conversion: { strategy: 'None' } });
  return fillAt(filled, 'names', (names) => {
    const kind = stringAt(names, 'kind') ?? '';
    return fill(names, { singular: kind.toLowerCase(), listKind: `${kind}List` });
  });
}

/** Where there are none both lists are null, not empty: so Go's slices come back from storage. */
function sliceDefaults(slice: JsonObject): JsonObject {
  const orNull = (field: string) => (listAt(slice, field).length === 0 ? null : slice[field]);
  const lists = { ...slice, endpoints: orNull('endpoints'), ports: orNull('ports') };
  const named = fillEach(lists, 'ports', (port) => fill(port, { name: '', protocol: 'TCP' }));
  return fillEach(named, 'endpoints', endpointDefaults);
}

/** The topology of the API's first version can't be written through this one (discovery's dropTopologyOnV1). */
function endpointDefaults(endpoint: JsonObject): JsonObject {
  if (endpoint.deprecatedTopology === undefined) return fill(endpoint, { conditions: {} });
  const { deprecatedTopology: _dropped, ...rest } = endpoint;
  return fill(rest, { conditions: {} });
}

function endpointsDefaults(endpoints: JsonObject): JsonObject {
  return fillEach(endpoints, 'subsets', (subset) =>
    fillEach(subset, 'ports', (port) => fill(port, { protocol: 'TCP' })),
  );
}

/** stringData is for writing only: it ends in data. */
function withSecretData(secret: JsonObject): JsonObject {
  const filled = fill(secret, { type: 'Opaque' });
  if (filled.stringData === undefined) return filled;
  const written = Object.entries(objectAt(filled, 'stringData')).map(([key, value]) => [
    key,
    Buffer.from(typeof value === 'string' ? value : '').toString('base64'),
  ]);
  const { stringData: _written, ...rest } = filled;
  return { ...rest, data: { ...objectAt(filled, 'data'), ...Object.fromEntries(written) } };
}

const subjectDefaults: Defaulter = (binding) =>
  fillEach(binding, 'subjects', (subject) =>
    stringAt(subject, 'kind') === 'ServiceAccount'
      ? subject
      : fill(subject, { apiGroup: 'rbac.authorization.k8s.io' }),
  );

const DEFAULTERS: Readonly<Record<string, Defaulter>> = {
  pods: specDefaults(withPodSpecDefaults),
  'replicasets.apps': specDefaults((spec) => fill(templateDefaults(spec), { replicas: 1 })),
  'deployments.apps': specDefaults(deploymentSpecDefaults),
  services: (service) => specDefaults(serviceSpecDefaults)(fill(service, { spec: {} })),
  endpoints: endpointsDefaults,
  'endpointslices.discovery.k8s.io': sliceDefaults,
  secrets: withSecretData,
  'customresourcedefinitions.apiextensions.k8s.io': specDefaults(crdSpecDefaults),
  'rolebindings.rbac.authorization.k8s.io': subjectDefaults,
  'clusterrolebindings.rbac.authorization.k8s.io': subjectDefaults,
};

export function withDefaults(type: ResourceType, object: StoredObject): StoredObject {
  const defaulter = DEFAULTERS[type.storageKey];
  if (defaulter === undefined) return object;
  const filled = defaulter(frozenObject(object));
  const gone = Object.keys(object).filter((field) => filled[field] === undefined);
  return changed(object, { ...filled, ...Object.fromEntries(gone.map((field) => [field, undefined])) });
}

/** Fields that a new object gets from the server, beyond the defaults: its first status, and what admission adds. */
export function withCreationDefaults(type: ResourceType, object: StoredObject, now: string): StoredObject {
  switch (type.storageKey) {
    case 'pods': {
      const spec = frozenObject(withAdmission(objectAt(object, 'spec')));
      return changed(object, { spec, status: { phase: 'Pending', qosClass: qosClass(spec) } });
    }
    case 'namespaces': {
      const labels = { ...object.metadata.labels, 'kubernetes.io/metadata.name': object.metadata.name };
      const filled = changed(object, { spec: { finalizers: ['kubernetes'] }, status: { phase: 'Active' } });
      return withMetadata(filled, { labels });
    }
    case 'replicasets.apps':
      return changed(object, { status: { replicas: 0 } });
    case 'services':
      return changed(withServiceFamilies(object), { status: { loadBalancer: {} } });
    case 'poddisruptionbudgets.policy':
      return changed(object, {
        status: { currentHealthy: 0, desiredHealthy: 0, disruptionsAllowed: 0, expectedPods: 0 },
      });
    case 'customresourcedefinitions.apiextensions.k8s.io':
      return changed(object, { status: establishedStatus(object, now) });
    default:
      return object;
  }
}

function establishedStatus(crd: StoredObject, now: string): JsonObject {
  const condition = (type: string, reason: string, message: string) => ({
    type,
    status: 'True',
    lastTransitionTime: now,
    reason,
    message,
  });
  const storage = listAt(crd, 'spec', 'versions').filter((version) => at(version, 'storage') === true);
  return frozenObject({
    acceptedNames: objectAt(crd, 'spec', 'names'),
    conditions: [
      condition('NamesAccepted', 'NoConflicts', 'no conflicts found'),
      condition('Established', 'InitialNamesAccepted', 'the initial names have been accepted'),
    ],
    storedVersions: storage.map((version) => stringAt(version, 'name') ?? ''),
  });
}
