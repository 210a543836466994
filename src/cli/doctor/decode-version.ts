/**
 * Owns the reading of what an API server says of its version.
 * Must not compare it with anything.
 */
import { asObject, DecodeError, requiredString } from '../../kube/decode.ts';

export interface KubernetesVersion {
  /** As in `v1.36.2`. */
  readonly text: string;
  readonly major: number;
  readonly minor: number;
}

/** Throws a DecodeError. */
export function decodeVersion(raw: unknown): KubernetesVersion {
  const text = requiredString(asObject(raw), 'gitVersion', '');
  const [, major, minor] = /^v?(\d+)\.(\d+)/.exec(text) ?? [];
  if (major === undefined || minor === undefined) throw new DecodeError('gitVersion', 'a version');
  return { text, major: Number(major), minor: Number(minor) };
}
