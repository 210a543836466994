/**
 * Owns the question how long a controller takes from an event to the write that answers it.
 * Must not count what the server or the network takes: both moments are taken at the controller's own transports.
 */
import { ChannelNotifier } from '../src/controller/channel-notifier.ts';
import { startController } from '../src/controller/controller.ts';
import { silentLog } from '../src/controller/log.ts';
import { noMetrics } from '../src/controller/metrics.ts';
import { TcpDialer } from '../src/controller/tripwire-dialer.ts';
import { tripwireLimits } from '../src/controller/tripwire-limits.ts';
import { connectTransport } from '../src/kube/http2-transport.ts';
import { loadConnection } from '../src/kube/load-connection.ts';
import { pause } from '../src/time/clock.ts';
import { realClock, realRandom } from '../src/time/real-clock.ts';
import type { Bench, BenchOptions, Measurement } from './measurement.ts';
import { StoreServer } from './store-server.ts';
import { ReactionTimer } from './timed-transport.ts';

const recordPath = /\/leases\/understudy-hapod\?/;
/** Between two failovers: the writes of the last one are over. */
const calmMs = 40;

export const wireBench: Bench = {
  name: 'wire',
  measures: "a controller, from a watch event to the record's write on the wire",
  run: measureWire,
};

async function measureWire({ runs, waiting }: BenchOptions): Promise<readonly Measurement[]> {
  const server = await StoreServer.start();
  const timer = new ReactionTimer();
  await server.add(1);
  const controller = await startTimedController(server, timer);
  const failoversMs: number[] = [];
  try {
    await server.allActive();
    timer.reactions.length = 0;
    for (let run = 1; run <= runs; run++) {
      waiting(`wire: ${run} of ${runs}`);
      await pause(realClock, calmMs + Math.random() * calmMs);
      failoversMs.push(await server.failover(0));
    }
  } finally {
    await controller.stop();
    await server.stop();
  }
  const writes = timer.reactions.filter(
    ({ request }) => request.method === 'PATCH' && recordPath.test(`${request.path}?`),
  );
  return [
    {
      name: 'wire',
      unit: 'ms',
      how:
        "in one process: from the moment its watch transport is handed the chunk with the pod's deletion, before it is " +
        "parsed, to the end of the turn in which the write transport handed the record's PATCH to the kernel",
      samples: writes.map(({ durationMs }) => durationMs),
      goals: [{ figure: 'p50', atMost: 0.6 }],
    },
    {
      name: 'wire: failover',
      unit: 'ms',
      how: "from the same deletion in the API server's store to role=active in it: record and label, two round trips",
      samples: failoversMs,
      goals: [],
    },
  ];
}

async function startTimedController(server: StoreServer, timer: ReactionTimer) {
  const [clock, random] = [realClock, realRandom];
  const connection = await loadConnection({ kubeconfig: server.kubeconfigPath, env: {} });
  const watchTransport = timer.watching(connectTransport(connection, { clock, random, purpose: 'watch' }));
  const writeTransport = timer.writing(connectTransport(connection, { clock, random, purpose: 'write' }));
  const notifier = new ChannelNotifier({ clock });
  const controller = startController({
    settings: {
      adoptions: [{ selector: 'app=hapod', singletonName: 'hapod' }],
      singletons: false,
      namespaces: [],
      safety: 'Prompt',
      notifyPort: server.notifyPort,
      name: 'bench',
      controllerNamespace: 'default',
    },
    instance: 'bench',
    watchTransport,
    writeTransport,
    clock,
    random,
    notifier,
    dialer: new TcpDialer(tripwireLimits),
    log: silentLog,
    metrics: noMetrics,
  });
  return {
    stop: async () => {
      await controller.stop();
      notifier.close();
      await Promise.all([watchTransport.close(), writeTransport.close()]);
    },
  };
}
