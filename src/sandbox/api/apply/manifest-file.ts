/**
 * Owns the reading of manifests: YAML with one or more documents, each object known to the cluster and well formed, with
 * every problem named by file and line. Must not write to the store: apply-manifests.ts does.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Document,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseAllDocuments,
} from 'yaml';
import { typesOfDefinition } from '../housekeeping/custom-types.ts';
import { isJsonObject, type JsonObject, stringAt } from '../json.ts';
import { limits } from '../limits.ts';
import { isDeeperThan } from '../request-body.ts';
import type { ResourceType, ResourceTypes } from '../resource-types.ts';
import { misfits } from '../schemas/conform.ts';
import { type ObjectSchema, objectSchema, type Schema, schemaOfType } from '../schemas/schema.ts';
import { ManifestError, type ManifestProblem } from './manifest-error.ts';

export interface Manifest {
  readonly file: string;
  /** Where the object begins. */
  readonly line: number;
  readonly type: ResourceType;
  readonly object: JsonObject;
  /** The line of a field, or of the nearest thing around it. `field` is dotted, with list positions. */
  readonly lineOf: (field: string) => number;
}

/** The kinds that manifests may be of. */
interface KnownTypes {
  byKind(apiVersion: string, kind: string): ResourceType | undefined;
  all(): readonly ResourceType[];
}

/**
 * Reads files and directories (their *.yaml, *.yml and *.json, by name). A CustomResourceDefinition among them makes its
 * kind known to the others.
 * @throws ManifestError naming every problem in all of them.
 */
export function loadManifests(paths: readonly string[], types: ResourceTypes): readonly Manifest[] {
  const problems: ManifestProblem[] = [];
  const documents = paths
    .flatMap((path) => textsAt(path, problems))
    .flatMap((text) => documentsOf(text, problems));
  const known = withDefinitions(types, documents);
  const manifests: Manifest[] = [];
  for (const { file, document, lines } of documents) {
    const reader = new DocumentReader(file, document, lines, known);
    const manifest = reader.read();
    problems.push(...reader.problems);
    if (manifest !== undefined) manifests.push(manifest);
  }
  if (problems.length > 0) throw new ManifestError(problems);
  return manifests;
}

interface ManifestDocument {
  readonly file: string;
  readonly document: Document.Parsed;
  readonly lines: LineCounter;
}

function documentsOf({ file, text }: ManifestText, problems: ManifestProblem[]): readonly ManifestDocument[] {
  if (text.length > limits.requestBodyBytes) {
    problems.push({
      file,
      line: undefined,
      message: `at most ${limits.requestBodyBytes} bytes were expected`,
    });
    return [];
  }
  const lines = new LineCounter();
  return parseAllDocuments(text, { lineCounter: lines }).map((document) => ({ file, document, lines }));
}

function withDefinitions(types: ResourceTypes, documents: readonly ManifestDocument[]): KnownTypes {
  const values = documents
    .filter(({ document }) => document.errors.length === 0)
    .map(({ document }) => jsonOf(document));
  const definitions = values.filter((value) => stringAt(value, 'kind') === 'CustomResourceDefinition');
  const added = definitions.flatMap((definition) => typesOfDefinition(definition));
  return {
    all: () => [...types.all(), ...added],
    byKind: (apiVersion, kind) =>
      added.find((type) => type.apiVersion === apiVersion && type.kind === kind) ??
      types.byKind(apiVersion, kind),
  };
}

function jsonOf(document: Document.Parsed): unknown {
  return document.toJS({ maxAliasCount: 100 });
}

interface ManifestText {
  readonly file: string;
  readonly text: string;
}

function textsAt(path: string, problems: ManifestProblem[]): readonly ManifestText[] {
  try {
    if (!statSync(path).isDirectory()) return [{ file: path, text: readFileSync(path, 'utf8') }];
    const names = readdirSync(path)
      .filter((name) => /\.(ya?ml|json)$/.test(name))
      .sort();
    return names.map((name) => ({ file: join(path, name), text: readFileSync(join(path, name), 'utf8') }));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    problems.push({ file: path, line: undefined, message: `a readable manifest was expected: ${why}` });
    return [];
  }
}

class DocumentReader {
  readonly problems: ManifestProblem[] = [];
  readonly #file: string;
  readonly #document: Document.Parsed;
  readonly #lines: LineCounter;
  readonly #types: KnownTypes;

  constructor(file: string, document: Document.Parsed, lines: LineCounter, types: KnownTypes) {
    this.#file = file;
    this.#document = document;
    this.#lines = lines;
    this.#types = types;
  }

