/**
 * Owns the rules of Endpoints objects, EndpointSlice's predecessor (kubernetes pkg/apis/core/validation ValidateEndpoints).
 * Pure. Must not hold those of slices: the two differ.
 */
import type { FieldProblem } from '../field-problem.ts';
import { at, type Json, listAt, numberAt, stringAt } from '../json.ts';
import type { StoredObject } from '../stored-object.ts';
import { destinationProblems, ipProblems } from './address-rules.ts';
import { dnsLabelProblem, dnsSubdomainProblem, portProblem } from './name-rules.ts';

const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];

export function endpointsProblems(endpoints: StoredObject): readonly FieldProblem[] {
  return listAt(endpoints, 'subsets').flatMap((subset, index) => subsetProblems(subset, `subsets[${index}]`));
}

function subsetProblems(subset: Json, field: string): readonly FieldProblem[] {
  const lists = ['addresses', 'notReadyAddresses'].map((list) => ({ list, items: listAt(subset, list) }));
  const ports = listAt(subset, 'ports');
  const note = 'must specify `addresses` or `notReadyAddresses`';
  const empty: readonly FieldProblem[] = lists.every(({ items }) => items.length === 0)
    ? [{ kind: 'required', field, note }]
    : [];
  return [
    ...empty,
    ...lists.flatMap(({ list, items }) =>
      items.flatMap((item, index) => addressProblems(item, `${field}.${list}[${index}]`)),
    ),
    ...ports.flatMap((port, index) => portProblems(port, `${field}.ports[${index}]`, ports.length > 1)),
  ];
}

function addressProblems(address: Json, field: string): readonly FieldProblem[] {
  const ip = stringAt(address, 'ip') ?? '';
  const written = ipProblems(`${field}.ip`, ip);
  return [
    ...written,
    ...textProblems(address, 'hostname', field, dnsLabelProblem),
    ...textProblems(address, 'nodeName', field, dnsSubdomainProblem),
    ...(written.length > 0 ? [] : destinationProblems(`${field}.ip`, ip)),
  ];
}

function textProblems(
  owner: Json,
  part: string,
  field: string,
  noteOn: (text: string) => string | undefined,
): readonly FieldProblem[] {
  const value = at(owner, part);
  const note = typeof value === 'string' ? noteOn(value) : undefined;
  return note === undefined ? [] : [{ kind: 'invalid', field: `${field}.${part}`, value, note }];
}

function portProblems(port: Json, field: string, named: boolean): readonly FieldProblem[] {
  const problems: FieldProblem[] = [];
  const name = stringAt(port, 'name') ?? '';
  if (name !== '') problems.push(...textProblems(port, 'name', field, dnsLabelProblem));
  else if (named) problems.push({ kind: 'required', field: `${field}.name` });
  const number = numberAt(port, 'port') ?? 0;
  const note = portProblem(number);
  if (note !== undefined) problems.push({ kind: 'invalid', field: `${field}.port`, value: number, note });
  const value = stringAt(port, 'protocol') ?? 'TCP';
  if (!PROTOCOLS.includes(value))
    problems.push({ kind: 'unsupported', field: `${field}.protocol`, value, supported: PROTOCOLS });
  return problems;
}
