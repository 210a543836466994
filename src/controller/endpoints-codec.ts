/**
 * Owns the endpoints by which an EndpointSlice of ours leads a Service to the holder, and to nobody else.
 * Must not decide who that is, nor whether it can serve.
 */
import type { RecordTraffic } from '../core/record.ts';
import type { EndpointSliceObject, SliceEndpoint, SlicePort } from '../kube/decode-endpoint-slice.ts';
import type { PodObject } from '../kube/decode-pod.ts';
import type { IpFamily, ServiceObject, ServicePort } from '../kube/decode-service.ts';
import type { JsonBody } from '../kube/request.ts';

/** Of a pod, what its endpoint says. */
export type EndpointPod = Pick<PodObject, 'namespace' | 'name' | 'uid' | 'node' | 'ips' | 'namedPorts'>;

export interface EndpointsWanted {
  readonly service: Pick<ServiceObject, 'ports'>;
  readonly family: IpFamily;
  /** Those that may ever serve. */
  readonly pods: readonly EndpointPod[];
  readonly holderUid: string;
  readonly serving: boolean;
}

export type DirectRecordTraffic = Omit<Extract<RecordTraffic, { readonly kind: 'by-record' }>, 'touched'>;

export interface EndpointsBody {
  readonly endpoints: readonly JsonBody[];
  readonly ports: readonly JsonBody[];
}

/**
 * All members are in it, so that a failover is one change of their conditions; only the holder is ready. Where no member
 * has an address, those that were there stay, not ready: a slice without endpoints is another thing to some proxies.
 */
export function encodeEndpoints(
  wanted: EndpointsWanted,
  before: EndpointSliceObject | undefined,
): EndpointsBody {
  const { pods, family, holderUid, serving } = wanted;
  const addressed = pods.flatMap((pod) => {
    const address = addressOf(pod, family);
    return address === undefined ? [] : [encodeEndpoint(pod, address, serving && pod.uid === holderUid)];
  });
  const endpoints = addressed.length > 0 ? addressed : (before?.endpoints ?? []).map(encodeLeft);
  const ports = portsOf(wanted) ?? before?.ports ?? [];
  return { endpoints, ports: ports.map((port) => ({ ...port })) };
}

/** How far the slice does what it is for. Standbys that are not in it yet change nothing. */
export function judgeTraffic(
  slice: EndpointSliceObject,
  wanted: Omit<EndpointsWanted, 'serving'>,
): DirectRecordTraffic {
  const { pods, family, holderUid } = wanted;
  const ofHolder = slice.endpoints.filter(({ targetUid }) => targetUid === holderUid);
  const others = slice.endpoints.filter(({ targetUid }) => targetUid !== holderUid);
  const holder = pods.find(({ uid }) => uid === holderUid);
  const address = holder === undefined ? undefined : addressOf(holder, family);
  const serving = ofHolder.some(({ ready }) => ready);
  const isAddressRight = !serving || ofHolder.every(({ addresses }) => addresses[0] === address);
  const ports = portsOf(wanted);
  return {
    kind: 'by-record',
    serving,
    correct:
      !others.some(mayGetTraffic) && isAddressRight && (ports === undefined || samePorts(slice.ports, ports)),
  };
}

/** Ports of the Service that no member has: traffic to them finds nobody. */
export function unknownPorts(
  service: Pick<ServiceObject, 'ports'>,
  pods: readonly EndpointPod[],
): readonly string[] {
  return service.ports.flatMap(({ targetPort, protocol }) =>
    typeof targetPort === 'string' && !pods.some((pod) => namedPort(pod, targetPort, protocol) !== undefined)
      ? [targetPort]
      : [],
  );
}

/** kube-proxy falls back to whoever serves while it ends, where nobody is ready (proxy/topology.go). */
export function mayGetTraffic({ ready, serving, terminating }: SliceEndpoint): boolean {
  return ready || (serving && terminating);
}

/** Undefined where the pod has none of that family. */
export function addressOf({ ips }: Pick<EndpointPod, 'ips'>, family: IpFamily): string | undefined {
  return ips.find((ip) => ip.includes(':') === (family === 'IPv6'));
}

function encodeEndpoint(pod: EndpointPod, address: string, ready: boolean): JsonBody {
  const { namespace, name, uid, node } = pod;
  return {
    addresses: [address],
    conditions: { ready, serving: ready, terminating: false },
    nodeName: node,
    targetRef: { kind: 'Pod', namespace, name, uid },
  };
}

function encodeLeft({ addresses, node, targetName, targetUid }: SliceEndpoint): JsonBody {
  const targetRef = targetName === undefined ? undefined : { kind: 'Pod', name: targetName, uid: targetUid };
  return {
    addresses,
    conditions: { ready: false, serving: false, terminating: false },
    nodeName: node,
    targetRef,
  };
}

/** As the holder has them: ports by name may differ between members. Undefined where there is no pod to look at. */
function portsOf(wanted: Omit<EndpointsWanted, 'serving'>): readonly SlicePort[] | undefined {
  const { service, pods, holderUid } = wanted;
  const pod = pods.find(({ uid }) => uid === holderUid) ?? pods[0];
  if (pod === undefined) return undefined;
  return service.ports.flatMap((port) => {
    const number = portOn(pod, port);
    const { name, protocol, appProtocol } = port;
    return number === undefined ? [] : [{ name, protocol, port: number, appProtocol }];
  });
}

function portOn(pod: EndpointPod, { targetPort, protocol }: ServicePort): number | undefined {
  return typeof targetPort === 'number' ? targetPort : namedPort(pod, targetPort, protocol);
}

function namedPort(pod: EndpointPod, name: string, protocol: string): number | undefined {
  return pod.namedPorts.find((port) => port.name === name && port.protocol === protocol)?.port;
}

function samePorts(left: readonly SlicePort[], right: readonly SlicePort[]): boolean {
  return describePorts(left) === describePorts(right);
}

function describePorts(ports: readonly SlicePort[]): string {
  return ports
    .map(({ name, protocol, port, appProtocol }) => `${name} ${protocol} ${port} ${appProtocol ?? ''}`)
    .sort()
    .join(', ');
}
