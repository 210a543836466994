/**
 * Owns the order in which a client uses its own ports: one after the other, so that each is used again as late as can be.
 * Left to the kernel a port comes back after seconds (connect(2) takes every other one, with random steps), and meets what
 * connection trackers on the way still hold of the connection before: the way to a member that is active no more.
 * Must not know who uses them.
 */

/** Both ends belong to it. */
export interface PortRange {
  readonly from: number;
  readonly to: number;
}

/** Gives the next port at each call; the first one is anywhere, so that two clients do not begin alike. */
export function cycleThrough({ from, to }: PortRange, random: () => number): () => number {
  const count = to - from + 1;
  let next = Math.floor(random() * count);
  return () => {
    const port = from + next;
    next = (next + 1) % count;
    return port;
  };
}
