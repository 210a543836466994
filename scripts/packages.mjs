/*
 * Owns one folder's installed npm packages: whether they are what its package-lock.json says, and bringing them there.
 * npm writes node_modules/.package-lock.json last, so that file is the mark of an installation that was finished;
 * it holds versions and integrity hashes, so it also tells whether package-lock.json has changed since.
 */
import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { forwardSignals } from './child-process.mjs';

/**
 * What a lock file says of one package.
 * @typedef {{ version?: string, integrity?: string, optional?: boolean, os?: string | string[], cpu?: string | string[], libc?: string | string[] }} LockEntry
 */

/** An installation that could not be done. The message is one line for the user. */
export class InstallError extends Error {}

/** An installation that a signal has ended. */
export class InstallInterrupted extends Error {
  /** @param {NodeJS.Signals} signal */
  constructor(signal) {
    super(`installation ended by ${signal}`);
    this.signal = signal;
  }
}

/**
 * True when node_modules holds every package of package-lock.json that this machine can use.
 * @param {string} directory
 */
export function isInstalled(directory) {
  const file = path.join(directory, 'package-lock.json');
  const wanted = readPackages(file);
  if (wanted === undefined) throw new InstallError(`${file} is missing or is not a lock file`);
  const present = readPackages(finishedMark(directory));
  if (present === undefined) return false;
  return Object.entries(wanted).every(([where, entry]) => where === '' || isSatisfied(entry, present[where]));
}

/**
 * Runs `npm ci` in the folder; one line on standard error before and after. Rejects with InstallError or InstallInterrupted.
 * @param {string} directory
 * @param {string} what in the user's words
 * @param {(pid: number) => void} onStart told npm's process id
 */
export async function install(directory, what, onStart) {
  const startedAt = process.hrtime.bigint();
  // npm ci empties node_modules in no particular order: without this, a cut-off run could leave the mark behind.
  rmSync(finishedMark(directory), { force: true });
  const output = await npmCi(directory, what, onStart);
  if (!isInstalled(directory)) {
    throw new InstallError(`npm ci ended well but left ${what} incomplete: ${firstError(output)}`);
  }
  const seconds = Number(process.hrtime.bigint() - startedAt) / 1e9;
  process.stderr.write(`understudy: installed ${what} in ${seconds.toFixed(1)} s\n`);
}

/** @param {string} directory */
function finishedMark(directory) {
  return path.join(directory, 'node_modules', '.package-lock.json');
}

/**
 * @param {string} file
 * @returns {{ [where: string]: LockEntry } | undefined}
 */
function readPackages(file) {
  try {
    const packages = JSON.parse(readFileSync(file, 'utf8')).packages;
    return typeof packages === 'object' && packages !== null ? packages : undefined;
  } catch {
    return undefined;
  }
}

/**
 * @param {LockEntry} wanted
 * @param {LockEntry | undefined} present
 */
function isSatisfied(wanted, present) {
  if (present === undefined) return wanted.optional === true && !isForThisMachine(wanted);
  return present.version === wanted.version && present.integrity === wanted.integrity;
}

/**
 * Only what names its system and processor is sure to be wanted: an optional package without them may be needed by
 * nothing that is installed here, and one that names a C library leaves the choice to npm.
 * @param {LockEntry} entry
 */
function isForThisMachine({ os, cpu, libc }) {
  if (os === undefined || cpu === undefined || libc !== undefined) return false;
  return [os].flat().includes(process.platform) && [cpu].flat().includes(process.arch);
}

/** Retries after 2 and 10 s: npm's own 10 and 60 s keep someone without a network waiting for no good. */
const retries = ['--fetch-retry-mintimeout=2000', '--fetch-retry-maxtimeout=10000'];
const quiet = ['--loglevel=error', '--no-audit', '--no-fund'];
const ciArguments = ['ci', '--include=dev', '--include=optional', ...quiet, ...retries];

/**
 * @param {string} directory
 * @param {string} what
 * @param {(pid: number) => void} onStart
 * @returns {Promise<string>} all that npm said
 */
function npmCi(directory, what, onStart) {
  const { command, first } = npmCommand();
  const env = npmEnvironment();
  const child = spawn(command, [...first, ...ciArguments], {
    cwd: directory,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const forwarding = forwardSignals(child);
  if (child.pid !== undefined) onStart(child.pid);
  process.stderr.write(`understudy: installing ${what} (npm ci) ...\n`);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
      output += text;
    });
  }
  return new Promise((resolve, reject) => {
    child.on('error', (error) => {
      forwarding.stop();
      reject(new InstallError(`cannot install ${what}: npm does not start (${error.message})`));
    });
    child.on('close', (code, signal) => {
      forwarding.stop();
      const interruption = forwarding.received() ?? signal;
      if (code === 0) resolve(output);
      else if (interruption !== null) reject(new InstallInterrupted(interruption));
      else reject(new InstallError(`cannot install ${what}: npm ci failed: ${firstError(output)}`));
    });
  });
}

/** The npm that runs us, where one does: the first one on PATH may be of another Node. */
function npmCommand() {
  const running = process.env.npm_execpath;
  const isNpm = running !== undefined && /^npm(-cli)?\.[cm]?js$/.test(path.basename(running));
  return isNpm ? { command: process.execPath, first: [running] } : { command: 'npm', first: [] };
}

/** What an outer `npm run` tells its children about its own run must not steer this npm. */
const ofOuterRun = new RegExp(
  `^npm_(lifecycle_|package_|command$|config_(${[
    ['local_prefix', 'global', 'location', 'workspace', 'workspaces', 'include_workspace_root'],
    ['omit', 'include', 'only', 'production', 'dry_run', 'package_lock_only', 'package_lock'],
    ['loglevel', 'silent', 'json', 'parseable'],
  ]
    .flat()
    .join('|')})$)`,
  'i',
);

function npmEnvironment() {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !ofOuterRun.test(name)));
}

/**
 * The line of npm's output that tells most, its own prefix taken off.
 * @param {string} output
 */
function firstError(output) {
  const lines = output.split('\n').map((line) => line.replace(/^npm (error|ERR!)\s*/, '').trim());
  const telling = lines.find((line) => line !== '' && !/^(code|errno|syscall|A complete log)\b/.test(line));
  return (telling ?? 'it said nothing').slice(0, 300);
}
