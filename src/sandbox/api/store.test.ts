import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { SeededRandom, SimulatedClock } from '../../time/simulated-clock.ts';
import { ApiError } from './api-error.ts';
import type { StoreEvent } from './collection.ts';
import { limits } from './limits.ts';
import { resourceTypes } from './resource-types.ts';
import { Store } from './store.ts';

const { configmaps, leases, namespaces, pods, serviceaccounts, events } = resourceTypes;

function newStore(clock = new SimulatedClock()): Store {
  return new Store({ clock, random: new SeededRandom(1) });
}

function pod(name: string, fields: object = {}, spec: object = {}) {
  return {
    metadata: { name, ...fields },
    spec: { nodeName: 'node', containers: [{ name: 'main', image: 'busybox' }], ...spec },
  };
}

function refusal(code: number, message: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof ApiError, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, message);
    return true;
  };
}

function recorded(store: Store, type = pods): StoreEvent[] {
  const seen: StoreEvent[] = [];
  store.subscribe(type, (event) => seen.push(event));
  return seen;
}

describe('a write', () => {
  test('gets the next resourceVersion of the whole cluster', () => {
    const store = newStore();
    const before = store.resourceVersion;
    const first = store.create(configmaps, { metadata: { name: 'a' } });
    const second = store.create(leases, { metadata: { name: 'a' } });
    assert.equal(first.metadata.resourceVersion, String(before + 1));
    assert.equal(second.metadata.resourceVersion, String(before + 2));
  });

  test('can not be undone by changing what was handed in or out', () => {
    const store = newStore();
    const input = { metadata: { name: 'a', labels: { role: 'standby' } } };
    const stored = store.create(configmaps, input);
    input.metadata.labels.role = 'active';
    assert.equal(store.get(configmaps, 'default', 'a')?.metadata.labels?.role, 'standby');
    assert.throws(() => Object.assign(stored.metadata, { name: 'b' }), TypeError);
  });

  test('that changes nothing is none: no event, the same resourceVersion', () => {
    const store = newStore();
    const created = store.create(configmaps, { metadata: { name: 'a' }, data: { key: 'value' } });
    const seen = recorded(store, configmaps);
    assert.equal(store.update(configmaps, created), created);
    const patch = { type: 'merge', body: { data: { key: 'value' } } } as const;
    assert.equal(store.patch(configmaps, 'default', 'a', patch), created);
    assert.deepEqual(seen, []);
  });

  test('as a dry run answers and changes nothing', () => {
    const store = newStore();
    assert.equal(store.create(configmaps, { metadata: { name: 'a' } }, { dryRun: true }).metadata.name, 'a');
    assert.equal(store.get(configmaps, 'default', 'a'), undefined);
  });

  test('shares with the object before it what it did not change', () => {
    const store = newStore();
    const created = store.create(pods, pod('a'));
    const patch = { type: 'merge', body: { metadata: { labels: { role: 'active' } } } } as const;
    assert.equal(store.patch(pods, 'default', 'a', patch).spec, created.spec);
  });

  test('with a field named __proto__ keeps it a field', () => {
    const store = newStore();
    const body: unknown = JSON.parse('{"metadata":{"name":"a"},"data":{"__proto__":"x"}}');
    assert.ok(typeof body === 'object' && body !== null);
    const stored = store.create(configmaps, body);
    assert.equal(JSON.stringify(stored.data), '{"__proto__":"x"}');
  });
});

describe('a subscriber', () => {
  test('hears of each change after it is visible', () => {
    const store = newStore();
    const seen: string[] = [];
    store.subscribe(configmaps, ({ type, object }) => {
      const found = store.get(configmaps, 'default', object.metadata.name);
      seen.push(
        `${type} ${found === undefined ? 'gone' : found.metadata.resourceVersion === object.metadata.resourceVersion}`,
      );
    });
    store.create(configmaps, { metadata: { name: 'a' } });
    store.patch(configmaps, 'default', 'a', { type: 'merge', body: { data: { a: '1' } } });
    store.delete(configmaps, 'default', 'a');
    assert.deepEqual(seen, ['ADDED true', 'MODIFIED true', 'DELETED gone']);
  });

  test('that writes is told of its own write after everyone has heard of the first', () => {
    const store = newStore();
    const heard: string[] = [];
    store.subscribe(configmaps, ({ object }) => {
      heard.push(`first ${object.metadata.name}`);
      if (object.metadata.name === 'a') store.create(configmaps, { metadata: { name: 'b' } });
    });
    store.subscribe(configmaps, ({ object }) => heard.push(`second ${object.metadata.name}`));
    store.create(configmaps, { metadata: { name: 'a' } });
    assert.deepEqual(heard, ['first a', 'second a', 'first b', 'second b']);
  });

  test('hears nothing once it has left', () => {
    const store = newStore();
    const seen: StoreEvent[] = [];
    store.subscribe(configmaps, (event) => seen.push(event))();
    store.create(configmaps, { metadata: { name: 'a' } });
    assert.deepEqual(seen, []);
  });
});

