/**
 * Owns reading the machine's processes from /proc (proc(5)): by what they were called, by whom they belong to.
 * Must not end any of them.
 */
import { readdirSync, readFileSync } from 'node:fs';

export interface ProcessEntry {
  readonly pid: number;
  readonly words: readonly string[];
}

/** Every process whose words (argv) satisfy the condition. */
export function findProcesses(matches: (words: readonly string[]) => boolean): readonly ProcessEntry[] {
  return allPids().flatMap((pid) => {
    const words = read(pid, 'cmdline').split('\0');
    return matches(words) ? [{ pid, words }] : [];
  });
}

function allPids(): readonly number[] {
  return readdirSync('/proc').map(Number).filter(Number.isInteger);
}

/** Its number in the innermost PID namespace; undefined once it is gone. */
export function innermostPid(pid: number): number | undefined {
  const numbers = /^NSpid:\s+(.*)$/m.exec(read(pid, 'status'))?.[1]?.split(/\s+/);
  return numbers === undefined ? undefined : Number(numbers.at(-1));
}

/** The process that ends a container when it ends: of those in its cgroup, the first of the container's PID namespace. */
export function mainProcessOf(containerId: string): number | undefined {
  return allPids().find((pid) => read(pid, 'cgroup').includes(containerId) && innermostPid(pid) === 1);
}

/**
 * What tells this process from a later one with the same number: its start in clock ticks since boot. Undefined once it
 * has ended: of a process that is killed the first thread may be gone while others still hold its ports.
 */
export function startOf(pid: number): string | undefined {
  const stat = read(pid, 'stat');
  if (stat === '') return undefined;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const isFirstThreadGone = fields[0] === 'Z' || fields[0] === 'X';
  return isFirstThreadGone && threadsOf(pid) <= 1 ? undefined : fields[19];
}

function threadsOf(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/task`).length;
  } catch {
    return 0;
  }
}

/** Empty for a process that has gone in the meantime. */
function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
