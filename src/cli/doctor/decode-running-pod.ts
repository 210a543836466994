/**
 * Owns the reading of a pod as the machine that runs a program: where, as whom, by which image and command.
 * Must not read it as a member: src/kube/decode-pod.ts does.
 */
import { asObject, items, type JsonObject, optionalString, requiredObject } from '../../kube/decode.ts';
import { decodeMeta, type ObjectMeta } from '../../kube/decode-meta.ts';

export interface RunningPod extends ObjectMeta {
  readonly node: string | undefined;
  readonly serviceAccount: string;
  readonly images: readonly string[];
  /** Of all containers, one after the other. */
  readonly command: readonly string[];
}

/** Throws a DecodeError. */
export function decodeRunningPod(raw: unknown): RunningPod {
  const spec = requiredObject(asObject(raw), 'spec', '');
  const containers = items(spec, 'containers', 'spec', (container) => container);
  return {
    ...decodeMeta(raw),
    node: optionalString(spec, 'nodeName', 'spec'),
    serviceAccount: optionalString(spec, 'serviceAccountName', 'spec') ?? 'default',
    images: containers.map((container) => optionalString(container, 'image', '') ?? ''),
    command: containers.flatMap((container) => [...words(container, 'command'), ...words(container, 'args')]),
  };
}

function words(container: JsonObject, key: string): readonly string[] {
  const list = container[key];
  return Array.isArray(list) ? list.filter((word) => typeof word === 'string') : [];
}
