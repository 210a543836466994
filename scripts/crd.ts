/*
 * Owns writing deploy/crd.yaml. Usage: npm run -s ts -- scripts/crd.ts
 * A test compares the file with the sources; `npm test -- --update-golden` writes it too.
 */
import { writeFileSync } from 'node:fs';
import { crdManifest } from './crd-manifest.ts';

writeFileSync(new URL('../deploy/crd.yaml', import.meta.url), crdManifest());
