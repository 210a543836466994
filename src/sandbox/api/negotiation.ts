/**
 * Owns the choice of an answer's form from the Accept header. Pure.
 */
import { ApiError } from './api-error.ts';
import type { IncludeObject } from './tables/table.ts';

export type AnswerForm =
  | { readonly kind: 'object' }
  | { readonly kind: 'table'; readonly include: IncludeObject }
  | { readonly kind: 'partialMetadata' };

interface MediaType {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
}

export function acceptedTypes(accept: string | undefined): readonly MediaType[] {
  return (accept ?? '')
    .split(',')
    .filter((part) => part.trim() !== '')
    .map((part) => {
      const [type = '', ...parameters] = part.split(';').map((piece) => piece.trim());
      const pairs = parameters.map((parameter): [string, string] => {
        const [name = '', value = ''] = parameter.split('=');
        return [name, value];
      });
      return { type, parameters: new Map(pairs) };
    });
}

const JSON_TYPES = ['application/json', 'application/*', '*/*', 'text/plain'];

/** @throws ApiError 406 when nothing that the client takes is JSON. */
export function answerForm(accept: string | undefined, query: URLSearchParams): AnswerForm {
  const types = acceptedTypes(accept);
  if (types.length === 0) return { kind: 'object' };
  for (const { type, parameters } of types) {
    if (!JSON_TYPES.includes(type)) continue;
    const as = parameters.get('as');
    if (as === undefined) return { kind: 'object' };
    if (as === 'Table' && parameters.get('v') === 'v1')
      return { kind: 'table', include: includeObject(query) };
    if (as.startsWith('PartialObjectMetadata')) return { kind: 'partialMetadata' };
  }
  const message = 'only the following media types are accepted: application/json';
  throw new ApiError(406, 'NotAcceptable', message);
}

function includeObject(query: URLSearchParams): IncludeObject {
  const asked = query.get('includeObject');
  return asked === 'Object' || asked === 'None' ? asked : 'Metadata';
}

/** Whether aggregated discovery was asked for, before plain JSON. */
export function wantsAggregatedDiscovery(accept: string | undefined): boolean {
  return acceptedTypes(accept).some(
    ({ type, parameters }) =>
      type === 'application/json' &&
      parameters.get('as') === 'APIGroupDiscoveryList' &&
      parameters.get('v') === 'v2',
  );
}
