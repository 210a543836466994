/**
 * Owns the reading of a core/v1 Event: what it is about, what it says, and when.
 * Must not know what a controller of ours writes in one: move-of-event.ts does.
 */
import { asObject, optionalObject, optionalString } from '../../kube/decode.ts';
import { decodeMeta, type ObjectMeta } from '../../kube/decode-meta.ts';
import { parseMoment } from '../terminal/moment.ts';

export interface EventObject extends ObjectMeta {
  readonly regarding: { readonly kind: string; readonly name: string };
  readonly reason: string;
  readonly message: string;
  /** Who reports: the pod, or the host. */
  readonly instance: string;
  /** When it was last given, as wall time in ms; when it was written where nothing says so. */
  readonly atMs: number;
}

/** Throws a DecodeError. */
export function decodeEvent(raw: unknown): EventObject {
  const event = asObject(raw);
  const meta = decodeMeta(raw);
  const regarding = optionalObject(event, 'involvedObject', '');
  const source = optionalObject(event, 'source', '');
  const lastAt = parseMoment(optionalString(event, 'lastTimestamp', ''));
  return {
    ...meta,
    regarding: {
      kind: optionalString(regarding, 'kind', 'involvedObject') ?? '',
      name: optionalString(regarding, 'name', 'involvedObject') ?? '',
    },
    reason: optionalString(event, 'reason', '') ?? '',
    message: optionalString(event, 'message', '') ?? '',
    instance:
      optionalString(event, 'reportingInstance', '') ?? optionalString(source, 'host', 'source') ?? '',
    atMs: lastAt ?? parseMoment(optionalString(event, 'eventTime', '')) ?? meta.createdAtMs,
  };
}
