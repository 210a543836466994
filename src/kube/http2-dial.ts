/**
 * Owns one attempt to reach the server: name lookup, TCP, TLS with ALPN, each within its limit.
 * Must not try again, nor speak HTTP/2 on what it has opened.
 */
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { Clock, Timer } from '../time/clock.ts';
import type { TlsMaterial } from './connection.ts';
import { dialFailure, transportError } from './http2-failure.ts';
import { LOOKUP_LIMIT_MS, TCP_CONNECT_LIMIT_MS, TLS_HANDSHAKE_LIMIT_MS } from './limits.ts';
import type { TransportError } from './transport.ts';

export interface DialOptions {
  readonly server: URL;
  readonly tls: TlsMaterial;
  /** From an earlier connection: TLS resumes instead of starting anew. */
  readonly ticket: Buffer | undefined;
  readonly clock: Clock;
  /** Exactly one of `onOpen` and `onFailure` is called, once, unless the attempt is cancelled. */
  onOpen(socket: Socket): void;
  onFailure(error: TransportError): void;
  /** May come at any time during the connection's life. */
  onTicket(ticket: Buffer): void;
}

export class DialAttempt {
  readonly #options: DialOptions;
  readonly #socket: Socket;
  #timer: Timer | undefined;
  #settled = false;

  /** Throws when the certificates can't be used. */
  constructor(options: DialOptions) {
    this.#options = options;
    const { server } = options;
    const host = server.hostname.replace(/^\[(.*)\]$/, '$1');
    const secure = server.protocol === 'https:';
    const port = server.port === '' ? (secure ? 443 : 80) : Number(server.port);
    this.#socket = secure ? this.#dialTls(host, port) : connectTcp({ host, port, noDelay: true });
    // Stays for the socket's life: an error of a socket that nobody listens to would end the process.
    this.#socket.on('error', (error) => this.#fail(dialFailure(server, error)));
    this.#socket.once('close', () =>
      this.#fail(dialFailure(server, new Error('closed during the handshake'))),
    );
    this.#limit(
      isIP(host) === 0 ? LOOKUP_LIMIT_MS : TCP_CONNECT_LIMIT_MS,
      isIP(host) === 0 ? 'name lookup' : 'TCP',
    );
    this.#socket.once('lookup', () => this.#limit(TCP_CONNECT_LIMIT_MS, 'TCP'));
    this.#socket.once('connect', () => {
      if (secure) this.#limit(TLS_HANDSHAKE_LIMIT_MS, 'TLS');
      else this.#open();
    });
  }

  /** Nothing is called after this. */
  cancel(): void {
    if (this.#settled) return;
    this.#settle();
    this.#socket.destroy();
  }

  #dialTls(host: string, port: number): TLSSocket {
    const { tls, ticket } = this.#options;
    const socket = connectTls({
      host,
      port,
      // SNI carries names only (RFC 6066 §3).
      servername: tls.serverName ?? (isIP(host) === 0 ? host : ''),
      ca: tls.ca,
      cert: tls.certificate,
      key: tls.key,
      rejectUnauthorized: !tls.insecureSkipVerify,
      session: ticket,
      ALPNProtocols: ['h2'],
    });
    socket.setNoDelay(true);
    socket.on('session', (session) => this.#options.onTicket(session));
    socket.once('secureConnect', () => {
      if (socket.alpnProtocol === 'h2') this.#open();
      else this.#fail(this.#withoutHttp2());
    });
    return socket;
  }

  #withoutHttp2(): TransportError {
    const { origin } = this.#options.server;
    return transportError('HTTP2_UNSUPPORTED', `${origin} does not offer HTTP/2 (ALPN h2), which is needed`);
  }

  /** Replaces the limit of the phase before. */
  #limit(limitMs: number, phase: string): void {
    if (this.#settled) return;
    this.#timer?.cancel();
    this.#timer = this.#options.clock.schedule(limitMs, () => {
      this.#fail(dialFailure(this.#options.server, new Error(`no answer within ${limitMs} ms (${phase})`)));
    });
  }

  #open(): void {
    if (this.#settled) return;
    this.#settle();
    this.#options.onOpen(this.#socket);
  }

  #fail(error: TransportError): void {
    if (this.#settled) return;
    this.#settle();
    this.#socket.destroy();
    this.#options.onFailure(error);
  }

  #settle(): void {
    this.#settled = true;
    this.#timer?.cancel();
  }
}
