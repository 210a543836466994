/**
 * Owns what is done to a running set to make it fail, each as a person or a machine would do it.
 * Must not wait for what comes of it. Every strike gives the machine time (ms) of the moment it struck.
 */
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { text as textOf } from 'node:stream/consumers';
import type { PodObject } from '../../kube/decode-pod.ts';
import { machineNowMs } from '../steady-client/machine-time.ts';
import type { HapodCluster } from './hapod-cluster.ts';

/** A process of a container, as the machine knows it. */
export interface ContainerProcess {
  readonly pod: PodObject;
  readonly container: string;
  readonly pid: number;
}

/** The processes of a pod's containers; of all of them unless some are named. */
export function processesOf(
  cluster: HapodCluster,
  pod: PodObject,
  containers: readonly string[] = pod.containers.map(({ name }) => name),
): readonly ContainerProcess[] {
  return containers.map((container) => {
    const pid = cluster.sandbox.processOf(pod.namespace, pod.name, container);
    if (pid === undefined) throw new Error(`${container} of ${pod.name} has no process`);
    return { pod, container, pid };
  });
}

/** kill -9 of all of them, with nothing in between. */
export function kill(processes: readonly ContainerProcess[]): number {
  const struckAtMs = machineNowMs();
  // A container ends with everything in it: the process leads a group of its own.
  for (const { pid } of processes) process.kill(-pid, 'SIGKILL');
  return struckAtMs;
}

/**
 * What `kubectl delete pod --force` sends. Resolves once the API has answered. The moment is that of the request, over a
 * connection that stands already: setting one up is no part of what a strike begins.
 */
export async function deleteByForce(cluster: HapodCluster, pod: PodObject): Promise<number> {
  const { url } = cluster.sandbox;
  const path = `/api/v1/namespaces/${pod.namespace}/pods/${pod.name}`;
  const options = {
    apiVersion: 'v1',
    kind: 'DeleteOptions',
    gracePeriodSeconds: 0,
    propagationPolicy: 'Background',
  };
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  try {
    await exchange({ agent, url, path, method: 'GET' });
    const struckAtMs = machineNowMs();
    const { status, text } = await exchange({ agent, url, path, method: 'DELETE', body: options });
    if (status !== 200) throw new Error(`deleting ${pod.name} by force was refused: ${status} ${text}`);
    return struckAtMs;
  } finally {
    agent.destroy();
  }
}

interface Exchange {
  readonly agent: Agent;
  readonly url: string;
  readonly path: string;
  readonly method: 'GET' | 'DELETE';
  readonly body?: object;
}

function exchange({ agent, url, path, method, body }: Exchange): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const content = body === undefined ? '' : JSON.stringify(body);
    // A DELETE is sent without its length, and so without its body, unless it is said here.
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(content) };
    const outgoing = request(new URL(path, url), { agent, method, headers }, (response) => {
      textOf(response).then((text) => resolve({ status: response.statusCode ?? 0, text }), reject);
    });
    outgoing.on('error', reject);
    outgoing.end(content);
  });
}

/** What `kubectl exec POD --container CONTAINER -- COMMAND` does. Rejects when the command fails. */
export async function execute(
  cluster: HapodCluster,
  { pod, container }: { readonly pod: PodObject; readonly container: string },
  command: readonly string[],
): Promise<void> {
  let complaint = '';
  const { namespace, name } = pod;
  const code = await cluster.sandbox.pods.exec(
    { namespace, pod: name, container, command, stdin: false, tty: false },
    {
      stdout: () => undefined,
      stderr: (chunk) => {
        complaint += Buffer.from(chunk).toString('utf8');
      },
      onStdin: () => undefined,
      onResize: () => undefined,
      abandoned: new AbortController().signal,
    },
  );
  if (code !== 0)
    throw new Error(
      `${command.join(' ')} in ${container} of ${name} ended with ${code}: ${complaint.trim()}`,
    );
}

/** Resolves to the machine time at which a process was found gone, looked for each ms. */
export function processEnd({ pid, container, pod }: ContainerProcess, withinMs: number): Promise<number> {
  const giveUpAtMs = machineNowMs() + withinMs;
  return new Promise((resolve, reject) => {
    const look = () => {
      const nowMs = machineNowMs();
      if (!isRunning(pid)) resolve(nowMs);
      else if (nowMs > giveUpAtMs)
        reject(new Error(`${container} of ${pod.name} still runs after ${withinMs / 1000} s`));
      else setTimeout(look, 1);
    };
    look();
  });
}

/** A process that has ended and is not collected yet (state Z, proc(5)) runs no more. */
function isRunning(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return !['Z', 'X'].includes(stat.charAt(stat.lastIndexOf(')') + 2));
  } catch {
    return false;
  }
}
