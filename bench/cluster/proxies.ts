/**
 * Owns how the nodes' kube-proxies are set while scenes are measured: as they were found, or with the shorter pause.
 * Must not change anything where nothing changes: each restart of them is a small outage.
 */

import { setMinSyncPeriod } from '../../test/cluster/faults.ts';
import { readProxyFile } from '../../test/cluster/node.ts';
import type { MeasuredScene } from './measured-scenes.ts';

/** The setting that takes away what other Services' changes cost; kube-proxy's own default is 1 s. */
export const tunedMinSyncPeriod = '10ms';

export class Proxies {
  readonly #found = readProxyFile('node1').minSyncPeriod;
  #current = this.#found;

  /** Resolves when both have been started anew, where they had to. */
  async set(proxy: MeasuredScene['proxy']): Promise<void> {
    const wanted = proxy === 'tuned' ? tunedMinSyncPeriod : this.#found;
    if (wanted === this.#current) return;
    this.#current = wanted;
    await setMinSyncPeriod(wanted);
  }
}
