/**
 * Owns what can be wrong with a field, and the words and reasons for it
 * (kubernetes/apimachinery pkg/util/validation/field/errors.go). Must not find anything wrong itself.
 */

export interface StatusCause {
  readonly reason: string;
  readonly message: string;
  readonly field?: string;
}

/** Stands for a value that is not to be shown: an object, a list. */
export const omitted = Symbol('omitted');

export type FieldProblem =
  | { readonly kind: 'required'; readonly field: string; readonly note?: string }
  | { readonly kind: 'mistyped'; readonly field: string; readonly value: unknown; readonly note: string }
  | { readonly kind: 'tooLong'; readonly field: string; readonly most: number }
  | { readonly kind: 'tooMany'; readonly field: string; readonly count: number; readonly most: number }
  | { readonly kind: 'invalid'; readonly field: string; readonly value: unknown; readonly note: string }
  | {
      readonly kind: 'unsupported';
      readonly field: string;
      readonly value: unknown;
      readonly supported: readonly string[];
    }
  | { readonly kind: 'duplicate'; readonly field: string; readonly value: unknown }
  | { readonly kind: 'notFound'; readonly field: string; readonly value: unknown }
  | { readonly kind: 'forbidden'; readonly field: string; readonly note: string };

export function causeOf(problem: FieldProblem): StatusCause {
  const { field } = problem;
  switch (problem.kind) {
    case 'required': {
      const message = problem.note === undefined ? 'Required value' : `Required value: ${problem.note}`;
      return { reason: 'FieldValueRequired', message, field };
    }
    case 'invalid':
      return { reason: 'FieldValueInvalid', message: invalidMessage(problem), field };
    case 'mistyped':
      return { reason: 'FieldValueTypeInvalid', message: invalidMessage(problem), field };
    case 'tooLong': {
      const message = `Too long: may not be more than ${problem.most} ${plural('byte', problem.most)}`;
      return { reason: 'FieldValueTooLong', message, field };
    }
    case 'tooMany': {
      const most = `${problem.most} ${plural('item', problem.most)}`;
      const message = `Too many: ${problem.count}: must have at most ${most}`;
      return { reason: 'FieldValueTooMany', message, field };
    }
    case 'unsupported': {
      const supported = problem.supported.map((value) => JSON.stringify(value)).join(', ');
      const message = `Unsupported value: ${shown(problem.value)}: supported values: ${supported}`;
      return { reason: 'FieldValueNotSupported', message, field };
    }
    case 'duplicate':
      return { reason: 'FieldValueDuplicate', message: `Duplicate value: ${shown(problem.value)}`, field };
    case 'notFound':
      return { reason: 'FieldValueNotFound', message: `Not found: ${shown(problem.value)}`, field };
    case 'forbidden':
      return { reason: 'FieldValueForbidden', message: `Forbidden: ${problem.note}`, field };
  }
}

function invalidMessage({ value, note }: { readonly value: unknown; readonly note: string }): string {
  return value === omitted ? `Invalid value: ${note}` : `Invalid value: ${shown(value)}: ${note}`;
}

function plural(noun: string, count: number): string {
  return count === 1 ? noun : `${noun}s`;
}

const SHOWN_CHARACTERS_MAX = 200;

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'null';
  return text.length <= SHOWN_CHARACTERS_MAX ? text : `${text.slice(0, SHOWN_CHARACTERS_MAX)}…`;
}
