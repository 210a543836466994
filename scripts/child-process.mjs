/*
 * Owns running a child as if it were this process: same standard streams, same signals, same end.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Signals that a terminal sends to every process of its foreground group, so the child has them already. */
const ofTerminal = ['SIGINT', 'SIGQUIT', 'SIGHUP'];
const ofOthers = ['SIGTERM', 'SIGUSR2'];

/** Becomes `command args...`. Where Node can, by execve; otherwise a child runs and this process ends as it did. */
export async function runInPlace(command, args) {
  if (command === process.execPath && typeof process.execve === 'function') {
    process.execve(command, [command, ...args], process.env);
  }
  const child = spawn(command, args, { stdio: 'inherit' });
  const stopForwarding = forwardSignals(child);
  const [code, signal] = await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (...ended) => resolve(ended));
  });
  stopForwarding();
  endLikeChild(code, signal);
}

/** Passes each signal on once: none that the terminal has sent to the child too. Returns the undoing. */
export function forwardSignals(child) {
  const handlers = [...ofTerminal, ...ofOthers].map((name) => {
    const handler = () => {
      if (ofTerminal.includes(name) && terminalReachesChild()) return;
      child.kill(name);
    };
    process.on(name, handler);
    return [name, handler];
  });
  return () => {
    for (const [name, handler] of handlers) process.off(name, handler);
  };
}

/** Ends this process the way the child ended: same exit code, or the same signal. */
export function endLikeChild(code, signal) {
  if (signal === null) process.exit(code);
  process.kill(process.pid, signal);
  // A signal that this process cannot die of (ignored by whoever started it): the shell's number for it.
  setTimeout(() => process.exit(128 + (signalNumbers[signal] ?? 0)), 100);
}

const signalNumbers = { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGABRT: 6, SIGKILL: 9, SIGUSR2: 12, SIGSEGV: 11, SIGTERM: 15 };

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
