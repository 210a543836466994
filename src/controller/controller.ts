/**
 * Owns the running controller: its watches, what they wake, and its start and stop.
 * Must not touch a real clock, socket or random source: the very same code runs in a simulation.
 */
import type { ControllerRole } from '../core/hold-back.ts';
import type { ControllerIdentity } from '../core/pair.ts';
import { defaultSettings, type Sight as SightView } from '../core/view.ts';
import type { LeaseObject } from '../kube/decode-lease.ts';
import { type EventWriter, startEventWriter } from '../kube/event-writer.ts';
import type { Transport } from '../kube/transport.ts';
import { after, type Clock, type Random, type Timer } from '../time/clock.ts';
import { channelsOf } from '../wire/notify-channel.ts';
import { type Adoption, groupOf } from './adoption.ts';
import { ApiCalls } from './api-calls.ts';
import { countSingletons } from './controller-gauges.ts';
import { ControllerWatches } from './controller-watches.ts';
import { DeclaredParts } from './declared-parts.ts';
import type { Dialer } from './dialer.ts';
import { kubernetesEvents } from './events.ts';
import { Heartbeat } from './heartbeat.ts';
import { labelsRecords } from './labels-record-codec.ts';
import { limits } from './limits.ts';
import { LimitedLog, type Log } from './log.ts';
import type { ControllerGauges, Metrics } from './metrics.ts';
import { NodeView } from './node-view.ts';
import type { Notifier } from './notify.ts';
import { findOwnPod } from './own-pod.ts';
import { PairRunner } from './pair-runner.ts';
import { Peers } from './peers.ts';
import { Permissions } from './permissions.ts';
import { PodView } from './pod-view.ts';
import { blindSentences, whyUnready } from './readiness.ts';
import type { RecordView } from './record-view.ts';
import { Relists } from './relists.ts';
import { saidRecords } from './said-records.ts';
import type { ControllerSettings } from './settings.ts';
import { Sight } from './sight.ts';
import type { SingletonState } from './singleton.ts';
import { Singletons } from './singletons.ts';
import { within } from './time-limit.ts';
import { type Timeline, TimelineRing } from './timeline.ts';

export interface ControllerOptions {
  readonly settings: Omit<ControllerSettings, 'listen'> & { readonly controllerNamespace: string };
  /** Unlike that of any other process, and of this one's own earlier lives. */
  readonly instance: string;
  readonly watchTransport: Transport;
  readonly writeTransport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly notifier: Notifier;
  readonly dialer: Dialer;
  readonly log: Log;
  readonly metrics: Metrics;
}

export interface ControllerState {
  readonly role: ControllerRole;
  readonly sight: SightView;
  readonly missingPermissions: readonly string[];
  readonly singletons: readonly SingletonState[];
}

export interface Controller {
  state(): ControllerState;
  /** Why it is not ready, one sentence each; empty when it is. */
  unready(): readonly string[];
  timelines(): readonly Timeline[];
  /** Hands over, ends what is in flight within a bound, and leaves no timer behind. The transports are the caller's. */
  stop(): Promise<void>;
}

/** Starts watching at once; it acts as soon as it sees clearly. */
export function startController(options: ControllerOptions): Controller {
  const controller = new RunningController(options);
  controller.start();
  return controller;
}

class RunningController implements Controller {
  readonly #options: ControllerOptions;
  readonly #log: Log;
  readonly #timelines = new TimelineRing();
  readonly #calls: ApiCalls;
  readonly #eventWriter: EventWriter;
  readonly #sight: Sight;
  readonly #nodes: NodeView;
  readonly #records: RecordView<LeaseObject>;
  readonly #declared: DeclaredParts | undefined;
  readonly #podViews: ReadonlyMap<Adoption, PodView>;
  readonly #singletons: Singletons;
  readonly #peers: Peers;
  readonly #pair: PairRunner;
  readonly #heartbeat: Heartbeat;
  readonly #permissions: Permissions;
  readonly #watches: ControllerWatches;
  readonly #relists: Relists;
  #ownPod: { readonly name: string; readonly uid: string } | undefined;
  #sightWasClear = false;
  #timer: Timer | undefined;
  #stopping: Promise<void> | undefined;

