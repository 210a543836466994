/** Owns the bounds that concern the sandbox as a whole, each with its reason. */

/** Events that one component remembers having written, so as to count repetitions instead of writing more. */
export const KNOWN_EVENTS_MAX = 500;

/** Sandboxes side by side on one machine: each has two of the 127.x networks (10+n for pods, 96+n for services). */
export const SANDBOXES_MAX = 80;

/** The body of a request to the sandbox's own paths: a fault is some words. */
export const SANDBOX_REQUEST_BYTES_MAX = 16 * 1_024;
