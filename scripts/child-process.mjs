/*
 * Owns running a child as if it were this process: same standard streams, same signals, same end.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import os from 'node:os';

/** Signals that a terminal sends to every process of its foreground group, so the child has them already. */
const ofTerminal = new Set(['SIGINT', 'SIGQUIT', 'SIGHUP']);
/** @type {readonly NodeJS.Signals[]} */
const forwarded = ['SIGINT', 'SIGQUIT', 'SIGHUP', 'SIGTERM', 'SIGUSR2'];

/**
 * Becomes `command args...`. Where Node can, by execve; otherwise a child runs and this process ends as it did.
 * @param {string} command
 * @param {string[]} args
 */
export async function runInPlace(command, args) {
  if (command === process.execPath && typeof process.execve === 'function' && !npmRepeatsInterrupt()) {
    process.execve(command, [command, ...args], process.env);
  }
  const child = spawn(command, args, { stdio: 'inherit' });
  const forwarding = forwardSignals(child);
  /** @type {[number | null, NodeJS.Signals | null]} */
  const [code, signal] = await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (...ended) => resolve(ended));
  });
  forwarding.stop();
  if (signal === null) process.exit(code ?? 1);
  endBySignal(signal);
}

/**
 * Passes each signal on once: none that the terminal has sent to the child too.
 * @param {import('node:child_process').ChildProcess} child
 * @returns {{ stop(): void, received(): NodeJS.Signals | undefined }} how to end it, and the last signal that came
 */
export function forwardSignals(child) {
  /** @type {NodeJS.Signals | undefined} */
  let received;
  /** @param {NodeJS.Signals} name */
  const forward = (name) => {
    received = name;
    if (!(ofTerminal.has(name) && terminalReachesChild())) child.kill(name);
  };
  for (const name of forwarded) process.on(name, forward);
  return {
    stop() {
      for (const name of forwarded) process.off(name, forward);
    },
    received: () => received,
  };
}

/**
 * At a terminal, npm passes on the Ctrl-C that its script has got from the terminal already: a process in between
 * takes the second one.
 */
function npmRepeatsInterrupt() {
  return process.env.npm_lifecycle_event !== undefined && process.stdin.isTTY;
}

/**
 * Ends this process by the signal, so that whoever waits for it sees the same end as for the program itself.
 * @param {NodeJS.Signals} signal
 */
export function endBySignal(signal) {
  process.kill(process.pid, signal);
  // Still here: the signal is ignored in this process. The shell's number for it says the same.
  setTimeout(() => process.exit(128 + os.constants.signals[signal]), 100);
}

/** proc(5), stat: field 5 is our process group, field 8 the terminal's foreground group. */
function terminalReachesChild() {
  if (!process.stdin.isTTY) return false;
  try {
    const stat = readFileSync('/proc/self/stat', 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[2] === fields[5];
  } catch {
    return true;
  }
}
