/**
 * Owns what the controllers' heartbeats say to whoever looks once: which controllers there are, and when each was heard.
 * Must not say who lives by a clock: two looks do, or a person.
 */
import { decodeHeartbeat } from '../../controller/heartbeat-codec.ts';
import { words } from '../../controller/words.ts';
import { decodeLease, type LeaseObject } from '../../kube/decode-lease.ts';
import { LEASES } from '../../kube/resources.ts';
import { momentText, parseMoment, type Viewer } from '../terminal/moment.ts';
import type { ClusterClient } from './cluster-client.ts';

export interface Heartbeat {
  readonly namespace: string;
  readonly controller: string;
  /** Controllers of one group stand in for each other. */
  readonly group: string;
  /** Of the pod that it runs in; undefined outside a cluster. */
  readonly podUid: string | undefined;
  /** Moves with each renewal. */
  readonly resourceVersion: string;
  /** By the controller's own clock. */
  readonly renewedAtMs: number | undefined;
}

export async function readHeartbeats(client: ClusterClient): Promise<readonly Heartbeat[]> {
  const selection = { labelSelector: `${words.lease}=controller` };
  const { items } = await client.list(LEASES, selection, decodeLease);
  return items.map(heartbeatOf).filter((heartbeat) => heartbeat !== undefined);
}

function heartbeatOf(lease: LeaseObject): Heartbeat | undefined {
  const seen = decodeHeartbeat(lease);
  if (seen === undefined) return undefined;
  return {
    namespace: lease.namespace,
    controller: seen.identity.name,
    group: lease.labels[words.group] ?? '',
    podUid: seen.podUid,
    resourceVersion: lease.resourceVersion,
    renewedAtMs: parseMoment(lease.renewTime),
  };
}

/** One sentence: is anybody there who could act? */
export function heartbeatSentence(heartbeats: readonly Heartbeat[], viewer: Viewer): string {
  if (heartbeats.length === 0) return 'no controller has a heartbeat in this cluster: none runs';
  const each = heartbeats.map(
    ({ controller, renewedAtMs }) => `${controller} was heard at ${momentText(renewedAtMs, viewer)}`,
  );
  return `controllers: ${each.join('; ')}`;
}
