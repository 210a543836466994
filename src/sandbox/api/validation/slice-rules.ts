/**
 * Owns the rules of EndpointSlices (kubernetes pkg/apis/discovery/validation/validation.go). Pure.
 * Must not ask who writes one: the label that names its manager is free.
 */
import type { FieldProblem } from '../field-problem.ts';
import { at, type Json, jsonEquals, listAt, objectAt, stringAt } from '../json.ts';
import type { StoredObject } from '../stored-object.ts';
import { sliceAddressProblems } from './address-rules.ts';
import {
  dnsLabelProblem,
  dnsSubdomainProblem,
  labelValueProblem,
  qualifiedNameProblem,
} from './name-rules.ts';

const ADDRESS_TYPES = ['FQDN', 'IPv4', 'IPv6'];
const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];

/** The real server's own; the API's documentation says 100 ports, which nothing enforces. */
const ENDPOINTS_MAX = 1_000;
const PORTS_MAX = 20_000;
const ADDRESSES_MAX = 100;
const HINTS_MAX = 8;

export function sliceProblems(slice: StoredObject): readonly FieldProblem[] {
  return [
    ...addressTypeProblems(stringAt(slice, 'addressType') ?? ''),
    ...portsProblems(slice),
    ...endpointsProblems(slice),
  ];
}

export function sliceUpdateProblems(current: StoredObject, next: StoredObject): readonly FieldProblem[] {
  if (jsonEquals(current.addressType, next.addressType)) return [];
  return [{ kind: 'invalid', field: 'addressType', value: next.addressType, note: 'field is immutable' }];
}

function addressTypeProblems(value: string): readonly FieldProblem[] {
  const field = 'addressType';
  if (value === '') return [{ kind: 'required', field }];
  return ADDRESS_TYPES.includes(value)
    ? []
    : [{ kind: 'unsupported', field, value, supported: ADDRESS_TYPES }];
}

function portsProblems(slice: StoredObject): readonly FieldProblem[] {
  const ports = listAt(slice, 'ports');
  if (ports.length > PORTS_MAX)
    return [{ kind: 'tooMany', field: 'ports', count: ports.length, most: PORTS_MAX }];
  const names = new Set<string>();
  return ports.flatMap((port, index) => portProblems(port, `ports[${index}]`, names));
}

/** The number may be anything, or missing: that is what the real server lets in. */
function portProblems(port: Json, field: string, names: Set<string>): readonly FieldProblem[] {
  const problems: FieldProblem[] = [];
  const name = stringAt(port, 'name') ?? '';
  if (name !== '') problems.push(...textProblems(`${field}.name`, name, dnsLabelProblem));
  if (names.has(name)) problems.push({ kind: 'duplicate', field: `${field}.name`, value: name });
  names.add(name);
  const value = stringAt(port, 'protocol') ?? 'TCP';
  if (!PROTOCOLS.includes(value))
    problems.push({ kind: 'unsupported', field: `${field}.protocol`, value, supported: PROTOCOLS });
  problems.push(...optionalTextProblems(port, 'appProtocol', field, qualifiedNameProblem));
  return problems;
}

function endpointsProblems(slice: StoredObject): readonly FieldProblem[] {
  const endpoints = listAt(slice, 'endpoints');
  if (endpoints.length > ENDPOINTS_MAX)
    return [{ kind: 'tooMany', field: 'endpoints', count: endpoints.length, most: ENDPOINTS_MAX }];
  const addressType = stringAt(slice, 'addressType') ?? '';
  return endpoints.flatMap((endpoint, index) =>
    endpointProblems(endpoint, addressType, `endpoints[${index}]`),
  );
}

function endpointProblems(endpoint: Json, addressType: string, field: string): readonly FieldProblem[] {
  return [
    ...addressesProblems(endpoint, addressType, `${field}.addresses`),
    ...optionalTextProblems(endpoint, 'nodeName', field, dnsSubdomainProblem),
    ...optionalTextProblems(endpoint, 'hostname', field, dnsLabelProblem),
    ...hintsProblems(endpoint, `${field}.hints`),
  ];
}

function hintsProblems(endpoint: Json, field: string): readonly FieldProblem[] {
  if (at(endpoint, 'hints') === undefined) return [];
  return [
    ...hintProblems(endpoint, 'forZones', field, labelValueProblem),
    ...hintProblems(endpoint, 'forNodes', field, dnsSubdomainProblem),
  ];
}

function addressesProblems(endpoint: Json, addressType: string, field: string): readonly FieldProblem[] {
  const addresses = listAt(endpoint, 'addresses').map(String);
  const problems: FieldProblem[] = [];
  if (addresses.length === 0)
    problems.push({ kind: 'required', field, note: 'must contain at least 1 address' });
  if (addresses.length > ADDRESSES_MAX)
    problems.push({ kind: 'tooMany', field, count: addresses.length, most: ADDRESSES_MAX });
  return [
    ...problems,
    ...addresses.flatMap((address, index) => sliceAddressProblems(addressType, field, index, address)),
  ];
}

function hintProblems(
  endpoint: Json,
  list: 'forZones' | 'forNodes',
  field: string,
  noteOn: (name: string) => string | undefined,
): readonly FieldProblem[] {
  const hints = listAt(endpoint, 'hints', list).map((hint) => objectAt({ hint }, 'hint'));
  const at = `${field}.${list}`;
  if (hints.length > HINTS_MAX) return [{ kind: 'tooMany', field: at, count: hints.length, most: HINTS_MAX }];
  const names = hints.map((hint) => stringAt(hint, 'name') ?? '');
  return names.flatMap((name, index): readonly FieldProblem[] => {
    const where = `${at}[${index}].name`;
    const again: readonly FieldProblem[] =
      names.indexOf(name) < index ? [{ kind: 'duplicate', field: where, value: name }] : [];
    return [...again, ...textProblems(where, name, noteOn)];
  });
}

function optionalTextProblems(
  owner: Json,
  part: string,
  field: string,
  noteOn: (text: string) => string | undefined,
): readonly FieldProblem[] {
  const text = at(owner, part);
  return typeof text === 'string' ? textProblems(`${field}.${part}`, text, noteOn) : [];
}

function textProblems(
  field: string,
  value: string,
  noteOn: (text: string) => string | undefined,
): readonly FieldProblem[] {
  const note = noteOn(value);
  return note === undefined ? [] : [{ kind: 'invalid', field, value, note }];
}
