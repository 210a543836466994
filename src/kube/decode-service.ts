/**
 * Owns the reading of a Service: what it selects and where it listens.
 * Must not follow it to its endpoints.
 */
import {
  asObject,
  DecodeError,
  items,
  optionalInteger,
  optionalString,
  requiredObject,
  stringMap,
} from './decode.ts';
import { decodeMeta, type ObjectMeta } from './decode-meta.ts';

export interface ServicePort {
  readonly name: string | undefined;
  readonly protocol: 'TCP' | 'UDP' | 'SCTP';
  readonly port: number;
  /** A port number, or the name of a container port. */
  readonly targetPort: number | string;
}

export interface ServiceObject extends ObjectMeta {
  /** Empty: the Service selects nobody, its endpoints are written by somebody else. */
  readonly selector: Readonly<Record<string, string>>;
  readonly clusterIp: string | undefined;
  readonly ports: readonly ServicePort[];
}

export function decodeService(raw: unknown): ServiceObject {
  const spec = requiredObject(asObject(raw), 'spec', '');
  return {
    ...decodeMeta(raw),
    selector: stringMap(spec, 'selector', 'spec'),
    clusterIp: optionalString(spec, 'clusterIP', 'spec'),
    ports: items(spec, 'ports', 'spec', (item) => {
      const port = optionalInteger(item, 'port', '');
      if (port === undefined) throw new DecodeError('port', 'an integer');
      const protocol = optionalString(item, 'protocol', '');
      const target = item.targetPort;
      return {
        name: optionalString(item, 'name', ''),
        protocol: protocol === 'UDP' || protocol === 'SCTP' ? protocol : 'TCP',
        port,
        targetPort:
          typeof target === 'number' || (typeof target === 'string' && target !== '') ? target : port,
      };
    }),
  };
}
