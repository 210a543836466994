/**
 * Owns the wiring of a controller to the machine: connection, transports, clock, notifier, log, metrics, health port.
 * Must not parse flags (controller-command.ts) nor know how a controller works.
 */
import { randomBytes } from 'node:crypto';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import process from 'node:process';
import { Gauge, type Registry } from 'prom-client';
import { ChannelNotifier } from '../controller/channel-notifier.ts';
import { type Controller, startController } from '../controller/controller.ts';
import { type HealthServer, startHealthServer } from '../controller/health.ts';
import type { Log } from '../controller/log.ts';
import { jsonLog, readableLog } from '../controller/pino-log.ts';
import { promMetrics } from '../controller/prom-metrics.ts';
import type { ControllerSettings } from '../controller/settings.ts';
import { TcpDialer } from '../controller/tripwire-dialer.ts';
import { tripwireLimits } from '../controller/tripwire-limits.ts';
import type { Connection } from '../kube/connection.ts';
import { connectTransport } from '../kube/http2-transport.ts';
import { loadConnection } from '../kube/load-connection.ts';
import type { Transport } from '../kube/transport.ts';
import { realClock, realRandom } from '../time/real-clock.ts';

export interface RunningControllerProcess {
  /** Hands over and leaves nothing open. */
  stop(): Promise<void>;
}

export interface WhereToConnect {
  readonly kubeconfig?: string;
  readonly context?: string;
}

const clock = realClock;
const random = realRandom;

export async function startControllerProcess(
  settings: ControllerSettings,
  where: WhereToConnect,
): Promise<RunningControllerProcess> {
  const connection = await loadConnection({ ...where, env: process.env });
  const log = makeLog(settings.name);
  log.write('info', `API server ${connection.server.href} (${connection.origin})`);
  const watchTransport = connectTransport(connection, { clock, random, purpose: 'watch' });
  const writeTransport = connectTransport(connection, { clock, random, purpose: 'write' });
  const parts = { settings, connection, log, watchTransport, writeTransport };
  try {
    return await run(parts);
  } catch (error) {
    await Promise.all([watchTransport.close(), writeTransport.close()]);
    throw error;
  }
}

interface Parts {
  readonly settings: ControllerSettings;
  readonly connection: Connection;
  readonly log: Log;
  readonly watchTransport: Transport;
  readonly writeTransport: Transport;
}

/** The watches are opened before the health port: what matters first, first. */
async function run({
  settings,
  connection,
  log,
  watchTransport,
  writeTransport,
}: Parts): Promise<RunningControllerProcess> {
  const metrics = promMetrics();
  const notifier = new ChannelNotifier({ clock });
  const controller = startController({
    settings: { ...settings, controllerNamespace: settings.controllerNamespace ?? connection.namespace },
    instance: randomBytes(6).toString('hex'),
    watchTransport,
    writeTransport,
    clock,
    random,
    notifier,
    dialer: new TcpDialer(tripwireLimits),
    log,
    metrics,
  });
  const endPart = async () => {
    await controller.stop();
    notifier.close();
    await Promise.all([watchTransport.close(), writeTransport.close()]);
  };
  try {
    const health = await serveHealth(settings, controller, metrics.registry);
    log.write('info', `health on http://${health.address.host}:${health.address.port}`);
    return { stop: () => Promise.all([endPart(), health.close()]).then(() => undefined) };
  } catch (error) {
    await endPart();
    throw error;
  }
}

function serveHealth(
  settings: ControllerSettings,
  controller: Controller,
  registry: Registry,
): Promise<HealthServer> {
  measureEventLoop(registry);
  return startHealthServer(settings.listen, {
    unready: () => controller.unready(),
    timelines: () => controller.timelines(),
    metrics: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
  });
}

/** A stall of this process is a delay of every failover within it. */
function measureEventLoop(registry: Registry): void {
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  new Gauge({
    name: 'understudy_event_loop_delay_seconds_max',
    help: 'Longest stall of the event loop since the last scrape.',
    registers: [registry],
    collect() {
      this.set(delay.max / 1e9);
      delay.reset();
    },
  });
}

function makeLog(name: string): Log {
  return process.stdout.isTTY
    ? readableLog(process.stdout, () => clock.wallTimeMs())
    : jsonLog({ controller: name, pid: process.pid });
}
