/**
 * Owns the plans that once broke a guarantee, made as small as they go, each with what it found (sim/known).
 * Plans, not seeds: a change of how plans are drawn gives a seed another world.
 */
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { decodeKnownPlan, type KnownPlan } from './decode-known-plan.ts';

const directory = fileURLToPath(new URL('../known', import.meta.url));

export function knownPlans(): readonly (KnownPlan & { readonly name: string })[] {
  return globSync('*.json', { cwd: directory })
    .sort()
    .map((file) => ({
      name: path.basename(file, '.json'),
      ...decodeKnownPlan(readFileSync(path.join(directory, file), 'utf8')),
    }));
}
