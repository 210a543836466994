/**
 * Owns the reading of a pod: of its many fields, those that say whether it lives, is ready, or is leaving.
 * Must not judge: what a state means for a member is decided in the core.
 */
import {
  asObject,
  DecodeError,
  items,
  type JsonObject,
  optionalBoolean,
  optionalInteger,
  optionalObject,
  optionalString,
  optionalTime,
  requiredObject,
  requiredString,
} from './decode.ts';
import { controllerUid, decodeMeta, type ObjectMeta } from './decode-meta.ts';
import { decodeProtocol, type PortProtocol } from './decode-service.ts';

export type PodPhase = 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown';

export type ContainerState =
  | { readonly kind: 'waiting'; readonly reason: string | undefined }
  | { readonly kind: 'running'; readonly startedAtMs: number | undefined }
  | {
      readonly kind: 'terminated';
      readonly exitCode: number;
      readonly signal: number | undefined;
      readonly reason: string | undefined;
      readonly containerId: string | undefined;
      readonly finishedAtMs: number | undefined;
    }
  /** The kubelet has not said anything about it yet. */
  | { readonly kind: 'unknown' };

/** A named port of a container: what a Service's `targetPort` may ask for by name. */
export interface NamedPort {
  readonly name: string;
  readonly protocol: PortProtocol;
  readonly port: number;
}

export interface PodContainer {
  readonly name: string;
  /** True for an init container with restartPolicy Always: it runs as long as the pod. */
  readonly sidecar: boolean;
  /** Only the variables that DecodePodOptions.keepEnv names, in the pod's order. */
  readonly env: readonly { readonly name: string; readonly value: string | undefined }[];
  /** With the runtime's prefix, as in `containerd://…`. A restart gives a new one. */
  readonly containerId: string | undefined;
  readonly restartCount: number;
  readonly ready: boolean;
  readonly state: ContainerState;
  /** How the incarnation before this one ended, when the kubelet still knows. */
  readonly lastTerminated:
    | {
        readonly containerId: string | undefined;
        readonly exitCode: number;
        readonly finishedAtMs: number | undefined;
      }
    | undefined;
}

export interface PodObject extends ObjectMeta {
  /** When the pod has to be gone (deletionTimestamp already contains the grace). */
  readonly deletion: { readonly atMs: number; readonly graceSeconds: number } | undefined;
  readonly node: string | undefined;
  /** status.podIP, IPv4 or IPv6. */
  readonly ip: string | undefined;
  /** status.podIPs: one of each family, the first one is `ip`. */
  readonly ips: readonly string[];
  readonly phase: PodPhase;
  /** The Ready condition is True. */
  readonly ready: boolean;
  /** The types of its conditions that are True. */
  readonly trueConditions: readonly string[];
  /** Why the Ready condition is not True, as whoever wrote it says; undefined where it is, or nothing is said. */
  readonly notReadyReason: string | undefined;
  /** The controlling owner, such as its ReplicaSet. */
  readonly ownerUid: string | undefined;
  /** Sidecars first, then the containers, each in the order of the spec. Ordinary init containers are left out. */
  readonly containers: readonly PodContainer[];
  /** Of all its containers, in the order of the spec; those without a name are left out. */
  readonly namedPorts: readonly NamedPort[];
}

export interface DecodePodOptions {
  readonly keepEnv: readonly string[];
}

const PHASES: readonly PodPhase[] = ['Pending', 'Running', 'Succeeded', 'Failed'];

export function decodePod(raw: unknown, options: DecodePodOptions): PodObject {
  const pod = asObject(raw);
  const metadata = requiredObject(pod, 'metadata', '');
  const spec = requiredObject(pod, 'spec', '');
  const status = optionalObject(pod, 'status', '');
  const conditions = items(status, 'conditions', 'status', (item) => item);
  const readiness = conditions.find(({ type }) => type === 'Ready');
  const ready = readiness?.status === 'True';
  return {
    ...decodeMeta(raw),
    deletion: decodeDeletion(metadata),
    node: optionalString(spec, 'nodeName', 'spec'),
    ip: optionalString(status, 'podIP', 'status'),
    ips: decodeIps(status),
    phase: decodePhase(status),
    ready,
    trueConditions: conditions.flatMap(({ type, status: value }) =>
      value === 'True' && typeof type === 'string' ? [type] : [],
    ),
    notReadyReason: ready ? undefined : optionalString(readiness, 'reason', 'status.conditions'),
    ownerUid: controllerUid(metadata),
    containers: decodeContainers(spec, status, options.keepEnv),
    namedPorts: decodeNamedPorts(spec),
  };
}

function decodeIps(status: JsonObject | undefined): readonly string[] {
  const ips = items(status, 'podIPs', 'status', (item) => requiredString(item, 'ip', ''));
  const ip = optionalString(status, 'podIP', 'status');
  return ips.length > 0 || ip === undefined ? ips : [ip];
}

