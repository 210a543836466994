/** Owns the hash that names a Deployment's ReplicaSets after their template. Pure; the same template, the same hash. */
import type { JsonObject } from '../api/json.ts';

/** Without vowels and look-alikes, so that no word comes out (apimachinery pkg/util/rand SafeEncodeString). */
const CHARACTERS = 'bcdfghjklmnpqrstvwxz2456789';

/** FNV-1a, 32 bits, as the real one. `collisions` makes another hash of the same template. */
export function templateHash(template: JsonObject, collisions: number): string {
  let hash = 0x811c9dc5;
  for (const character of `${canonical(template)}#${collisions}`) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  }
  return [...String(hash)].map((digit) => CHARACTERS[digit.charCodeAt(0) % CHARACTERS.length] ?? '').join('');
}

/** JSON with sorted fields: the order in which a manifest was written doesn't matter. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_field, item: unknown) => {
    if (typeof item !== 'object' || item === null || Array.isArray(item)) return item;
    return Object.fromEntries(Object.entries(item).sort(([left], [right]) => (left < right ? -1 : 1)));
  });
}
