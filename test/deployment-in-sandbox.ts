/**
 * Owns bringing deploy/ into an embedded cluster, as a user applies it.
 * Must not change a word of it, but for what that cluster does not have.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Document, parseAllDocuments } from 'yaml';
import { applyManifests } from '../src/sandbox/api/apply/apply-manifests.ts';
import { loadManifests } from '../src/sandbox/api/apply/manifest-file.ts';
import type { Sandbox } from '../src/sandbox/sandbox.ts';

const fromRoot = (file: string) => fileURLToPath(new URL(`../${file}`, import.meta.url));

/** It counts nothing against quotas. */
const unknownToSandbox: ReadonlySet<unknown> = new Set(['ResourceQuota']);

export const deploymentDocuments: readonly Document[] = parseAllDocuments(
  readFileSync(fromRoot('deploy/understudy.yaml'), 'utf8'),
);

/** The definition of Singletons first, then the controllers. */
export function deployInto(sandbox: Sandbox): void {
  const known = deploymentDocuments.filter((document) => !unknownToSandbox.has(document.get('kind')));
  defineSingletons(sandbox);
  applyText(sandbox, known.map(String).join('---\n'));
}

export function defineSingletons(sandbox: Sandbox): void {
  applyFiles(sandbox, [fromRoot('deploy/crd.yaml')]);
}

export function applyText(sandbox: Sandbox, text: string): void {
  const folder = mkdtempSync(path.join(tmpdir(), 'understudy-manifests-'));
  try {
    const file = path.join(folder, 'manifests.yaml');
    writeFileSync(file, text);
    applyFiles(sandbox, [file]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export function applyFiles({ store }: Sandbox, files: readonly string[]): void {
  applyManifests(store, loadManifests(files, store.types));
}
