/**
 * Holds examples/hapod/icr_cr.yaml to what the controller asks for at its start: nothing missing, nothing more.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parse } from 'yaml';
import { startController } from '../src/controller/controller.ts';
import { silentLog } from '../src/controller/log.ts';
import { noMetrics } from '../src/controller/metrics.ts';
import type { ApiRequest, ApiResponse, Transport } from '../src/kube/transport.ts';
import { SeededRandom, SimulatedClock } from '../src/time/simulated-clock.ts';

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

const roleFile = new URL('../examples/hapod/icr_cr.yaml', import.meta.url);

/** An API server that allows everything and remembers what was asked to be allowed. */
function allowingTransport(asked: Set<string>): Transport {
  return {
    alive: true,
    request: async ({ path, body = '' }: ApiRequest): Promise<ApiResponse> => {
      if (!path.includes('selfsubjectaccessreviews'))
        return { status: 404, retryAfterMs: undefined, body: '{}' };
      const { verb, group, resource } = JSON.parse(body).spec.resourceAttributes;
      asked.add(`${verb} ${resource}.${group}`);
      return { status: 201, retryAfterMs: undefined, body: JSON.stringify({ status: { allowed: true } }) };
    },
    stream: () => ({ cancel: () => undefined }),
    close: async () => undefined,
  };
}

test('the ClusterRole grants what the controller asks for, and nothing more', async () => {
  const asked = new Set<string>();
  const transport = allowingTransport(asked);
  const clock = new SimulatedClock();
  const controller = startController({
    settings: {
      adoptions: [{ selector: 'app=hapod', singletonName: 'hapod' }],
      namespaces: [],
      safety: 'Prompt',
      notifyPort: 10_001,
      name: 'controller',
      controllerNamespace: 'default',
    },
    instance: 'one',
    watchTransport: transport,
    writeTransport: transport,
    clock,
    random: new SeededRandom(1),
    notifier: { send: async () => ({ kind: 'sent' }), close: () => undefined },
    log: silentLog,
    metrics: noMetrics,
  });
  await clock.advance(1_000);
  await Promise.all([controller.stop(), clock.advance(5_000)]);

  const { rules } = parse(readFileSync(roleFile, 'utf8')) as { rules: readonly Rule[] };
  const granted = rules.flatMap(({ apiGroups, resources, verbs }) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((resource) => verbs.map((verb) => `${verb} ${resource}.${group}`)),
    ),
  );
  // What it takes to ask at all.
  asked.add('create selfsubjectaccessreviews.authorization.k8s.io');
  assert.deepEqual(granted.toSorted(), [...asked].sort());
});
