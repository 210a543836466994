/**
 * Owns reading what the doctor looks at, as far as the cluster lets it.
 * Must not judge, nor change anything: access reviews are questions.
 */

import { PODS } from '../../kube/resources.ts';
import { pause } from '../../time/clock.ts';
import type { CommandSession } from '../cluster/command-session.ts';
import { type Heartbeat, readHeartbeats } from '../cluster/heartbeats.ts';
import { limits } from '../cluster/limits.ts';
import { type Seen, seen } from '../cluster/seen.ts';
import type { ClockLook } from './control-plane-check.ts';
import type { SeenController } from './controllers-check.ts';
import type { Dataplane } from './dataplane-check.ts';
import { decodeProxySettings, type ProxySettings } from './decode-proxy-settings.ts';
import { decodeRunningPod } from './decode-running-pod.ts';
import { decodeVersion, type KubernetesVersion } from './decode-version.ts';
import { CONFIG_MAPS } from './resources.ts';

const namespace = 'kube-system';

/** kubeadm's name, and the one of Amazon's clusters. */
const proxyConfigMaps = ['kube-proxy', 'kube-proxy-config'];

/** The version, and what the answer's Date says. */
export async function readVersion({ client, clock }: CommandSession): Promise<{
  readonly version: KubernetesVersion;
  readonly look: ClockLook;
}> {
  const askedAtMs = clock.wallTimeMs();
  const { value: version, serverTimeMs } = await client.inform('/version', decodeVersion);
  return { version, look: { askedAtMs, answeredAtMs: clock.wallTimeMs(), serverTimeMs } };
}

export async function readDataplane({ client }: CommandSession): Promise<Dataplane> {
  const cilium = { namespace, name: 'cilium-config' };
  return {
    proxy: await seen(readProxySettings(client)),
    cilium: await seen(client.get(CONFIG_MAPS, cilium, () => true).then((there) => there === true)),
  };
}

async function readProxySettings(client: CommandSession['client']): Promise<ProxySettings | undefined> {
  for (const name of proxyConfigMaps) {
    const settings = await client.get(CONFIG_MAPS, { namespace, name }, decodeProxySettings);
    if (settings !== undefined) return settings;
  }
  return undefined;
}

/** What the kube-controller-manager was started with; undefined where no pod of it is to be seen. */
export function readManagerCommand({ client }: CommandSession): Promise<Seen<readonly string[] | undefined>> {
  const selection = { namespace, labelSelector: 'component=kube-controller-manager' };
  return seen(client.list(PODS, selection, decodeRunningPod).then(({ items: [first] }) => first?.command));
}

/** Looks twice, as long apart as a living controller cannot be silent; `meanwhile` runs between. */
export async function lookAtControllers(
  session: CommandSession,
  meanwhile: () => Promise<void>,
): Promise<Seen<readonly SeenController[]>> {
  const first = await seen(readHeartbeats(session.client));
  const waiting = pause(session.clock, limits.heartbeatLookMs);
  await meanwhile();
  if (first.kind === 'hidden') return first;
  await waiting;
  const second = await seen(readHeartbeats(session.client));
  if (second.kind === 'hidden') return second;
  const value = await Promise.all(
    second.value.map(async (heartbeat) => ({
      heartbeat,
      alive: hasMoved(heartbeat, first.value),
      pod: await seen(readPod(session, heartbeat)),
    })),
  );
  return { kind: 'seen', value };
}

function hasMoved(heartbeat: Heartbeat, before: readonly Heartbeat[]): boolean {
  const { namespace: home, controller, resourceVersion } = heartbeat;
  const known = before.find((one) => one.namespace === home && one.controller === controller);
  return known?.resourceVersion !== resourceVersion;
}

/** A controller in a pod has the pod's name, and says which pod of that name. */
async function readPod({ client }: CommandSession, heartbeat: Heartbeat) {
  const { podUid, controller: name } = heartbeat;
  if (podUid === undefined) return undefined;
  const pod = await client.get(PODS, { namespace: heartbeat.namespace, name }, decodeRunningPod);
  return pod?.uid === podUid ? pod : undefined;
}
