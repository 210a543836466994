/**
 * Owns the names and addresses of the cluster: three machines on one bridge, the pods' and the Services' ranges.
 * Must not touch the machine it runs on. Only the bridge's range is seen outside the cluster's own namespaces.
 */

export const nodeNames = ['node1', 'node2'] as const;
export const machineNames = ['control', ...nodeNames] as const;

export type NodeName = (typeof nodeNames)[number];
export type MachineName = (typeof machineNames)[number];

export interface NodeAddresses {
  readonly address: string;
  readonly podRange: string;
}

/** The only range that meets the host's own routes. */
export const bridgeRange = { network: '10.213.88.0', prefixLength: 24 } as const;

export const addresses = {
  /** etcd, the API server, the controller manager and the scheduler. */
  control: '10.213.88.1',
  /** The host's end of its link into the cluster. */
  host: '10.213.88.254',
  apiServerPort: 6443,
  serviceRange: '10.96.0.0/16',
  /** The first of the range: `kubernetes.default`. */
  apiServerService: '10.96.0.1',
  podRange: '10.244.0.0/16',
} as const;

export const nodeAddresses: Readonly<Record<NodeName, NodeAddresses>> = {
  node1: { address: '10.213.88.11', podRange: '10.244.1.0/24' },
  node2: { address: '10.213.88.12', podRange: '10.244.2.0/24' },
};

/** Network interfaces: the host's end of its link; and in the control machine, a bridge with a port for each node. */
export const interfaces = { host: 'understudy0', bridge: 'bridge0', hostPort: 'host0' } as const;

export const apiServerUrl = `https://${addresses.control}:${addresses.apiServerPort}`;

export function isNodeName(name: string): name is NodeName {
  return nodeNames.some((known) => known === name);
}
