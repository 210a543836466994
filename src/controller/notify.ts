/**
 * Owns the Notifier port: one notice, sent once over one channel, and what became of it.
 * Must not send: udp-notifier.ts and http-notifier.ts do. Must not repeat: delivery.ts does.
 */
import type { RoleNotice } from '../wire/notify.ts';
import type { NotifyChannel } from '../wire/notify-channel.ts';

export interface NotifyTarget {
  readonly ip: string;
  readonly channel: NotifyChannel;
}

export type NotifyOutcome = NotifySuccess | NotifyFailure;

export type NotifySuccess =
  /** Handed over, in a format that has no acknowledgement: sent is not heard. */
  { readonly kind: 'sent' } | { readonly kind: 'acknowledged' };

/** Each is worth another try. `because`: the end of a sentence, for people. */
export type NotifyFailure =
  /** It may have been heard; what came back, if anything, is no acknowledgement. */
  | { readonly kind: 'unacknowledged'; readonly because: string }
  /** The pod's host answered that nobody listens there. */
  | { readonly kind: 'refused' }
  /** It did not get there. */
  | { readonly kind: 'failed'; readonly because: string };

export interface Notifier {
  /** Handed over at once, unless so many others are under way that it has to wait. Never rejects. */
  send(target: NotifyTarget, notice: RoleNotice): Promise<NotifyOutcome>;
  /** What is under way fails at once, and so does everything after. */
  close(): void;
}
