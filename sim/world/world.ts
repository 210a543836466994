/**
 * Owns one simulated world, put together from a plan: the API and its cluster, nodes with their kubelets and proxies, the
 * applications, their clients, and the controllers; and it keeps what really happens there.
 * Must not strike anything: sim/faults does. Must not judge: sim/checkers does.
 */
import { singletonDefinition } from '../../src/api/custom-resource-definition.ts';
import type { StoreEvent } from '../../src/sandbox/api/collection.ts';
import { ApiFaults } from '../../src/sandbox/api/faults.ts';
import { ApiHandler, type HandledResponse } from '../../src/sandbox/api/handler.ts';
import { listAt } from '../../src/sandbox/api/json.ts';
import { noPodAccess } from '../../src/sandbox/api/pod-access.ts';
import type { ServerRequest } from '../../src/sandbox/api/request.ts';
import { type ResourceType, resourceTypes } from '../../src/sandbox/api/resource-types.ts';
import { Store } from '../../src/sandbox/api/store.ts';
import type { StoredObject } from '../../src/sandbox/api/stored-object.ts';
import { Cluster } from '../../src/sandbox/cluster.ts';
import { imaginaryDirectories } from '../../src/sandbox/node/container-directories.ts';
import { type FakeProcess, FakeProcesses } from '../../src/sandbox/node/fake-processes.ts';
import { createImages } from '../../src/sandbox/node/images.ts';
import { SeededRandom, SimulatedClock } from '../../src/time/simulated-clock.ts';
import type { SingletonPlan, WorldPlan } from '../swarm/plan.ts';
import { AnswerFaults } from './answer-faults.ts';
import { Application } from './application.ts';
import { Applications } from './applications.ts';
import { type Attempt, Clients } from './clients.ts';
import { ControllerHost } from './controller-host.ts';
import { FencedStore } from './fenced-store.ts';
import { Journal } from './journal.ts';
import { ciliumIsUp, namespace, programs, replicaSetOf, serviceOf, singletonOf } from './manifests.ts';
import { Network } from './network.ts';
import { NodeProxy } from './node-proxy.ts';
import type { ControllerWrite, Happening, ObjectChange, Truth } from './truth.ts';

const image = { command: [programs.application], args: [], programs: {} };

/** A node counts as lost after so long: Kubernetes' own 50 s would make each run that long. */
const nodeGraceMs = 8_000;
const writeEveryMs = 200;
const clientsEveryMs = 150;

/** Kinds whose changes are kept. */
const watched = ['pods', 'leases', 'endpointslices', 'services', 'nodes'] as const;

export class World {
  readonly plan: WorldPlan;
  readonly clock = new SimulatedClock();
  readonly journal: Journal;
  readonly network: Network;
  readonly store: Store;
  readonly api: ApiFaults;
  readonly answers: AnswerFaults;
  readonly cluster: Cluster;
  readonly processes: FakeProcesses;
  readonly applications: Applications;
  readonly proxies: readonly NodeProxy[];
  readonly controllers: readonly ControllerHost[];
  readonly singletonType: ResourceType;
  readonly codes = new Set<string>();
  /** Those without power: nothing runs there, whatever their kubelets believe. */
  readonly darkNodes = new Set<string>();
  /** Those that do not come back. */
  readonly deadNodes = new Set<string>();
  readonly #handler: ApiHandler;
  readonly #fenced: FencedStore;
  readonly #clients: Clients;
  readonly #changes: ObjectChange[] = [];
  readonly #writes: ControllerWrite[] = [];
  readonly #happenings: Happening[] = [];
  readonly #bugs: string[] = [];
  #number = 0;

  constructor(plan: WorldPlan, keepsJournal: boolean) {
    this.plan = plan;
    const { clock } = this;
    const random = (stream: number) => new SeededRandom(plan.seed * 31 + stream * 7_919);
    this.journal = new Journal(clock, keepsJournal);
    this.network = new Network({ clock, random: random(1), latencyMs: plan.latencyMs });
    this.store = new Store({ clock, random: random(2) });
    this.api = new ApiFaults(clock);
    this.answers = new AnswerFaults(random(3));
    this.#fenced = new FencedStore(clock, random(4));
    this.applications = new Applications({ clock, random: random(5), network: this.network });
    this.processes = new FakeProcesses(clock, {
      [programs.application]: (process) => this.#startApplication(process),
      [programs.companion]: () => undefined,
    });
    this.#handler = this.#makeHandler(random(6));
    this.#keepChanges();
    this.store.create(resourceTypes.customresourcedefinitions, singletonDefinition);
    this.singletonType = this.#findSingletonType();
    this.cluster = this.#makeCluster(random(7));
    this.proxies = this.cluster.kubelets.map(
      ({ node }, index) =>
        new NodeProxy({
          clock,
          random: random(20 + index),
          store: this.store,
          node: node.name,
          pauseMs: plan.proxyPauseMs,
        }),
    );
    this.#clients = this.#makeClients(random(8));
    this.controllers = plan.controllerDrifts.map((drift, index) =>
      this.#makeController(drift, index, random),
    );
  }

