/**
 * Owns the suite's own way to the API: HTTP/1.1 with nothing in between, so that codes, headers and the order of watch
 * lines are seen as they are sent. Must not retry or interpret.
 */
import { type IncomingMessage, Agent as PlainAgent, request as plainRequest } from 'node:http';
import { Agent as TlsAgent, request as tlsRequest } from 'node:https';
import type { ApiRequest } from '../../src/kube/transport.ts';

export interface Credentials {
  readonly url: string;
  readonly ca?: Buffer | undefined;
  readonly certificate?: Buffer | undefined;
  readonly key?: Buffer | undefined;
  readonly token?: string | undefined;
}

/** Parsed JSON; the cases say what they expect of it. */
// biome-ignore lint/suspicious/noExplicitAny: a test reads whatever the server sent, and asserts on it
export type Body = any;

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
  /** undefined where the text is no JSON. */
  readonly body: Body;
}

export interface WatchEvent {
  readonly type: string;
  readonly object: Body;
}

export class ApiClient {
  readonly #credentials: Credentials;
  readonly #agent: PlainAgent | TlsAgent;
  readonly #watches = new Set<Watch>();

  constructor(credentials: Credentials) {
    this.#credentials = credentials;
    const tls = { ca: credentials.ca, cert: credentials.certificate, key: credentials.key };
    const secure = credentials.url.startsWith('https');
    this.#agent = secure ? new TlsAgent({ keepAlive: true, ...tls }) : new PlainAgent({ keepAlive: true });
  }

  get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
    return this.send('GET', path, undefined, headers);
  }

  post(path: string, body: unknown): Promise<Answer> {
    return this.send('POST', path, JSON.stringify(body), { 'content-type': 'application/json' });
  }

  put(path: string, body: unknown): Promise<Answer> {
    return this.send('PUT', path, JSON.stringify(body), { 'content-type': 'application/json' });
  }

  patch(path: string, kind: 'json' | 'merge' | 'strategic-merge', body: unknown): Promise<Answer> {
    const contentType = `application/${kind}-patch+json`;
    return this.send('PATCH', path, JSON.stringify(body), { 'content-type': contentType });
  }

  delete(path: string, body?: unknown): Promise<Answer> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    return this.send('DELETE', path, text, { 'content-type': 'application/json' });
  }

  /** What the product itself would send, byte for byte. */
  request({ method, path, contentType = 'application/json', body }: ApiRequest): Promise<Answer> {
    return this.send(method, path, body, { 'content-type': contentType });
  }

  async send(
    method: string,
    path: string,
    body: string | Buffer | undefined,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const response = await this.#open(method, path, body, headers);
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString('utf8');
    return { status: response.statusCode ?? 0, headers: response.headers, text, body: parsed(text) };
  }

  /** `path` without `watch=true`. */
  async watch(path: string): Promise<Watch> {
    const separator = path.includes('?') ? '&' : '?';
    const response = await this.#open('GET', `${path}${separator}watch=true`, undefined, {});
    const watch = new Watch(response, () => this.#watches.delete(watch));
    this.#watches.add(watch);
    return watch;
  }

  /** Another user of the same server: who has this token. */
  bearing(token: string): ApiClient {
    const { url, ca } = this.#credentials;
    return new ApiClient({ url, ca, token });
  }

  close(): void {
    for (const watch of this.#watches) watch.stop();
    this.#agent.destroy();
  }

  #open(
    method: string,
    path: string,
    body: string | Buffer | undefined,
    headers: Record<string, string>,
  ): Promise<IncomingMessage> {
    const { url, token } = this.#credentials;
    const request = url.startsWith('https') ? tlsRequest : plainRequest;
    const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
    return new Promise((resolve, reject) => {
      const outgoing = request(new URL(url).origin + path, {
        method,
        agent: this.#agent,
        headers: {
          accept: 'application/json',
          ...authorization,
          ...headers,
          ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }),
        },
      });
      outgoing.once('response', resolve);
      outgoing.once('error', reject);
      outgoing.end(body);
    });
  }
}

function parsed(text: string): Body {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The events of one watch, in order. */
export class Watch {
  readonly status: number;
  readonly #response: IncomingMessage;
  readonly #events: WatchEvent[] = [];
  readonly #onOver: () => void;
  #wake: () => void = () => {};
  #ended = false;

  constructor(response: IncomingMessage, onOver: () => void) {
    this.status = response.statusCode ?? 0;
    this.#response = response;
    this.#onOver = onOver;
    let rest = '';
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) this.#events.push(JSON.parse(line) as WatchEvent);
      this.#wake();
    });
    for (const event of ['end', 'error', 'close']) {
      response.on(event, () => {
        this.#ended = true;
        this.#wake();
      });
    }
  }

  /** The next event; rejects when the watch ends first or nothing comes within `withinMs`. */
  async next(withinMs = 10_000): Promise<WatchEvent> {
    const deadline = performance.now() + withinMs;
    for (;;) {
      const event = this.#events.shift();
      if (event !== undefined) return event;
      if (this.#ended) throw new Error('the watch ended');
      await this.#change(deadline - performance.now());
    }
  }

  /** The events up to the first one that `isLast` takes, that one included. */
  async until(isLast: (event: WatchEvent) => boolean, withinMs = 60_000): Promise<readonly WatchEvent[]> {
    const deadline = performance.now() + withinMs;
    const events: WatchEvent[] = [];
    for (;;) {
      const event = await this.next(deadline - performance.now());
      events.push(event);
      if (isLast(event)) return events;
    }
  }

  /** Resolves to what was still unread when the server has ended the watch. */
  async end(withinMs = 10_000): Promise<readonly WatchEvent[]> {
    const deadline = performance.now() + withinMs;
    while (!this.#ended) await this.#change(deadline - performance.now());
    return this.#events.splice(0);
  }

  stop(): void {
    this.#response.destroy();
    this.#onOver();
  }

  #change(remainingMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('nothing came on the watch in time')), remainingMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
