/*
 * Owns the text of deploy/crd.yaml: the definition that the program itself is built with, as YAML.
 * Must not say anything that src/api does not.
 */
import { stringify } from 'yaml';
import { singletonDefinition } from '../src/api/custom-resource-definition.ts';

const head = `# What a Singleton is: kubectl apply -f crd.yaml, before the controllers come and whenever they are renewed.
# Written by \`npm run -s ts -- scripts/crd.ts\` from src/api/singleton-definition.ts and what it names, not by hand.
`;

export function crdManifest(): string {
  return head + stringify(singletonDefinition, { lineWidth: 118, aliasDuplicateObjects: false });
}
