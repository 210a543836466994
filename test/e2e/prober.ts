/**
 * Owns the prober: clients of a singleton's Service inside a node's network, in a process of their own.
 * Must not judge what they see.
 */
import { type ClientProcess, startClientProcess } from '../../src/cli/steady-client/client-process.ts';
import type { Machine } from './bed.ts';
import { podOf } from './checkers/turns.ts';
import type { Singleton } from './singleton/singleton.ts';

export interface ProberOptions {
  readonly machine?: Machine;
  readonly everyMs?: number;
  /**
   * Below a SYN's first repeat (1 s), which would hide that the first one was lost; and not far below it: three machines on
   * two processors stall for a quarter of a second now and then, and who is answered late was answered.
   */
  readonly timeoutMs?: number;
  /** 0: none are sent. The sample application of examples/hapod does not answer them. */
  readonly datagramsEveryMs?: number;
}

/**
 * At one attempt every 2 ms each is used again after 109 s. Whatever a node holds of a connection that was reset or never
 * answered is forgotten by then (nf_conntrack_tcp_timeout_close: 10 s). Below are the ports of the node's own components.
 */
const localPorts = { from: 10_300, to: 65_000 };
/** Twenty minutes at one attempt every 2 ms. */
const attemptsMax = 600_000;
const answerWithinMs = 30_000;

export function startProber(singleton: Singleton, options: ProberOptions = {}): ClientProcess {
  const { machine = 'node1', everyMs = 2, timeoutMs = 900, datagramsEveryMs = 10 } = options;
  const target = singleton.place.address;
  const datagrams = { target, everyMs: datagramsEveryMs, timeoutMs };
  return startClientProcess(
    { target, everyMs, timeoutMs, localPorts, attemptsMax, ...(datagramsEveryMs > 0 ? { datagrams } : {}) },
    (command) =>
      singleton.stage.bed.spawnIn(machine, command, {
        stdio: ['pipe', 'pipe', 'inherit'],
      }),
  );
}

/** Resolves when the last answer that clients got came from this pod, to datagrams too where they are sent. */
export async function answersOf(
  prober: ClientProcess,
  singleton: Singleton,
  pod: string,
  withinMs = answerWithinMs,
): Promise<void> {
  const logs = [prober.log, prober.datagrams];
  await singleton.stage.recorder.waitFor(
    () => {
      const asked = logs.filter(({ attempts }) => attempts.length > 0);
      const isAll = asked.every((log) => podOf(log.lastAnswer()?.outcome.line ?? '') === pod);
      return isAll && asked.length > 0 ? {} : `${pod} to answer`;
    },
    withinMs,
    logs.map((log) => (listener) => log.subscribe(listener)),
  );
}
