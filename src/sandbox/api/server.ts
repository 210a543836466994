/**
 * Owns the API's one port: tells HTTP/2 (prior knowledge) from HTTP/1.1 by the first bytes, and goes away and comes back
 * during an outage. Must not know the API: handler.ts answers, websocket-exec.ts speaks exec.
 */
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import { createServer as createHttp2Server, type Http2Server } from 'node:http2';
import { createServer as createNetServer, type Server as NetServer, type Socket } from 'node:net';
import { pause } from '../../time/clock.ts';
import type { ApiHandler } from './handler.ts';
import { serveHttp1, serveHttp2 } from './http-exchange.ts';
import { limits } from './limits.ts';
import { WebSocketExec } from './websocket-exec.ts';

export interface ApiServerOptions {
  readonly handler: ApiHandler;
  /** 127/8 only. */
  readonly host?: string;
  /** 0: a free one, kept for the server's life. */
  readonly port?: number;
}

export class ApiServer {
  readonly #handler: ApiHandler;
  readonly #host: string;
  readonly #http1: HttpServer;
  readonly #http2: Http2Server;
  readonly #webSockets: WebSocketExec;
  readonly #sockets = new Set<Socket>();
  readonly #leaveFaults: () => void;
  #listener: NetServer | undefined;
  #port: number;
  #wanted = false;

  constructor(options: ApiServerOptions) {
    this.#handler = options.handler;
    this.#host = options.host ?? '127.0.0.1';
    this.#port = options.port ?? 0;
    if (!this.#host.startsWith('127.'))
      throw new Error(`the sandbox listens on 127/8 only, not on ${this.#host}`);
    this.#webSockets = new WebSocketExec(this.#handler);
    this.#http1 = createHttpServer(
      { keepAliveTimeout: limits.keepAliveMs, noDelay: true },
      (request, response) => {
        serveHttp1(this.#handler, request, response);
      },
    );
    this.#http1.on('upgrade', (request, socket, head) => this.#webSockets.upgrade(request, socket, head));
    this.#http2 = createHttp2Server({ maxSessionMemory: limits.http2SessionMegabytes });
    this.#http2.on('stream', (stream, headers) => serveHttp2(this.#handler, stream, headers));
    this.#http2.on('sessionError', () => {});
    this.#leaveFaults = this.#handler.faults.onOutage((down) => {
      if (this.#wanted) void (down ? this.#unlisten() : this.#listen());
    });
  }

  get url(): string {
    return `http://${this.#host}:${this.#port}`;
  }

  get port(): number {
    return this.#port;
  }

  /** Rejects with the system's error when the port is taken. */
  async start(): Promise<void> {
    this.#wanted = true;
    await this.#listenOnce();
  }

  /** Breaks every connection. start() takes the same port again. */
  async stop(): Promise<void> {
    this.#wanted = false;
    await this.#unlisten();
  }

  /** As stop, for good. */
  async close(): Promise<void> {
    this.#leaveFaults();
    await this.stop();
    this.#http1.close();
    this.#http2.close();
  }

  /** After an outage: the port may be in someone else's hands for a moment, as a client's own port. */
  async #listen(): Promise<void> {
    for (let attempt = 1; this.#wanted && this.#listener === undefined; attempt++) {
      try {
        await this.#listenOnce();
      } catch (error) {
        if (attempt >= limits.listenAttempts) throw error;
        await pause(this.#handler.clock, limits.listenRetryMs);
      }
    }
  }

  #listenOnce(): Promise<void> {
    if (this.#listener !== undefined) return Promise.resolve();
    const listener = createNetServer({ noDelay: true }, (socket) => this.#accept(socket));
    this.#listener = listener;
    return new Promise((resolve, reject) => {
      listener.once('error', (error) => {
        this.#listener = undefined;
        reject(error);
      });
      listener.listen(this.#port, this.#host, () => {
        const address = listener.address();
        if (typeof address === 'object' && address !== null) this.#port = address.port;
        resolve();
      });
    });
  }

  #unlisten(): Promise<void> {
    const listener = this.#listener;
    this.#listener = undefined;
    for (const socket of this.#sockets) socket.destroy();
    if (listener === undefined) return Promise.resolve();
    return new Promise((resolve) => {
      listener.close(() => resolve());
    });
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => {});
    this.#sniff(socket, Buffer.alloc(0));
  }

  /** Three bytes are enough: no HTTP/1.1 method begins with PRI. */
  #sniff(socket: Socket, seen: Buffer): void {
    socket.once('data', (chunk: Buffer) => {
      const bytes = Buffer.concat([seen, chunk]);
      const prefix = bytes.subarray(0, 3).toString('latin1');
      if (bytes.length < 3 && 'PRI'.startsWith(prefix)) {
        this.#sniff(socket, bytes);
        return;
      }
      socket.pause();
      socket.unshift(bytes);
      // An HTTP/2 session reads what was put back by itself, and takes the socket over; to resume it would lose that.
      if (prefix === 'PRI') {
        this.#http2.emit('connection', socket);
        return;
      }
      this.#http1.emit('connection', socket);
      socket.resume();
    });
  }
}
