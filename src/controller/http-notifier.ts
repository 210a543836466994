/**
 * Owns the HTTP requests of the notify channel: one POST on a connection of its own, and a small answer to it.
 * Must not retry (delivery.ts does), follow a redirect, or read more than it needs.
 */
import { type ClientRequest, type IncomingMessage, request as makeRequest } from 'node:http';
import type { Clock } from '../time/clock.ts';
import { encodeNotice, noticeContentType, type RoleNotice } from '../wire/notify.ts';
import type { HttpChannel } from '../wire/notify-channel.ts';
import { limits } from './limits.ts';
import type { NotifyOutcome } from './notify.ts';
import { type Finish, SendSlots } from './send-slots.ts';

export interface HttpNotifierOptions {
  readonly clock: Clock;
}

export class HttpNotifier {
  readonly #clock: Clock;
  readonly #slots: SendSlots;

  constructor({ clock }: HttpNotifierOptions) {
    this.#clock = clock;
    this.#slots = new SendSlots({ clock, givesWay: true });
  }

  /** Acknowledged by a status from 200 to 299, once the answer has come as a whole. */
  send(ip: string, channel: HttpChannel, notice: RoleNotice): Promise<NotifyOutcome> {
    return this.#slots.run((finish) => this.#begin(post(ip, channel, notice), finish));
  }

  close(): void {
    this.#slots.close();
  }

  #begin(request: ClientRequest, finish: Finish): () => void {
    let isConnected = false;
    request.once('socket', (socket) => {
      socket.once('connect', () => {
        isConnected = true;
      });
      // Counted here and not in the body: heads, chunk marks and interim answers cost as much.
      let readBytes = 0;
      socket.on('data', (chunk: Buffer) => {
        readBytes += chunk.length;
        if (readBytes > limits.postAnswerBytesMax) finish(tooLarge);
      });
    });
    request.once('response', (response) => hearResponse(response, finish));
    // It stays: errors that come after the end have nobody to go to.
    request.on('error', (error) => finish(outcomeOf(error, isConnected)));
    request.once('close', () => finish(cutOff));
    const timer = this.#clock.schedule(limits.postAnswerMs, () => finish(late(isConnected)));
    return () => {
      timer.cancel();
      request.destroy();
    };
  }
}

/** On its way when this returns. Throws for a path that no request can have. */
function post(ip: string, { port, path }: HttpChannel, notice: RoleNotice): ClientRequest {
  const body = encodeNotice(notice);
  const headers = {
    'content-type': noticeContentType,
    'content-length': Buffer.byteLength(body),
    'user-agent': 'understudy',
  };
  const request = makeRequest({
    method: 'POST',
    host: ip,
    port,
    path,
    headers,
    // A connection of its own, closed after the answer: there are seconds, or months, between two notices.
    agent: false,
    maxHeaderSize: limits.postAnswerBytesMax,
  });
  request.end(body);
  return request;
}

function hearResponse(response: IncomingMessage, finish: Finish): void {
  const status = response.statusCode ?? 0;
  if (status < 200 || status > 299) {
    finish({ kind: 'unacknowledged', because: `HTTP status ${status}` });
    return;
  }
  response.on('error', () => finish(cutOff));
  response.once('end', () => finish({ kind: 'acknowledged' }));
  response.resume();
}

const tooLarge: NotifyOutcome = {
  kind: 'unacknowledged',
  because: `its answer is larger than ${limits.postAnswerBytesMax} bytes`,
};

const cutOff: NotifyOutcome = {
  kind: 'unacknowledged',
  because: 'it closed the connection without a complete answer',
};

function late(isConnected: boolean): NotifyOutcome {
  const withinMs = `within ${limits.postAnswerMs} ms`;
  return isConnected
    ? { kind: 'unacknowledged', because: `no complete answer ${withinMs}` }
    : { kind: 'failed', because: `no connection ${withinMs}` };
}

/** What fails before there is a connection was not heard; after that it may have been. */
function outcomeOf(error: Error, isConnected: boolean): NotifyOutcome {
  const code = 'code' in error ? String(error.code) : error.message;
  if (code === 'ECONNREFUSED') return { kind: 'refused' };
  if (!isConnected) return { kind: 'failed', because: code };
  if (code === 'HPE_HEADER_OVERFLOW') return tooLarge;
  if (code.startsWith('HPE_')) return { kind: 'unacknowledged', because: 'its answer is not HTTP' };
  return cutOff;
}
