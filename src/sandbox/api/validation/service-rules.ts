/**
 * Owns the rules of Services (kubernetes pkg/apis/core/validation; of address families: pkg/registry/core/service). Pure.
 * Must not give a Service anything: defaults do, and the controller of cluster addresses.
 */

import { isHeadlessWithoutSelector } from '../defaults/service-defaults.ts';
import type { FieldProblem } from '../field-problem.ts';
import { type Json, listAt, numberAt, objectAt, stringAt } from '../json.ts';
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
  return [...problems, ...familyProblems(service)];
}

const TWO_FAMILIES =
  "must be 'RequireDualStack' or 'PreferDualStack' when multiple IP families are specified";

/** The cluster has IPv4 alone. A headless Service without a selector may promise both: its endpoints are its own affair. */
function familyProblems(service: StoredObject): readonly FieldProblem[] {
  const spec = objectAt(service, 'spec');
  const families = listAt(spec, 'ipFamilies');
  const field = 'spec.ipFamilyPolicy';
  const value = stringAt(spec, 'ipFamilyPolicy') ?? '';
  if (value === 'SingleStack' && families.length > 1)
    return [{ kind: 'invalid', field, value, note: TWO_FAMILIES }];
  if (spec.type === 'ExternalName' || isHeadlessWithoutSelector(spec)) return [];
  const problems: FieldProblem[] = [];
  const note = 'this cluster is not configured for dual-stack services';
  if (value === 'RequireDualStack') problems.push({ kind: 'invalid', field, value, note });
  for (const [index, family] of families.entries()) {
    if (family === 'IPv4') continue;
    const missing = 'not configured on this cluster';
    problems.push({ kind: 'invalid', field: `spec.ipFamilies[${index}]`, value: family, note: missing });
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
