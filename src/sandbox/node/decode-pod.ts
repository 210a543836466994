/**
 * Owns the projection of a stored Pod onto what a node needs of it: `spec` and `metadata`, with the API's defaults.
 * Must not judge it: what is missing or odd is left out here and refused by the store's validation.
 */
import { booleanAt, type Json, listAt, numberAt, objectAt, stringAt } from '../api/json.ts';
import type { StoredObject } from '../api/stored-object.ts';

export interface Pod {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Set once a delete has begun; the grace may still become shorter. */
  readonly generation: number;
  readonly deletion: { readonly graceSeconds: number } | undefined;
  readonly nodeName: string | undefined;
  readonly serviceAccountName: string;
  readonly restartPolicy: 'Always' | 'OnFailure' | 'Never';
  readonly graceSeconds: number;
  readonly initContainers: readonly Container[];
  readonly containers: readonly Container[];
  readonly readinessGates: readonly string[];
  readonly phase: string;
}

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly pullPolicy: string;
  readonly command: readonly string[];
  readonly args: readonly string[];
  readonly workingDirectory: string | undefined;
  readonly environment: readonly EnvironmentEntry[];
  readonly ports: readonly ContainerPort[];
  readonly readinessProbe: Probe | undefined;
  readonly livenessProbe: Probe | undefined;
  readonly startupProbe: Probe | undefined;
  readonly preStop: ProbeAction | SleepAction | undefined;
  /** An init container that stays: restartPolicy Always (KEP-753). */
  readonly sidecar: boolean;
}

export interface ContainerPort {
  readonly name: string | undefined;
  readonly number: number;
  readonly protocol: string;
}

export type EnvironmentEntry =
  | { readonly kind: 'value'; readonly name: string; readonly value: string }
  | { readonly kind: 'field'; readonly name: string; readonly path: string }
  | { readonly kind: 'key'; readonly name: string; readonly of: ConfigReference; readonly key: string }
  /** envFrom: every key of the object, behind the prefix. */
  | { readonly kind: 'all'; readonly of: ConfigReference; readonly prefix: string }
  | { readonly kind: 'unsupported'; readonly name: string; readonly what: string };

export interface ConfigReference {
  readonly kind: 'ConfigMap' | 'Secret';
  readonly name: string;
  readonly optional: boolean;
}

export interface Probe {
  readonly action: ProbeAction;
  readonly initialDelayMs: number;
  readonly periodMs: number;
  readonly timeoutMs: number;
  readonly successThreshold: number;
  readonly failureThreshold: number;
}

export type ProbeAction =
  | { readonly kind: 'exec'; readonly command: readonly string[] }
  | { readonly kind: 'tcp'; readonly host: string | undefined; readonly port: number | string }
  | {
      readonly kind: 'http';
      readonly host: string | undefined;
      readonly port: number | string;
      readonly path: string;
      readonly scheme: 'http' | 'https';
      readonly headers: readonly (readonly [string, string])[];
    };

export interface SleepAction {
  readonly kind: 'sleep';
  readonly durationMs: number;
}

export function decodePod(object: StoredObject): Pod {
  const { metadata } = object;
  const spec = objectAt(object, 'spec');
  return {
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    uid: metadata.uid,
    labels: metadata.labels ?? {},
    annotations: metadata.annotations ?? {},
    generation: metadata.generation ?? 1,
    deletion:
      metadata.deletionTimestamp === undefined
        ? undefined
        : { graceSeconds: metadata.deletionGracePeriodSeconds ?? 0 },
    nodeName: nonEmpty(stringAt(spec, 'nodeName')),
    serviceAccountName: stringAt(spec, 'serviceAccountName') ?? 'default',
    restartPolicy: restartPolicyOf(stringAt(spec, 'restartPolicy')),
    graceSeconds: numberAt(spec, 'terminationGracePeriodSeconds') ?? 30,
    initContainers: listAt(spec, 'initContainers').map(decodeContainer),
    containers: listAt(spec, 'containers').map(decodeContainer),
    readinessGates: listAt(spec, 'readinessGates').flatMap((gate) => stringAt(gate, 'conditionType') ?? []),
    phase: stringAt(object, 'status', 'phase') ?? 'Pending',
  };
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}

function restartPolicyOf(policy: string | undefined): Pod['restartPolicy'] {
  return policy === 'Never' || policy === 'OnFailure' ? policy : 'Always';
}

