/*
 * Owns deploy/crd.yaml: it is written from the definition that the controller checks with, and differs from it in nothing.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import { crdManifest } from '../scripts/crd-manifest.ts';
import { singletonDefinition } from '../src/api/custom-resource-definition.ts';
import { limits as apiLimits } from '../src/api/limits.ts';
import { limits as coreLimits } from '../src/core/limits.ts';
import { assertGolden } from './golden.ts';

test('deploy/crd.yaml is the definition that the program is built with', () => {
  assertGolden(new URL('../deploy/crd.yaml', import.meta.url), crdManifest());
  assert.deepEqual(parse(crdManifest()), singletonDefinition);
});

test('a Singleton can ask for any epoch that the decision believes, and for none above', () => {
  assert.equal(apiLimits.minEpochMax, coreLimits.epochBelievedMax);
});
