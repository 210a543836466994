/**
 * Owns what the end-to-end tests need of a cluster, whichever it is.
 * Must not start one: test/cluster does that for the real one, sandbox-bed.ts for the embedded one.
 */
import type { ChildProcess, SpawnOptions } from 'node:child_process';

export type Machine = 'control' | 'node1' | 'node2';

export interface Bed {
  /** Path of an administrator's kubeconfig that works from here. */
  readonly kubeconfig: string;
  /** Path of the API server's audit log, JSON lines; undefined where there is none. */
  readonly auditLog?: string | undefined;
  /** Runs a command inside that machine's network namespace, with the files of this one. */
  spawnIn(machine: Machine, command: readonly string[], options?: SpawnOptions): ChildProcess;
}
