/**
 * Owns one place where a controller runs: its process, which may be killed and started anew, and its connections.
 * Must not know what a controller does: src/controller runs here as it is.
 */
import { type Controller, startController } from '../../src/controller/controller.ts';
import type { LogFields, LogLevel } from '../../src/controller/log.ts';
import { noMetrics } from '../../src/controller/metrics.ts';
import type { ApiHandler } from '../../src/sandbox/api/handler.ts';
import type { Clock, Random } from '../../src/time/clock.ts';
import type { AnswerFaults } from './answer-faults.ts';
import { ApiConnection } from './api-connection.ts';
import type { Applications } from './applications.ts';
import { namespace } from './manifests.ts';
import type { Network } from './network.ts';
import { SimulatedProcess } from './process.ts';
import type { ControllerLife } from './truth.ts';

export interface ControllerHostOptions {
  readonly name: string;
  readonly node: string;
  readonly drift: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly network: Network;
  readonly handler: ApiHandler;
  readonly answers: AnswerFaults;
  readonly applications: Applications;
  readonly onLog: (name: string, level: LogLevel, sentence: string, fields: LogFields) => void;
}

interface Running {
  readonly process: SimulatedProcess;
  readonly controller: Controller;
  readonly connections: readonly ApiConnection[];
  readonly life: { -readonly [field in keyof ControllerLife]: ControllerLife[field] };
}

export class ControllerHost {
  readonly name: string;
  readonly node: string;
  readonly lives: ControllerLife[] = [];
  readonly #options: ControllerHostOptions;
  #running: Running | undefined;

  constructor(options: ControllerHostOptions) {
    this.#options = options;
    this.name = options.name;
    this.node = options.node;
  }

  /** The name by which the network knows where it runs: not its node's, so that it can be cut off alone. */
  get host(): string {
    return this.#options.name;
  }

  get isAlive(): boolean {
    return this.#running !== undefined;
  }

  start(): void {
    if (this.#running !== undefined) return;
    const { clock, random, name, drift, applications, onLog } = this.#options;
    const process = new SimulatedProcess({ clock, drift });
    const [watch, write] = [this.#connect(process), this.#connect(process)];
    const controller = startController({
      settings: {
        adoptions: [],
        singletons: true,
        namespaces: [],
        safety: 'Prompt',
        notifyPort: 10_001,
        name,
        controllerNamespace: namespace,
      },
      instance: `${name}-${this.lives.length}`,
      watchTransport: watch,
      writeTransport: write,
      clock: process.clock,
      random,
      notifier: applications.notifier(process, this.host),
      dialer: applications.dialer(process, this.host),
      log: {
        write: (level, sentence, fields = {}) => {
          if (process.isRunning) onLog(name, level, sentence, fields);
        },
      },
      metrics: noMetrics,
    });
    const life = { name, fromMs: clock.now(), untilMs: undefined };
    this.lives.push(life);
    this.#running = { process, controller, connections: [watch, write], life };
  }

  kill(): void {
    if (this.#running === undefined) return;
    const { process, connections, life } = this.#running;
    process.kill();
    for (const connection of connections) connection.abandon();
    life.untilMs = this.#options.clock.now();
    this.#running = undefined;
  }

  stop(): void {
    this.#running?.process.stop();
  }

  goOn(): void {
    this.#running?.process.goOn();
  }

  dropWatches(): void {
    for (const connection of this.#running?.connections ?? []) connection.dropStreams();
  }

  lagBehind(resource: string, byMs: number): void {
    for (const connection of this.#running?.connections ?? []) connection.lagBehind(resource, byMs);
  }

  stallWatches(): void {
    for (const connection of this.#running?.connections ?? []) connection.stallStreams();
  }

  /** The codes of what it has last decided on each singleton. */
  codes(): readonly string[] {
    const { singletons = [] } = this.#running?.controller.state() ?? {};
    return singletons.flatMap(({ decision }) => (decision === undefined ? [] : [decision.because.code]));
  }

  #connect(process: SimulatedProcess): ApiConnection {
    const { clock, network, handler, answers, name } = this.#options;
    return new ApiConnection({
      clock,
      network,
      handler,
      faults: answers,
      process,
      host: this.host,
      userAgent: `controller/${name}`,
    });
  }
}
