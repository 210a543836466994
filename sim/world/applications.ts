/**
 * Owns all applications of the world, and how others reach them: by notices, by connections that stay idle, by probes.
 * Must not decide what an application does with what arrives.
 */

import type { UdpFormat } from '../../src/api/singleton.ts';
import type { DialEvents, DialedConnection, Dialer, DialTarget } from '../../src/controller/dialer.ts';
import { limits as controllerLimits } from '../../src/controller/limits.ts';
import type { Notifier, NotifyOutcome } from '../../src/controller/notify.ts';
import type { ProbeNetwork } from '../../src/sandbox/node/probe-network.ts';
import { type Clock, pause, type Random } from '../../src/time/clock.ts';
import { encodeDatagram, type RoleNotice } from '../../src/wire/notify.ts';
import { SimulatedHosts, type SimulatedListener } from '../../test/controller/simulated-hosts.ts';
import type { Application } from './application.ts';
import type { Network } from './network.ts';
import type { SimulatedProcess } from './process.ts';
import type { Told } from './truth.ts';

export interface ApplicationsOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly network: Network;
}

/** What an application that is busy takes to answer a notice. */
const slowAnswerMs = 400;

export const servingPort = 8_080;

export class Applications {
  readonly #options: ApplicationsOptions;
  readonly #hosts: SimulatedHosts;
  readonly #byAddress = new Map<string, Application>();
  readonly #listeners = new Map<Application, SimulatedListener>();
  readonly all: Application[] = [];
  readonly told: Told[] = [];

  constructor(options: ApplicationsOptions) {
    this.#options = options;
    this.#hosts = new SimulatedHosts(options.clock);
  }

  add(application: Application): void {
    this.all.push(application);
    this.#byAddress.set(application.identity.ip, application);
  }

  /** It listens from now on, or no longer. */
  changed(application: Application): void {
    const known = this.#listeners.get(application);
    if (application.isListening && known === undefined) {
      const target = { ip: application.identity.ip, port: servingPort };
      this.#listeners.set(application, this.#hosts.listen(target));
    }
    if (application.hasEnded && known !== undefined) {
      known.kill();
      this.#listeners.delete(application);
    }
  }

  at(ip: string): Application | undefined {
    return this.#byAddress.get(ip);
  }

  /** Those of this pod that have not ended. */
  livingOf(podUid: string): readonly Application[] {
    return this.all.filter(({ identity, hasEnded }) => identity.podUid === podUid && !hasEnded);
  }

  notifier(process: SimulatedProcess, host: string): Notifier {
    return {
      send: async (target, notice) => {
        this.#keep(host, target.ip, notice);
        const format = target.channel.kind === 'udp' ? target.channel.format : 'json';
        const outcome = await this.#carry(host, target.ip, notice, format);
        return new Promise((resolve) => {
          process.enter(() => resolve(outcome));
        });
      },
      close: () => undefined,
    };
  }

  #keep(controller: string, ip: string, { role, epoch }: RoleNotice): void {
    const podUid = this.at(ip)?.identity.podUid;
    if (podUid !== undefined)
      this.told.push({ atMs: this.#options.clock.now(), controller, podUid, role, epoch });
  }

  dialer(process: SimulatedProcess, host: string): Dialer {
    return {
      dial: (target, events) => this.#dial(process, host, target, events),
    };
  }

  probeNetwork(): ProbeNetwork {
    const connect = async (host: string): Promise<string | undefined> =>
      this.at(host)?.isReady === true ? undefined : 'connection refused';
    return { connect, request: ({ host }) => connect(host) };
  }

  async #carry(from: string, ip: string, notice: RoleNotice, format: UdpFormat): Promise<NotifyOutcome> {
    const { clock, network } = this.#options;
    const application = this.at(ip);
    const isAncestor = format === 'ancestor';
    if (encodeDatagram(format, notice) === undefined)
      return { kind: 'failed', because: 'the format has no word for it' };
    if (application === undefined) return this.#silence();
    const { node } = application.identity;
    const copies = network.copiesOfDatagram(from, node);
    await pause(clock, network.delayMs(from, node));
    if (copies === 0) return isAncestor ? { kind: 'sent' } : this.#silence();
    if (!application.isListening) return { kind: 'refused' };
    if (!isAncestor) return this.#acknowledgement(application, from, notice, copies);
    for (let copy = 0; copy < copies; copy++) application.hear(notice.role, undefined, () => undefined);
    return { kind: 'sent' };
  }

  #acknowledgement(
    application: Application,
    from: string,
    { role, epoch }: RoleNotice,
    copies: number,
  ): Promise<NotifyOutcome> {
    const { network } = this.#options;
    return new Promise((resolve) => {
      for (let copy = 0; copy < copies; copy++)
        application.hear(role, epoch, () => {
          if (application.answers === 'never') return;
          const thinkMs = application.answers === 'slow' ? slowAnswerMs : 0;
          const wayMs = network.delayMs(application.identity.node, from);
          if (network.copiesOfDatagram(application.identity.node, from) === 0) return;
          application.process.clock.schedule(thinkMs + wayMs, () =>
            resolve(
              application.answers === 'wrong'
                ? { kind: 'unacknowledged', because: `it answered with epoch ${epoch - 1}` }
                : { kind: 'acknowledged' },
            ),
          );
        });
      void this.#silence().then(resolve);
    });
  }

  async #silence(): Promise<NotifyOutcome> {
    await pause(this.#options.clock, controllerLimits.datagramAnswerMs);
    return { kind: 'unacknowledged', because: 'no answer' };
  }

  #dial(process: SimulatedProcess, from: string, target: DialTarget, events: DialEvents): DialedConnection {
    const { network, clock } = this.#options;
    const node = this.at(target.ip)?.identity.node;
    const isCut = () => node !== undefined && (network.isCut(from, node) || network.isCut(node, from));
    let isClosed = false;
    const guarded = (run: () => void) => {
      if (!isCut()) process.enter(() => isClosed || run());
    };
    if (isCut()) {
      // The kernel gives up on a SYN that nobody answers; the tripwire has its own, shorter patience.
      const timer = clock.schedule(60_000, () =>
        process.enter(() => isClosed || events.failed({ kind: 'unreachable', code: 'ETIMEDOUT' })),
      );
      return { stopReading: () => undefined, close: () => timer.cancel() };
    }
    const connection = this.#hosts.dial(target, {
      accepted: () => guarded(() => events.accepted()),
      failed: (failure) => guarded(() => events.failed(failure)),
      bytes: (count) => guarded(() => events.bytes(count)),
      ended: (by) => guarded(() => events.ended(by)),
    });
    return {
      stopReading: () => connection.stopReading(),
      close: () => {
        isClosed = true;
        connection.close();
      },
    };
  }
}
