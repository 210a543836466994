/**
 * Owns what the command `explain` does: it reads the record, then the pods, then the nodes, and lets decide() speak.
 * Must not write anything, nor lay out a line.
 */
import { decodeNode } from '../../kube/decode-node.ts';
import { NODES, PODS } from '../../kube/resources.ts';
import {
  type Believed,
  recordOfLease,
  recordOfStatus,
  withCriticalContainers,
} from '../cluster/believed-view.ts';
import type { ClusterClient } from '../cluster/cluster-client.ts';
import { type CommandSession, complain, print, styleOf } from '../cluster/command-session.ts';
import { readPodObject, readRecord, readSingleton } from '../cluster/read-singletons.ts';
import { seen } from '../cluster/seen.ts';
import type { ManagedSingleton, SeenSingleton } from '../cluster/seen-singleton.ts';
import { explain } from './explanation.ts';
import { explanationPage } from './explanation-page.ts';

/** Resolves to the exit code. */
export async function showExplanation(
  session: CommandSession,
  target: { readonly namespace: string; readonly name: string },
): Promise<number> {
  const one = await readSingleton(session.client, target, session.clock.now());
  const nodes = await seen(session.client.list(NODES, {}, decodeNode));
  if (nodes.kind === 'hidden')
    complain(session, [`nodes are taken for what the pods say of them: ${nodes.because}`]);
  const read = await readMembers(session.client, one);
  const believed: Believed = {
    ...target,
    ...read,
    nodes: nodes.kind === 'seen' ? nodes.value.items : [],
    now: session.clock.now(),
  };
  print(session.output, explanationPage(explain(one, believed), styleOf(session)));
  return 0;
}

type ReadMembers = Pick<Believed, 'safety' | 'paused' | 'record' | 'pods'>;

async function readMembers(client: ClusterClient, one: SeenSingleton): Promise<ReadMembers> {
  if (one.kind === 'managed') return readManagedMembers(client, one);
  return { safety: 'Prompt', paused: false, record: recordOfLease(one.record), pods: one.members };
}

/** The record first: pods that are read after it are not older than what it rests on. */
async function readManagedMembers(
  client: ClusterClient,
  { namespace, name, object }: ManagedSingleton,
): Promise<ReadMembers> {
  const { matchLabels, safety, paused, criticalContainers } = object.spec;
  // In Direct mode a Lease of that name is one that the role has moved on from.
  const lease = object.status?.mode === 'Direct' ? undefined : await readRecord(client, namespace, name);
  const labelSelector = Object.entries(matchLabels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
  // An empty selector would take in every pod of the namespace: no controller accepts it.
  const pods =
    labelSelector === '' ? [] : (await client.list(PODS, { namespace, labelSelector }, readPodObject)).items;
  return {
    safety,
    paused,
    record: lease === undefined ? recordOfStatus(object) : recordOfLease(lease),
    pods: withCriticalContainers(pods, criticalContainers),
  };
}
