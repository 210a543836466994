/**
 * Owns the sockets of tripwires: the Dialer on node:net.
 * Must not send a byte, nor keep one that comes.
 */
import { connect, isIP, type Socket } from 'node:net';
import type {
  ConnectionEnd,
  DialEvents,
  DialedConnection,
  Dialer,
  DialFailure,
  DialTarget,
} from './dialer.ts';

export interface TcpDialerOptions {
  /** How long the peer may be silent before the kernel asks whether it is there; whole seconds. */
  readonly keepAliveIdleMs: number;
}

export class TcpDialer implements Dialer {
  readonly #options: TcpDialerOptions;

  constructor(options: TcpDialerOptions) {
    this.#options = options;
  }

  dial(target: DialTarget, events: DialEvents): DialedConnection {
    if (isIP(target.ip) === 0 || !isPort(target.port)) return failLater(events);
    return new TcpConnection(target, events, this.#options);
  }
}

/** Where all bytes of all connections go: one over the other, because nobody looks at them. */
const dropped = Buffer.alloc(16_384);

class TcpConnection implements DialedConnection {
  readonly #target: DialTarget;
  readonly #events: DialEvents;
  readonly #socket: Socket;
  #phase: 'dialing' | 'accepted' | 'over' = 'dialing';
  #reading = true;

  constructor(target: DialTarget, events: DialEvents, { keepAliveIdleMs }: TcpDialerOptions) {
    this.#target = target;
    this.#events = events;
    this.#socket = connect({
      host: target.ip,
      port: target.port,
      keepAlive: true,
      keepAliveInitialDelay: keepAliveIdleMs,
      onread: { buffer: dropped, callback: (count) => this.#onBytes(count) },
    });
    this.#socket.once('connect', () => this.#onConnect());
    // A FIN is the end: nothing is to be said that could still be read there.
    this.#socket.once('end', () => this.#end('fin'));
    // Stays for the socket's life: an error of a socket that nobody listens to would end the process.
    this.#socket.on('error', (error) => this.#onError(codeOf(error)));
    this.#socket.once('close', () => this.#onError('CLOSED'));
  }

  stopReading(): void {
    this.#reading = false;
    this.#socket.pause();
  }

  close(): void {
    this.#phase = 'over';
    this.#socket.destroy();
  }

  #onConnect(): void {
    if (this.#phase !== 'dialing') return;
    if (this.#isOwnEcho()) {
      this.#fail({ kind: 'refused' });
      return;
    }
    this.#phase = 'accepted';
    this.#events.accepted();
  }

  /**
   * Where nobody listens on a port of this machine's own range, the kernel may choose that very port for our end too: the
   * two SYNs meet, and the connection is one with itself (RFC 9293 §3.5, simultaneous open).
   */
  #isOwnEcho(): boolean {
    const { localPort, localAddress, remoteAddress } = this.#socket;
    return localPort === this.#target.port && localAddress === remoteAddress;
  }

  /** Whether to read on. */
  #onBytes(count: number): boolean {
    if (this.#phase === 'accepted') this.#events.bytes(count);
    return this.#reading;
  }

  #onError(code: string): void {
    if (this.#phase === 'dialing') this.#fail(failureOf(code));
    else this.#end(endOf(code));
  }

  #fail(failure: DialFailure): void {
    this.close();
    this.#events.failed(failure);
  }

  #end(by: ConnectionEnd): void {
    if (this.#phase === 'over') return;
    this.close();
    this.#events.ended(by);
  }
}

function failLater(events: DialEvents): DialedConnection {
  let closed = false;
  queueMicrotask(() => {
    if (!closed) events.failed({ kind: 'local', code: 'ADDRESS_INVALID' });
  });
  return {
    stopReading: () => undefined,
    close: () => {
      closed = true;
    },
  };
}

function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 1 && port <= 65_535;
}

/** What connect(2) says of the peer, of the way there, and of this process. */
function failureOf(code: string): DialFailure {
  switch (code) {
    case 'ECONNREFUSED':
      return { kind: 'refused' };
    case 'ECONNRESET':
    case 'EPIPE':
      return { kind: 'reset' };
    case 'ETIMEDOUT':
    case 'EHOSTUNREACH':
    case 'EHOSTDOWN':
    case 'ENETUNREACH':
    case 'ENETDOWN':
    // A packet filter answered in the peer's place (ICMP, administratively prohibited), or one here forbids it.
    case 'EACCES':
    case 'EPERM':
      return { kind: 'unreachable', code };
    default:
      return { kind: 'local', code };
  }
}

function endOf(code: string): ConnectionEnd {
  switch (code) {
    case 'ECONNRESET':
    case 'EPIPE':
      return 'rst';
    case 'CLOSED':
      return 'fin';
    default:
      return 'silence';
  }
}

function codeOf(error: Error): string {
  return 'code' in error ? String(error.code) : error.message;
}
