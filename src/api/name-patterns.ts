/**
 * Owns the forms of Kubernetes names as patterns that Go's regexp and ECMAScript's read alike.
 * Must not use a backslash: the patterns also stand in rules of the Common Expression Language.
 */

export const dnsLabel = '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$';

/** May be empty. */
export const labelValue = '^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$';

/** A key of a label, a type of a condition: a name of at most 63 characters, and before a slash who gave it. */
export const qualifiedName =
  '^([a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9]$';
