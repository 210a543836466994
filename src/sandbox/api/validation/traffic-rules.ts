/**
 * Owns the rules of Services and EndpointSlices (kubernetes pkg/apis/core/validation, pkg/apis/discovery/validation). Pure.
 */
import { isIPv4, isIPv6 } from 'node:net';
import type { FieldProblem } from '../field-problem.ts';
import { type Json, jsonEquals, listAt, numberAt, objectAt, stringAt } from '../json.ts';
import type { StoredObject } from '../stored-object.ts';
import { dnsLabelProblem, portProblem } from './name-rules.ts';

const SERVICE_TYPES = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];

export function serviceProblems(service: StoredObject): readonly FieldProblem[] {
  const spec = objectAt(service, 'spec');
  const problems: FieldProblem[] = [];
  const type = stringAt(spec, 'type') ?? '';
  if (!SERVICE_TYPES.includes(type))
    problems.push({ kind: 'unsupported', field: 'spec.type', value: type, supported: SERVICE_TYPES });
  const ports = listAt(spec, 'ports');
  const needsPorts = type !== 'ExternalName' && spec.clusterIP !== 'None';
  if (ports.length === 0 && needsPorts) problems.push({ kind: 'required', field: 'spec.ports' });
  const names = new Set<string>();
  for (const [index, port] of ports.entries()) {
    problems.push(...servicePortProblems(port, `spec.ports[${index}]`, ports.length > 1, names));
  }
  return problems;
}

function servicePortProblems(
  port: Json,
  field: string,
  named: boolean,
  names: Set<string>,
): readonly FieldProblem[] {
  const problems: FieldProblem[] = [];
  const name = stringAt(port, 'name') ?? '';
  if (named && name === '') problems.push({ kind: 'required', field: `${field}.name` });
  const nameNote = name === '' ? undefined : dnsLabelProblem(name);
  if (nameNote !== undefined)
    problems.push({ kind: 'invalid', field: `${field}.name`, value: name, note: nameNote });
  if (name !== '' && names.has(name))
    problems.push({ kind: 'duplicate', field: `${field}.name`, value: name });
  names.add(name);
  const number = numberAt(port, 'port') ?? 0;
  const note = portProblem(number);
  if (note !== undefined) problems.push({ kind: 'invalid', field: `${field}.port`, value: number, note });
  const protocol = stringAt(port, 'protocol') ?? 'TCP';
  if (!PROTOCOLS.includes(protocol)) {
    problems.push({ kind: 'unsupported', field: `${field}.protocol`, value: protocol, supported: PROTOCOLS });
  }
  const target = numberAt(port, 'targetPort');
  const targetNote = target === undefined ? undefined : portProblem(target);
  if (targetNote !== undefined)
    problems.push({ kind: 'invalid', field: `${field}.targetPort`, value: target, note: targetNote });
  return problems;
}

/** The cluster IP is given once. */
export function serviceUpdateProblems(current: StoredObject, next: StoredObject): readonly FieldProblem[] {
  const before = stringAt(current, 'spec', 'clusterIP') ?? '';
  const after = stringAt(next, 'spec', 'clusterIP') ?? '';
  if (before === '' || before === after || stringAt(next, 'spec', 'type') === 'ExternalName') return [];
  return [{ kind: 'invalid', field: 'spec.clusterIPs[0]', value: after, note: 'may not change once set' }];
}

const ADDRESS_TYPES = ['FQDN', 'IPv4', 'IPv6'];
const SLICE_ENDPOINTS_MAX = 1000;

export function sliceProblems(slice: StoredObject): readonly FieldProblem[] {
  const addressType = stringAt(slice, 'addressType') ?? '';
  const problems: FieldProblem[] = [];
  if (addressType === '') problems.push({ kind: 'required', field: 'addressType' });
  else if (!ADDRESS_TYPES.includes(addressType)) {
    problems.push({
      kind: 'unsupported',
      field: 'addressType',
      value: addressType,
      supported: ADDRESS_TYPES,
    });
  }
  const endpoints = listAt(slice, 'endpoints');
  if (endpoints.length > SLICE_ENDPOINTS_MAX) {
    problems.push({
      kind: 'invalid',
      field: 'endpoints',
      value: endpoints.length,
      note: `must have at most ${SLICE_ENDPOINTS_MAX} items`,
    });
  }
  return [
    ...problems,
    ...slicePortProblems(slice),
    ...endpoints.flatMap((endpoint, index) => endpointProblems(endpoint, addressType, `endpoints[${index}]`)),
  ];
}

/** Loopback addresses, which the real server refuses, are welcome: the sandbox's pods live there. */
function endpointProblems(endpoint: Json, addressType: string, field: string): readonly FieldProblem[] {
  const addresses = listAt(endpoint, 'addresses');
  if (addresses.length === 0)
    return [{ kind: 'required', field: `${field}.addresses`, note: 'must contain at least 1 address' }];
  return addresses.flatMap((address, index) => {
    const text = String(address);
    const fits = addressType === 'IPv4' ? isIPv4(text) : addressType === 'IPv6' ? isIPv6(text) : true;
    const isAddress = isIPv4(text) || isIPv6(text);
    const note = isAddress
      ? `must be an ${addressType} address`
      : 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';
    return fits
      ? []
      : [{ kind: 'invalid' as const, field: `${field}.addresses[${index}]`, value: text, note }];
  });
}

function slicePortProblems(slice: StoredObject): readonly FieldProblem[] {
  const names = new Set<string>();
  return listAt(slice, 'ports').flatMap((port, index) => {
    const problems: FieldProblem[] = [];
    const name = stringAt(port, 'name') ?? '';
    if (names.has(name)) problems.push({ kind: 'duplicate', field: `ports[${index}].name`, value: name });
    names.add(name);
    const protocol = stringAt(port, 'protocol') ?? 'TCP';
    if (!PROTOCOLS.includes(protocol)) {
      problems.push({
        kind: 'unsupported',
        field: `ports[${index}].protocol`,
        value: protocol,
        supported: PROTOCOLS,
      });
    }
    return problems;
  });
}

export function sliceUpdateProblems(current: StoredObject, next: StoredObject): readonly FieldProblem[] {
  if (jsonEquals(current.addressType, next.addressType)) return [];
  return [{ kind: 'invalid', field: 'addressType', value: next.addressType, note: 'field is immutable' }];
}
