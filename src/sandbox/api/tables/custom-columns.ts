/**
 * Owns the columns that a CRD asks for in additionalPrinterColumns: their simple JSON paths and dates. Pure.
 * (apiextensions-apiserver pkg/registry/customresource/tableconvertor)
 */
import { at, isJsonList, type Json, listAt, numberAt, stringAt } from '../json.ts';
import { type StoredObject, timestampMs } from '../stored-object.ts';
import { age, ageColumn, type Column, nameColumn } from './column.ts';

const TYPES = ['string', 'integer', 'boolean', 'number', 'date'] as const;

export function customColumns(columns: readonly Json[]): readonly Column[] {
  return columns.length === 0 ? [nameColumn, ageColumn] : [nameColumn, ...columns.map(columnOf)];
}

function columnOf(column: Json): Column {
  const type = TYPES.find((each) => each === stringAt(column, 'type')) ?? 'string';
  const path = stringAt(column, 'jsonPath') ?? '';
  return {
    name: stringAt(column, 'name') ?? '',
    type,
    format: stringAt(column, 'format') ?? '',
    description:
      stringAt(column, 'description') || `Custom resource definition column (in JSONPath format): ${path}`,
    wide: (numberAt(column, 'priority') ?? 0) > 0,
    cell: (object, wallTimeMs) => {
      const [value = null] = valuesAt(object, path);
      return cellOf(type, value, wallTimeMs);
    },
  };
}

/** Null where the value is missing or not of the column's type: kubectl leaves the cell empty. */
function cellOf(type: (typeof TYPES)[number], value: Json, wallTimeMs: number): Json {
  if (value === null) return null;
  switch (type) {
    case 'string':
      return typeof value === 'string' ? value : JSON.stringify(value);
    case 'integer':
      return typeof value === 'number' ? Math.trunc(value) : null;
    case 'number':
      return typeof value === 'number' ? value : null;
    case 'boolean':
      return typeof value === 'boolean' ? value : null;
    case 'date':
      if (typeof value !== 'string') return null;
      return timestampMs(value) === undefined ? '<invalid>' : age(value, wallTimeMs);
  }
}

/** Fields, `[n]`, `[*]` and `[?(@.field=="value")]`: what printer columns use in practice. */
function valuesAt(object: StoredObject, path: string): readonly Json[] {
  const steps = path.match(/\.[^.[\]]+|\[[^\]]*\]/g) ?? [];
  const start: readonly (Json | undefined)[] = [at({ root: object }, 'root')];
  return steps
    .reduce((values, step) => values.flatMap((value) => next(value, step)), start)
    .filter((value): value is Json => value !== undefined);
}

function next(value: Json | undefined, step: string): readonly (Json | undefined)[] {
  if (step.startsWith('.')) return [at(value, step.slice(1))];
  if (!isJsonList(value)) return [];
  if (step === '[*]') return value;
  const index = /^\[(\d+)\]$/.exec(step);
  if (index !== null) return [value[Number(index[1])]];
  const filter = /^\[\?\(@\.([\w.]+)\s*==\s*['"]([^'"]*)['"]\)\]$/.exec(step);
  if (filter?.[1] === undefined) return [];
  const field = filter[1].split('.');
  return listAt({ value }, 'value').filter((item) => String(at(item, ...field) ?? '') === filter[2]);
}
