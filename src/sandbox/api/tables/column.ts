/**
 * Owns what a column of a table is, and how ages are written. Pure.
 * (apimachinery pkg/util/duration/duration.go HumanDuration)
 */
import type { Json } from '../json.ts';
import { type StoredObject, timestampMs } from '../stored-object.ts';

export interface Column {
  readonly name: string;
  /** string when left out. */
  readonly type?: 'string' | 'integer' | 'boolean' | 'date' | 'number';
  readonly format?: string;
  readonly description?: string;
  /** Only in `-o wide`. */
  readonly wide?: boolean;
  readonly cell: (object: StoredObject, wallTimeMs: number) => Json;
}

/** "5s", "3m20s", "4h", "2d3h", "400d". */
export function humanDuration(durationMs: number): string {
  const seconds = Math.floor(durationMs / 1000);
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return withRest(minutes, 'm', seconds % 60, 's');
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 8) return withRest(hours, 'h', minutes % 60, 'm');
  if (hours < 48) return `${hours}h`;
  const days = Math.floor(hours / 24);
  if (hours < 192) return withRest(days, 'd', hours % 24, 'h');
  if (days < 730) return `${days}d`;
  return withRest(Math.floor(days / 365), 'y', days % 365, 'd');
}

function withRest(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large}${largeUnit}` : `${large}${largeUnit}${small}${smallUnit}`;
}

export function age(time: string | undefined, wallTimeMs: number): string {
  const ms = timestampMs(time);
  return ms === undefined ? '<unknown>' : humanDuration(wallTimeMs - ms);
}

export const nameColumn: Column = { name: 'Name', format: 'name', cell: ({ metadata }) => metadata.name };

export const ageColumn: Column = {
  name: 'Age',
  cell: ({ metadata }, wallTimeMs) => age(metadata.creationTimestamp, wallTimeMs),
};
