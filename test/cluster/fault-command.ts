/**
 * Owns `npm run cluster -- fault …`: what a person may break in the running cluster, by name.
 * Must not break anything itself: faults.ts does.
 */
import type { Command } from 'commander';
import { openCluster } from './cluster.ts';
import { ClusterError } from './cluster-error.ts';
import * as faults from './faults.ts';
import { isNodeName, type NodeName, nodeNames } from './topology.ts';

export function registerFaultCommand(program: Command): void {
  const fault = program.command('fault').description('break something in the running cluster, or mend it');
  const verb = (usage: string, description: string, action: (...words: string[]) => Promise<void> | void) =>
    fault
      .command(usage)
      .description(description)
      .action(async (...words: string[]) => {
        openCluster();
        await action(...words);
      });

  fault
    .command('kill-container <pod> <container>')
    .description("kill -9 of a container's process")
    .option('-n, --namespace <name>', 'of the pod', 'default')
    .action(killContainer);
  verb('stop <component>', 'a component hangs: SIGSTOP (see `logs` for their names)', (name = '') =>
    faults.stopComponent(name),
  );
  verb('continue <component>', 'it goes on: SIGCONT', (name = '') => faults.continueComponent(name));
  verb('restart-api-server', 'kill -9 with all watches open, then start it again', () =>
    faults.restartApiServer(),
  );
  verb('cut <node>', "pull the node's cable", (node = '') => faults.cutLink(nodeNamed(node)));
  verb('mend <node>', 'plug it in again', (node = '') => faults.mendLink(nodeNamed(node)));
  verb(
    'partition <node> <from>',
    "from `api`, or from addresses (10.244.1.5,…) such as the controllers'",
    partition,
  );
  verb('slow-api <ms>', 'each byte between nodes and API server is late; 0 takes that away', (text = '') =>
    faults.slowApi(delayOf(text)),
  );
  verb('heal', 'undo all of them, and start again what was killed', () => faults.healAll());
}

async function killContainer(
  pod: string,
  container: string,
  { namespace }: { readonly namespace: string },
): Promise<void> {
  const path = `{.status.containerStatuses[?(@.name=="${container}")].containerID}`;
  const cluster = openCluster();
  const id = await cluster.runKubectl(['-n', namespace, 'get', 'pod', pod, '-o', `jsonpath=${path}`]);
  if (id === '') throw new ClusterError(`${pod} has no running container ${container}`);
  faults.findContainer(id).strike('SIGKILL');
}

async function partition(node = '', from = ''): Promise<void> {
  if (from === 'api') return faults.partitionFromApi(nodeNamed(node));
  const others = from.split(',');
  const wrong = others.find((address) => !/^\d{1,3}(\.\d{1,3}){3}(\/\d{1,2})?$/.test(address));
  if (wrong !== undefined) throw new ClusterError(`"${wrong}" is neither api nor an IPv4 address`);
  return faults.partition(nodeNamed(node), others);
}

function nodeNamed(name: string): NodeName {
  if (isNodeName(name)) return name;
  throw new ClusterError(`there is no node "${name}"; there are: ${nodeNames.join(', ')}`);
}

function delayOf(text: string): number {
  const delayMs = Number(text);
  if (text !== '' && Number.isInteger(delayMs) && delayMs >= 0 && delayMs <= 60_000) return delayMs;
  throw new ClusterError(`"${text}" is not a number of milliseconds from 0 to 60000`);
}