describe('deletion of a pod', () => {
  test('with grace is one MODIFIED, and the kubelet ends it with grace 0 and the uid', () => {
    const store = newStore();
    const { uid } = store.create(pods, pod('a')).metadata;
    const seen = recorded(store);
    const marked = store.delete(pods, 'default', 'a');
    assert.equal(marked.metadata.deletionGracePeriodSeconds, 30);
    assert.equal(marked.metadata.deletionTimestamp, '2026-01-01T00:00:30Z');
    store.delete(pods, 'default', 'a', { gracePeriodSeconds: 0, uid });
    assert.deepEqual(
      seen.map(({ type }) => type),
      ['MODIFIED', 'MODIFIED', 'DELETED'],
    );
    assert.equal(store.get(pods, 'default', 'a'), undefined);
  });

  test('by force is MODIFIED with grace 0, then DELETED', () => {
    const store = newStore();
    store.create(pods, pod('a'));
    const seen = recorded(store);
    store.delete(pods, 'default', 'a', { gracePeriodSeconds: 0 });
    assert.deepEqual(
      seen.map(({ type }) => type),
      ['MODIFIED', 'DELETED'],
    );
    assert.ok(seen.every(({ object }) => object.metadata.deletionGracePeriodSeconds === 0));
  });

  test('that no node has needs no grace', () => {
    const store = newStore();
    store.create(pods, pod('a', {}, { nodeName: '' }));
    store.delete(pods, 'default', 'a', { gracePeriodSeconds: 30 });
    assert.equal(store.get(pods, 'default', 'a'), undefined);
  });

  test('again may only be sooner, counted from the first time', async () => {
    const clock = new SimulatedClock();
    const store = newStore(clock);
    store.create(pods, pod('a'));
    store.delete(pods, 'default', 'a', { gracePeriodSeconds: 20 });
    await clock.advance(5_000);
    assert.equal(store.delete(pods, 'default', 'a').metadata.deletionGracePeriodSeconds, 20);
    const sooner = store.delete(pods, 'default', 'a', { gracePeriodSeconds: 10 });
    assert.equal(sooner.metadata.deletionTimestamp, '2026-01-01T00:00:10Z');
  });

  test('with a negative grace gives one second', () => {
    const store = newStore();
    store.create(pods, pod('a'));
    assert.equal(
      store.delete(pods, 'default', 'a', { gracePeriodSeconds: -5 }).metadata.deletionGracePeriodSeconds,
      1,
    );
  });

  test('with another uid is refused', () => {
    const store = newStore();
    store.create(pods, pod('a'));
    assert.throws(
      () => store.delete(pods, 'default', 'a', { uid: 'x' }),
      refusal(409, /the UID in the precondition \(x\)/),
    );
  });

  test('is held by a finalizer, and none may be added any more', () => {
    const store = newStore();
    store.create(pods, pod('a', { finalizers: ['example.com/one'] }));
    const marked = store.delete(pods, 'default', 'a', { gracePeriodSeconds: 0 });
    const finalizers = [...(marked.metadata.finalizers ?? []), 'example.com/two'];
    const adding = { ...marked, metadata: { ...marked.metadata, finalizers } };
    assert.throws(() => store.update(pods, adding), refusal(422, /no new finalizers can be added/));
    const seen = recorded(store);
    store.patch(pods, 'default', 'a', { type: 'merge', body: { metadata: { finalizers: [] } } });
    assert.deepEqual(
      seen.map(({ type }) => type),
      ['DELETED'],
    );
  });
});

describe('a namespace', () => {
  test('comes with its default service account', () => {
    const store = newStore();
    store.create(namespaces, { metadata: { name: 'team' } });
    assert.notEqual(store.get(serviceaccounts, 'team', 'default'), undefined);
  });

  test('goes when all its content has, and takes nothing new meanwhile', () => {
    const store = newStore();
    store.create(namespaces, { metadata: { name: 'team' } });
    store.create(configmaps, { metadata: { name: 'a', namespace: 'team' } });
    const { uid } = store.create(pods, pod('p', { namespace: 'team' })).metadata;
    store.delete(namespaces, undefined, 'team');
    assert.equal(store.get(configmaps, 'team', 'a'), undefined);
    assert.notEqual(store.get(namespaces, undefined, 'team'), undefined);
    const newcomer = { metadata: { name: 'b', namespace: 'team' } };
    assert.throws(() => store.create(configmaps, newcomer), refusal(403, /because it is being terminated/));
    store.delete(pods, 'team', 'p', { gracePeriodSeconds: 0, uid });
    assert.equal(store.get(namespaces, undefined, 'team'), undefined);
  });

  test('that the cluster needs stays', () => {
    const store = newStore();
    assert.throws(() => store.delete(namespaces, undefined, 'default'), refusal(403, /may not be deleted/));
  });
});

