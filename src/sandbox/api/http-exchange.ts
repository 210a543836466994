/**
 * Owns one HTTP exchange, of either version: the body in, bounded; the answer out, complete or as a stream that is cut
 * off when its reader no longer reads.
 */
import type { IncomingMessage, ServerResponse as NodeResponse } from 'node:http';
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import type { Readable, Writable } from 'node:stream';
import { bodyTooLarge } from './api-error.ts';
import type { ApiHandler } from './handler.ts';
import { limits } from './limits.ts';
import type { ServerResponse, StreamResponse } from './request.ts';
import { mediaType, PROTOBUF } from './request-body.ts';
import { errorAnswer } from './request-context.ts';

/** What differs between the two versions. */
interface Exchange {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly input: Readable;
  readonly output: Writable;
  sendHead(status: number, headers: Readonly<Record<string, string>>): void;
  /** Ends without a proper end. */
  breakOff(): void;
}

export function serveHttp1(handler: ApiHandler, request: IncomingMessage, response: NodeResponse): void {
  serve(handler, {
    method: request.method ?? 'GET',
    url: request.url ?? '/',
    headers: flatHeaders(request.headers),
    input: request,
    output: response,
    sendHead: (status, headers) => {
      response.writeHead(status, headers);
      response.flushHeaders();
    },
    breakOff: () => response.destroy(),
  });
}

export function serveHttp2(
  handler: ApiHandler,
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
): void {
  serve(handler, {
    method: String(headers[':method'] ?? 'GET'),
    url: String(headers[':path'] ?? '/'),
    headers: flatHeaders(headers),
    input: stream,
    output: stream,
    sendHead: (status, answerHeaders) => stream.respond({ ':status': status, ...answerHeaders }),
    // close(code) would end the stream properly first, and only then say that something was wrong.
    breakOff: () => stream.destroy(new Error('broken off on purpose')),
  });
}

export function flatHeaders(headers: IncomingHttpHeaders): Readonly<Record<string, string | undefined>> {
  const entries = Object.entries(headers).filter(([name]) => !name.startsWith(':'));
  return Object.fromEntries(
    entries.map(([name, value]) => [name, Array.isArray(value) ? value.join(',') : value]),
  );
}

function serve(handler: ApiHandler, exchange: Exchange): void {
  // A client that goes away is not an error of ours; 'close' follows.
  exchange.input.on('error', () => {});
  exchange.output.on('error', () => {});
  const encoding = mediaType(exchange.headers['content-type']) === PROTOBUF ? 'latin1' : 'utf8';
  readBody(exchange.input, encoding, (body) => {
    if (body === undefined) {
      answer(exchange, errorAnswer(bodyTooLarge(limits.requestBodyBytes)));
      return;
    }
    const { method, url, headers } = exchange;
    void handler.handle({ method, url, headers, body }).then((response) => {
      if (response !== undefined) answer(exchange, response);
    });
  });
}

/** `undefined`: larger than the limit; the rest is read and thrown away, so that the client hears the answer. */
function readBody(
  input: Readable,
  encoding: 'utf8' | 'latin1',
  done: (body: string | undefined) => void,
): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  input.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= limits.requestBodyBytes) chunks.push(chunk);
  });
  input.once('end', () =>
    done(bytes <= limits.requestBodyBytes ? Buffer.concat(chunks).toString(encoding) : undefined),
  );
}

function answer(exchange: Exchange, response: ServerResponse): void {
  if (exchange.output.destroyed) {
    // Nobody is left to read it, but whoever produces the stream must hear that.
    if (response.kind === 'stream') response.stream({ write: () => {}, end: () => {} })();
    return;
  }
  exchange.sendHead(response.status, response.headers);
  if (response.kind === 'complete') exchange.output.end(response.body);
  else pump(exchange, response);
}

function pump(exchange: Exchange, response: StreamResponse): void {
  const { output } = exchange;
  let ended = false;
  const cancel = response.stream({
    write: (chunk) => {
      if (ended || output.destroyed) return;
      output.write(chunk);
      if (output.writableLength > limits.watchBacklogBytes) exchange.breakOff();
    },
    end: (how) => {
      ended = true;
      if (how === 'orderly') output.end();
      else exchange.breakOff();
    },
  });
  if (output.destroyed) cancel();
  else output.once('close', cancel);
}
