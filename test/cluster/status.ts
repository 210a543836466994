/**
 * Owns what a person is told of the cluster: whose it is, what runs, where its files are.
 * Must not change anything.
 */
import { readFileSync } from 'node:fs';
import { openCluster } from './cluster.ts';
import { componentNames, processOfComponent } from './component.ts';
import { runningMachines } from './machine.ts';
import { describeOwner, standing } from './owner.ts';
import { stateDirectory } from './paths.ts';
import { tryCommand } from './run-command.ts';

/** In lines. */
export async function describeStatus(): Promise<readonly string[]> {
  const found = standing();
  if (found.kind === 'none') return ['no cluster runs'];
  if (found.kind === 'left over')
    return [`something is left of an earlier cluster: ${found.why}; npm run cluster -- down takes it away`];
  const machines = runningMachines().map(({ name, pid }) => `${name} (pid ${pid})`);
  return [
    describeOwner(found.owner),
    `machines    ${machines.join(', ')}`,
    ...componentNames().map((name) => `${name.padEnd(26)}${stateOf(name)}`),
    `files       ${stateDirectory}`,
    ...(await nodeLines()),
  ];
}

function stateOf(name: string): string {
  const pid = processOfComponent(name);
  if (pid === undefined) return 'ended';
  const isStopped = /^State:\s+T/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return `${isStopped ? 'stopped' : 'running'} (pid ${pid})`;
}

async function nodeLines(): Promise<readonly string[]> {
  const { kubectl, kubeconfig } = openCluster();
  const { code, stdout } = await tryCommand([
    kubectl,
    `--kubeconfig=${kubeconfig}`,
    '--request-timeout=2s',
    'get',
    'nodes',
  ]);
  return code === 0 ? stdout.trimEnd().split('\n') : ['the API server does not answer'];
}
