import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { machineNowMs } from '../../../src/cli/steady-client/machine-time.ts';
import { words } from '../../../src/controller/words.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import { findContainer } from '../../cluster/faults.ts';
import { interruptionProblems } from '../checkers/uninterrupted.ts';
import { answersOf } from '../prober.ts';
import { forcedDelete } from '../scene/catalogue.ts';
import { containerId, deletePod } from '../scene/strikes.ts';
import { openStage, Troupe } from '../scene/troupe.ts';
import { addressOf } from '../singleton/create-singleton.ts';
import { exampleControllers, type Stage } from '../stage.ts';

/** The ancestor's own files and steps; of the whole set only icr_cr.yaml is ours. */
const files = ['hapod_replicaset.yaml', 'ha_service.yaml'].map((name) =>
  fileURLToPath(new URL(`../../../examples/hapod/${name}`, import.meta.url)),
);

/** Its pods are Ready half a minute after they were started. */
const goodOrderWithinMs = 90_000;

let cluster: Cluster;
let stage: Stage;
let troupe: Troupe;

before(async () => {
  ({ cluster, stage } = await openStage(exampleControllers));
  for (const file of files) await cluster.runKubectl(['create', '-f', file]);
  const service = { namespace: 'default', name: 'myhaservice' };
  const address = await addressOf(stage, service);
  const place = { namespace: service.namespace, labels: { app: 'hapod' }, service: service.name, address };
  const workloadPath = '/apis/apps/v1/namespaces/default/replicasets/myharset';
  // Its server echoes no datagrams.
  troupe = Troupe.join(stage, { ...place, workloadPath, standbys: 1 }, { datagramsEveryMs: 0 });
});
after(async () => {
  await troupe?.leave();
  for (const file of files)
    await cluster?.runKubectl(['delete', '--ignore-not-found', '--cascade=foreground', '-f', file]);
  await stage?.close();
});

describe("the ancestor's manifests, unchanged, on a real cluster", () => {
  test('the earliest-created standby becomes active, and the Service answers when it is Ready', async () => {
    const { active, standbys } = await troupe.singleton.inGoodOrder(goodOrderWithinMs);
    const { records, pods } = troupe.singleton.history();
    const election = records.find(({ holder }) => holder?.uid === active.uid);
    assert.ok(election !== undefined);
    for (const { uid, createdAtMs } of standbys) {
      if (active.createdAtMs <= createdAtMs) continue;
      // An older one that was still starting then is not waited for.
      const then = pods.findLast((pod) => pod.uid === uid && pod.version < election.version);
      const critical = then?.pod.containers.find(({ name }) => name === 'critcontainer1');
      assert.notEqual(critical?.ready, true);
    }
    await answersOf(troupe.prober, troupe.singleton, active.name);
    await troupe.holdPromises();
  });

  test('a non-critical container that dies changes nothing', async () => {
    const { result } = await troupe.play({
      name: 'noncritcontainer2: kill -9',
      expected: 'nothing',
      strike: ({ active }) => findContainer(containerId(active, 'noncritcontainer2')).strike('SIGKILL'),
    });
    assert.equal(result.epochs.after, result.epochs.before);
  });

  test('when the active controller is deleted by force, the standby promotes itself and no client notices', async () => {
    const controllers = await stage.controllersInGoodOrder();
    const { before: standing, ...played } = await troupe.play({
      name: 'active controller: delete --force',
      expected: 'nothing',
      strike: () => deletePod(stage, controllers.active, { force: true }),
    });
    assert.equal(played.result.epochs.after, played.result.epochs.before);
    const window = {
      fromMs: played.struckAtMs,
      untilMs: played.observedUntilMs - 1_000,
      pod: standing.active.name,
    };
    assert.deepEqual(interruptionProblems(troupe.prober.log.attempts, window), []);
    const next = await stage.controllersInGoodOrder();
    assert.notEqual(next.active.uid, controllers.active.uid);
  });

  test('touch /tmp/killme in the critical container: it crashes, its pod is deleted, and the standby is active and told', async () => {
    const { result, before: standing } = await troupe.play({
      name: 'touch /tmp/killme',
      expected: 'failover',
      strike: async ({ active }) => {
        const struckAtMs = machineNowMs();
        const command = ['exec', active.name, '--container', 'critcontainer1', '--', 'touch', '/tmp/killme'];
        await cluster.runKubectl(command);
        return struckAtMs;
      },
    });
    assert.equal(result.epochs.after, result.epochs.before + 1);
    const { active } = await troupe.singleton.inGoodOrder(goodOrderWithinMs);
    assert.equal(active.name, result.to);
    assert.equal(
      troupe.singleton.pods().some(({ uid }) => uid === standing.active.uid),
      false,
    );
    const log = await cluster.runKubectl(['logs', active.name, '--container', 'noncritcontainer']);
    assert.match(log, /GoActiveDuringFailover/);
  });

  test('the active is deleted by force: the oldest standby is active at once', async () => {
    const { result } = await troupe.play(forcedDelete(stage));
    assert.equal(result.epochs.after, result.epochs.before + 1);
    const roles = stage.controllers().filter(({ labels }) => labels[words.role] === 'active');
    assert.equal(roles.length, 1);
  });
});
