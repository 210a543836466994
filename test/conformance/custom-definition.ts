/**
 * Owns bringing a CustomResourceDefinition into the target, under a group of this run's own, so that it meets none that is
 * there, and takes nothing of anybody's along when it goes.
 */
import assert from 'node:assert/strict';
import type { Body } from './api-client.ts';
import { eventually } from './eventually.ts';
import type { Target } from './target.ts';

const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

export interface Served {
  readonly group: string;
  /** The collection in the target's namespace. */
  readonly objects: string;
  /** The definition itself. */
  readonly definition: string;
}

/** A definition under another group. */
export function inGroup(definition: Body, group: string): Body {
  const { spec } = definition;
  return {
    ...definition,
    metadata: { name: `${spec.names.plural}.${group}` },
    spec: { ...spec, group },
  };
}

/** @throws AssertionError where the API server does not accept it. */
export async function serve(target: Target, definition: Body): Promise<Served> {
  const group = `${target.namespace}.${definition.spec.group}`;
  const own = inGroup(definition, group);
  const created = await target.api.post(definitions, own);
  assert.equal(created.status, 201, created.text);
  const path = `${definitions}/${own.metadata.name}`;
  target.goesToo(path);
  const { names, versions } = own.spec;
  const objects = `/apis/${group}/${versions[0].name}/namespaces/${target.namespace}/${names.plural}`;
  await eventually(`the API serves ${own.metadata.name}`, async () => {
    const { status } = await target.api.get(objects);
    return status === 200 ? status : undefined;
  });
  return { group, objects, definition: path };
}

/** Changes the definition, and waits until the API server refuses what it is to refuse from then on. */
export async function redefine(
  target: Target,
  served: Served,
  definition: Body,
  refused: object,
): Promise<void> {
  const { body: current } = await target.api.get(served.definition);
  const own = inGroup(definition, served.group);
  const metadata = { ...own.metadata, resourceVersion: current.metadata.resourceVersion };
  const changed = await target.api.put(served.definition, { ...own, metadata });
  assert.equal(changed.status, 200, changed.text);
  await eventually('the API holds objects to the new definition', async () => {
    const { status } = await target.api.post(`${served.objects}?dryRun=All`, refused);
    return status === 422 ? status : undefined;
  });
}

/** The fields that a refusal names, without the notice that rules were not evaluated. */
export function fieldsAtFault(body: Body): readonly string[] {
  const causes: readonly Body[] = body.details?.causes ?? [];
  return causes.map(({ field }) => String(field)).filter((field) => field !== '<nil>');
}
