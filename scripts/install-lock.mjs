/*
 * Owns the lock that lets one process at a time install packages into this checkout.
 * The lock is a file that comes into being with its content (link of a finished file), naming its owner;
 * an owner that has died is noticed by pid and start time, so a number given out again does not keep it.
 */
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { InstallError } from './packages.mjs';

const pollMs = 100;
/** Longer than any npm ci of this project on a slow line; shorter than a user's patience with a hung one. */
const waitMsMax = 15 * 60 * 1000;

/** Runs `work` alone: waits for another living installer, takes over from a dead one. */
export async function withInstallLock(directory, work) {
  const file = path.join(directory, '.install-lock');
  await acquire(file);
  const release = () => rmSync(file, { force: true });
  process.on('exit', release);
  try {
    return await work();
  } finally {
    process.off('exit', release);
    release();
  }
}

async function acquire(file) {
  let said = false;
  for (let waitedMs = 0; !tryToTake(file); waitedMs += pollMs) {
    const owner = readOwner(file);
    if (owner !== undefined && !isAlive(owner)) removeStale(file, owner);
    else {
      if (waitedMs > waitMsMax) throw new InstallError(`another installation (pid ${owner?.pid}) holds ${file} and does not end`);
      if (!said && waitedMs >= 1000) process.stderr.write(`understudy: waiting for another installation (pid ${owner?.pid}) ...\n`);
      said ||= waitedMs >= 1000;
      await pause(pollMs);
    }
  }
}

function tryToTake(file) {
  const own = `${file}.${process.pid}`;
  try {
    writeFileSync(own, JSON.stringify({ pid: process.pid, startedAt: startOf(process.pid) }));
    linkSync(own, file);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw new InstallError(`cannot install into this checkout: ${error.message}`);
  } finally {
    rmSync(own, { force: true });
  }
}

function readOwner(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

function isAlive({ pid, startedAt }) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error.code === 'ESRCH') return false;
  }
  return startOf(pid) === startedAt;
}

/** Moves the stale lock away; should it have become another's in between, it is put back. */
function removeStale(file, stale) {
  const aside = `${file}.stale.${process.pid}`;
  try {
    renameSync(file, aside);
    const moved = readOwner(aside);
    if (moved?.pid !== stale.pid || moved?.startedAt !== stale.startedAt) linkSync(aside, file);
  } catch {
    // Someone else was faster; the next round sees what is there now.
  }
  rmSync(aside, { force: true });
}

/** The process's start in clock ticks since boot (proc(5), stat field 22), or null where there is no /proc. */
function startOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return null;
  }
}
