/*
 * Owns one folder's installed npm packages: whether they are what its package-lock.json says, and bringing them there.
 * npm writes node_modules/.package-lock.json last, so that file is the mark of an installation that was finished;
 * it holds versions and integrity hashes, so it also tells whether package-lock.json has changed since.
 */
import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { endLikeChild, forwardSignals } from './child-process.mjs';

/** An installation that could not be done. The message is one line for the user. */
export class InstallError extends Error {}

/** True when node_modules holds every package of package-lock.json that this machine can use. */
export function isInstalled(directory) {
  const wanted = readPackages(path.join(directory, 'package-lock.json'));
  const present = readPackages(finishedMark(directory));
  if (wanted === undefined) throw new InstallError(`${path.join(directory, 'package-lock.json')} is missing or not JSON`);
  if (present === undefined) return false;
  return Object.entries(wanted).every(([where, entry]) => where === '' || isSatisfied(entry, present[where]));
}

/** Runs `npm ci` in the folder; one line on standard error before and after. Rejects with InstallError. */
export async function install(directory, what) {
  const startedAt = process.hrtime.bigint();
  process.stderr.write(`understudy: installing ${what} (npm ci) ...\n`);
  // npm ci empties node_modules in no particular order: without this, a cut-off run could leave the mark behind.
  rmSync(finishedMark(directory), { force: true });
  const output = await npmCi(directory, what);
  if (!isInstalled(directory)) throw new InstallError(`npm ci ended well but left ${what} incomplete. ${firstError(output)}`.trim());
  const seconds = Number(process.hrtime.bigint() - startedAt) / 1e9;
  process.stderr.write(`understudy: installed ${what} in ${seconds.toFixed(1)} s\n`);
}

function finishedMark(directory) {
  return path.join(directory, 'node_modules', '.package-lock.json');
}

function readPackages(file) {
  try {
    const packages = JSON.parse(readFileSync(file, 'utf8')).packages;
    return typeof packages === 'object' && packages !== null ? packages : undefined;
  } catch {
    return undefined;
  }
}

function isSatisfied(wanted, present) {
  if (present === undefined) return wanted.optional === true && !isForThisMachine(wanted);
  return present.version === wanted.version && present.integrity === wanted.integrity;
}

/**
 * Only what names its system and processor is sure to be wanted: an optional package without them may be needed by
 * nothing that is installed here, and one that names a C library leaves the choice to npm.
 */
function isForThisMachine({ os, cpu, libc }) {
  if (os === undefined || cpu === undefined || libc !== undefined) return false;
  return [os].flat().includes(process.platform) && [cpu].flat().includes(process.arch);
}

function npmCi(directory, what) {
  const [command, ...before] = npmCommand();
  const args = [...before, 'ci', '--include=dev', '--include=optional', '--loglevel=error', '--no-audit', '--no-fund', '--no-progress'];
  const child = spawn(command, args, { cwd: directory, env: npmEnvironment(), stdio: ['ignore', 'pipe', 'pipe'] });
  const stopForwarding = forwardSignals(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
  return new Promise((resolve, reject) => {
    child.on('error', (error) => {
      stopForwarding();
      reject(new InstallError(`cannot install ${what}: npm does not start (${error.message})`));
    });
    child.on('close', (code, signal) => {
      stopForwarding();
      if (code === 0) resolve(output);
      else if (signal !== null) endLikeChild(code, signal);
      else reject(new InstallError(`cannot install ${what}: npm ci failed. ${firstError(output)}`));
    });
  });
}

/** The npm that runs us, where one does: the first one on PATH may be of another Node. */
function npmCommand() {
  const running = process.env.npm_execpath;
  return running?.endsWith('.js') && path.basename(running).startsWith('npm') ? [process.execPath, running] : ['npm'];
}

/** What an outer `npm run` tells its children about its own run must not steer this npm. */
function npmEnvironment() {
  const ofOuterRun = /^npm_(lifecycle_|package_|command$|config_(local_prefix|workspace|workspaces|include_workspace_root|global|location|omit|include|only|production|dry_run|package_lock_only|loglevel|silent|json|parseable)$)/i;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !ofOuterRun.test(name)));
}

function firstError(output) {
  const lines = output.split('\n').map((line) => line.replace(/^npm (error|ERR!)\s*/, '').trim()).filter(Boolean);
  const telling = lines.filter((line) => !/^(code|errno|syscall|A complete log)\b/.test(line));
  return (telling[0] ?? lines[0] ?? 'It said nothing.').slice(0, 300);
}
