/**
 * Owns the reading of a v1 Service: whom it selects, and the ports and families that its endpoints have to have.
 * Must not choose endpoints.
 */
import {
  asObject,
  DecodeError,
  items,
  type JsonObject,
  optionalInteger,
  optionalObject,
  optionalString,
  stringMap,
} from './decode.ts';
import { decodeMeta, type ObjectMeta } from './decode-meta.ts';

export type IpFamily = 'IPv4' | 'IPv6';
export type PortProtocol = 'TCP' | 'UDP' | 'SCTP';

export interface ServicePort {
  /** Empty where the Service has one port without a name. */
  readonly name: string;
  readonly protocol: PortProtocol;
  readonly port: number;
  /** A number, or the name of a container's port. */
  readonly targetPort: number | string;
  readonly appProtocol: string | undefined;
}

export interface ServiceObject extends ObjectMeta {
  /** Undefined: nobody but us makes its endpoints. */
  readonly selector: Readonly<Record<string, string>> | undefined;
  readonly type: string;
  /** Undefined where it has none yet, and where it is headless. */
  readonly clusterIp: string | undefined;
  readonly headless: boolean;
  /** The first one is the Service's primary family. */
  readonly ipFamilies: readonly IpFamily[];
  readonly ports: readonly ServicePort[];
}

export function decodeService(raw: unknown): ServiceObject {
  const spec = optionalObject(asObject(raw), 'spec', '');
  const selector = stringMap(spec, 'selector', 'spec');
  const families = spec?.ipFamilies;
  const clusterIp = optionalString(spec, 'clusterIP', 'spec');
  return {
    ...decodeMeta(raw),
    selector: Object.keys(selector).length === 0 ? undefined : selector,
    type: optionalString(spec, 'type', 'spec') ?? 'ClusterIP',
    clusterIp: clusterIp === 'None' ? undefined : clusterIp,
    headless: clusterIp === 'None',
    ipFamilies: Array.isArray(families) ? families.filter(isFamily) : [],
    ports: items(spec, 'ports', 'spec', decodePort),
  };
}

function isFamily(value: unknown): value is IpFamily {
  return value === 'IPv4' || value === 'IPv6';
}

function decodePort(item: JsonObject): ServicePort {
  const port = optionalInteger(item, 'port', '');
  if (port === undefined) throw new DecodeError('port', 'an integer');
  const { targetPort } = item;
  return {
    name: optionalString(item, 'name', '') ?? '',
    protocol: decodeProtocol(optionalString(item, 'protocol', '')),
    port,
    targetPort: isTarget(targetPort) ? targetPort : port,
    appProtocol: optionalString(item, 'appProtocol', ''),
  };
}

export function decodeProtocol(text: string | undefined): PortProtocol {
  return text === 'UDP' || text === 'SCTP' ? text : 'TCP';
}

/** 0 and an empty name stand for the port itself. */
function isTarget(value: unknown): value is number | string {
  return (typeof value === 'number' && value > 0) || (typeof value === 'string' && value !== '');
}