describe('a custom resource', () => {
  const crd = {
    metadata: { name: 'widgets.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural: 'widgets', kind: 'Widget', shortNames: ['wd'] },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          subresources: { status: {} },
          schema: {
            openAPIV3Schema: {
              type: 'object',
              properties: {
                spec: {
                  type: 'object',
                  required: ['size'],
                  properties: {
                    size: { type: 'integer', minimum: 1 },
                    colour: { type: 'string', default: 'blue', enum: ['blue', 'red'] },
                  },
                },
                status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
              },
            },
          },
        },
      ],
    },
  };

  test('is served while its definition is there: pruned, defaulted, checked', () => {
    const store = newStore();
    store.create(resourceTypes.customresourcedefinitions, crd);
    const widgets = store.types.byPath('example.com/v1', 'widgets');
    assert.ok(widgets !== undefined);
    const made = store.create(widgets, { metadata: { name: 'a' }, spec: { size: 2, unheard: 1 } });
    assert.deepEqual(made.spec, { size: 2, colour: 'blue' });
    const wrong = { metadata: { name: 'b' }, spec: { size: 0, colour: 'green' } };
    assert.throws(
      () => store.create(widgets, wrong),
      refusal(422, /spec\.size: Invalid value: 0: .*spec\.colour: Unsupported value: "green"/),
    );
    assert.throws(
      () => store.create(widgets, { metadata: { name: 'b' }, spec: {} }),
      refusal(422, /spec\.size: Required value/),
    );
    store.delete(resourceTypes.customresourcedefinitions, undefined, 'widgets.example.com');
    assert.equal(store.types.byPath('example.com/v1', 'widgets'), undefined);
    assert.deepEqual(store.list(widgets), []);
  });

  test('keeps status and spec apart, and counts generations of the spec', () => {
    const store = newStore();
    store.create(resourceTypes.customresourcedefinitions, crd);
    const widgets = store.types.byPath('example.com/v1', 'widgets');
    assert.ok(widgets !== undefined);
    store.create(widgets, { metadata: { name: 'a' }, spec: { size: 1 } });
    const body = { spec: { size: 5 }, status: { seen: true } };
    const status = store.patch(widgets, 'default', 'a', { type: 'merge', body }, { subresource: 'status' });
    assert.deepEqual(
      [status.spec, status.status, status.metadata.generation],
      [{ size: 1, colour: 'blue' }, { seen: true }, 1],
    );
    const changed = store.patch(widgets, 'default', 'a', { type: 'merge', body });
    assert.equal(changed.metadata.generation, 2);
  });
});

test('events are kept up to a number, the oldest go first', () => {
  const store = newStore();
  for (let index = 0; index < limits.storedEvents + 10; index++) {
    store.create(events, { metadata: { name: `e${index}` }, involvedObject: { namespace: 'default' } });
  }
  assert.equal(store.list(events).length, limits.storedEvents);
  assert.equal(store.get(events, 'default', 'e9'), undefined);
  assert.notEqual(store.get(events, 'default', 'e10'), undefined);
});

test('history and objects tell the same story, whatever was written in whatever order', () => {
  const operation = fc.record({
    kind: fc.constantFrom('create', 'label', 'delete', 'force'),
    name: fc.constantFrom('a', 'b', 'c'),
    value: fc.constantFrom('x', 'y'),
  });
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 40 }), (operations) => {
      const store = newStore();
      const start = store.resourceVersion;
      const replayed = new Map<string, string>();
      const versions: number[] = [];
      store.subscribe(pods, ({ type, object, resourceVersion }) => {
        versions.push(resourceVersion);
        if (type === 'DELETED') replayed.delete(object.metadata.name);
        else replayed.set(object.metadata.name, object.metadata.resourceVersion);
      });
      const snapshots = new Map<number, string>();
      for (const each of operations) {
        carryOut(store, each);
        snapshots.set(store.resourceVersion, JSON.stringify(store.list(pods)));
      }
      assert.deepEqual(
        versions,
        versions.toSorted((left, right) => left - right),
      );
      assert.deepEqual(
        [...replayed].sort(),
        store.list(pods).map(({ metadata }) => [metadata.name, metadata.resourceVersion]),
      );
      for (const [version, list] of snapshots) {
        if (version >= start) assert.equal(JSON.stringify(store.collection(pods).listAt(version)), list);
      }
    }),
  );
});

function carryOut(store: Store, operation: { kind: string; name: string; value: string }): void {
  const { kind, name, value } = operation;
  try {
    if (kind === 'create') store.create(pods, pod(name));
    if (kind === 'label')
      store.patch(pods, 'default', name, { type: 'merge', body: { metadata: { labels: { value } } } });
    if (kind === 'delete') store.delete(pods, 'default', name);
    if (kind === 'force') store.delete(pods, 'default', name, { gracePeriodSeconds: 0 });
  } catch (error) {
    assert.ok(error instanceof ApiError, String(error));
  }
}
