/**
 * Owns the process around a steady client: it asks from outside, so that nobody else's work delays its clock.
 * Must not outlive its parent: when the channel to it closes, the process ends.
 */
import process from 'node:process';
import type { Attempt } from './attempt.ts';
import type { Target } from './connection-attempt.ts';
import { startSteadyClient } from './steady-client.ts';

/** How long attempts are collected before they are sent up in one message: its reading is work for who is measured. */
const batchMs = 50;

const [host = '', port = '', everyMs = ''] = process.argv.slice(2);
let batch: Attempt[] = [];

// Only the code of an error is looked at, and during an outage there is one every few milliseconds.
Error.stackTraceLimit = 0;

const start = (target: Target) =>
  startSteadyClient({ target, everyMs: Number(everyMs), onAttempt: (attempt) => batch.push(attempt) });
let stop = start({ host, port: Number(port) });
const sending = setInterval(() => {
  // A parent that goes away in between says so by 'disconnect'; the error of this very send says nothing more.
  if (batch.length > 0 && process.connected) process.send?.(batch, undefined, undefined, () => undefined);
  batch = [];
}, batchMs);

// What comes over this channel was sent by client-process.ts and nobody else.
process.on('message', (target: Target) => {
  stop();
  stop = start(target);
});
process.on('disconnect', () => {
  clearInterval(sending);
  stop();
});
// Ctrl-C reaches the whole foreground group; the parent decides when this process is no longer needed.
process.on('SIGINT', () => undefined);
