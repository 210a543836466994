/**
 * Owns the process around a steady client: it asks from outside, so that nobody else's work delays its clock.
 * Must not outlive its parent: when its stdin ends, the process does.
 */
import process from 'node:process';
import { createInterface } from 'node:readline';
import type { Attempt } from './attempt.ts';
import type { ClientOptions, ClientReport } from './client-process.ts';
import type { Target } from './connection-attempt.ts';
import { startDatagramClient } from './datagram-client.ts';
import { startSteadyClient } from './steady-client.ts';

/** How long attempts are collected before they are sent up in one line: its reading is work for who is measured. */
const batchMs = 50;

// What stands here was written by client-process.ts and nobody else.
const { target, everyMs, timeoutMs, localPorts, datagrams }: ClientOptions = JSON.parse(
  process.argv[2] ?? '{}',
);
let connectionBatch: Attempt[] = [];
let datagramBatch: Attempt[] = [];

// Only the code of an error is looked at, and during an outage there is one every few milliseconds.
Error.stackTraceLimit = 0;

const start = (next: Target) =>
  startSteadyClient({
    target: next,
    everyMs,
    localPorts,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    onAttempt: (attempt) => connectionBatch.push(attempt),
  });
let stop = start(target);
const stopDatagrams =
  datagrams === undefined
    ? undefined
    : startDatagramClient({ ...datagrams, onAttempt: (attempt) => datagramBatch.push(attempt) });

const sending = setInterval(() => {
  if (connectionBatch.length === 0 && datagramBatch.length === 0) return;
  const report: ClientReport = { connections: connectionBatch, datagrams: datagramBatch };
  process.stdout.write(`${JSON.stringify(report)}\n`);
  connectionBatch = [];
  datagramBatch = [];
}, batchMs);

const orders = createInterface({ input: process.stdin });
orders.on('line', (line) => {
  stop();
  stop = start(JSON.parse(line));
});
orders.on('close', () => {
  clearInterval(sending);
  stop();
  stopDatagrams?.();
});
// A parent that goes away says so by the end of stdin; that a line could not be written says nothing more.
process.stdout.on('error', () => undefined);
// Ctrl-C reaches the whole foreground group; the parent decides when this process is no longer needed.
process.on('SIGINT', () => undefined);
