/**
 * Owns what an application is told of its role: the notice, and how it is written for each channel.
 * Must not send it: src/controller/udp-notifier.ts and http-notifier.ts do.
 */
import type { UdpFormat } from '../api/singleton.ts';
import type { Epoch } from '../core/identity.ts';

/** The role of one pod from now on, and the epoch that the role has: of two notices, the higher epoch is the newer. */
export interface RoleNotice {
  readonly role: 'active' | 'standby';
  readonly epoch: Epoch;
  /** `NAMESPACE/NAME` of the singleton. */
  readonly singleton: string;
  readonly pod: string;
}

/**
 * The ancestor's datagram, to the letter: an application that compares it as a whole keeps working. It has no room for
 * the epoch, which stands in the pod's annotation understudy.dev/epoch, and no word for standby.
 */
export const goActiveDatagram = 'GoActiveDuringFailover';

/** The text of the datagram; undefined where the format cannot say it. */
export function encodeDatagram(format: UdpFormat, notice: RoleNotice): string | undefined {
  switch (format) {
    case 'ancestor':
      return notice.role === 'active' ? goActiveDatagram : undefined;
    case 'json':
      return encodeNotice(notice);
  }
}

export const noticeContentType = 'application/json';

/** One line of JSON without a line's end: the datagram in format json, and the body of a POST. */
export function encodeNotice({ role, epoch, singleton, pod }: RoleNotice): string {
  return JSON.stringify({ role, epoch, singleton, pod });
}