  /** Everything is asked for at once, as by one `kubectl apply`, and the controllers start. */
  begin(): void {
    if (this.plan.hasCilium) this.#bringCilium();
    for (const singleton of this.plan.singletons) {
      this.store.create(resourceTypes.replicasets, replicaSetOf(singleton));
      this.store.create(resourceTypes.services, serviceOf(singleton));
      this.store.create(this.singletonType, singletonOf(singleton));
    }
    for (const controller of this.controllers) controller.start();
    this.#clients.start();
  }

  /** For the story, and for those who judge. Who strikes says when it is over. */
  happened(kind: string, target: string | undefined): Happening {
    this.journal.write('fault', target === undefined ? kind : `${kind}: ${target}`);
    const happening = { atMs: this.clock.now(), kind, target, untilMs: undefined };
    this.#happenings.push(happening);
    return happening;
  }

  singletonPlan(name: string): SingletonPlan {
    const plan = this.plan.singletons.find((each) => each.name === name);
    if (plan === undefined) throw new TypeError(`there is no singleton ${name}`);
    return plan;
  }

  pods(singleton: string): readonly StoredObject[] {
    return this.store
      .list(resourceTypes.pods, { namespace })
      .filter(({ metadata }) => metadata.labels?.app === singleton);
  }

  /** Unlike any other of this world. */
  nextNumber(): number {
    return ++this.#number;
  }

  /** The last that the store had of this pod. */
  lastSeenOf(uid: string): StoreEvent | undefined {
    return this.changesOf(uid).at(-1)?.event;
  }

