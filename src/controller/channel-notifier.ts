/**
 * Owns which part speaks which channel: the Notifier that a real controller has.
 * Must not open a socket itself.
 */
import { isIP } from 'node:net';
import type { Clock } from '../time/clock.ts';
import type { RoleNotice } from '../wire/notify.ts';
import { HttpNotifier } from './http-notifier.ts';
import type { Notifier, NotifyOutcome, NotifyTarget } from './notify.ts';
import { UdpNotifier } from './udp-notifier.ts';

export interface ChannelNotifierOptions {
  readonly clock: Clock;
}

export class ChannelNotifier implements Notifier {
  readonly #udp: UdpNotifier;
  readonly #http: HttpNotifier;

  constructor({ clock }: ChannelNotifierOptions) {
    this.#udp = new UdpNotifier({ clock });
    this.#http = new HttpNotifier({ clock });
  }

  send({ ip, channel }: NotifyTarget, notice: RoleNotice): Promise<NotifyOutcome> {
    // A name would be looked up: a pod is told by its address, or not at all.
    if (isIP(ip) === 0) return Promise.resolve({ kind: 'failed', because: `"${ip}" is no IP address` });
    switch (channel.kind) {
      case 'udp':
        return this.#udp.send(ip, channel, notice);
      case 'http':
        return this.#http.send(ip, channel, notice);
    }
  }

  close(): void {
    this.#udp.close();
    this.#http.close();
  }
}
