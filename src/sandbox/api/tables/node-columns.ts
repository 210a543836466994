/**
 * Owns the tables of nodes and namespaces. Pure. (kubernetes pkg/printers/internalversion/printers.go)
 */
import { booleanAt, listAt, stringAt } from '../json.ts';
import type { StoredObject } from '../stored-object.ts';
import { ageColumn, type Column, nameColumn } from './column.ts';

function nodeStatus(node: StoredObject): string {
  const ready = listAt(node, 'status', 'conditions').find(
    (condition) => stringAt(condition, 'type') === 'Ready',
  );
  const word = ready === undefined ? 'Unknown' : stringAt(ready, 'status') === 'True' ? 'Ready' : 'NotReady';
  return booleanAt(node, 'spec', 'unschedulable') === true ? `${word},SchedulingDisabled` : word;
}

const ROLE_PREFIX = 'node-role.kubernetes.io/';

function nodeRoles(node: StoredObject): string {
  const roles = Object.keys(node.metadata.labels ?? {}).filter((key) => key.startsWith(ROLE_PREFIX));
  return roles.length === 0
    ? '<none>'
    : roles
        .map((key) => key.slice(ROLE_PREFIX.length))
        .sort()
        .join(',');
}

function address(node: StoredObject, type: string): string {
  const found = listAt(node, 'status', 'addresses').find((each) => stringAt(each, 'type') === type);
  return stringAt(found, 'address') ?? '<none>';
}

function info(field: string): (node: StoredObject) => string {
  return (node) => stringAt(node, 'status', 'nodeInfo', field) ?? '<unknown>';
}

export const nodeColumns: Readonly<Record<string, readonly Column[]>> = {
  nodes: [
    nameColumn,
    { name: 'Status', cell: nodeStatus },
    { name: 'Roles', cell: nodeRoles },
    ageColumn,
    { name: 'Version', cell: (node) => stringAt(node, 'status', 'nodeInfo', 'kubeletVersion') ?? '' },
    { name: 'Internal-IP', wide: true, cell: (node) => address(node, 'InternalIP') },
    { name: 'External-IP', wide: true, cell: (node) => address(node, 'ExternalIP') },
    { name: 'OS-Image', wide: true, cell: info('osImage') },
    { name: 'Kernel-Version', wide: true, cell: info('kernelVersion') },
    { name: 'Container-Runtime', wide: true, cell: info('containerRuntimeVersion') },
  ],
  namespaces: [
    nameColumn,
    { name: 'Status', cell: (namespace) => stringAt(namespace, 'status', 'phase') ?? '' },
    ageColumn,
  ],
};
