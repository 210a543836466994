/**
 * Owns the cluster addresses of Services: each new one gets the next free address of the service network, inside the
 * event of its creation, so that whoever watches Services sees it without one only for that instant.
 * Must not touch headless Services ("None") or those that chose an address themselves.
 */
import { objectAt, stringAt } from '../api/json.ts';
import { resourceTypes } from '../api/resource-types.ts';
import type { StoredObject } from '../api/stored-object.ts';
import type { Controller, ControllerContext } from './controller.ts';

/** `prefix`: the first two numbers of the service network, "127.96". */
export function startServiceIpController(
  { link }: Pick<ControllerContext, 'link'>,
  prefix: string,
): Controller {
  let last = 0;
  const stop = link.subscribe(resourceTypes.services, ({ type, object }) => {
    if (type !== 'DELETED') assign(object);
  });
  link.onReconnected(assignAll);
  assignAll();

  function assignAll(): void {
    for (const service of link.list(resourceTypes.services)) assign(service);
  }

  function assign(service: StoredObject): void {
    const spec = objectAt(service, 'spec');
    if ((stringAt(spec, 'clusterIP') ?? '') !== '' || spec.type === 'ExternalName') return;
    const clusterIP = nextFree();
    link.update(resourceTypes.services, {
      ...service,
      spec: { ...spec, clusterIP, clusterIPs: [clusterIP] },
    });
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
