/**
 * Owns the process of an API server with parked singletons behind it: no kubelets and no controllers of its own, so
 * that what is measured is the controller under test. Its parent tells it what to do over the channel between them.
 * Must not outlive its parent: when that channel closes, the process ends.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import process from 'node:process';
import { machineNowMs } from '../src/cli/steady-client/machine-time.ts';
import { ApiFaults } from '../src/sandbox/api/faults.ts';
import { ApiHandler } from '../src/sandbox/api/handler.ts';
import { noPodAccess } from '../src/sandbox/api/pod-access.ts';
import { resourceTypes } from '../src/sandbox/api/resource-types.ts';
import { ApiServer } from '../src/sandbox/api/server.ts';
import { Store } from '../src/sandbox/api/store.ts';
import { realClock, realRandom } from '../src/time/real-clock.ts';
import { isActive, ParkedSingletons, parkedAddress } from './parked-singletons.ts';
import type { StoreAnswer, StoreCommand } from './store-server.ts';

const store = new Store({ clock: realClock, random: realRandom });
const faults = new ApiFaults(realClock);
const handler = new ApiHandler({ store, clock: realClock, random: realRandom, pods: noPodAccess, faults });
const server = new ApiServer({ handler });
const singletons = new ParkedSingletons(store);
const namespaces: string[] = [];

/** The applications: they hear every notice, and nobody has to be told twice. */
const applications = createSocket('udp4');
applications.bind(0, parkedAddress);
await once(applications, 'listening');
await server.start();

let activeCount = 0;
let onActive: (namespace: string, name: string) => void = () => undefined;
store.subscribe(resourceTypes.pods, ({ type, object, previous }) => {
  const wasActive = previous !== undefined && isActive(previous);
  const is = type !== 'DELETED' && isActive(object);
  activeCount += Number(is) - Number(wasActive);
  if (is && !wasActive) onActive(object.metadata.namespace ?? '', object.metadata.name);
});

/** Resolves when every singleton has an active: to the machine time of that moment. */
function allActive(): Promise<number> {
  return new Promise((resolve) => {
    const check = () => {
      if (activeCount >= namespaces.length) resolve(machineNowMs());
    };
    onActive = check;
    check();
  });
}

/** Deletes the active of one singleton by force. Resolves to the ms until its standby has role=active. */
async function failover(namespace: string): Promise<number> {
  const moved = new Promise<number>((resolve) => {
    onActive = (where) => {
      if (where === namespace) resolve(machineNowMs());
    };
  });
  const deletedAtMs = machineNowMs();
  singletons.deleteActive(namespace);
  const movedAtMs = await moved;
  singletons.addPod(namespace);
  return movedAtMs - deletedAtMs;
}

async function answer(command: StoreCommand): Promise<StoreAnswer> {
  switch (command.kind) {
    case 'add': {
      for (let count = 0; count < command.count; count++) {
        const namespace = `singleton-${namespaces.length + 1}`;
        namespaces.push(namespace);
        singletons.add(namespace);
      }
      return { kind: 'done' };
    }
    case 'all-active':
      return { kind: 'moment', atMs: await allActive() };
    case 'failover':
      return { kind: 'duration', ms: await failover(namespaces[command.index] ?? '') };
  }
}

process.on('message', (command: StoreCommand) => {
  answer(command).then(
    (result) => process.send?.(result),
    (error: unknown) => process.send?.({ kind: 'failed', because: String(error) } satisfies StoreAnswer),
  );
});
process.on('disconnect', () => process.exit(0));
process.on('SIGINT', () => undefined);
process.send?.({
  kind: 'ready',
  url: server.url,
  notifyPort: applications.address().port,
} satisfies StoreAnswer);
