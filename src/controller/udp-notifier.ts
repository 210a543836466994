/**
 * Owns the UDP sockets of the notify channel.
 * Must not retry: notify.ts does.
 */
import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { Clock } from '../time/clock.ts';
import { limits } from './limits.ts';
import type { Notifier, NotifyOutcome } from './notify.ts';

export interface UdpNotifierOptions {
  readonly clock: Clock;
  readonly port: number;
}

export class UdpNotifier implements Notifier {
  readonly #options: UdpNotifierOptions;
  readonly #open = new Set<() => void>();
  /** Sends that wait for a socket: one per singleton at most. */
  readonly #waiting: (() => void)[] = [];
  #closed = false;

  constructor(options: UdpNotifierOptions) {
    this.#options = options;
  }

  send(ip: string, text: string): Promise<NotifyOutcome> {
    return new Promise((resolve) => {
      if (this.#open.size < limits.notifySocketsMax) this.#sendNow(ip, text, resolve);
      else this.#waiting.push(() => this.#sendNow(ip, text, resolve));
    });
  }

  close(): void {
    this.#closed = true;
    for (const end of this.#open) end();
    for (const start of this.#waiting.splice(0)) start();
  }

  /** A connected socket, because only that one hears of the refusal (ICMP) as an error. */
  #sendNow(ip: string, text: string, resolve: (outcome: NotifyOutcome) => void): void {
    if (this.#closed) {
      resolve({ kind: 'failed', because: 'closing' });
      return;
    }
    const socket = createSocket(isIPv6(ip) ? 'udp6' : 'udp4');
    const end = (outcome: NotifyOutcome) => {
      if (!this.#open.delete(abandon)) return;
      timer.cancel();
      closeQuietly(socket);
      resolve(outcome);
      this.#waiting.shift()?.();
    };
    const abandon = () => end({ kind: 'failed', because: 'closing' });
    // Also the limit of a connect that never ends.
    const timer = this.#options.clock.schedule(limits.refusalWaitMs, () => end({ kind: 'sent' }));
    this.#open.add(abandon);
    socket.on('error', (error) => end(outcomeOf(error)));
    // Events instead of a callback: that one is also called for a connect that failed.
    socket.once('connect', () => {
      socket.send(text, (error) => {
        if (error !== null) end(outcomeOf(error));
      });
    });
    socket.connect(this.#options.port, ip);
  }
}

function outcomeOf(error: Error): NotifyOutcome {
  const code = 'code' in error ? String(error.code) : error.message;
  return code === 'ECONNREFUSED' ? { kind: 'refused' } : { kind: 'failed', because: code };
}

function closeQuietly(socket: Socket): void {
  // Errors that are still on their way have nobody to go to.
  socket.removeAllListeners('error').on('error', () => undefined);
  socket.close();
}
