/**
 * Owns the process around a steady client: it asks from outside, so that nobody else's work delays its clock.
 * Must not outlive its parent: when the channel to it closes, the process ends.
 */
import process from 'node:process';
import type { Attempt } from './attempt.ts';
import { startSteadyClient } from './steady-client.ts';

/** How long attempts are collected before they are sent up in one message. */
const batchMs = 20;

const [host = '', port = '', everyMs = ''] = process.argv.slice(2);
let batch: Attempt[] = [];

const stop = startSteadyClient({
  target: { host, port: Number(port) },
  everyMs: Number(everyMs),
  onAttempt: (attempt) => batch.push(attempt),
});
const sending = setInterval(() => {
  // A parent that goes away in between says so by 'disconnect'; the error of this very send says nothing more.
  if (batch.length > 0 && process.connected) process.send?.(batch, undefined, undefined, () => undefined);
  batch = [];
}, batchMs);

process.on('disconnect', () => {
  clearInterval(sending);
  stop();
});
// Ctrl-C reaches the whole foreground group; the parent decides when this process is no longer needed.
process.on('SIGINT', () => undefined);
