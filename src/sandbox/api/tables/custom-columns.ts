/**
 * Owns the columns that a CRD asks for in additionalPrinterColumns: their simple JSON paths and dates. Pure.
 * (apiextensions-apiserver pkg/registry/customresource/tableconvertor)
 */
import { at, isJsonList, type Json, listAt, numberAt, stringAt } from '../json.ts';
import type { StoredObject } from '../stored-object.ts';
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
    type: type === 'date' ? 'string' : type,
    format: stringAt(column, 'format') ?? '',
    description: stringAt(column, 'description') ?? '',
    wide: (numberAt(column, 'priority') ?? 0) > 0,
    cell: (object, wallTimeMs) => {
      const [value] = valuesAt(object, path);
      if (value === undefined || value === null) return type === 'date' ? '<unknown>' : '';
      if (type === 'date') return age(String(value), wallTimeMs);
      return typeof value === 'object' ? JSON.stringify(value) : value;
    },
  };
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
