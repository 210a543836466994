/*
 * Owns the lock that lets one process at a time install packages into this checkout.
 * The lock is a file that comes into being with its content (link of a finished file), naming its holders;
 * holders that have died are noticed by pid and start time, so a number given out again does not keep it.
 */
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { InstallError } from './packages.mjs';

/** @typedef {{ pid: number, startedAt: string | null }} Holder */

const pollMs = 100;
/** Longer than any npm ci of this project on a slow line; shorter than a user's patience with a hung one. */
const waitMsMax = 15 * 60 * 1000;

/**
 * Runs `work` alone: waits for another living installer, takes over from a dead one. `work` is given a function
 * that adds a process to the holders: what it started goes on when this process is killed.
 * @template T
 * @param {string} directory
 * @param {(addHolder: (pid: number) => void) => Promise<T>} work
 * @param {AbortSignal} [signal] ends the wait for another one, with its reason
 * @returns {Promise<T>}
 */
export async function withInstallLock(directory, work, signal) {
  const file = path.join(directory, '.install-lock');
  await acquire(file, signal);
  const release = () => rmSync(file, { force: true });
  process.on('exit', release);
  try {
    return await work((pid) => writeAtOnce(file, [holder(process.pid), holder(pid)]));
  } finally {
    process.off('exit', release);
    release();
  }
}

/**
 * @param {string} file
 * @param {AbortSignal} [signal]
 */
async function acquire(file, signal) {
  let said = false;
  for (let waitedMs = 0; !tryToTake(file); waitedMs += pollMs) {
    signal?.throwIfAborted();
    const holders = readHolders(file);
    if (holders.length > 0 && !holders.some(isAlive)) {
      removeStale(file, holders);
      continue;
    }
    const who = `pid ${holders.map(({ pid }) => pid).join(', ') || 'unknown'}`;
    if (waitedMs > waitMsMax)
      throw new InstallError(`another installation (${who}) holds ${file} and does not end`);
    if (!said && waitedMs >= 1000) {
      said = true;
      process.stderr.write(`understudy: waiting for another installation (${who}) ...\n`);
    }
    await pause(pollMs);
  }
}

/** @param {string} file */
function tryToTake(file) {
  const own = `${file}.${process.pid}`;
  try {
    writeFileSync(own, JSON.stringify([holder(process.pid)]));
    linkSync(own, file);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw new InstallError(`cannot install into this checkout: ${error}`, { cause: error });
  } finally {
    rmSync(own, { force: true });
  }
}

/**
 * @param {string} file
 * @param {Holder[]} holders
 */
function writeAtOnce(file, holders) {
  const own = `${file}.${process.pid}`;
  writeFileSync(own, JSON.stringify(holders));
  renameSync(own, file);
}

/**
 * @param {string} file
 * @returns {Holder[]} none where the file has just gone
 */
function readHolders(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return [];
  }
}

/** @param {Holder} holder */
function isAlive({ pid, startedAt }) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
  }
  return startOf(pid) === startedAt;
}

/**
 * Moves the stale lock away; should it have become another's in between, it is put back.
 * @param {string} file
 * @param {Holder[]} stale
 */
function removeStale(file, stale) {
  const aside = `${file}.stale.${process.pid}`;
  try {
    renameSync(file, aside);
    if (JSON.stringify(readHolders(aside)) !== JSON.stringify(stale)) linkSync(aside, file);
  } catch {
    // Someone else was faster; the next round sees what is there now.
  }
  rmSync(aside, { force: true });
}

/**
 * @param {number} pid
 * @returns {Holder}
 */
function holder(pid) {
  return { pid, startedAt: startOf(pid) };
}

/**
 * The process's start in clock ticks since boot (proc(5), stat field 22), or null where there is no /proc.
 * "ended" for one that is dead but not yet waited for.
 * @param {number} pid
 */
function startOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? 'ended' : (fields[19] ?? null);
  } catch {
    return null;
  }
}
