/**
 * Owns one attempt: a new TCP connection, the first line that comes over it, and the close.
 * Must not repeat itself: steady-client.ts decides when the next one starts.
 */
import { connect } from 'node:net';
import type { Attempt, Outcome } from './attempt.ts';
import { machineNowMs } from './machine-time.ts';

export interface Target {
  readonly host: string;
  readonly port: number;
}

/** A line longer than this is no answer of the sample server: the attempt fails with TOO_LONG. */
const lineCharactersMax = 1024;

export interface AttemptOptions {
  readonly timeoutMs: number;
  /** Where it comes from; undefined: the system's choice. */
  readonly localPort?: number | undefined;
}

/** Calls `onEnd` once, `timeoutMs` after the call at the latest. The returned function gives the attempt up silently. */
export function attempt(
  target: Target,
  { timeoutMs, localPort }: AttemptOptions,
  onEnd: (attempt: Attempt) => void,
): () => void {
  const startedAtMs = machineNowMs();
  const from = localPort === undefined ? {} : { localPort };
  const socket = connect({ ...target, ...from, noDelay: true, allowHalfOpen: true });
  let text = '';
  let over = false;
  const close = () => {
    over = true;
    clearTimeout(deadline);
    socket.destroy();
  };
  const end = (outcome: Outcome) => {
    if (over) return;
    // Whoever closes first keeps the socket in TIME_WAIT for a minute: on the server's side new connections would meet
    // it, on this side one every 2 ms would use up all ports. A reset leaves none.
    if (outcome.kind === 'answered') socket.resetAndDestroy();
    close();
    onEnd({ startedAtMs, endedAtMs: machineNowMs(), outcome });
  };
  const deadline = setTimeout(() => end({ kind: 'failed', code: 'TIMEOUT' }), timeoutMs);
  socket.setEncoding('utf8');
  socket.on('data', (chunk) => {
    text += String(chunk);
    const newline = text.indexOf('\n');
    if (newline >= 0) end({ kind: 'answered', line: text.slice(0, newline).trimEnd() });
    else if (text.length > lineCharactersMax) end({ kind: 'failed', code: 'TOO_LONG' });
  });
  socket.on('end', () => end({ kind: 'failed', code: 'CLOSED' }));
  socket.on('error', (error) => end({ kind: 'failed', code: codeOf(error) }));
  return close;
}

export function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : 'UNKNOWN';
}
