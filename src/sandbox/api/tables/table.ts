/**
 * Owns the Table answer (meta.k8s.io/v1) that `kubectl get` prints: columns and cells by kind.
 * Pure: the time of day is an input. (kubernetes pkg/printers/internalversion/printers.go)
 */
import { frozenObject, type JsonObject } from '../json.ts';
import type { ResourceType } from '../resource-types.ts';
import type { StoredObject } from '../stored-object.ts';
import type { Column } from './column.ts';
import { customColumns } from './custom-columns.ts';
import { nodeColumns } from './node-columns.ts';
import { otherColumns } from './other-columns.ts';
import { podColumns } from './pod-columns.ts';
import { workloadColumns } from './workload-columns.ts';

export type IncludeObject = 'Metadata' | 'Object' | 'None';

const nameAndAge: readonly Column[] = [
  { name: 'Name', format: 'name', cell: (object) => object.metadata.name },
  { name: 'Created At', cell: (object) => object.metadata.creationTimestamp },
];

function columnsOf(type: ResourceType): readonly Column[] {
  if (type.customColumns !== undefined) return customColumns(type.customColumns);
  return (
    podColumns[type.storageKey] ??
    workloadColumns[type.storageKey] ??
    nodeColumns[type.storageKey] ??
    otherColumns[type.storageKey] ??
    nameAndAge
  );
}

export interface TableOptions {
  readonly include: IncludeObject;
  readonly resourceVersion: string;
  /** A watch sends the column definitions with its first table only. */
  readonly withHeaders: boolean;
  readonly wallTimeMs: number;
  readonly continueToken?: string;
  readonly remainingItemCount?: number;
}

export function table(
  type: ResourceType,
  objects: readonly StoredObject[],
  options: TableOptions,
): JsonObject {
  const columns = columnsOf(type);
  const { continueToken, remainingItemCount, resourceVersion } = options;
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: {
      resourceVersion,
      ...(continueToken === undefined ? {} : { continue: continueToken }),
      ...(remainingItemCount === undefined ? {} : { remainingItemCount }),
    },
    columnDefinitions: options.withHeaders ? columns.map(definitionOf) : null,
    rows: objects.map((object) => ({
      cells: columns.map((column) => column.cell(object, options.wallTimeMs)),
      ...(options.include === 'None' ? {} : { object: rowObject(object, options.include) }),
    })),
  };
}

function definitionOf(column: Column): JsonObject {
  return {
    name: column.name,
    type: column.type ?? 'string',
    format: column.format ?? '',
    description: column.description ?? '',
    priority: column.wide === true ? 1 : 0,
  };
}

function rowObject(object: StoredObject, include: IncludeObject): JsonObject {
  return include === 'Object' ? toJson(object) : partialMetadata(object);
}

/** A stored object is JSON already; only its interface does not say so. */
function toJson(object: StoredObject): JsonObject {
  return frozenObject(object);
}

export function partialMetadata(object: StoredObject): JsonObject {
  return {
    kind: 'PartialObjectMetadata',
    apiVersion: 'meta.k8s.io/v1',
    metadata: frozenObject(object.metadata),
  };
}
