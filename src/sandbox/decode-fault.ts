/**
 * Owns the words in which a running sandbox is asked for a fault: the JSON body of POST /sandbox/faults.
 * Pure. Must not carry faults out: faults.ts does.
 */
import type { RequestFilter, Verb, WriteFailure } from './api/faults.ts';
import { isJsonObject, type JsonObject } from './api/json.ts';
import type { Signal } from './node/processes.ts';

export type FaultRequest =
  /** A signal to a container's process; SIGKILL unless another is named, the first container unless one is named. */
  | {
      readonly kind: 'crash';
      readonly namespace: string;
      readonly pod: string;
      readonly container: string | undefined;
      readonly signal: Signal;
    }
  /** The node's kubelet loses the API, for a time or until `heal`; what runs on it lives on. */
  | { readonly kind: 'partition'; readonly node: string; readonly durationMs: number | undefined }
  /** Ends every fault, or only the partition of one node. */
  | { readonly kind: 'heal'; readonly node: string | undefined }
  | { readonly kind: 'delayWatches'; readonly delayMs: number }
  | { readonly kind: 'dropWatches' }
  | { readonly kind: 'slowAnswers'; readonly delayMs: number }
  | {
      readonly kind: 'failWrites';
      readonly failure: WriteFailure;
      readonly limits: { readonly count?: number; readonly durationMs?: number };
      readonly filter: RequestFilter;
    }
  | { readonly kind: 'stopApi'; readonly durationMs: number };

/** The message says what was expected and is for the user. */
export class FaultRequestError extends Error {
  readonly code = 'FAULT_REQUEST';
  readonly retry = 'never';
}

const SIGNALS = [
  'SIGKILL',
  'SIGSEGV',
  'SIGABRT',
  'SIGTERM',
  'SIGINT',
  'SIGHUP',
  'SIGQUIT',
  'SIGSTOP',
  'SIGCONT',
] as const;
const VERBS = ['create', 'update', 'patch', 'delete'] as const satisfies readonly Verb[];
const FAILURES = [500, 503, 'timeout'] as const;

/** @throws FaultRequestError */
export function decodeFaultRequest(body: string): FaultRequest {
  const fields = new Fields(parse(body));
  const kind = fields.text('kind');
  switch (kind) {
    case 'crash':
      return {
        kind,
        namespace: fields.optionalText('namespace') ?? 'default',
        pod: fields.text('pod'),
        container: fields.optionalText('container'),
        signal: fields.oneOf('signal', SIGNALS) ?? 'SIGKILL',
      };
    case 'partition':
      return { kind, node: fields.text('node'), durationMs: fields.optionalNumber('durationMs') };
    case 'heal':
      return { kind, node: fields.optionalText('node') };
    case 'delayWatches':
    case 'slowAnswers':
      return { kind, delayMs: fields.number('delayMs') };
    case 'dropWatches':
      return { kind };
    case 'stopApi':
      return { kind, durationMs: fields.number('durationMs') };
    case 'failWrites':
      return failWrites(fields);
    default:
      throw new FaultRequestError(
        `no fault ${JSON.stringify(kind)}; there are crash, partition, heal, delayWatches, dropWatches, slowAnswers, failWrites, stopApi`,
      );
  }
}

function failWrites(fields: Fields): FaultRequest {
  const optional = <Value>(name: string, value: Value | undefined) =>
    value === undefined ? {} : { [name]: value };
  const limits = {
    ...optional('count', fields.optionalNumber('count')),
    ...optional('durationMs', fields.optionalNumber('durationMs')),
  };
  if (Object.keys(limits).length === 0) throw new FaultRequestError('failWrites needs count or durationMs');
  const filter = {
    ...optional('resource', fields.optionalText('resource')),
    ...optional('verb', fields.oneOf('verb', VERBS)),
    ...optional('userAgent', fields.optionalText('userAgent')),
  };
  return { kind: 'failWrites', failure: fields.oneOf('failure', FAILURES) ?? 500, limits, filter };
}

function parse(body: string): JsonObject {
  try {
    const value: unknown = JSON.parse(body);
    if (isJsonObject(value)) return value;
  } catch (cause) {
    throw new FaultRequestError(`the body is not JSON: ${String(cause)}`, { cause });
  }
  throw new FaultRequestError('a JSON object is expected, such as {"kind": "crash", "pod": "NAME"}');
}

class Fields {
  readonly #fields: JsonObject;

  constructor(fields: JsonObject) {
    this.#fields = fields;
  }

  text(name: string): string {
    const value = this.optionalText(name);
    if (value === undefined) throw new FaultRequestError(`${name}: a name is expected`);
    return value;
  }

  optionalText(name: string): string | undefined {
    const value = this.#fields[name];
    if (value === undefined || (typeof value === 'string' && value !== '')) return value;
    throw new FaultRequestError(`${name}: a name is expected`);
  }

  number(name: string): number {
    const value = this.optionalNumber(name);
    if (value === undefined) throw new FaultRequestError(`${name}: a number is expected, 0 or more`);
    return value;
  }

  optionalNumber(name: string): number | undefined {
    const value = this.#fields[name];
    if (value === undefined || (typeof value === 'number' && value >= 0)) return value;
    throw new FaultRequestError(`${name}: a number is expected, 0 or more`);
  }

  oneOf<Value extends string | number>(name: string, values: readonly Value[]): Value | undefined {
    const value = this.#fields[name];
    if (value === undefined) return undefined;
    const found = values.find((each) => each === value);
    if (found === undefined) throw new FaultRequestError(`${name}: one of ${values.join(', ')} is expected`);
    return found;
  }
}
