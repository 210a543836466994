/**
 * Owns which namespaces a watch covers.
 * Must not hold what it has brought.
 */

export interface WatchScope {
  /** Undefined: all of them. */
  readonly namespace: string | undefined;
}

export function covers({ namespace: scope }: WatchScope, namespace: string): boolean {
  return scope === undefined || scope === namespace;
}
