/**
 * Owns what every Kubernetes object has in its metadata, and who an object is.
 * Must not look outside `metadata`.
 */
import {
  asObject,
  DecodeError,
  type JsonObject,
  optionalString,
  optionalTime,
  requiredObject,
  requiredString,
  stringMap,
} from './decode.ts';

/** Who an object is. Two objects of one name at different times differ in `uid`. `namespace` is '' where there is none. */
export interface ObjectKey {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/** An object's key and its version. */
export interface ObjectIdentity extends ObjectKey {
  readonly resourceVersion: string;
}

export interface ObjectMeta extends ObjectIdentity {
  readonly createdAtMs: number;
  readonly labels: Readonly<Record<string, string>>;
  /** Without kubectl's copy of the applied manifest, which nobody here reads and which is often the largest field. */
  readonly annotations: Readonly<Record<string, string>>;
}

const APPLIED_MANIFEST = 'kubectl.kubernetes.io/last-applied-configuration';

export function decodeIdentity(raw: unknown): ObjectIdentity {
  const metadata = requiredObject(asObject(raw), 'metadata', '');
  return {
    namespace: optionalString(metadata, 'namespace', 'metadata') ?? '',
    name: requiredString(metadata, 'name', 'metadata'),
    uid: requiredString(metadata, 'uid', 'metadata'),
    resourceVersion: requiredString(metadata, 'resourceVersion', 'metadata'),
  };
}

export function decodeMeta(raw: unknown): ObjectMeta {
  const metadata = requiredObject(asObject(raw), 'metadata', '');
  const createdAtMs = optionalTime(metadata, 'creationTimestamp', 'metadata');
  if (createdAtMs === undefined) throw new DecodeError('metadata.creationTimestamp', 'an RFC 3339 time');
  return {
    ...decodeIdentity(raw),
    createdAtMs,
    labels: stringMap(metadata, 'labels', 'metadata'),
    annotations: withoutAppliedManifest(stringMap(metadata, 'annotations', 'metadata')),
  };
}

/** The UID of the object that controls this one, such as a pod's ReplicaSet. */
export function controllerUid(metadata: JsonObject): string | undefined {
  const owners = metadata.ownerReferences;
  if (!Array.isArray(owners)) return undefined;
  for (const owner of owners) {
    const reference = asObject(owner, 'metadata.ownerReferences');
    if (reference.controller === true) return optionalString(reference, 'uid', 'metadata.ownerReferences');
  }
  return undefined;
}

function withoutAppliedManifest(
  annotations: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  if (!(APPLIED_MANIFEST in annotations)) return annotations;
  return Object.fromEntries(Object.entries(annotations).filter(([key]) => key !== APPLIED_MANIFEST));
}
