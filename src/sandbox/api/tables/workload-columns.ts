/**
 * Owns the tables of ReplicaSets, Deployments, Services, slices and budgets. Pure.
 * (kubernetes pkg/printers/internalversion/printers.go)
 */
import { at, type Json, listAt, numberAt, objectAt, stringAt } from '../json.ts';
import { type LabelRequirement, selectorOfObject } from '../label-selector.ts';
import type { StoredObject } from '../stored-object.ts';
import { ageColumn, type Column, nameColumn } from './column.ts';

function integer(name: string, ...path: readonly string[]): Column {
  return { name, type: 'integer', cell: (object) => numberAt(object, ...path) ?? 0 };
}

function containerTexts(object: StoredObject, field: 'name' | 'image'): string {
  const containers = listAt(object, 'spec', 'template', 'spec', 'containers');
  return containers.map((container) => stringAt(container, field) ?? '').join(',');
}

function requirementText(requirement: LabelRequirement): string {
  const { key } = requirement;
  switch (requirement.kind) {
    case 'in':
      return requirement.values.length === 1
        ? `${key}=${requirement.values[0]}`
        : `${key} in (${requirement.values.join(',')})`;
    case 'notIn':
      return `${key} notin (${requirement.values.join(',')})`;
    case 'exists':
      return key;
    case 'missing':
      return `!${key}`;
    case 'greater':
      return `${key}>${requirement.than}`;
    case 'less':
      return `${key}<${requirement.than}`;
  }
}

function selectorText(selector: Json | undefined): string {
  if (selector === undefined) return '<none>';
  const requirements = selectorOfObject(selector).toSorted((left, right) => (left.key < right.key ? -1 : 1));
  return requirements.length === 0 ? '<none>' : requirements.map(requirementText).join(',');
}

const templateColumns: readonly Column[] = [
  { name: 'Containers', wide: true, cell: (object) => containerTexts(object, 'name') },
  { name: 'Images', wide: true, cell: (object) => containerTexts(object, 'image') },
  { name: 'Selector', wide: true, cell: (object) => selectorText(at(object, 'spec', 'selector')) },
];

function servicePorts(service: StoredObject): string {
  const ports = listAt(service, 'spec', 'ports').map((port) => {
    const nodePort = numberAt(port, 'nodePort');
    const number = `${numberAt(port, 'port') ?? 0}${nodePort === undefined ? '' : `:${nodePort}`}`;
    return `${number}/${stringAt(port, 'protocol') ?? 'TCP'}`;
  });
  return ports.length === 0 ? '<none>' : ports.join(',');
}

function serviceSelector(service: StoredObject): string {
  const pairs = Object.entries(objectAt(service, 'spec', 'selector')).map(
    ([key, value]) => `${key}=${String(value)}`,
  );
  return pairs.length === 0 ? '<none>' : pairs.sort().join(',');
}

const SHOWN_ENDPOINTS_MAX = 3;

function withMore(texts: readonly string[]): string {
  const more = texts.length - SHOWN_ENDPOINTS_MAX;
  return texts.slice(0, SHOWN_ENDPOINTS_MAX).join(',') + (more > 0 ? ` + ${more} more...` : '');
}

function sliceEndpoints(slice: StoredObject): string {
  const addresses = listAt(slice, 'endpoints').flatMap((endpoint) =>
    listAt(endpoint, 'addresses').map(String),
  );
  return addresses.length === 0 ? '<unset>' : withMore(addresses);
}

function slicePorts(slice: StoredObject): string {
  const ports = listAt(slice, 'ports').map((port) => String(numberAt(port, 'port') ?? '*'));
  return ports.length === 0 ? '<unset>' : withMore(ports);
}

