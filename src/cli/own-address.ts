/**
 * Owns finding the address by which others reach this machine; in a pod, the pod's own.
 * Must not be asked where POD_IP says it.
 */
import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';

type Interfaces = NodeJS.Dict<Pick<NetworkInterfaceInfo, 'address' | 'internal'>[]>;

/** The first one that is neither the loopback's nor of this link only; undefined where there is none. */
export function ownAddress(interfaces: Interfaces = networkInterfaces()): string | undefined {
  const addresses = Object.values(interfaces).flatMap((ofInterface) => ofInterface ?? []);
  return addresses.find(({ address, internal }) => !internal && !/^fe[89ab]/i.test(address))?.address;
}
