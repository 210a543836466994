/**
 * Owns the datagram that tells an application that it is active now.
 * Must not send it: src/controller/udp-notifier.ts does.
 */

/** The ancestor's word. It stays the first word of the datagram, so that an application that looks for it finds it. */
export const goActive = 'GoActiveDuringFailover';

export interface GoActiveNotice {
  /** The fencing token: an application that has seen a higher one ignores this notice. */
  readonly epoch: number;
  /** Which life of the pod is meant: pod UID and container IDs. */
  readonly incarnation: string;
}

/** One line of ASCII, `GoActiveDuringFailover epoch=7 incarnation=UID/main=ID`, well below any path's MTU. */
export function encodeGoActive(notice: GoActiveNotice): string {
  return `${goActive} epoch=${notice.epoch} incarnation=${notice.incarnation}`;
}

/** `undefined` for anything that is not a notice; the ancestor's bare word is one without an epoch (0). */
export function decodeGoActive(text: string): GoActiveNotice | undefined {
  const [word, ...fields] = text.trim().split(' ');
  if (word !== goActive) return undefined;
  const values = new Map(fields.map(splitField));
  const epoch = Number(values.get('epoch') ?? '0');
  if (!Number.isSafeInteger(epoch) || epoch < 0) return undefined;
  return { epoch, incarnation: values.get('incarnation') ?? '' };
}

function splitField(field: string): readonly [string, string] {
  const at = field.indexOf('=');
  return at < 0 ? [field, ''] : [field.slice(0, at), field.slice(at + 1)];
}
