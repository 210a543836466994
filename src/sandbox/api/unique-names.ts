/**
 * Owns the making of UIDs and of generated names, both from an injected random source.
 */
import type { Random } from '../../time/clock.ts';
import { limits } from './limits.ts';

/** Without vowels and look-alikes, as the real name generator has it (apimachinery pkg/util/rand). */
const NAME_CHARACTERS = 'bcdfghjklmnpqrstvwxz2456789';
const HEX = '0123456789abcdef';

function randomName(random: Random, length: number): string {
  return draw(random, NAME_CHARACTERS, length);
}

export function generatedName(random: Random, base: string): string {
  return base.slice(0, limits.generatedNameBaseCharacters) + randomName(random, 5);
}

/** The form of a version 4 UUID. */
export function randomUid(random: Random): string {
  const variant = draw(random, '89ab', 1);
  const [first, second, third, fourth, fifth] = [8, 4, 3, 3, 12].map((length) => draw(random, HEX, length));
  return `${first}-${second}-4${third}-${variant}${fourth}-${fifth}`;
}

function draw(random: Random, alphabet: string, length: number): string {
  let text = '';
  for (let count = 0; count < length; count++)
    text += alphabet[Math.floor(random.fraction() * alphabet.length)];
  return text;
}
