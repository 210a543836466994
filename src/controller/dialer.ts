/**
 * Owns the port through which tripwires reach the network: one TCP connection that says nothing and hears of its end.
 * Must not try again, nor judge what it hears: tripwire-fsm.ts does.
 */

export interface DialTarget {
  /** An IPv4 or IPv6 address, never a name: nothing is looked up. */
  readonly ip: string;
  readonly port: number;
}

export type DialFailure =
  /** The address answered that nobody listens there: RST to the SYN (ECONNREFUSED). */
  | { readonly kind: 'refused' }
  /** Accepted, and reset before anybody here could know. */
  | { readonly kind: 'reset' }
  /** The kernel got no answer (ETIMEDOUT), or was told that there is no way. */
  | { readonly kind: 'unreachable'; readonly code: string }
  /** It has not left this process: no file descriptor, no local port, an address that is none. */
  | { readonly kind: 'local'; readonly code: string };

/** `fin`, `rst`: the peer's word. `silence`: keepalive was not answered, or the way there is gone. */
export type ConnectionEnd = 'fin' | 'rst' | 'silence';

/**
 * Exactly one of `accepted` and `failed` is called, after `dial` has returned; `bytes` and at most one `ended` follow
 * an `accepted`. Nothing is called after `failed`, `ended` or the connection's `close`.
 */
export interface DialEvents {
  accepted(): void;
  failed(failure: DialFailure): void;
  /** So many have come and are gone: nobody looks at them. */
  bytes(count: number): void;
  ended(by: ConnectionEnd): void;
}

export interface DialedConnection {
  /** What comes stays with the kernel, whose buffers are bounded. The news of an end stands behind it, and is not heard. */
  stopReading(): void;
  /** Orderly, by FIN. Calling it twice, or after the end, does nothing. */
  close(): void;
}

export interface Dialer {
  /** Never throws. */
  dial(target: DialTarget, events: DialEvents): DialedConnection;
}