function decodeContainer(container: Json): Container {
  return {
    name: stringAt(container, 'name') ?? '',
    image: stringAt(container, 'image') ?? '',
    pullPolicy: stringAt(container, 'imagePullPolicy') ?? 'IfNotPresent',
    command: strings(listAt(container, 'command')),
    args: strings(listAt(container, 'args')),
    workingDirectory: nonEmpty(stringAt(container, 'workingDir')),
    environment: [
      ...listAt(container, 'envFrom').flatMap(decodeSource),
      ...listAt(container, 'env').map(decodeEntry),
    ],
    ports: listAt(container, 'ports').map((port) => ({
      name: stringAt(port, 'name'),
      number: numberAt(port, 'containerPort') ?? 0,
      protocol: stringAt(port, 'protocol') ?? 'TCP',
    })),
    readinessProbe: decodeProbe(objectAt(container, 'readinessProbe')),
    livenessProbe: decodeProbe(objectAt(container, 'livenessProbe')),
    startupProbe: decodeProbe(objectAt(container, 'startupProbe')),
    preStop: decodeHook(objectAt(container, 'lifecycle', 'preStop')),
    sidecar: stringAt(container, 'restartPolicy') === 'Always',
  };
}

function strings(list: readonly Json[]): readonly string[] {
  return list.filter((item) => typeof item === 'string');
}

function decodeSource(source: Json): readonly EnvironmentEntry[] {
  const prefix = stringAt(source, 'prefix') ?? '';
  return (['ConfigMap', 'Secret'] as const).flatMap((kind) => {
    const of = decodeReference(kind, objectAt(source, kind === 'ConfigMap' ? 'configMapRef' : 'secretRef'));
    return of === undefined ? [] : [{ kind: 'all' as const, of, prefix }];
  });
}

function decodeEntry(entry: Json): EnvironmentEntry {
  const name = stringAt(entry, 'name') ?? '';
  const source = objectAt(entry, 'valueFrom');
  const path = stringAt(source, 'fieldRef', 'fieldPath');
  if (path !== undefined) return { kind: 'field', name, path };
  for (const kind of ['ConfigMap', 'Secret'] as const) {
    const selected = objectAt(source, kind === 'ConfigMap' ? 'configMapKeyRef' : 'secretKeyRef');
    const of = decodeReference(kind, selected);
    if (of !== undefined) return { kind: 'key', name, of, key: stringAt(selected, 'key') ?? '' };
  }
  const [other] = Object.keys(source);
  if (other !== undefined) return { kind: 'unsupported', name, what: other };
  return { kind: 'value', name, value: stringAt(entry, 'value') ?? '' };
}

function decodeReference(kind: ConfigReference['kind'], reference: Json): ConfigReference | undefined {
  const name = stringAt(reference, 'name');
  if (name === undefined) return undefined;
  return { kind, name, optional: booleanAt(reference, 'optional') ?? false };
}

function decodeProbe(probe: Json): Probe | undefined {
  const action = decodeAction(probe);
  if (action === undefined) return undefined;
  const seconds = (field: string, otherwise: number) => (numberAt(probe, field) ?? otherwise) * 1_000;
  return {
    action,
    initialDelayMs: seconds('initialDelaySeconds', 0),
    periodMs: Math.max(1_000, seconds('periodSeconds', 10)),
    timeoutMs: Math.max(1_000, seconds('timeoutSeconds', 1)),
    successThreshold: numberAt(probe, 'successThreshold') ?? 1,
    failureThreshold: numberAt(probe, 'failureThreshold') ?? 3,
  };
}

function decodeAction(handler: Json): ProbeAction | undefined {
  const command = listAt(handler, 'exec', 'command');
  if (command.length > 0) return { kind: 'exec', command: strings(command) };
  const tcp = objectAt(handler, 'tcpSocket');
  if (tcp.port !== undefined)
    return { kind: 'tcp', host: nonEmpty(stringAt(tcp, 'host')), port: portOf(tcp.port) };
  const http = objectAt(handler, 'httpGet');
  if (http.port === undefined) return undefined;
  return {
    kind: 'http',
    host: nonEmpty(stringAt(http, 'host')),
    port: portOf(http.port),
    path: stringAt(http, 'path') ?? '/',
    scheme: stringAt(http, 'scheme') === 'HTTPS' ? 'https' : 'http',
    headers: listAt(http, 'httpHeaders').map((header) => [
      stringAt(header, 'name') ?? '',
      stringAt(header, 'value') ?? '',
    ]),
  };
}

function portOf(port: Json): number | string {
  return typeof port === 'number' ? port : String(port);
}

function decodeHook(hook: Json): ProbeAction | SleepAction | undefined {
  const seconds = numberAt(hook, 'sleep', 'seconds');
  return seconds === undefined ? decodeAction(hook) : { kind: 'sleep', durationMs: seconds * 1_000 };
}
