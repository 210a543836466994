/**
 * Owns how a person or a supervisor ends a command: Ctrl-C, SIGTERM or a closed terminal, each taken as a wish.
 * Must not end the process: the command does, once it has put everything in order.
 */
import process from 'node:process';

const exitCodes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

type SignalName = keyof typeof exitCodes;

/** A command was ended by a signal before it was done. */
export class EndedBySignal extends Error {
  readonly code = 'ENDED_BY_SIGNAL';
  readonly retry = 'never';
  /** What a shell shows for a process that died of the signal. */
  readonly exitCode: number;

  constructor(name: SignalName) {
    super(`ended by ${name}`);
    this.name = 'EndedBySignal';
    this.exitCode = exitCodes[name];
  }
}

export interface Ending {
  /** Aborted at the first signal, with an EndedBySignal as its reason. */
  readonly signal: AbortSignal;
  /** Resolves at the first signal. */
  readonly signalled: Promise<void>;
  /** Gives the signals back their usual effect. */
  stop(): void;
}

/** From now on these signals are taken as a wish; a second one does not hurry what is under way. */
export function endOnSignal(): Ending {
  const controller = new AbortController();
  const { promise, resolve } = Promise.withResolvers<void>();
  const onSignal = (name: NodeJS.Signals) => {
    if (name === 'SIGINT' || name === 'SIGTERM' || name === 'SIGHUP')
      controller.abort(new EndedBySignal(name));
    resolve();
  };
  const names = Object.keys(exitCodes);
  for (const name of names) process.on(name, onSignal);
  return {
    signal: controller.signal,
    signalled: promise,
    stop: () => {
      for (const name of names) process.off(name, onSignal);
    },
  };
}
