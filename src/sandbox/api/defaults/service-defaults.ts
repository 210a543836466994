/**
 * Owns what a Service is given beside what its writer said: defaults, address families, and what it has already.
 * Pure. Must not choose an address: the controller of cluster addresses does.
 * (kubernetes pkg/apis/core/v1/defaults.go; pkg/registry/core/service/storage/alloc.go initIPFamilyFields and storage.go
 * patchAllocatedValues, for a cluster that has IPv4 alone)
 */
import { type Json, type JsonObject, jsonEquals, listAt, objectAt, stringAt } from '../json.ts';
import { changed, type StoredObject } from '../stored-object.ts';
import { fill, fillEach } from './fill.ts';

export function serviceSpecDefaults(spec: JsonObject): JsonObject {
  const typed = withoutEmptySelector(fill(spec, { type: 'ClusterIP', sessionAffinity: 'None' }));
  const withPorts = fillEach(typed, 'ports', (port) =>
    fill(port, { protocol: 'TCP', targetPort: port.port ?? 0 }),
  );
  return typed.type === 'ExternalName' ? withPorts : fill(withPorts, { internalTrafficPolicy: 'Cluster' });
}

/** So it comes back from storage: Go's empty map is none. */
function withoutEmptySelector(spec: JsonObject): JsonObject {
  if (spec.selector === undefined || Object.keys(objectAt(spec, 'selector')).length > 0) return spec;
  const { selector: _empty, ...rest } = spec;
  return rest;
}

/** Such a Service says nothing of its endpoints' families. */
export function isHeadlessWithoutSelector(spec: JsonObject): boolean {
  return spec.clusterIP === 'None' && Object.keys(objectAt(spec, 'selector')).length === 0;
}

/** `before`: the Service as it is stored, undefined for a new one. */
export function withServiceFamilies(service: StoredObject, before?: StoredObject): StoredObject {
  const spec = objectAt(service, 'spec');
  if (spec.type === 'ExternalName') return service;
  const known = objectAt(before, 'spec');
  const addressed = withKnownAddresses(spec, known);
  const ipFamilyPolicy =
    stringAt(spec, 'ipFamilyPolicy') ??
    stringAt(known, 'ipFamilyPolicy') ??
    (isHeadlessWithoutSelector(addressed) ? 'RequireDualStack' : 'SingleStack');
  const ipFamilies = familiesOf(addressed, known, ipFamilyPolicy);
  const filled = { ...addressed, ipFamilyPolicy, ipFamilies };
  return jsonEquals(filled, spec) ? service : changed(service, { spec: filled });
}

/** What was allocated once and is not said again stays: the same manifest can be sent twice. */
function withKnownAddresses(spec: JsonObject, known: JsonObject): JsonObject {
  const ownIP = stringAt(spec, 'clusterIP') ?? '';
  const clusterIP = ownIP !== '' || known.type === 'ExternalName' ? ownIP : stringAt(known, 'clusterIP');
  if (clusterIP === undefined || clusterIP === '') return spec;
  const clusterIPs = listAt(spec, 'clusterIPs');
  return { ...spec, clusterIP, clusterIPs: clusterIPs.length > 0 ? clusterIPs : [clusterIP] };
}

function familiesOf(spec: JsonObject, known: JsonObject, policy: string): readonly Json[] {
  const asked = listAt(spec, 'ipFamilies');
  const families = asked.length > 0 ? asked : ['IPv4'];
  if (policy === 'SingleStack')
    return jsonEquals(families, known.ipFamilies) ? families.slice(0, 1) : families;
  if (!isHeadlessWithoutSelector(spec) || families.length > 1) return families;
  return [...families, families[0] === 'IPv4' ? 'IPv6' : 'IPv4'];
}
