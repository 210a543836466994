/**
 * Owns the applying of manifests: all are tried before any is written, in the order that their needs ask for.
 */
import { ApiError } from '../api-error.ts';
import { objectAt, stringAt, withFields } from '../json.ts';
import type { Store } from '../store.ts';
import type { StoredObject } from '../stored-object.ts';
import { ManifestError, type ManifestProblem } from './manifest-error.ts';
import type { Manifest } from './manifest-file.ts';

/** What others stand on comes first. */
const ORDER = [
  'Namespace',
  'CustomResourceDefinition',
  'ServiceAccount',
  'ClusterRole',
  'ClusterRoleBinding',
  'Role',
  'RoleBinding',
  'ConfigMap',
  'Secret',
  'Service',
];

function inOrder(manifests: readonly Manifest[]): readonly Manifest[] {
  const rank = ({ type }: Manifest) => (ORDER.includes(type.kind) ? ORDER.indexOf(type.kind) : ORDER.length);
  return manifests.toSorted((left, right) => rank(left) - rank(right));
}

export interface Applied {
  readonly manifest: Manifest;
  readonly outcome: 'created' | 'configured' | 'unchanged';
  readonly object: StoredObject;
}

/**
 * Creates each object, or merges the manifest into the one that is there (strategic merge; merge for custom resources).
 * @throws ManifestError naming every object that the store would refuse; then nothing was applied.
 */
export function applyManifests(store: Store, manifests: readonly Manifest[]): readonly Applied[] {
  const ordered = inOrder(manifests);
  const problems = ordered.flatMap((manifest) => trial(store, ordered, manifest));
  if (problems.length > 0) throw new ManifestError(problems);
  return ordered.map((manifest) => applyOne(store, manifest, false));
}

function namespaceOf({ type, object }: Manifest): string | undefined {
  return type.namespaced ? (stringAt(object, 'metadata', 'namespace') ?? 'default') : undefined;
}

function trial(store: Store, all: readonly Manifest[], manifest: Manifest): readonly ManifestProblem[] {
  const namespace = namespaceOf(manifest);
  const brought = all.some(
    ({ type, object }) => type.kind === 'Namespace' && stringAt(object, 'metadata', 'name') === namespace,
  );
  try {
    // A namespace that comes with these manifests is not there yet: the object is tried in one that always is.
    applyOne(store, brought ? inNamespace(manifest, 'default') : manifest, true);
    return [];
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return problemsOf(manifest, error);
  }
}

function inNamespace(manifest: Manifest, namespace: string): Manifest {
  const metadata = { ...objectAt(manifest.object, 'metadata'), namespace };
  return { ...manifest, object: withFields(manifest.object, { metadata }) };
}

function problemsOf(manifest: Manifest, error: ApiError): readonly ManifestProblem[] {
  const causes = error.details?.causes?.filter(({ field }) => field !== undefined) ?? [];
  const { file } = manifest;
  if (causes.length === 0) return [{ file, line: manifest.line, message: error.message }];
  return causes.map(({ field = '', message }) => ({
    file,
    line: manifest.lineOf(field),
    message: `${field}: ${message}`,
  }));
}

function applyOne(store: Store, manifest: Manifest, dryRun: boolean): Applied {
  const { type, object } = manifest;
  const namespace = namespaceOf(manifest);
  const name = stringAt(object, 'metadata', 'name') ?? '';
  const current = store.get(type, namespace, name);
  if (current === undefined)
    return { manifest, outcome: 'created', object: store.create(type, object, { dryRun }) };
  const patch = { type: type.custom ? ('merge' as const) : ('strategic' as const), body: object };
  const next = store.patch(type, namespace, name, patch, { dryRun });
  return { manifest, outcome: next === current ? 'unchanged' : 'configured', object: next };
}
