/**
 * Owns the error of the test bed that a person can do something about: one line, no stack.
 * Must not be used for bugs of the bed itself.
 */

export class ClusterError extends Error {
  readonly code = 'CLUSTER';
  readonly retry = 'never';

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ClusterError';
  }
}
