/**
 * Owns what happens to nodes and to the network: cut off, without power, proxies that lag, datagrams that are lost.
 * Must not tell Kubernetes: it finds out, or does not.
 */

import { apiHost } from '../world/network.ts';
import type { World } from '../world/world.ts';
import { activePod, type Fault, nodeOf, pickFrom, pickSingleton, type Strike } from './fault.ts';

/** The active's, as often as any other one: there it hurts. */
function pickNode(strike: Strike): string | undefined {
  const { world, pick } = strike;
  const node = nodeOf(activePod(world, pickSingleton(strike).name));
  if (pick < 0.5 && node !== '') return node;
  return pickFrom(world.cluster.kubelets, pick)?.node.name;
}

/** For its kubelet and its proxy; the pods go on and are reached. Each cut is one of its own: another one's end leaves it. */
function cutFromApi(world: World, node: string): () => void {
  const cutReason = `simulated cut ${world.nextNumber()}`;
  const links = [world.cluster.kubelet(node)?.link, world.proxies.find((proxy) => proxy.node === node)?.link];
  for (const link of links) link?.cut(cutReason);
  return () => {
    for (const link of links) link?.heal(cutReason);
  };
}

export const kubeletCutOff: Fault = (strike) => {
  const node = pickNode(strike);
  return node === undefined ? undefined : { target: node, heal: cutFromApi(strike.world, node) };
};

/** The whole node, with the controller on it: its pods go on, and nobody hears of them. */
function isolate(world: World, node: string): () => void {
  const isHere = (each: { readonly node: string }) => each.node === node;
  const hosts = [node, ...world.controllers.filter(isHere).map(({ host }) => host)];
  const others = [
    apiHost,
    ...world.cluster.kubelets.map((kubelet) => kubelet.node.name),
    ...world.controllers.map(({ host }) => host),
  ].filter((host) => !hosts.includes(host));
  for (const host of hosts) world.network.isolate(host, others);
  const rejoinApi = cutFromApi(world, node);
  return () => {
    for (const host of hosts) world.network.rejoin(host, others);
    rejoinApi();
  };
}

export const nodeCutOff: Fault = (strike) => {
  const node = pickNode(strike);
  return node === undefined ? undefined : { target: node, heal: isolate(strike.world, node) };
};

/** Everything on it ends; its kubelet says nothing of that until it is back, and then that all has restarted. */
function powerOff(strike: Strike): { readonly node: string; readonly powerOn: () => void } | undefined {
  const { world } = strike;
  const node = pickNode(strike);
  if (node === undefined || world.darkNodes.has(node)) return undefined;
  const rejoin = isolate(world, node);
  world.darkNodes.add(node);
  const controllers = world.controllers.filter((each) => each.node === node && each.isAlive);
  for (const controller of controllers) controller.kill();
  const applications = world.applications.all.filter(
    ({ identity, hasEnded }) => identity.node === node && !hasEnded,
  );
  for (const application of applications) application.end('is without power');
  return {
    node,
    powerOn: () => {
      world.darkNodes.delete(node);
      for (const { pid } of applications) world.processes.running.get(pid)?.signal('SIGKILL');
      rejoin();
      for (const controller of controllers) controller.start();
    },
  };
}

export const nodeLosesPower: Fault = (strike) => {
  const off = powerOff(strike);
  return off && { target: off.node, heal: off.powerOn };
};

/** Never that of the last node: then there would be nothing to see. */
export const nodeLosesPowerForGood: Fault = (strike) => {
  const { world } = strike;
  if (world.deadNodes.size > 0 || world.cluster.kubelets.length < 2) return undefined;
  const off = powerOff(strike);
  if (off === undefined) return undefined;
  world.deadNodes.add(off.node);
  return { target: off.node, isForGood: true };
};

export const proxyLags: Fault = ({ world, pick, lastsMs }) => {
  const proxy = pickFrom(world.proxies, pick);
  if (proxy === undefined) return undefined;
  proxy.lagMs = lastsMs / 4;
  return {
    target: proxy.node,
    heal: () => {
      proxy.lagMs = 0;
    },
  };
};

export const datagramsLost: Fault = ({ world, pick }) => {
  world.network.loseDatagrams(0.2 + pick * 0.6);
  return { target: undefined, heal: () => world.network.loseDatagrams(0) };
};
