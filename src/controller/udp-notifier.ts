/**
 * Owns the UDP sockets of the notify channel: a datagram out and, where its format has one, the answer to it.
 * Must not retry: delivery.ts does.
 */
import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { Clock } from '../time/clock.ts';
import { readAcknowledgement } from '../wire/acknowledgement.ts';
import { encodeDatagram, type RoleNotice } from '../wire/notify.ts';
import { acknowledges, type UdpChannel } from '../wire/notify-channel.ts';
import { limits } from './limits.ts';
import type { NotifyOutcome } from './notify.ts';
import { type Finish, SendSlots } from './send-slots.ts';

export interface UdpNotifierOptions {
  readonly clock: Clock;
}

/** One datagram on its way. */
interface Sending {
  readonly ip: string;
  readonly channel: UdpChannel;
  readonly notice: RoleNotice;
  readonly text: string;
}

export class UdpNotifier {
  readonly #clock: Clock;
  /** Apart from each other: who waits for no answer must not wait for those who do. */
  readonly #unanswered: SendSlots;
  readonly #answered: SendSlots;

  constructor({ clock }: UdpNotifierOptions) {
    this.#clock = clock;
    this.#unanswered = new SendSlots({ clock, givesWay: false });
    this.#answered = new SendSlots({ clock, givesWay: true });
  }

  send(ip: string, channel: UdpChannel, notice: RoleNotice): Promise<NotifyOutcome> {
    const text = encodeDatagram(channel.format, notice);
    if (text === undefined) {
      const because = `the format ${channel.format} has no word for ${notice.role}`;
      return Promise.resolve({ kind: 'failed', because });
    }
    const slots = acknowledges(channel) ? this.#answered : this.#unanswered;
    return slots.run((finish) => this.#begin({ ip, channel, notice, text }, finish));
  }

  close(): void {
    this.#unanswered.close();
    this.#answered.close();
  }

  /** A connected socket: only that one hears of the refusal (ICMP) as an error, and hears nobody else's answer. */
  #begin({ ip, channel, notice, text }: Sending, finish: Finish): () => void {
    const socket = createSocket(isIPv6(ip) ? 'udp6' : 'udp4');
    // Also the limit of a connect that never ends.
    const timer = acknowledges(channel)
      ? this.#clock.schedule(limits.datagramAnswerMs, () => finish(unanswered))
      : this.#clock.schedule(limits.refusalWaitMs, () => finish({ kind: 'sent' }));
    socket.on('error', (error) => finish(outcomeOf(error)));
    // Events instead of a callback: that one is also called for a connect that failed.
    socket.once('connect', () => {
      if (acknowledges(channel)) socket.once('message', (answer) => finish(outcomeOfAnswer(answer, notice)));
      socket.send(text, (error) => {
        if (error !== null) finish(outcomeOf(error));
      });
    });
    socket.connect(channel.port, ip);
    return () => {
      timer.cancel();
      closeQuietly(socket);
    };
  }
}

const unanswered: NotifyOutcome = {
  kind: 'unacknowledged',
  because: `no answer within ${limits.datagramAnswerMs} ms`,
};

/** The first answer counts: it is to this very datagram, since each has a port of its own. */
function outcomeOfAnswer(answer: Buffer, notice: RoleNotice): NotifyOutcome {
  const read = readAcknowledgement(answer.toString(), notice);
  switch (read.kind) {
    case 'acknowledged':
      return read;
    case 'wrong-epoch':
      return { kind: 'unacknowledged', because: `wrong epoch ${read.epoch}` };
    case 'garbage':
      return { kind: 'unacknowledged', because: read.because };
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
