/**
 * Owns having a session: the current one, its replacement when it drains or ends, and who waits for one.
 * Must not know what the sessions carry. It never gives up; each failed attempt is told to those who wait.
 */
import type { Socket } from 'node:net';
import type { Clock, Random, Timer } from '../time/clock.ts';
import { reconnectDelayMs } from './backoff.ts';
import type { Connection, TlsMaterial } from './connection.ts';
import type { Credentials } from './credentials.ts';
import { DialAttempt } from './http2-dial.ts';
import { transportError } from './http2-failure.ts';
import { Http2Session } from './http2-session.ts';
import {
  CONNECT_SPACING_MS,
  DENIAL_BACKOFF,
  DRAINING_SESSIONS_MAX,
  RECONNECT_BACKOFF,
  SESSION_PROVEN_MS,
  WAITING_MAX,
} from './limits.ts';
import type { TransportError } from './transport.ts';

export interface SessionPoolOptions {
  readonly connection: Connection;
  readonly credentials: Credentials;
  readonly clock: Clock;
  readonly random: Random;
}

/** Somebody who wants a session. Exactly one of the two is called, once, unless it is forgotten before. */
export interface SessionWaiter {
  onSession(session: Http2Session): void;
  onNoSession(error: TransportError): void;
}

/** An attempt to connect; cancelled ones find out by comparing themselves with the pool's. */
interface Attempt {
  dial: DialAttempt | undefined;
}

export class SessionPool {
  readonly #options: SessionPoolOptions;
  readonly #clock: Clock;
  readonly #waiters = new Set<SessionWaiter>();
  /** Sessions that got a GOAWAY and still carry streams. */
  readonly #draining = new Set<Http2Session>();
  #current: Http2Session | undefined;
  #attempt: Attempt | undefined;
  #attemptedAtMs = Number.NEGATIVE_INFINITY;
  #failures = 0;
  #retry: { readonly timer: Timer; readonly dueMs: number } | undefined;
  #ticket: Buffer | undefined;
  #closed: TransportError | undefined;
  #closing: Promise<void> | undefined;
  #onAllClosed: (() => void) | undefined;

  constructor(options: SessionPoolOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.#connect();
  }

