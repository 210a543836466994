/**
 * Owns a client that sends numbered datagrams from one port, every few milliseconds, and waits for each one's answer.
 * Must not send one twice: a lost datagram is an outcome.
 */
import { createSocket } from 'node:dgram';
import type { Clock, Timer } from '../../time/clock.ts';
import { realClock } from '../../time/real-clock.ts';
import type { Attempt, Outcome } from './attempt.ts';
import { codeOf, type Target } from './connection-attempt.ts';
import { machineNowMs } from './machine-time.ts';

export interface DatagramClientOptions {
  readonly target: Target;
  readonly everyMs: number;
  /** After which a datagram counts as lost. An answer that comes later is not heard. */
  readonly timeoutMs?: number;
  readonly onAttempt: (attempt: Attempt) => void;
  readonly clock?: Clock;
}

/**
 * Starts at once. It sends `NUMBER`, and takes `NUMBER LINE` for the answer LINE. One port throughout: to a proxy that
 * keeps flows apart it is one flow. The returned function stops it and forgets the datagrams that are under way.
 */
export function startDatagramClient(options: DatagramClientOptions): () => void {
  const { target, everyMs, timeoutMs = 1000, onAttempt, clock = realClock } = options;
  const socket = createSocket('udp4');
  /** When each was sent, oldest first. */
  const underWay = new Map<number, number>();
  let sent = 0;
  let timer: Timer | undefined;

  const end = (number: number, outcome: Outcome) => {
    const startedAtMs = underWay.get(number);
    if (startedAtMs === undefined) return;
    underWay.delete(number);
    onAttempt({ startedAtMs, endedAtMs: machineNowMs(), outcome });
  };
  const giveUpOld = () => {
    const lostBefore = machineNowMs() - timeoutMs;
    for (const [number, startedAtMs] of underWay) {
      if (startedAtMs > lostBefore) return;
      end(number, { kind: 'failed', code: 'TIMEOUT' });
    }
  };
  const turn = () => {
    timer = clock.schedule(everyMs, turn);
    giveUpOld();
    sent += 1;
    const number = sent;
    underWay.set(number, machineNowMs());
    socket.send(`${number}\n`, (error) => {
      if (error) end(number, { kind: 'failed', code: codeOf(error) });
    });
  };
  socket.on('message', (message) => {
    const text = message.toString('utf8').trimEnd();
    const space = text.indexOf(' ');
    end(Number(text.slice(0, space)), { kind: 'answered', line: text.slice(space + 1) });
  });
  // An unreachable port is told here and by the next send; which datagram met it is not said.
  socket.on('error', () => undefined);
  socket.connect(target.port, target.host, turn);
  return () => {
    timer?.cancel();
    underWay.clear();
    socket.close();
  };
}
