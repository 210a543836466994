/**
 * Owns the bounds on what applications send to the controller, each with its reason.
 * Must not hold a bound in time or on sockets: src/controller/limits.ts does.
 */

export const limits = {
  /**
   * An application may echo its whole notice: a singleton's name has up to 317 characters (63 of the namespace, 253 of
   * the name), a pod's 253, and the rest takes 60.
   */
  acknowledgementCharactersMax: 1_024,
} as const;
