/**
 * Owns the cluster's network: a bridge in the control machine, a link from each node to it, and one from the host.
 * Must not set an address or a route of the host but on its own link, and must find out first whether they are free.
 */
import { ClusterError } from './cluster-error.ts';
import { inNetworkOf, type Machine } from './machine.ts';
import { runCommand, tryCommand } from './run-command.ts';
import { addresses, bridgeRange, interfaces, type NodeName, nodeAddresses, nodeNames } from './topology.ts';

const { prefixLength } = bridgeRange;

interface HostRoute {
  readonly dst: string;
  readonly dev: string;
}

/** @throws ClusterError where the host already sends something of the bridge's range somewhere */
export async function assertRangeIsFree(): Promise<void> {
  const routes = JSON.parse(
    await runCommand(['ip', '-json', 'route', 'show', 'table', 'all']),
  ) as readonly HostRoute[];
  const taken = routes.find(({ dst }) => dst !== 'default' && overlaps(dst, bridgeRange));
  if (taken === undefined) return;
  throw new ClusterError(
    `${bridgeRange.network}/${prefixLength} is taken: the host has a route to ${taken.dst} on ${taken.dev}`,
  );
}

interface Range {
  readonly network: string;
  readonly prefixLength: number;
}

/** `text`: an address with or without the length of its prefix, IPv4 only. */
export function overlaps(text: string, range: Range): boolean {
  const [network = '', length = '32'] = text.split('/');
  if (!/^\d+(\.\d+){3}$/.test(network)) return false;
  const shorter = Math.min(Number(length), range.prefixLength);
  // A route to everything is in nobody's way.
  if (shorter === 0) return false;
  const bits = (address: string) => address.split('.').reduce((value, part) => value * 256 + Number(part), 0);
  const size = 2 ** (32 - shorter);
  return Math.floor(bits(network) / size) === Math.floor(bits(range.network) / size);
}

export async function connectMachines(
  control: Machine,
  nodes: ReadonlyMap<NodeName, Machine>,
): Promise<void> {
  const { bridge, host, hostPort } = interfaces;
  await configure(control, [
    'link set lo up',
    `link add ${bridge} type bridge`,
    `address add ${addresses.control}/${prefixLength} dev ${bridge}`,
    `link set ${bridge} up`,
  ]);
  await runCommand([
    'ip',
    'link',
    'add',
    host,
    'type',
    'veth',
    'peer',
    'name',
    hostPort,
    'netns',
    String(control.pid),
  ]);
  await configure(control, [`link set ${hostPort} master ${bridge} up`]);
  await runCommand(['ip', 'address', 'add', `${addresses.host}/${prefixLength}`, 'dev', host]);
  await runCommand(['ip', 'link', 'set', host, 'up']);
  await setForwarding(control);
  for (const [name, node] of nodes) await connectNode(control, name, node);
}

/** Its port on the bridge has the node's name. */
async function connectNode(control: Machine, name: NodeName, node: Machine): Promise<void> {
  const { address, podRange } = nodeAddresses[name];
  await configure(control, [
    `link add ${name} type veth peer name eth0 netns ${node.pid}`,
    `link set ${name} master ${interfaces.bridge} up`,
    `route add ${podRange} via ${address}`,
  ]);
  const others = nodeNames.filter((other) => other !== name).map((other) => nodeAddresses[other]);
  await configure(node, [
    'link set lo up',
    `address add ${address}/${prefixLength} dev eth0`,
    'link set eth0 up',
    `route add default via ${addresses.control}`,
    ...others.map((other) => `route add ${other.podRange} via ${other.address}`),
  ]);
  await setForwarding(node);
  await runCommand(inNetworkOf(node, ['sysctl', '-qw', ...halfOpenConnections]));
}

/**
 * A connection that nobody answers leaves an entry behind that leads to its pod, by default for two minutes. A client that
 * opens one every 2 ms uses its ports again after 28 s (connect(2) takes every other one), and would meet the dead pod's
 * entries, and the old active itself once its node is back: what it measures would be itself.
 */
const halfOpenConnections = ['net.netfilter.nf_conntrack_tcp_timeout_syn_sent=5'];

/** Each line as `ip` takes it. */
async function configure(machine: Machine, lines: readonly string[]): Promise<void> {
  await runCommand(inNetworkOf(machine, ['ip', '-batch', '-']), { input: `${lines.join('\n')}\n` });
}

async function setForwarding(machine: Machine): Promise<void> {
  await runCommand(inNetworkOf(machine, ['sysctl', '-qw', 'net.ipv4.ip_forward=1']));
}

/** The host's link would go with the control machine's network, but only some time after the machine. */
export async function unplugHost(): Promise<void> {
  await tryCommand(['ip', 'link', 'delete', interfaces.host]);
}

/** As if its cable were pulled, or plugged in again. */
export async function setLink(control: Machine, node: NodeName, state: 'up' | 'down'): Promise<void> {
  await configure(control, [`link set ${node} ${state}`]);
}
