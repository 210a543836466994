/**
 * Owns the cluster addresses of Services: each new one comes into being with the next free address of the service network.
 * Must not touch headless Services ("None") or those that chose an address themselves.
 */
import { objectAt, stringAt } from '../api/json.ts';
import { resourceTypes } from '../api/resource-types.ts';
import { changed, type StoredObject } from '../api/stored-object.ts';
import type { Controller, ControllerContext } from './controller.ts';

/** `prefix`: the first two numbers of the service network, "127.96". */
export function startServiceIpController(
  { link }: Pick<ControllerContext, 'link'>,
  prefix: string,
): Controller {
  let last = 0;
  link.admit(resourceTypes.services, withAddress);
  // One that was a name for something else until now.
  const stop = link.subscribe(resourceTypes.services, ({ type, object }) => {
    if (type === 'MODIFIED') assign(object);
  });
  link.onReconnected(assignAll);
  assignAll();

  function assignAll(): void {
    for (const service of link.list(resourceTypes.services)) assign(service);
  }

  function assign(service: StoredObject): void {
    const next = withAddress(service);
    if (next !== service) link.update(resourceTypes.services, next);
  }

  function withAddress(service: StoredObject): StoredObject {
    const spec = objectAt(service, 'spec');
    const needsNone = (stringAt(spec, 'clusterIP') ?? '') !== '' || spec.type === 'ExternalName';
    // While the API is away nobody asks over the network; what is put into the store meanwhile gets its address later.
    if (needsNone || !link.connected) return service;
    const clusterIP = nextFree();
    return changed(service, { spec: { ...spec, clusterIP, clusterIPs: [clusterIP] } });
  }

  /** 127.96.0.1 to 127.96.255.254, going round. */
  function nextFree(): string {
    const taken = new Set(
      link.list(resourceTypes.services).map((service) => stringAt(service, 'spec', 'clusterIP')),
    );
    for (;;) {
      last = (last % 65_534) + 1;
      const address = `${prefix}.${last >> 8}.${last & 255}`;
      if (!taken.has(address)) return address;
    }
  }

  return { close: stop };
}