function decodeNamedPorts(spec: JsonObject): readonly NamedPort[] {
  const ports = items(spec, 'containers', 'spec', (container) =>
    items(container, 'ports', '', (item) => {
      const name = optionalString(item, 'name', '');
      const port = optionalInteger(item, 'containerPort', '');
      const protocol = decodeProtocol(optionalString(item, 'protocol', ''));
      return name === undefined || port === undefined ? undefined : { name, protocol, port };
    }),
  );
  return ports.flat().filter((port) => port !== undefined);
}

function decodeDeletion(metadata: JsonObject): PodObject['deletion'] {
  const atMs = optionalTime(metadata, 'deletionTimestamp', 'metadata');
  if (atMs === undefined) return undefined;
  return { atMs, graceSeconds: optionalInteger(metadata, 'deletionGracePeriodSeconds', 'metadata') ?? 0 };
}

function decodePhase(status: JsonObject | undefined): PodPhase {
  const phase = optionalString(status, 'phase', 'status') ?? 'Pending';
  return PHASES.find((known) => known === phase) ?? 'Unknown';
}

function decodeContainers(
  spec: JsonObject,
  status: JsonObject | undefined,
  keepEnv: readonly string[],
): readonly PodContainer[] {
  const byName = new Map<string, JsonObject>();
  for (const list of ['containerStatuses', 'initContainerStatuses']) {
    items(status, list, 'status', (item) => byName.set(requiredString(item, 'name', ''), item));
  }
  const decode = (sidecar: boolean) => (item: JsonObject) => decodeContainer(item, sidecar, byName, keepEnv);
  const sidecars = items(spec, 'initContainers', 'spec', (item) =>
    item.restartPolicy === 'Always' ? decode(true)(item) : undefined,
  );
  return [
    ...sidecars.filter((container) => container !== undefined),
    ...items(spec, 'containers', 'spec', decode(false)),
  ];
}

function decodeContainer(
  spec: JsonObject,
  sidecar: boolean,
  statuses: ReadonlyMap<string, JsonObject>,
  keepEnv: readonly string[],
): PodContainer {
  const name = requiredString(spec, 'name', '');
  const status = statuses.get(name);
  return {
    name,
    sidecar,
    env: decodeEnv(spec, keepEnv),
    containerId: optionalString(status, 'containerID', 'status'),
    restartCount: optionalInteger(status, 'restartCount', 'status') ?? 0,
    ready: optionalBoolean(status, 'ready', 'status') ?? false,
    state: decodeState(optionalObject(status, 'state', 'status')),
    lastTerminated: decodeLastTerminated(optionalObject(status, 'lastState', 'status')),
  };
}

function decodeEnv(spec: JsonObject, keepEnv: readonly string[]): PodContainer['env'] {
  const env = items(spec, 'env', '', (item) => {
    const name = item.name;
    if (typeof name !== 'string' || !keepEnv.includes(name)) return undefined;
    return { name, value: optionalString(item, 'value', '') };
  });
  return env.filter((variable) => variable !== undefined);
}

function decodeState(state: JsonObject | undefined): ContainerState {
  const terminated = optionalObject(state, 'terminated', 'state');
  if (terminated !== undefined) return decodeTerminated(terminated);
  const running = optionalObject(state, 'running', 'state');
  if (running !== undefined) {
    return { kind: 'running', startedAtMs: optionalTime(running, 'startedAt', 'state.running') };
  }
  const waiting = optionalObject(state, 'waiting', 'state');
  if (waiting === undefined) return { kind: 'unknown' };
  return { kind: 'waiting', reason: optionalString(waiting, 'reason', 'state.waiting') };
}

function decodeTerminated(terminated: JsonObject): Extract<ContainerState, { kind: 'terminated' }> {
  const exitCode = optionalInteger(terminated, 'exitCode', 'terminated');
  if (exitCode === undefined) throw new DecodeError('terminated.exitCode', 'an integer');
  return {
    kind: 'terminated',
    exitCode,
    signal: optionalInteger(terminated, 'signal', 'terminated'),
    reason: optionalString(terminated, 'reason', 'terminated'),
    containerId: optionalString(terminated, 'containerID', 'terminated'),
    finishedAtMs: optionalTime(terminated, 'finishedAt', 'terminated'),
  };
}

function decodeLastTerminated(lastState: JsonObject | undefined): PodContainer['lastTerminated'] {
  const terminated = optionalObject(lastState, 'terminated', 'lastState');
  if (terminated === undefined) return undefined;
  const { containerId, exitCode, finishedAtMs } = decodeTerminated(terminated);
  return { containerId, exitCode, finishedAtMs };
}