  read(): Manifest | undefined {
    for (const error of this.#document.errors) {
      this.problems.push({
        file: this.#file,
        line: error.linePos?.[0].line,
        message: `YAML was expected: ${firstLine(error.message)}`,
      });
    }
    if (this.problems.length > 0 || this.#document.contents === null) return undefined;
    const value = this.#value();
    if (value === undefined) return undefined;
    const type = this.#typeOf(value);
    if (type === undefined) return undefined;
    this.#checkFields(type, value);
    const line = this.#lineAt(this.#document.contents);
    return { file: this.#file, line, type, object: value, lineOf: (field) => this.#lineOf(field) };
  }

  #value(): JsonObject | undefined {
    const value = jsonOf(this.#document);
    if (value === null) return undefined;
    if (isJsonObject(value) && !isDeeperThan(value, limits.jsonDepth)) return value;
    this.#complain('', 'a Kubernetes object was expected: a map with apiVersion, kind and metadata');
    return undefined;
  }

  #typeOf(value: JsonObject): ResourceType | undefined {
    const apiVersion = stringAt(value, 'apiVersion');
    const kind = stringAt(value, 'kind');
    if (apiVersion === undefined)
      this.#complain('apiVersion', 'apiVersion was expected, such as v1 or apps/v1');
    if (kind === undefined) this.#complain('kind', 'kind was expected, such as Pod or ReplicaSet');
    if (apiVersion === undefined || kind === undefined) return undefined;
    const type = this.#types.byKind(apiVersion, kind);
    if (type !== undefined) return type;
    const other = this.#types.all().find((each) => each.kind === kind);
    const expected =
      other === undefined ? likelyKinds(this.#types, kind) : `${kind} is of ${other.apiVersion}`;
    this.#complain(
      'kind',
      `no kind ${JSON.stringify(kind)} in ${JSON.stringify(apiVersion)} is known: ${expected}`,
    );
    return undefined;
  }

  #checkFields(type: ResourceType, value: JsonObject): void {
    const name = stringAt(value, 'metadata', 'name') ?? stringAt(value, 'metadata', 'generateName') ?? '';
    if (name === '') this.#complain('metadata', 'metadata.name was expected');
    const schema = schemaOfType(type);
    if (schema === undefined) return;
    const { mistyped, unknownFields } = misfits(schema, value);
    for (const field of unknownFields)
      this.#complain(field, `unknown field ${JSON.stringify(field)}${nearest(schema, field)}`);
    for (const { field, expected } of mistyped)
      this.#complain(field, `${field}: ${expectedWord(expected)} was expected`);
  }

  #complain(field: string, message: string): void {
    this.problems.push({ file: this.#file, line: this.#lineOf(field), message });
  }

  /** Follows the path as far as there is one. */
  #lineOf(field: string): number {
    const path = field.match(/[^.[\]]+/g) ?? [];
    let node: unknown = this.#document.contents;
    let line = this.#lineAt(node);
    for (const part of path) {
      const step = isMap(node) ? pairOf(node.items, part) : undefined;
      const next: unknown = isSeq(node) ? node.items[Number(part)] : step?.value;
      const place = step?.key ?? next;
      if (place === undefined) break;
      line = this.#lineAt(place);
      node = next;
    }
    return line;
  }

  #lineAt(node: unknown): number {
    const start = isNode(node) ? node.range?.[0] : undefined;
    return start === undefined ? 1 : this.#lines.linePos(start).line;
  }
}

function isNode(value: unknown): value is Node {
  return isMap(value) || isSeq(value) || isScalar(value);
}

function pairOf(items: readonly Pair<unknown, unknown>[], key: string): Pair<unknown, unknown> | undefined {
  return items.find((pair) => isScalar(pair.key) && String(pair.key.value) === key);
}

function firstLine(text: string): string {
  return text.split('\n')[0]?.replace(/ at line \d+, column \d+:?$/, '') ?? text;
}

function likelyKinds(types: KnownTypes, kind: string): string {
  const kinds = [...new Set(types.all().map((type) => type.kind))].sort();
  const close = kinds.find((each) => distanceAtMostTwo(each.toLowerCase(), kind.toLowerCase()));
  return close === undefined ? `known are ${kinds.join(', ')}` : `did you mean ${close}?`;
}

const WORDS: Readonly<Record<string, string>> = {
  string: 'a string',
  int32: 'a whole number',
  float64: 'a number',
  bool: 'true or false',
  'resource.Quantity': 'a quantity such as 500m or 1Gi',
  'intstr.IntOrString': 'a whole number or a string',
  'v1.Time': 'an RFC 3339 time',
  'v1.MicroTime': 'an RFC 3339 time with six decimals',
};

function expectedWord(goType: string): string {
  if (goType.startsWith('[]')) return 'a list';
  return WORDS[goType] ?? 'a map';
}

/** ", did you mean …?" for a field that is one slip away. */
function nearest(schema: ObjectSchema, field: string): string {
  const path = field.match(/[^.[\]]+/g) ?? [];
  const last = path.at(-1) ?? '';
  const around = path.slice(0, -1).reduce<Schema>(stepInto, { kind: 'object', name: schema.name });
  const holder = around.kind === 'list' ? around.items : around;
  const names = holder.kind === 'object' ? [...objectSchema(holder.name).fields.keys()] : [];
  const close = names.find((name) => distanceAtMostTwo(name.toLowerCase(), last.toLowerCase()));
  return close === undefined ? '' : `, did you mean ${JSON.stringify(close)}?`;
}

function stepInto(schema: Schema, part: string): Schema {
  if (schema.kind === 'list') return schema.items;
  if (schema.kind === 'map') return schema.values;
  if (schema.kind === 'scalar') return schema;
  return objectSchema(schema.name).fields.get(part)?.schema ?? { kind: 'scalar', scalar: 'any' };
}

/** Levenshtein distance ≤ 2, row by row. */
function distanceAtMostTwo(left: string, right: string): boolean {
  if (Math.abs(left.length - right.length) > 2) return false;
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (const [index, character] of [...left].entries()) {
    const next = [index + 1];
    for (const [column, other] of [...right].entries()) {
      const replaced = (row[column] ?? 0) + (character === other ? 0 : 1);
      next.push(Math.min(replaced, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1));
    }
    row = next;
  }
  return (row[right.length] ?? 3) <= 2;
}
