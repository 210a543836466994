/**
 * Owns a steady client in a process of its own, seen from the parent: start, what it has seen, stop.
 * Must not leave the process behind: it ends with stop(), and by itself when this process is gone.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Attempt } from './attempt.ts';
import { ClientLog } from './client-log.ts';
import type { Target } from './connection-attempt.ts';

const program = fileURLToPath(new URL('./steady-client-process.ts', import.meta.url));

export interface ClientProcess {
  readonly log: ClientLog;
  readonly pid: number | undefined;
  /** Goes on with another address. What was under way to the old one is forgotten. */
  moveTo(target: Target): void;
  stop(): Promise<void>;
}

export function startClientProcess(target: Target, everyMs: number): ClientProcess {
  const child = fork(program, [target.host, String(target.port), String(everyMs)], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    serialization: 'json',
  });
  const log = new ClientLog();
  // What comes over this channel was sent by steady-client-process.ts and nobody else.
  child.on('message', (batch: Attempt[]) => log.add(batch));
  return {
    log,
    pid: child.pid,
    moveTo: (next) => {
      if (child.connected) child.send(next);
    },
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      if (child.connected) child.disconnect();
      await ended;
    },
  };
}
