/**
 * Owns the CustomResourceDefinition by which a cluster learns what a Singleton is: names, columns, subresources, schema.
 * Must not say what a field takes: singleton-definition.ts and status-definition.ts do.
 */
import type { JsonObject } from '../kube/decode.ts';
import { openApiSchema } from './open-api.ts';
import { singletonVersion } from './singleton.ts';
import { nameDefinition, specDefinition } from './singleton-definition.ts';
import { statusDefinition } from './status-definition.ts';

const [group = '', version = ''] = singletonVersion.split('/');

/** The parts that the definitions of spec and status do not have: who the object is. */
const singleton: JsonObject = {
  type: 'object',
  description: 'A group of pods of which exactly one is active, and the others stand by to take over.',
  required: ['spec'],
  properties: {
    apiVersion: { type: 'string', description: 'The version of this definition.' },
    kind: { type: 'string', description: 'Singleton.' },
    // Of the metadata the API server lets a definition restrict the name, and say nothing else.
    metadata: { type: 'object', properties: { name: openApiSchema(nameDefinition) } },
    spec: openApiSchema(specDefinition),
    status: openApiSchema(statusDefinition),
  },
};

interface Column {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'boolean' | 'date';
  readonly jsonPath: string;
  readonly description: string;
  /** 1: only with `-o wide`. */
  readonly priority?: 1;
}

const columns: readonly Column[] = [
  { name: 'Active', type: 'string', jsonPath: '.status.active.pod', description: 'The active pod.' },
  { name: 'Epoch', type: 'integer', jsonPath: '.status.epoch', description: 'The highest epoch so far.' },
  {
    name: 'Standbys',
    type: 'string',
    jsonPath: '.status.standbyNames',
    description: 'Pods that could take over now.',
  },
  { name: 'Since', type: 'date', jsonPath: '.status.active.since', description: 'How long it is active.' },
  { name: 'Ready', type: 'string', jsonPath: '.status.ready', description: 'Fit members, of all.' },
  { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp', description: 'Of the Singleton.' },
  {
    name: 'Service',
    type: 'string',
    jsonPath: '.spec.service',
    description: 'What reaches the active one.',
    priority: 1,
  },
  { name: 'Mode', type: 'string', jsonPath: '.status.mode', description: 'Direct or Labels.', priority: 1 },
  { name: 'Paused', type: 'boolean', jsonPath: '.spec.paused', description: 'By its spec.', priority: 1 },
  {
    name: 'Because',
    type: 'string',
    jsonPath: '.status.because.code',
    description: 'Why the present decision is what it is.',
    priority: 1,
  },
];

export const singletonDefinition: JsonObject = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `singletons.${group}` },
  spec: {
    group,
    scope: 'Namespaced',
    // In no category: `kubectl get all` lists what runs, and asks for the right to list each kind in it.
    names: {
      kind: 'Singleton',
      listKind: 'SingletonList',
      plural: 'singletons',
      singular: 'singleton',
      shortNames: ['sgl'],
    },
    versions: [
      {
        name: version,
        served: true,
        storage: true,
        additionalPrinterColumns: columns,
        subresources: { status: {} },
        schema: { openAPIV3Schema: singleton },
      },
    ],
  },
};