  constructor(options: ControllerOptions) {
    this.#options = options;
    const { settings, clock } = options;
    this.#log = new LimitedLog(options.log, clock);
    const identity: ControllerIdentity = { name: settings.name, instance: options.instance };
    const group = groupOf(settings);
    this.#calls = this.#makeCalls();
    this.#eventWriter = startEventWriter({
      transport: options.writeTransport,
      clock,
      random: options.random,
      reporter: { component: 'understudy', instance: settings.name },
    });
    this.#sight = new Sight({
      isSynced: (namespace) => this.#watches.syncedIn(namespace),
      isConnectionAlive: () => options.watchTransport.alive,
    });
    this.#nodes = new NodeView({ clock, onChanged: () => this.#singletons.wakeAll() });
    this.#records = this.#makeRecords();
    this.#declared = settings.singletons ? this.#makeDeclared() : undefined;
    this.#podViews = new Map(settings.adoptions.map((adoption) => [adoption, this.#makePodView(adoption)]));
    this.#singletons = this.#makeSingletons();
    this.#peers = new Peers(identity);
    const place = { namespace: settings.controllerNamespace, group, identity, calls: this.#calls, clock };
    this.#pair = this.#makePair(place);
    this.#heartbeat = new Heartbeat({
      ...place,
      ownPod: () => this.#ownPod,
      onBug: (error) => this.#sayBug('heartbeat', error),
    });
    this.#permissions = this.#makePermissions();
    this.#startDeclared();
    this.#watches = this.#makeWatches(group);
    this.#relists = new Relists({
      watches: this.#watches,
      singletons: this.#singletons,
      log: this.#log,
    });
  }

  start(): void {
    const { settings } = this.#options;
    const selectors = settings.adoptions.map(({ selector }) => selector);
    const where = settings.namespaces.length === 0 ? 'all namespaces' : settings.namespaces.join(', ');
    this.#log.write('info', `watching ${selectors.join(' and ')} in ${where}`, { safety: settings.safety });
    this.#options.metrics.onScrape(() => this.#gauges());
    this.#watches.start();
    this.#heartbeat.start();
    this.#permissions.start();
    this.#tick();
    this.#joinSisters().catch((error: unknown) => this.#sayBug('own pod', error));
  }

  state(): ControllerState {
    return {
      role: this.#pair.role,
      sight: this.#sight.at(this.#options.clock.now()),
      missingPermissions: this.#permissions.missing,
      singletons: this.#singletons.states(),
    };
  }

  unready(): readonly string[] {
    if (this.#stopping !== undefined) return ['it is stopping'];
    return whyUnready({
      missingPermissions: this.#permissions.missingVital(),
      unknownKinds: this.#watches.unknownKinds,
      sight: this.#sight.at(this.#options.clock.now()),
      synced: this.#watches.synced,
    });
  }

  timelines(): readonly Timeline[] {
    return this.#timelines.list();
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    this.#log.write('info', 'stopping: handing over');
    this.#timer?.cancel();
    this.#permissions.stop();
    const stopBy = after(this.#options.clock.now(), limits.stopMs);
    const handedOver = [this.#pair.stop(stopBy), this.#heartbeat.stop(stopBy), this.#singletons.stop()];
    await within(Promise.all(handedOver), limits.stopMs, this.#options.clock);
    this.#declared?.stop();
    this.#watches.stop();
    this.#eventWriter.stop();
  }

  /** What happens without an event: sight is lost, a watch or a peer falls silent. */
  #tick(): void {
    this.#timer = this.#options.clock.schedule(limits.sightCheckMs, () => this.#tick());
    this.#checkSight();
    const renewals = { acceptedAt: this.#heartbeat.renewedAt, returnedAt: this.#sight.provenAt };
    this.#relists.step(this.#options.clock.now(), renewals, this.#sightWasClear);
    this.#pair.step();
  }

  #checkSight(): void {
    const sight = this.#sight.at(this.#options.clock.now());
    const isClear = sight.kind === 'clear';
    if (isClear === this.#sightWasClear) return;
    this.#sightWasClear = isClear;
    this.#options.metrics.sightChanged(isClear);
    if (isClear) this.#log.write('info', 'sight is clear');
    else if (sight.kind === 'blind')
      this.#log.write('warn', `blind: ${blindSentences[sight.because]}; nothing is decided`);
    this.#singletons.wakeAll();
    this.#singletons.stepDirty();
    this.#pair.step();
  }

  async #joinSisters(): Promise<void> {
    const { clock, settings } = this.#options;
    const pod = await findOwnPod({
      calls: this.#calls,
      clock,
      namespace: settings.controllerNamespace,
      name: settings.name,
      isStopped: () => this.#stopping !== undefined,
    });
    if (pod === undefined || this.#stopping !== undefined) return;
    this.#ownPod = { name: pod.name, uid: pod.uid };
    this.#peers.podSeen(pod);
    this.#watches.watchSisters(pod);
  }

  #makeCalls(): ApiCalls {
    return new ApiCalls({
      transport: this.#options.writeTransport,
      clock: this.#options.clock,
      metrics: this.#options.metrics,
      onForbidden: () => this.#permissions.suspect(),
    });
  }

  #makeRecords(): RecordView<LeaseObject> {
    return saidRecords({
      kind: labelsRecords,
      log: this.#log,
      onChanged: (namespace, singletonName) => this.#singletons.wake(namespace, singletonName),
      onSynced: () => this.#singletons.wakeAll(),
    });
  }

  #makeDeclared(): DeclaredParts {
    return new DeclaredParts({
      log: this.#log,
      onChanged: (namespace, recordKey) => this.#singletons.wake(namespace, recordKey),
      onSynced: () => this.#singletons.wakeAll(),
    });
  }

  #startDeclared(): void {
    const { settings, clock, random, dialer } = this.#options;
    const declared = this.#declared;
    declared?.start({
      clock,
      random,
      dialer,
      calls: this.#calls,
      log: this.#log,
      events: kubernetesEvents(this.#eventWriter),
      singletons: this.#singletons,
      adoptions: settings.adoptions,
      mayWrite: () => this.#pair.role === 'active',
      knowsNodes: () => this.#nodes.synced,
      isHolder: (namespace, key, uid) =>
        this.#records.isHolder(namespace, key, uid) || declared.records.isHolder(namespace, key, uid),
      onBug: (error) => this.#sayBug('singletons', error),
    });
  }

  #makePodView({ singletonName }: Adoption): PodView {
    return new PodView({
      clock: this.#options.clock,
      isHolder: (namespace, uid) => this.#records.isHolder(namespace, singletonName, uid),
      onChanged: ({ namespace }) => this.#singletons.wake(namespace, singletonName),
      onProblem: (namespace, podName, problem) =>
        this.#singletons.sayProblem(namespace, singletonName, podName, problem),
      onMalformed: (name, error) => this.#log.write('warn', `pod ${name} cannot be read: ${error.message}`),
    });
  }

  #makeSingletons(): Singletons {
    const { settings } = this.#options;
    return new Singletons({
      ...this.#options,
      log: this.#options.log,
      events: kubernetesEvents(this.#eventWriter),
      adoptedSettings: { ...defaultSettings, safety: settings.safety },
      adoptedChannels: channelsOf({
        udp: { port: settings.notifyPort, format: 'ancestor' },
        http: undefined,
      }),
      controllerName: settings.name,
      calls: this.#calls,
      labelsRecords: this.#records,
      direct: this.#declared,
      nodes: this.#nodes,
      timelines: this.#timelines,
      sight: (now, namespace) => this.#sight.at(now, namespace),
      role: () => this.#pair.role,
      mayAct: (namespace) => this.#permissions.missingVital(namespace).length === 0,
      podViews: new Map([...this.#podViews].map(([{ singletonName }, view]) => [singletonName, view])),
    });
  }

  #makePair(
    place: Pick<
      ConstructorParameters<typeof PairRunner>[0],
      'namespace' | 'group' | 'identity' | 'calls' | 'clock'
    >,
  ): PairRunner {
    return new PairRunner({
      ...place,
      log: this.#log,
      peers: this.#peers,
      isSightClear: (now) => this.#sight.at(now).kind === 'clear',
      onRoleChanged: (role) => {
        this.#log.write(
          'info',
          role === 'active' ? 'this controller is the active one' : 'this controller stands by',
        );
        this.#options.metrics.pairRoleChanged(role === 'active');
        // What was left to the active controller is ours now.
        this.#declared?.singletons.roleChanged();
        this.#singletons.wakeAll();
        this.#singletons.stepDirty();
      },
      onBug: (error) => this.#sayBug('pair', error),
    });
  }

  #makePermissions(): Permissions {
    const { settings, clock } = this.#options;
    return new Permissions({
      calls: this.#calls,
      clock,
      log: this.#options.log,
      singletons: settings.singletons,
      namespaces: settings.namespaces,
      controllerNamespace: settings.controllerNamespace,
      onChanged: () => {
        this.#singletons.wakeAll();
        this.#singletons.stepDirty();
      },
      onBug: (error) => this.#sayBug('permissions', error),
    });
  }

  #makeWatches(group: string): ControllerWatches {
    const { settings, watchTransport, clock, random, metrics, instance } = this.#options;
    return new ControllerWatches({
      transport: watchTransport,
      clock,
      random,
      metrics,
      log: this.#log,
      namespaces: settings.namespaces,
      controllerNamespace: settings.controllerNamespace,
      group,
      podViews: this.#podViews,
      records: this.#records,
      declared: this.#declared,
      nodes: this.#nodes,
      peers: this.#peers,
      pair: this.#pair,
      onHeartbeat: ({ identity, sentAt }) => {
        if (identity.name !== settings.name || identity.instance !== instance) return;
        this.#sight.renewalCameBack(sentAt);
        if (!this.#sightWasClear) this.#checkSight();
      },
      onForbidden: () => this.#permissions.suspect(),
      onChunkEnd: () => {
        this.#declared?.singletons.settle();
        if (!this.#sightWasClear) this.#checkSight();
        this.#singletons.stepDirty();
      },
      onBug: (error) => this.#sayBug('watch', error),
    });
  }

  #gauges(): ControllerGauges {
    const decisions = this.#singletons.states().map(({ decision }) => decision);
    return { eventsDropped: this.#eventWriter.dropped, ...countSingletons(decisions) };
  }

  #sayBug(part: string, error: unknown): void {
    this.#options.metrics.bug(part);
    this.#log.write('error', `a bug, met in ${part}: it goes on`, { error });
  }
}