/** "10.0.0.1:80,10.0.0.2:80": every address with every port. */
function endpointsOfObject(object: StoredObject): string {
  const pairs = listAt(object, 'subsets').flatMap((subset) =>
    listAt(subset, 'addresses').flatMap((address) => {
      const ip = stringAt(address, 'ip') ?? '';
      const ports = listAt(subset, 'ports');
      return ports.length === 0 ? [ip] : ports.map((port) => `${ip}:${numberAt(port, 'port') ?? 0}`);
    }),
  );
  return pairs.length === 0 ? '<none>' : withMore(pairs);
}

function budgetBound(field: string): (object: StoredObject) => string {
  return (budget) => {
    const value = at(budget, 'spec', field);
    return value === undefined ? 'N/A' : String(value);
  };
}

export const workloadColumns: Readonly<Record<string, readonly Column[]>> = {
  'replicasets.apps': [
    nameColumn,
    integer('Desired', 'spec', 'replicas'),
    integer('Current', 'status', 'replicas'),
    integer('Ready', 'status', 'readyReplicas'),
    ageColumn,
    ...templateColumns,
  ],
  'deployments.apps': [
    nameColumn,
    {
      name: 'Ready',
      cell: (object) =>
        `${numberAt(object, 'status', 'readyReplicas') ?? 0}/${numberAt(object, 'spec', 'replicas') ?? 0}`,
    },
    integer('Up-to-date', 'status', 'updatedReplicas'),
    integer('Available', 'status', 'availableReplicas'),
    ageColumn,
    ...templateColumns,
  ],
  services: [
    nameColumn,
    { name: 'Type', cell: (service) => stringAt(service, 'spec', 'type') ?? '' },
    { name: 'Cluster-IP', cell: (service) => stringAt(service, 'spec', 'clusterIP') ?? '<none>' },
    {
      name: 'External-IP',
      cell: (service) =>
        stringAt(service, 'spec', 'externalName') ??
        (listAt(service, 'spec', 'externalIPs').map(String).join(',') || '<none>'),
    },
    { name: 'Port(s)', cell: servicePorts },
    ageColumn,
    { name: 'Selector', wide: true, cell: serviceSelector },
  ],
  endpoints: [nameColumn, { name: 'Endpoints', cell: endpointsOfObject }, ageColumn],
  'endpointslices.discovery.k8s.io': [
    nameColumn,
    { name: 'AddressType', cell: (slice) => stringAt(slice, 'addressType') ?? '' },
    { name: 'Ports', cell: slicePorts },
    { name: 'Endpoints', cell: sliceEndpoints },
    ageColumn,
  ],
  'poddisruptionbudgets.policy': [
    nameColumn,
    { name: 'Min Available', cell: budgetBound('minAvailable') },
    { name: 'Max Unavailable', cell: budgetBound('maxUnavailable') },
    integer('Allowed Disruptions', 'status', 'disruptionsAllowed'),
    ageColumn,
  ],
  secrets: [
    nameColumn,
    { name: 'Type', cell: (secret) => stringAt(secret, 'type') ?? '' },
    { name: 'Data', type: 'integer', cell: (secret) => Object.keys(objectAt(secret, 'data')).length },
    ageColumn,
  ],
  configmaps: [
    nameColumn,
    {
      name: 'Data',
      type: 'integer',
      cell: (map) =>
        Object.keys(objectAt(map, 'data')).length + Object.keys(objectAt(map, 'binaryData')).length,
    },
    ageColumn,
  ],
  serviceaccounts: [
    nameColumn,
    { name: 'Secrets', type: 'integer', cell: (account) => listAt(account, 'secrets').length },
    ageColumn,
  ],
  'leases.coordination.k8s.io': [
    nameColumn,
    { name: 'Holder', cell: (lease) => stringAt(lease, 'spec', 'holderIdentity') ?? '' },
    ageColumn,
  ],
  'customresourcedefinitions.apiextensions.k8s.io': [
    nameColumn,
    { name: 'Created At', type: 'date', cell: ({ metadata }) => metadata.creationTimestamp },
  ],
};
