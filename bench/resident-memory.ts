/**
 * Owns the question how much memory a process holds.
 * Must not touch the process: it only reads what the kernel says of it.
 */
import { readFileSync } from 'node:fs';

/** Resident set in MB (10^6 bytes), as proc(5) counts it: VmRSS of /proc/PID/status, in units of 1024 bytes. */
export function residentMegabytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  if (kibibytes === undefined) throw new Error(`process ${pid} has no memory of its own`);
  return (Number(kibibytes) * 1024) / 1e6;
}
