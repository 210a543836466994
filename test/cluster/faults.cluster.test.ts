import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';
import { machineNamed, openCluster } from './cluster.ts';
import { until } from './condition.ts';
import * as faults from './faults.ts';
import { inNetworkOf } from './machine.ts';
import { runCommand, tryCommand } from './run-command.ts';
import { addresses, apiServerUrl, type NodeName, nodeAddresses } from './topology.ts';

const cluster = openCluster();

/** The suite's grace period for silent nodes is 10 s. */
const notReadyWithinMs = 40_000;

/** How long a new connection from a node to the API server takes until it is answered; undefined: not within 2 s. */
async function answerTimeMs(from: NodeName): Promise<number | undefined> {
  const program = `
    const startedAt = performance.now();
    fetch('${apiServerUrl}/version', { signal: AbortSignal.timeout(2000) })
      .then(() => console.log(performance.now() - startedAt), () => process.exit(1));`;
  const env = { ...process.env, NODE_TLS_REJECT_UNAUTHORIZED: '0', NODE_NO_WARNINGS: '1' };
  const words = inNetworkOf(machineNamed(from), [process.execPath, '-e', program]);
  const { code, stdout } = await tryCommand(words, { env });
  return code === 0 ? Number(stdout) : undefined;
}

/** Whether anybody answers there, be it by a refusal. */
async function reaches(from: NodeName, address: string): Promise<boolean> {
  const program = `
    const socket = require('node:net').connect({ host: '${address}', port: 9, timeout: 1000 });
    socket.on('error', ({ code }) => process.exit(code === 'ECONNREFUSED' ? 0 : 1));
    socket.on('timeout', () => process.exit(1));`;
  const words = inNetworkOf(machineNamed(from), [process.execPath, '-e', program]);
  return (await tryCommand(words)).code === 0;
}

function nodeBecomes(node: NodeName, status: 'True' | 'False' | 'Unknown'): Promise<true> {
  const path = '{.status.conditions[?(@.type=="Ready")].status}';
  const ask = ['get', 'node', node, '-o', `jsonpath=${path}`];
  return until(async () => ((await cluster.runKubectl(ask)) === status ? true : undefined), {
    what: `Ready=${status} of ${node}`,
    withinMs: notReadyWithinMs,
  });
}

describe('faults of the real cluster', () => {
  afterEach(async () => {
    await faults.healAll();
    await nodeBecomes('node1', 'True');
    await nodeBecomes('node2', 'True');
  });

  test('a node that is cut off from the API server is lost to it, and still reaches the other node', async () => {
    await faults.partitionFromApi('node2');
    assert.equal(await reaches('node2', nodeAddresses.node1.address), true);
    assert.equal(await answerTimeMs('node2'), undefined);
    assert.notEqual(await answerTimeMs('node1'), undefined);
    await nodeBecomes('node2', 'Unknown');
    await faults.healPartition('node2');
    await nodeBecomes('node2', 'True');
  });

  test('a node that is cut off from some addresses reaches all others', async () => {
    await faults.partition('node2', [nodeAddresses.node1.address]);
    assert.equal(await reaches('node2', nodeAddresses.node1.address), false);
    assert.equal(await reaches('node1', nodeAddresses.node2.address), false);
    assert.equal(await reaches('node2', addresses.control), true);
  });

  test('a slow API server answers nodes late and the host in time, and a healed one everybody', async () => {
    const delayMs = 300;
    await faults.slowApi(delayMs);
    const slowMs = await answerTimeMs('node1');
    // A handshake and a request are three round trips, each late by twice the delay; setting up the first one is not.
    assert.ok(slowMs !== undefined && slowMs > 4 * delayMs, `${slowMs} ms`);
    await runCommand([
      cluster.kubectl,
      `--kubeconfig=${cluster.kubeconfig}`,
      '--request-timeout=2s',
      'get',
      'nodes',
    ]);
    await faults.slowApi(0);
    const healedMs = await answerTimeMs('node1');
    assert.ok(healedMs !== undefined && healedMs < slowMs, `${healedMs} ms`);
  });

  test('a component that is stopped keeps its place and does nothing until it goes on', async () => {
    faults.stopComponent('kube-scheduler');
    await cluster.runKubectl(['run', 'unscheduled', '--image=busybox', '--', 'sh', '-c', 'sleep 3600']);
    try {
      const phase = ['get', 'pod', 'unscheduled', '-o', 'jsonpath={.spec.nodeName}'];
      assert.equal(await cluster.runKubectl(phase), '');
      faults.continueComponent('kube-scheduler');
      await until(async () => ((await cluster.runKubectl(phase)) === '' ? undefined : true), {
        what: 'the scheduler to go on',
      });
    } finally {
      await cluster.runKubectl(['delete', 'pod', 'unscheduled', '--force', '--grace-period=0']);
    }
  });

  test('what does not exist cannot be broken, and the answer says what there is', () => {
    assert.throws(
      () => faults.stopComponent('kubelet'),
      /there is no component kubelet; there are: .*kubelet-node1/,
    );
    assert.throws(() => faults.findContainer('containerd://0123456789'), /container 0123456789 does not run/);
  });
});
