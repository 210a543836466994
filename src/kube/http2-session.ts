/**
 * Owns one HTTP/2 session on an open socket: its flow-control windows, its PINGs, and its end.
 * Must not reconnect: it ends once and says why.
 */
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  type OutgoingHttpHeaders,
} from 'node:http2';
import type { Socket } from 'node:net';
import type { Clock, Timer } from '../time/clock.ts';
import { sessionFailure, transportError } from './http2-failure.ts';
import { LIVENESS_TICK_MS, SESSION_MEMORY_MB, SESSION_WINDOW_BYTES, STREAM_WINDOW_BYTES } from './limits.ts';
import { PeerLiveness } from './peer-liveness.ts';
import type { TransportError } from './transport.ts';

export interface SessionOptions {
  readonly server: URL;
  readonly socket: Socket;
  readonly clock: Clock;
  /** GOAWAY: what is open goes on, new requests need another session. */
  onDraining(session: Http2Session): void;
  /** Once, as the last call. `cause` tells what ended it; its streams have been told already, or are about to be. */
  onClosed(session: Http2Session, cause: TransportError): void;
}

export class Http2Session {
  readonly #options: SessionOptions;
  readonly #clock: Clock;
  readonly #session: ClientHttp2Session;
  readonly #liveness: PeerLiveness;
  /** Of servers behind a gateway, as in https://gateway/clusters/one. */
  readonly #pathPrefix: string;
  readonly #openedAtMs: number;
  #ticker: Timer | undefined;
  #cause: TransportError | undefined;
  /** The server's SETTINGS have come: it speaks HTTP/2. */
  #spokeHttp2 = false;
  #draining = false;
  #streams = 0;
  #closed = false;

  constructor(options: SessionOptions) {
    const { server, socket, clock } = options;
    this.#options = options;
    this.#clock = clock;
    this.#pathPrefix = server.pathname.replace(/\/+$/, '');
    this.#openedAtMs = clock.now();
    this.#liveness = new PeerLiveness(this.#openedAtMs);
    this.#session = connect(server.origin, {
      createConnection: () => socket,
      maxSessionMemory: SESSION_MEMORY_MB,
      settings: { initialWindowSize: STREAM_WINDOW_BYTES, enablePush: false },
    });
    this.#listen();
    this.#tickLater();
  }

  get usable(): boolean {
    return !this.#session.closed && !this.#session.destroyed && !this.#draining && this.#cause === undefined;
  }

  get alive(): boolean {
    return !this.#closed && this.#cause === undefined && this.#liveness.aliveAt(this.#clock.now());
  }

  /** What is ending or has ended it; undefined while it is open. */
  get cause(): TransportError | undefined {
    return this.#cause;
  }

  /** The same, asked by a stream that has just ended with `streamError`: streams hear of the end before the session. */
  causeAfter(streamError: unknown): TransportError | undefined {
    if (this.#session.destroyed) this.#fail(streamError);
    return this.#cause;
  }

  get ageMs(): number {
    return this.#clock.now() - this.#openedAtMs;
  }

  /** When the peer last sent anything that was noticed here. */
  get heardAtMs(): number {
    return this.#liveness.heardAtMs;
  }

  get spokeHttp2(): boolean {
    return this.#spokeHttp2;
  }

  /** `path` is relative to the server's URL. Throws when the session can't take it, as after a GOAWAY just read. */
  open(path: string, headers: OutgoingHttpHeaders, endStream: boolean): ClientHttp2Stream {
    const stream = this.#session.request({ ...headers, ':path': this.#pathPrefix + path }, { endStream });
    this.#streams += 1;
    stream.once('close', () => {
      this.#streams -= 1;
      this.#endWhenDrained();
    });
    return stream;
  }

  /** The peer has sent something on a stream. */
  heard(): void {
    this.#liveness.heard(this.#clock.now());
  }

  /** Ends it and its streams at once. Only the first cause counts. */
  end(cause: TransportError): void {
    if (this.#closed) return;
    this.#cause ??= cause;
    this.#ticker?.cancel();
    this.#session.destroy();
    // A session lets go of its socket gently: a peer that is gone, or that waits for us, would keep it for minutes.
    this.#options.socket.destroy();
  }

  /** Takes no more requests; ends when the open ones have. */
  retire(): void {
    if (this.#closed || this.#cause !== undefined) return;
    this.#drain();
  }

  #listen(): void {
    const session = this.#session;
    session.once('connect', () => {
      if (!session.destroyed) session.setLocalWindowSize(SESSION_WINDOW_BYTES);
    });
    session.once('remoteSettings', () => {
      this.#spokeHttp2 = true;
      this.heard();
    });
    session.once('goaway', () => this.#drain());
    // May come more than once, and after the end.
    session.on('error', (error) => this.#fail(error));
    session.once('close', () => this.#close());
  }

  #drain(): void {
    if (this.#closed || this.#draining) return;
    this.#draining = true;
    this.#options.onDraining(this);
    this.#endWhenDrained();
  }

  /** By itself node:http2 would wait for the server to close the socket. */
  #endWhenDrained(): void {
    if (!this.#draining || this.#streams > 0 || this.#cause !== undefined) return;
    this.end(
      transportError('CONNECTION_LOST', `${this.#options.server.origin} asked for another connection`),
    );
  }

  #fail(error: unknown): void {
    this.end(sessionFailure(this.#options.server, error, this.#spokeHttp2));
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#ticker?.cancel();
    this.#cause ??= sessionFailure(this.#options.server, undefined, this.#spokeHttp2);
    this.#options.onClosed(this, this.#cause);
  }

  #tickLater(): void {
    this.#ticker = this.#clock.schedule(LIVENESS_TICK_MS, () => this.#tick());
  }

  #tick(): void {
    if (this.#closed || this.#session.destroyed) return;
    switch (this.#liveness.tick(this.#clock.now(), LIVENESS_TICK_MS)) {
      case 'quiet':
        break;
      case 'sendPing':
        // Refused when ten are outstanding already: then one more would tell nothing new.
        this.#session.ping((error) => {
          if (error === null) this.heard();
        });
        break;
      case 'silent':
        this.end(transportError('PEER_SILENT', `${this.#options.server.origin} does not answer`));
        return;
    }
    this.#tickLater();
  }
}
