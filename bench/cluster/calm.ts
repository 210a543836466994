/**
 * Owns knowing for how long something about the cluster has not changed.
 * Must not know what: it is given as a text.
 */

import type { ClientProcess } from '../../src/cli/steady-client/client-process.ts';
import { machineNowMs } from '../../src/cli/steady-client/machine-time.ts';
import type { PodObject } from '../../src/kube/decode-pod.ts';
import type { Recorder } from '../../test/e2e/recorder/recorder.ts';

const calmWithinMs = 120_000;

export class Calm {
  readonly #recorder: Recorder;
  readonly #describe: () => string;
  readonly #unsubscribe: () => void;
  #text: string;
  #sinceMs = machineNowMs();

  /** `describe` is asked after each change that the recorder hears of. */
  constructor(recorder: Recorder, describe: () => string) {
    this.#recorder = recorder;
    this.#describe = describe;
    this.#text = describe();
    this.#unsubscribe = recorder.subscribe(() => this.#look());
  }

  get forMs(): number {
    return machineNowMs() - this.#sinceMs;
  }

  /** Resolves when it has lasted for so long. The clients are what the time is told by. Rejects with NotReached. */
  async reached(neededMs: number, what: string, { log }: ClientProcess): Promise<void> {
    await this.#recorder.waitFor(
      () => (this.forMs >= neededMs ? {} : `${neededMs} ms without a change in ${what}`),
      calmWithinMs,
      [(listener) => log.subscribe(listener)],
    );
  }

  stop(): void {
    this.#unsubscribe();
  }

  #look(): void {
    const text = this.#describe();
    if (text === this.#text) return;
    this.#text = text;
    this.#sinceMs = machineNowMs();
  }
}

/** What matters of pods; what is written on them beside that may change all the time. */
export function describePods(pods: readonly PodObject[]): string {
  const lines = pods.map(({ uid, ready, deletion, labels, containers }) => [
    uid,
    ready,
    deletion !== undefined,
    labels.role,
    ...containers.map(({ containerId }) => containerId),
  ]);
  return JSON.stringify(lines);
}
