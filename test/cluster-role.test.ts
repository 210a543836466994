/**
 * Holds the roles that we hand out to what the controller asks for at its start: nothing missing, nothing more.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parse, parseAllDocuments } from 'yaml';
import { startController } from '../src/controller/controller.ts';
import { silentLog } from '../src/controller/log.ts';
import { noMetrics } from '../src/controller/metrics.ts';
import type { ApiRequest, ApiResponse, Transport } from '../src/kube/transport.ts';
import { SeededRandom, SimulatedClock } from '../src/time/simulated-clock.ts';
import { SimulatedHosts } from './controller/simulated-hosts.ts';

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

interface Role {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly rules: readonly Rule[];
}

interface FlowSchema {
  readonly spec: { readonly rules: readonly { readonly resourceRules: readonly Rule[] }[] };
}

/** `verb resource.group`, and where it is asked for; undefined: everywhere. */
interface Question {
  readonly need: string;
  readonly namespace: string | undefined;
}

const example: Controller = { controllerNamespace: 'default', singletons: false };
const deployed: Controller = { controllerNamespace: 'understudy', singletons: true };

const read = (file: string) => readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');

/** An API server that allows everything and remembers what was asked to be allowed. */
function allowingTransport(asked: Question[]): Transport {
  return {
    alive: true,
    request: async ({ path, body = '' }: ApiRequest): Promise<ApiResponse> => {
      if (!path.includes('selfsubjectaccessreviews'))
        return { status: 404, retryAfterMs: undefined, body: '{}' };
      const { verb, group, resource, subresource, namespace } = JSON.parse(body).spec.resourceAttributes;
      const whole = subresource === undefined ? resource : `${resource}/${subresource}`;
      asked.push({ need: `${verb} ${whole}.${group}`, namespace });
      return { status: 201, retryAfterMs: undefined, body: JSON.stringify({ status: { allowed: true } }) };
    },
    stream: () => ({ cancel: () => undefined }),
    close: async () => undefined,
  };
}

interface Controller {
  readonly controllerNamespace: string;
  /** Whether it looks after Singletons; else it adopts pods by their labels. */
  readonly singletons: boolean;
}

/** Of a controller that watches every namespace. */
async function questionsOf({ controllerNamespace, singletons }: Controller): Promise<readonly Question[]> {
  // What it takes to ask at all.
  const asked: Question[] = [
    { need: 'create selfsubjectaccessreviews.authorization.k8s.io', namespace: undefined },
  ];
  const transport = allowingTransport(asked);
  const clock = new SimulatedClock();
  const controller = startController({
    settings: {
      adoptions: singletons ? [] : [{ selector: 'app=hapod', singletonName: 'hapod' }],
      singletons,
      namespaces: [],
      safety: 'Prompt',
      notifyPort: 10_001,
      name: 'controller',
      controllerNamespace,
    },
    instance: 'one',
    watchTransport: transport,
    writeTransport: transport,
    clock,
    random: new SeededRandom(1),
    notifier: { send: async () => ({ kind: 'sent' }), close: () => undefined },
    dialer: new SimulatedHosts(clock),
    log: silentLog,
    metrics: noMetrics,
  });
  await clock.advance(1_000);
  await Promise.all([controller.stop(), clock.advance(5_000)]);
  return asked;
}

function grantsOf(rules: readonly Rule[]): readonly string[] {
  return rules
    .flatMap(({ apiGroups, resources, verbs }) =>
      apiGroups.flatMap((group) =>
        resources.flatMap((resource) => verbs.map((verb) => `${verb} ${resource}.${group}`)),
      ),
    )
    .toSorted();
}

function sorted(questions: readonly Question[]): readonly string[] {
  return [...new Set(questions.map(({ need }) => need))].sort();
}

test('the ClusterRole of the example grants what the controller asks for, and nothing more', async () => {
  const { rules } = parse(read('examples/hapod/icr_cr.yaml')) as Role;
  assert.deepEqual(grantsOf(rules), sorted(await questionsOf(example)));
});

test('the deployment grants everywhere only what is asked for everywhere, and the rest at home', async () => {
  const objects = parseAllDocuments(read('deploy/understudy.yaml')).map((each) => each.toJS() as Role);
  const asked = await questionsOf(deployed);
  const clusterRole = objects.find(({ kind }) => kind === 'ClusterRole');
  const role = objects.find(({ kind }) => kind === 'Role');
  assert.equal(role?.metadata.namespace, 'understudy');
  assert.deepEqual(
    grantsOf(clusterRole?.rules ?? []),
    sorted(asked.filter(({ namespace }) => namespace === undefined)),
  );
  assert.deepEqual(
    grantsOf(role?.rules ?? []),
    sorted(asked.filter(({ namespace }) => namespace === 'understudy')),
  );
});

test('the FlowSchema favours what a failover needs: all that is asked for but Events, statuses, budgets and reviews', async () => {
  const { spec } = parse(read('deploy/flow-schema.yaml')) as FlowSchema;
  assert.deepEqual(
    grantsOf(spec.rules.flatMap(({ resourceRules }) => resourceRules)),
    sorted(await questionsOf(deployed)).filter(
      (need) => !/ (events|singletons\/status|poddisruptionbudgets|selfsubjectaccessreviews)\./.test(need),
    ),
  );
});