  get alive(): boolean {
    if (this.#current?.alive === true) return true;
    for (const session of this.#draining) if (session.alive) return true;
    return false;
  }

  /** The session to use now; undefined when it has to be waited for. */
  get usable(): Http2Session | undefined {
    return this.#current?.usable === true ? this.#current : undefined;
  }

  /** The waiter hears of the first attempt that succeeds or fails from now on, and not within this call. */
  wait(waiter: SessionWaiter): void {
    const refusal = this.#closed ?? (this.#waiters.size >= WAITING_MAX ? tooManyWaiting() : undefined);
    this.#waiters.add(waiter);
    if (refusal === undefined) {
      this.#connectSoon(CONNECT_SPACING_MS);
      return;
    }
    queueMicrotask(() => {
      if (this.#waiters.delete(waiter)) waiter.onNoSession(refusal);
    });
  }

  forget(waiter: SessionWaiter): void {
    this.#waiters.delete(waiter);
  }

  /** Ends everything. Resolves when the sockets are closed. */
  close(): Promise<void> {
    this.#closing ??= this.#closeAll();
    return this.#closing;
  }

  async #closeAll(): Promise<void> {
    const error = transportError('CLOSED', 'the transport was closed');
    this.#closed = error;
    this.#retry?.timer.cancel();
    this.#attempt?.dial?.cancel();
    this.#attempt = undefined;
    this.#tellNone(error);
    const allClosed = new Promise<void>((resolve) => {
      this.#onAllClosed = resolve;
    });
    for (const session of [...this.#draining, this.#current]) session?.end(error);
    this.#checkAllClosed();
    await allClosed;
  }

  /** An attempt at least `spacingMs` after the last one, if there is none under way or due sooner. */
  #connectSoon(spacingMs: number): void {
    if (this.#closed !== undefined || this.#attempt !== undefined || this.usable !== undefined) return;
    const now = this.#clock.now();
    const dueMs = Math.max(now, this.#attemptedAtMs + spacingMs);
    if (this.#retry !== undefined && this.#retry.dueMs <= dueMs) return;
    this.#retry?.timer.cancel();
    this.#retry = undefined;
    if (dueMs === now) {
      this.#connect();
    } else {
      this.#retry = { dueMs, timer: this.#clock.schedule(dueMs - now, () => this.#connect()) };
    }
  }

  #connect(): void {
    this.#retry = undefined;
    this.#attemptedAtMs = this.#clock.now();
    const attempt: Attempt = { dial: undefined };
    this.#attempt = attempt;
    void this.#prepareAndDial(attempt);
  }

  async #prepareAndDial(attempt: Attempt): Promise<void> {
    const { connection, credentials } = this.#options;
    try {
      const [tls] = await Promise.all([connection.tls(), credentials.ready()]);
      if (this.#attempt === attempt) attempt.dial = this.#dial(attempt, tls);
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      this.#onFailure(attempt, transportError('CREDENTIALS_UNREADABLE', text, error));
    }
  }

  #dial(attempt: Attempt, tls: TlsMaterial): DialAttempt {
    return new DialAttempt({
      server: this.#options.connection.server,
      tls,
      ticket: this.#ticket,
      clock: this.#clock,
      onOpen: (socket) => this.#onOpen(attempt, socket),
      onFailure: (error) => this.#onFailure(attempt, error),
      onTicket: (ticket) => {
        this.#ticket = ticket;
      },
    });
  }

  #onOpen(attempt: Attempt, socket: Socket): void {
    if (this.#attempt !== attempt) {
      socket.destroy();
      return;
    }
    this.#attempt = undefined;
    const session = new Http2Session({
      server: this.#options.connection.server,
      socket,
      clock: this.#clock,
      onDraining: () => this.#onDraining(session),
      onClosed: (_session, cause) => this.#onClosed(session, cause),
    });
    // The one before may be ending, its last words still under way.
    if (this.#current !== undefined) this.#draining.add(this.#current);
    this.#current = session;
    for (const waiter of [...this.#waiters]) {
      // One of them may end the session or the transport; the others then wait for the next, or have been told.
      if (!session.usable) return;
      if (this.#waiters.delete(waiter)) waiter.onSession(session);
    }
  }

  #onFailure(attempt: Attempt, error: TransportError): void {
    if (this.#attempt !== attempt) return;
    this.#attempt = undefined;
    this.#ticket = undefined;
    this.#failures += 1;
    this.#tellNone(error);
    this.#reconnectAfter(error);
  }

  #onDraining(session: Http2Session): void {
    if (this.#current !== session) return;
    this.#current = undefined;
    this.#draining.add(session);
    if (this.#draining.size > DRAINING_SESSIONS_MAX) {
      const [oldest] = this.#draining;
      oldest?.end(transportError('CONNECTION_LOST', 'too many sessions were draining'));
    }
    this.#connectSoon(CONNECT_SPACING_MS);
  }

  #onClosed(session: Http2Session, cause: TransportError): void {
    this.#draining.delete(session);
    if (this.#current === session) {
      this.#current = undefined;
      const worked = session.spokeHttp2 && session.ageMs >= SESSION_PROVEN_MS;
      this.#failures = worked ? 1 : this.#failures + 1;
      this.#reconnectAfter(cause);
    }
    this.#checkAllClosed();
  }

  #reconnectAfter(error: TransportError): void {
    const lost =
      error.code === 'CONNECTION_LOST' || error.code === 'CONNECTION_REFUSED' || error.code === 'PEER_SILENT';
    const backoff = lost ? RECONNECT_BACKOFF : DENIAL_BACKOFF;
    const delayMs = reconnectDelayMs(backoff, this.#failures, this.#options.random);
    this.#connectSoon(Math.max(CONNECT_SPACING_MS, delayMs));
  }

  #tellNone(error: TransportError): void {
    for (const waiter of [...this.#waiters]) {
      if (this.#waiters.delete(waiter)) waiter.onNoSession(error);
    }
  }

  #checkAllClosed(): void {
    if (this.#closed === undefined || this.#draining.size > 0 || this.#current !== undefined) return;
    this.#onAllClosed?.();
  }
}

function tooManyWaiting(): TransportError {
  return transportError('CONNECTION_LOST', `${WAITING_MAX} requests wait for a connection already`);
}
