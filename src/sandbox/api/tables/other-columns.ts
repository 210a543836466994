/**
 * Owns the tables of events and of RBAC objects. Pure. (kubernetes pkg/printers/internalversion/printers.go)
 */
import { listAt, numberAt, stringAt } from '../json.ts';
import type { StoredObject } from '../stored-object.ts';
import { age, ageColumn, type Column, nameColumn } from './column.ts';

function lastSeen(event: StoredObject, wallTimeMs: number): string {
  const time =
    stringAt(event, 'series', 'lastObservedTime') ??
    stringAt(event, 'lastTimestamp') ??
    stringAt(event, 'firstTimestamp') ??
    stringAt(event, 'eventTime');
  return age(time ?? event.metadata.creationTimestamp, wallTimeMs);
}

function firstSeen(event: StoredObject, wallTimeMs: number): string {
  const time = stringAt(event, 'firstTimestamp') ?? stringAt(event, 'eventTime');
  return age(time ?? event.metadata.creationTimestamp, wallTimeMs);
}

function involvedObject(event: StoredObject): string {
  const kind = stringAt(event, 'involvedObject', 'kind') ?? '';
  return `${kind.toLowerCase()}/${stringAt(event, 'involvedObject', 'name') ?? ''}`;
}

function source(event: StoredObject): string {
  const component = stringAt(event, 'source', 'component') ?? stringAt(event, 'reportingComponent') ?? '';
  const host = stringAt(event, 'source', 'host') ?? '';
  return host === '' ? component : `${component}, ${host}`;
}

function subjects(binding: StoredObject, kind: string): string {
  return listAt(binding, 'subjects')
    .filter((subject) => stringAt(subject, 'kind') === kind)
    .map((subject) => {
      const namespace = stringAt(subject, 'namespace');
      const name = stringAt(subject, 'name') ?? '';
      return namespace === undefined ? name : `${namespace}/${name}`;
    })
    .join(', ');
}

const roleColumns: readonly Column[] = [
  nameColumn,
  { name: 'Created At', type: 'date', cell: ({ metadata }) => metadata.creationTimestamp },
];

const bindingColumns: readonly Column[] = [
  nameColumn,
  {
    name: 'Role',
    cell: (binding) =>
      `${stringAt(binding, 'roleRef', 'kind') ?? ''}/${stringAt(binding, 'roleRef', 'name') ?? ''}`,
  },
  ageColumn,
  { name: 'Users', wide: true, cell: (binding) => subjects(binding, 'User') },
  { name: 'Groups', wide: true, cell: (binding) => subjects(binding, 'Group') },
  { name: 'ServiceAccounts', wide: true, cell: (binding) => subjects(binding, 'ServiceAccount') },
];

export const otherColumns: Readonly<Record<string, readonly Column[]>> = {
  events: [
    { name: 'Last Seen', cell: lastSeen },
    { name: 'Type', cell: (event) => stringAt(event, 'type') ?? '' },
    { name: 'Reason', cell: (event) => stringAt(event, 'reason') ?? '' },
    { name: 'Object', cell: involvedObject },
    { name: 'Subobject', wide: true, cell: (event) => stringAt(event, 'involvedObject', 'fieldPath') ?? '' },
    { name: 'Source', wide: true, cell: source },
    { name: 'Message', cell: (event) => (stringAt(event, 'message') ?? '').trim() },
    { name: 'First Seen', wide: true, cell: firstSeen },
    {
      name: 'Count',
      wide: true,
      cell: (event) => String(numberAt(event, 'series', 'count') ?? numberAt(event, 'count') ?? 1),
    },
    { ...nameColumn, wide: true },
  ],
  'roles.rbac.authorization.k8s.io': roleColumns,
  'clusterroles.rbac.authorization.k8s.io': roleColumns,
  'rolebindings.rbac.authorization.k8s.io': bindingColumns,
  'clusterrolebindings.rbac.authorization.k8s.io': bindingColumns,
};
