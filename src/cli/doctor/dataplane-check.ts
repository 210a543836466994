/**
 * Owns what the doctor says of the dataplane: how long after a change of an EndpointSlice traffic goes the new way.
 * Must not read it from the cluster.
 */
import { limits } from '../cluster/limits.ts';
import type { Seen } from '../cluster/seen.ts';
import type { ProxySettings } from './decode-proxy-settings.ts';
import { costs, type Finding, hidden, ok } from './finding.ts';

export interface Dataplane {
  /** Undefined: there is no such ConfigMap. */
  readonly proxy: Seen<ProxySettings | undefined>;
  /** Whether Cilium's ConfigMap is there. */
  readonly cilium: Seen<boolean>;
}

/** What kube-proxy pauses by default, for where its settings cannot be read. */
const pauseUsualMs = 1_000;

/** Cilium collects changes of EndpointSlices for so long (cilium#46059 makes it a setting). */
const ciliumPauseMs = 500;

export function checkDataplane({ proxy, cilium }: Dataplane): Finding {
  if (proxy.kind === 'seen' && proxy.value !== undefined) return checkProxy(proxy.value);
  if (cilium.kind === 'seen' && cilium.value) {
    return costs(
      'Cilium',
      ciliumPauseMs,
      'it takes up changed endpoints in rounds',
      'Cilium versions from May 2026 on have a setting for the length of a round (cilium#46059)',
    );
  }
  const because =
    proxy.kind === 'hidden'
      ? proxy.because
      : 'kube-system has no ConfigMap of kube-proxy, and none of Cilium';
  return hidden(
    'dataplane',
    `${because}. By default kube-proxy pauses ${pauseUsualMs} ms between two changes`,
  );
}

function checkProxy({ mode, pauseMs }: ProxySettings): Finding {
  const settings = `${mode} mode, minSyncPeriod ${pauseMs} ms`;
  if (pauseMs <= limits.proxyPauseMs) return ok('kube-proxy', settings);
  const sentence = `${settings}: it takes up a change at once only where no endpoint of any Service has changed within that time`;
  return costs(
    'kube-proxy',
    pauseMs,
    sentence,
    `${mendOf(mode)}, in ConfigMap kube-system/kube-proxy; then restart its pods`,
  );
}

/** An iptables sync of a large cluster takes hundreds of ms: without a pause it would do nothing else. */
function mendOf(mode: string): string {
  if (mode === 'nftables') return 'set nftables.minSyncPeriod to 10ms';
  return 'set mode to nftables (kernel 5.13 or newer) and nftables.minSyncPeriod to 10ms';
}

/** The most that the pause between two changes can cost, as far as it is known. */
export function pauseOf({ proxy, cilium }: Dataplane): number {
  if (proxy.kind === 'seen' && proxy.value !== undefined) return proxy.value.pauseMs;
  return cilium.kind === 'seen' && cilium.value ? ciliumPauseMs : pauseUsualMs;
}
