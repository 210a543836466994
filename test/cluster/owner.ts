/**
 * Owns whose cluster it is. There is one on the machine: whose folder stands in its place has it.
 * Must not start or end anything.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ClusterError } from './cluster-error.ts';
import { runningMachines } from './machine.ts';
import { stateDirectory, statePaths } from './paths.ts';
import { startOf } from './process-table.ts';
import { machineNames } from './topology.ts';

export interface Owner {
  /** `person`: it stays until somebody says `down`. `run`: it ends with the process that started it. */
  readonly kind: 'person' | 'run';
  readonly pid: number;
  readonly processStartedAt: string;
  /** ISO 8601. */
  readonly since: string;
  readonly checkout: string;
}

export type Standing =
  | { readonly kind: 'none' }
  /** Somebody is starting it, or it runs. */
  | { readonly kind: 'owned'; readonly owner: Owner; readonly running: readonly string[] }
  /** Whoever had it died, or lost a part of it. */
  | { readonly kind: 'left over'; readonly why: string };

export function standing(): Standing {
  const running = runningMachines().map(({ name }) => name);
  const owner = readOwner();
  if (owner === undefined)
    return running.length === 0 && !existsSync(stateDirectory)
      ? { kind: 'none' }
      : { kind: 'left over', why: 'its owner is not known' };
  const isAlive = startOf(owner.pid) === owner.processStartedAt;
  if (isAlive) return { kind: 'owned', owner, running };
  if (owner.kind === 'run')
    return { kind: 'left over', why: `the run that started it (pid ${owner.pid}) has ended` };
  const missing = machineNames.filter((name) => !running.includes(name));
  return missing.length === 0
    ? { kind: 'owned', owner, running }
    : { kind: 'left over', why: `${missing.join(', ')} ${missing.length === 1 ? 'has' : 'have'} ended` };
}

function readOwner(): Owner | undefined {
  try {
    return JSON.parse(readFileSync(statePaths.owner, 'utf8')) as Owner;
  } catch {
    return undefined;
  }
}

/** One sentence for whoever wants a cluster of their own. */
export function describeOwner({ kind, pid, since, checkout }: Owner): string {
  const who = kind === 'person' ? '`npm run cluster -- up`' : `a test run (pid ${pid})`;
  return `${who} in ${checkout} has the cluster since ${since}`;
}

/** Takes the place, with everything a cluster writes in it still to come. @throws ClusterError when it is taken */
export function takePlace(kind: Owner['kind']): void {
  const processStartedAt = startOf(process.pid) ?? '';
  const owner: Owner = {
    kind,
    pid: process.pid,
    processStartedAt,
    since: new Date().toISOString(),
    checkout: process.cwd(),
  };
  // Put there in one step, the owner's name already in it: a folder that exists cannot be renamed over when it has content.
  const own = mkdtempSync(`${stateDirectory}.`);
  for (const folder of [statePaths.logs, statePaths.components, statePaths.keys])
    mkdirSync(path.join(own, path.relative(stateDirectory, folder)));
  writeFileSync(path.join(own, path.basename(statePaths.owner)), JSON.stringify(owner));
  try {
    renameSync(own, stateDirectory);
  } catch (cause) {
    rmSync(own, { recursive: true, force: true });
    const found = standing();
    throw new ClusterError(
      found.kind === 'owned'
        ? `${describeOwner(found.owner)}: npm run cluster -- down`
        : `${stateDirectory} cannot be taken: ${cause instanceof Error ? cause.message : cause}`,
      { cause },
    );
  }
}
