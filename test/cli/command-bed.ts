/*
 * Owns what a test of a command brings: the sandbox's API in simulated time, a terminal that remembers, and Singletons.
 * Must not answer for a controller: a test either starts a real one or writes what one would.
 */
import assert from 'node:assert/strict';
import { ClusterClient } from '../../src/cli/cluster/cluster-client.ts';
import type { CommandSession } from '../../src/cli/cluster/command-session.ts';
import { plainPalette } from '../../src/cli/terminal/palette.ts';
import type { ApiRequest, ApiResponse, Transport } from '../../src/kube/transport.ts';
import { InMemoryTransport } from '../../src/sandbox/api/in-memory-transport.ts';
import { type ResourceType, resourceTypes } from '../../src/sandbox/api/resource-types.ts';
import type { StoredObject } from '../../src/sandbox/api/stored-object.ts';
import { World, type WorldOptions } from '../controller/world.ts';

const anything = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
const lists = { type: 'array', items: anything };
const statusSchema = { ...anything, properties: { standbys: lists, conditions: lists, history: lists } };

/** As little as the API server needs: what the fields mean is not asked here. */
const definition = {
  metadata: { name: 'singletons.understudy.dev' },
  spec: {
    group: 'understudy.dev',
    scope: 'Namespaced',
    names: { plural: 'singletons', singular: 'singleton', kind: 'Singleton', shortNames: ['sgl'] },
    versions: [
      {
        name: 'v1alpha1',
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: { openAPIV3Schema: { type: 'object', properties: { spec: anything, status: statusSchema } } },
      },
    ],
  },
};

/** What a request gets in place of the API server's answer; undefined: that one. */
export type Intervention = (
  request: ApiRequest,
  ask: () => Promise<ApiResponse>,
) => Promise<ApiResponse> | undefined;

export class CommandBed {
  readonly world: World;
  readonly requests: ApiRequest[] = [];
  readonly session: CommandSession;
  readonly ending = new AbortController();
  intervene: Intervention = () => undefined;
  #output = '';
  #errors = '';

  constructor(options: WorldOptions & { readonly terminal?: object } = {}) {
    this.world = new World(options);
    this.session = {
      client: new ClusterClient({ transport: this.#transport(), namespace: 'default' }),
      clock: this.world.clock,
      random: this.world.random,
      output: {
        ...options.terminal,
        write: (text: string) => {
          this.#output += text;
        },
      },
      errors: {
        write: (text: string) => {
          this.#errors += text;
        },
      },
      palette: plainPalette,
      timeZone: 'Europe/Berlin',
      ending: this.ending.signal,
    };
  }

  /** What was printed since the last look. */
  printed(): string {
    const text = this.#output;
    this.#output = '';
    return text;
  }

  complained(): string {
    const text = this.#errors;
    this.#errors = '';
    return text;
  }

  /** Lets time pass until the command has ended. */
  async run<T>(running: Promise<T>, withinMs = 60_000): Promise<T> {
    let ended = false;
    const mark = () => {
      ended = true;
    };
    void running.then(mark, mark);
    await this.world.clock.advanceUntil(() => ended, withinMs, 'the end of the command');
    return running;
  }

  installDefinition(): void {
    this.world.store.create(resourceTypes.customresourcedefinitions, definition);
  }

  createSingleton(name: string, { namespace = 'default', spec = {}, status = {} } = {}): StoredObject {
    const { store } = this.world;
    store.create(this.#type(), {
      metadata: { name, namespace },
      spec: { selector: { matchLabels: { app: name } }, service: name, ...spec },
    });
    return this.writeStatus(name, status, namespace);
  }

  /** As its controller would: a merge patch of the status. */
  writeStatus(name: string, status: object, namespace = 'default'): StoredObject {
    const patch = { type: 'merge' as const, body: { status: { ...status } } };
    return this.world.store.patch(this.#type(), namespace, name, patch, { subresource: 'status' });
  }

  annotate(name: string, annotations: Readonly<Record<string, string | null>>): void {
    const patch = { type: 'merge' as const, body: { metadata: { annotations } } };
    this.world.store.patch(this.#type(), 'default', name, patch);
  }

  singleton(name: string): StoredObject {
    const found = this.world.store.get(this.#type(), 'default', name);
    assert.ok(found !== undefined, name);
    return found;
  }

  deleteSingleton(name: string): void {
    this.world.store.delete(this.#type(), 'default', name);
  }

  /** Calls back with each version of a Singleton, also with that it is gone. */
  onSingleton(seen: (object: StoredObject, type: string) => void): void {
    this.world.store.subscribe(this.#type(), ({ object, type }) => seen(object, type));
  }

  #type(): ResourceType {
    const type = this.world.store.types.byPath('understudy.dev/v1alpha1', 'singletons');
    assert.ok(type !== undefined, 'the definition is installed first');
    return type;
  }

  #transport(): Transport {
    const inner = new InMemoryTransport({ handler: this.world.handler, clock: this.world.clock });
    return {
      alive: true,
      request: (request, timeoutMs) => {
        this.requests.push(request);
        const ask = () => inner.request(request, timeoutMs);
        return this.intervene(request, ask) ?? ask();
      },
      stream: (request, sink) => inner.stream(request, sink),
      close: () => inner.close(),
    };
  }
}

/** The status of a Singleton in good order: web-1 active with epoch 3, web-2 its standby. */
export const healthyStatus = {
  observedGeneration: 1,
  mode: 'Direct',
  active: { pod: 'web-1', uid: 'uid-1', node: 'node1', epoch: 3, since: '2026-01-01T00:00:00Z' },
  epoch: 3,
  ready: '2/2',
  standbys: [{ pod: 'web-2', node: 'node2', fit: true, because: 'fit' }],
  conditions: [
    {
      type: 'Available',
      status: 'True',
      reason: 'HolderHealthy',
      message: 'web-1 holds epoch 3; 1 fit standby',
      observedGeneration: 1,
      lastTransitionTime: '2026-01-01T00:00:00Z',
    },
  ],
  history: [
    {
      kind: 'Failover',
      because: { code: 'HolderDeleted', sentence: 'web-0: its pod is gone; web-1 takes over' },
      from: 'web-0',
      to: 'web-1',
      epoch: 3,
      at: '2026-01-01T00:00:00.123Z',
      by: 'understudy-a',
      phasesMs: { decide: 0.4, record: 4.1, route: 0, notify: 1.2, total: 5.7 },
    },
  ],
  failovers: 2,
  switchovers: 0,
  because: { code: 'HolderHealthy', sentence: 'web-1 holds epoch 3; 1 fit standby' },
};
