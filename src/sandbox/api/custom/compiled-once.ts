/**
 * Owns the memory of what a schema compiles to: once for each text of one, however many objects hold that text.
 * Must not know what is compiled.
 */
import type { JsonObject } from '../json.ts';

/** Schemas of some hundred definitions; what is beyond is compiled again. */
const textsMax = 1_000;

export class CompiledOnce<Compiled extends object> {
  readonly #compile: (schema: JsonObject) => Compiled;
  readonly #byObject = new WeakMap<JsonObject, Compiled>();
  readonly #byText = new Map<string, Compiled>();

  constructor(compile: (schema: JsonObject) => Compiled) {
    this.#compile = compile;
  }

  of(schema: JsonObject): Compiled {
    const known = this.#byObject.get(schema);
    if (known !== undefined) return known;
    const text = JSON.stringify(schema);
    const compiled = this.#byText.get(text) ?? this.#compile(schema);
    if (this.#byText.size >= textsMax) this.#byText.clear();
    this.#byText.set(text, compiled);
    this.#byObject.set(schema, compiled);
    return compiled;
  }
}
