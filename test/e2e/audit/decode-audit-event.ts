/**
 * Owns the reading of one line of the API server's audit log (audit.k8s.io/v1 Event).
 * Must not choose among the lines: audit-log.ts does.
 */
import { machineTimeOfWallMs } from '../../../src/cli/steady-client/machine-time.ts';
import {
  asObject,
  isObject,
  type JsonObject,
  optionalInteger,
  optionalObject,
  optionalString,
  optionalTime,
  requiredString,
  stringMap,
} from '../../../src/kube/decode.ts';

export interface AuditEntry {
  readonly id: string;
  /** ResponseStarted (of a watch) or ResponseComplete. */
  readonly stage: string;
  readonly user: string;
  /** get, list, watch, create, update, patch, delete, deletecollection; the HTTP method where it is no resource. */
  readonly verb: string;
  readonly path: string;
  /** Undefined for what is no resource, such as /version. */
  readonly target: AuditTarget | undefined;
  readonly code: number;
  /** By the roles of the account; a 403 without it has another reason, such as a namespace that is being deleted. */
  readonly isForbidden: boolean;
  /** Machine time (machine-time.ts), from the API server's wall clock: it runs on this machine. */
  readonly receivedAtMs: number;
  /** `preconditions.uid` of a delete; undefined where none was given, or the log does not keep bodies. */
  readonly uidPrecondition: string | undefined;
  /** Whether the log keeps bodies of such requests. */
  readonly hasBody: boolean;
}

export interface AuditTarget {
  readonly group: string;
  readonly resource: string;
  readonly subresource: string | undefined;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
}

/** @throws DecodeError */
export function decodeAuditEntry(raw: unknown): AuditEntry {
  const event = asObject(raw);
  // A JSON patch is a list, and has no preconditions.
  const body = isObject(event.requestObject) ? event.requestObject : undefined;
  const annotations = stringMap(event, 'annotations', '');
  return {
    id: requiredString(event, 'auditID', ''),
    stage: requiredString(event, 'stage', ''),
    user: optionalString(optionalObject(event, 'user', ''), 'username', 'user') ?? '',
    verb: requiredString(event, 'verb', ''),
    path: requiredString(event, 'requestURI', ''),
    target: decodeTarget(optionalObject(event, 'objectRef', '')),
    code: optionalInteger(optionalObject(event, 'responseStatus', ''), 'code', 'responseStatus') ?? 0,
    isForbidden: annotations['authorization.k8s.io/decision'] === 'forbid',
    receivedAtMs: machineTimeOfWallMs(optionalTime(event, 'requestReceivedTimestamp', '') ?? 0),
    uidPrecondition: optionalString(
      optionalObject(body, 'preconditions', 'requestObject'),
      'uid',
      'requestObject.preconditions',
    ),
    hasBody: event.requestObject !== undefined,
  };
}

function decodeTarget(reference: JsonObject | undefined): AuditTarget | undefined {
  const resource = optionalString(reference, 'resource', 'objectRef');
  if (resource === undefined) return undefined;
  return {
    group: optionalString(reference, 'apiGroup', 'objectRef') ?? '',
    resource,
    subresource: optionalString(reference, 'subresource', 'objectRef'),
    namespace: optionalString(reference, 'namespace', 'objectRef'),
    name: optionalString(reference, 'name', 'objectRef'),
  };
}
