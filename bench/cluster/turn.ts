/**
 * Owns that one measurement at a time runs on a cluster that others may use: two would spoil each other's figures.
 * Must not wait for its turn: the other one may take hours.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { ClusterError } from '../../test/cluster/cluster-error.ts';
import { stateDirectory } from '../../test/cluster/paths.ts';
import { startOf } from '../../test/cluster/process-table.ts';

interface Holder {
  readonly pid: number;
  /** So that a later process of the same number is not taken for it. */
  readonly startedAt: string | undefined;
}

/** It goes with the cluster. */
const turnFile = path.join(stateDirectory, 'measured-by.json');

/** Returns what gives it back. @throws ClusterError where another living process has it */
export function takeTurn(file = turnFile): () => void {
  const own: Holder = { pid: process.pid, startedAt: startOf(process.pid) };
  for (;;) {
    try {
      writeFileSync(file, JSON.stringify(own), { flag: 'wx' });
      return () => rmSync(file, { force: true });
    } catch (error) {
      if (!isThere(error)) throw error;
    }
    const holder = readHolder(file);
    if (holder !== undefined && holder.startedAt !== undefined && startOf(holder.pid) === holder.startedAt)
      throw new ClusterError(`another measurement runs on this cluster (pid ${holder.pid})`);
    rmSync(file, { force: true });
  }
}

function isThere(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EEXIST';
}

function readHolder(file: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Holder;
  } catch {
    return undefined;
  }
}
