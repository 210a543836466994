/**
 * Owns field selectors: the query string's grammar, which fields a type offers, and matching.
 * Must not touch the store. (apimachinery pkg/fields/selector.go)
 */
import { badRequest } from './api-error.ts';
import { at } from './json.ts';
import type { ResourceType } from './resource-types.ts';

export interface FieldRequirement {
  readonly path: readonly string[];
  readonly equals: boolean;
  readonly value: string;
}

/** All must hold. An empty one matches everything. */
export type FieldSelector = readonly FieldRequirement[];

export function matchesFields(selector: FieldSelector, object: unknown): boolean {
  return selector.every(({ path, equals, value }) => (fieldText(object, path) === value) === equals);
}

function fieldText(object: unknown, path: readonly string[]): string {
  const found = at(object, ...path);
  if (found === undefined || found === null) return ABSENT.get(path.join('.')) ?? '';
  return typeof found === 'object' ? '' : String(found);
}

/** Fields that read as their zero value where the object leaves them out. */
const ABSENT: ReadonlyMap<string, string> = new Map([
  ['spec.unschedulable', 'false'],
  ['spec.hostNetwork', 'false'],
  ['status.replicas', '0'],
]);

/** @throws ApiError 400 on a field that the type does not offer, worded as the real server does. */
export function parseFieldSelector(type: ResourceType, text: string): FieldSelector {
  if (text.trim() === '') return [];
  return splitUnescaped(text, ',')
    .filter((part) => part !== '')
    .map((part) => parseTerm(type, part, text));
}

function parseTerm(type: ResourceType, part: string, whole: string): FieldRequirement {
  const match = /^([^!=]*)(!=|==|=)(.*)$/s.exec(part);
  if (match?.[1] === undefined) throw badRequest(`invalid selector: '${whole}'; can't understand '${part}'`);
  const field = match[1];
  if (
    field !== 'metadata.name' &&
    !(field === 'metadata.namespace' && type.namespaced) &&
    !type.selectableFields.includes(field)
  ) {
    const own = `${JSON.stringify(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`;
    throw badRequest(type.selectableFields.length === 0 ? own : `field label not supported: ${field}`);
  }
  const value = (match[3] ?? '').replace(/\\([\\,=])/g, '$1');
  return { path: storedPath(field), equals: match[2] !== '!=', value };
}

/** Where the store keeps a field that the API calls by another name. */
function storedPath(field: string): readonly string[] {
  if (field === 'source') return ['source', 'component'];
  if (field === 'reportingController') return ['reportingComponent'];
  return field.replace(/^regarding\./, 'involvedObject.').split('.');
}

function splitUnescaped(text: string, separator: string): readonly string[] {
  const parts: string[] = [''];
  for (let index = 0; index < text.length; index++) {
    const character = text[index] ?? '';
    const last = parts.length - 1;
    if (character === '\\') parts[last] += character + (text[++index] ?? '');
    else if (character === separator) parts.push('');
    else parts[last] += character;
  }
  return parts;
}