  changesOf(podUid: string): readonly ObjectChange[] {
    return this.#changes.filter(
      ({ resource, event }) => resource === 'pods' && event.object.metadata.uid === podUid,
    );
  }

  /** Something struck the controllers, the API or a node in this span, or a Singleton that they go by. */
  wasSightTroubled(fromMs: number, untilMs: number): boolean {
    return this.#happenings.some(
      ({ atMs, kind }) =>
        atMs >= fromMs &&
        atMs <= untilMs &&
        /^(controller|api|requests|answers|node|kubelet|singleton)/.test(kind),
    );
  }

  attemptsOf(singleton: string): readonly Attempt[] {
    return this.#clients.attempts.filter((attempt) => attempt.singleton === singleton);
  }

  truth(healedAtMs: number): Truth {
    return {
      changes: this.#changes,
      writes: this.#writes,
      applications: this.applications.all,
      told: this.applications.told,
      attempts: this.#clients.attempts,
      stored: this.#fenced.writes,
      happenings: this.#happenings,
      controllers: this.controllers.flatMap(({ lives }) => lives),
      bugs: this.#bugs,
      healedAtMs,
      endedAtMs: this.clock.now(),
    };
  }

  /** Every process ends, and no timer goes on. */
  end(): void {
    for (const controller of this.controllers) controller.kill();
    this.cluster.close();
  }

  #bringCilium(): void {
    for (const { metadata, ...node } of this.store.list(resourceTypes.nodes)) {
      const body = { status: { conditions: [...listAt(node, 'status', 'conditions'), ciliumIsUp] } };
      const patch = { type: 'merge' as const, body };
      this.store.patch(resourceTypes.nodes, undefined, metadata.name, patch, { subresource: 'status' });
    }
  }

  #makeHandler(random: SeededRandom): ApiHandler {
    const keep = (request: ServerRequest, response: HandledResponse) => this.#keepWrite(request, response);
    class AuditedHandler extends ApiHandler {
      override async handle(request: ServerRequest): Promise<HandledResponse> {
        const response = await super.handle(request);
        keep(request, response);
        return response;
      }
    }
    return new AuditedHandler({
      store: this.store,
      clock: this.clock,
      random,
      pods: noPodAccess,
      faults: this.api,
      onBug: (error) => this.#bugs.push(`API server: ${describe(error)}`),
    });
  }

  #makeCluster(random: SeededRandom): Cluster {
    const { plan, clock, store, processes } = this;
    const cluster = new Cluster({
      store,
      clock,
      random,
      processes,
      images: createImages({ 'simulated:v1': image }),
      directories: imaginaryDirectories,
      probeNetwork: this.applications.probeNetwork(),
      nodes: plan.nodes,
      pleg: plan.pleg,
      nodeLifecycle: { graceMs: nodeGraceMs },
    });
    this.api.onOutage((isDown) => (isDown ? cluster.stopApi() : cluster.startApi()));
    return cluster;
  }

  #makeClients(random: SeededRandom): Clients {
    const { clock, network, proxies, applications, plan } = this;
    const singletons = plan.singletons.map(({ name }) => ({ name, namespace }));
    return new Clients({
      clock,
      random,
      network,
      proxies,
      applications,
      everyMs: clientsEveryMs,
      singletons,
    });
  }

  #makeController(drift: number, index: number, random: (stream: number) => SeededRandom): ControllerHost {
    const node = this.cluster.kubelets[index % this.cluster.kubelets.length]?.node.name ?? '';
    return new ControllerHost({
      name: `c${index}`,
      node,
      drift,
      clock: this.clock,
      random: random(40 + index),
      network: this.network,
      handler: this.#handler,
      answers: this.answers,
      applications: this.applications,
      onLog: (name, level, sentence, fields) => {
        if (typeof fields.code === 'string') this.codes.add(fields.code);
        this.journal.write(name, `${level} ${sentence}`);
        if (fields.error !== undefined) this.#bugs.push(`${name}: ${sentence}: ${describe(fields.error)}`);
      },
    });
  }

  #findSingletonType(): ResourceType {
    const found = this.store.types.all().find(({ plural }) => plural === 'singletons');
    if (found === undefined) throw new TypeError('the API does not know Singletons');
    return found;
  }

  #startApplication(process: FakeProcess) {
    const {
      SINGLETON = '',
      POD_NAME = '',
      POD_UID = '',
      POD_IP = '',
      NODE = '',
    } = process.command.environment;
    const { startMs, answers, servesOnMs, notify } = this.singletonPlan(SINGLETON);
    const application = new Application({
      identity: { singleton: SINGLETON, podName: POD_NAME, podUid: POD_UID, ip: POD_IP, node: NODE },
      plan: { startMs, answers, servesOnMs, writeEveryMs: notify === 'none' ? 0 : writeEveryMs },
      clock: this.clock,
      store: this.#fenced,
      process,
      labelledEpoch: () => this.#labelledEpoch(POD_NAME, POD_UID),
      onChanged: (changed, what) => {
        this.journal.write(changed.identity.podName, what);
        this.applications.changed(changed);
      },
    });
    this.applications.add(application);
    if (this.darkNodes.has(NODE)) application.end('is without power');
    return application.behaviour();
  }

  #labelledEpoch(name: string, uid: string): number | undefined {
    const pod = this.store.get(resourceTypes.pods, namespace, name);
    if (pod?.metadata.uid !== uid || pod.metadata.labels?.role !== 'active') return undefined;
    return Number(pod.metadata.annotations?.['understudy.dev/epoch'] ?? 0);
  }

  #keepChanges(): void {
    this.store.subscribeToAll((event) => {
      const { kind } = event.object;
      const resource = typeof kind === 'string' ? `${kind.toLowerCase()}s` : '';
      if (resource === 'singletons' || watched.some((each) => each === resource))
        this.#changes.push({ atMs: this.clock.now(), resource, event });
    });
  }

  #keepWrite({ method, url, headers, body }: ServerRequest, response: HandledResponse): void {
    const [, controller] = (headers['user-agent'] ?? '').split('controller/');
    if (controller === undefined || method === 'GET') return;
    const atMs = this.clock.now();
    const status = response?.status ?? 0;
    this.#writes.push({ atMs, controller, method, url, body, status, version: this.store.resourceVersion });
    if (!isRoutine(url)) this.journal.write(controller, `${method} ${url} ${status}`);
  }
}

/** Heartbeats, Events and questions about rights: no reader of a failing seed looks for them. */
function isRoutine(url: string): boolean {
  return url.includes('/events') || url.includes('.controller.') || url.includes('accessreviews');
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
