/**
 * Owns the wall around a run: whoever asks for real time, chance, a socket or a process inside it gets an error that says
 * why, and a run that did so is none.
 * Must not change what runs outside of a run.
 */
import childProcess from 'node:child_process';
import dgram from 'node:dgram';
import dns from 'node:dns';
import net from 'node:net';

class EscapeError extends Error {
  readonly code = 'SIMULATION_ESCAPE';
  readonly retry = 'never';

  constructor(what: string) {
    super(`${what} was used inside a simulation: there is only the world's clock, chance and network`);
    this.name = 'EscapeError';
  }
}

interface Forbidden {
  readonly owner: object;
  readonly name: string;
}

const forbidden: readonly Forbidden[] = [
  ...['setTimeout', 'setInterval', 'setImmediate'].map((name) => ({ owner: globalThis, name })),
  { owner: Date, name: 'now' },
  { owner: Math, name: 'random' },
  { owner: performance, name: 'now' },
  { owner: crypto, name: 'randomUUID' },
  { owner: crypto, name: 'getRandomValues' },
  { owner: net, name: 'connect' },
  { owner: net, name: 'createConnection' },
  { owner: net, name: 'createServer' },
  { owner: dgram, name: 'createSocket' },
  { owner: dns, name: 'lookup' },
  { owner: childProcess, name: 'spawn' },
];

/** Runs `run` behind the wall. One at a time in a process. */
export async function walledOff<Result>(run: () => Promise<Result>): Promise<Result> {
  const undo = [...forbidden.map(forbid), forbidPresentDate()];
  try {
    return await run();
  } finally {
    for (const each of undo.toReversed()) each();
  }
}

function forbid({ owner, name }: Forbidden): () => void {
  const own = Object.getOwnPropertyDescriptor(owner, name);
  Object.defineProperty(owner, name, {
    configurable: true,
    value: () => {
      throw new EscapeError(name);
    },
  });
  return () => {
    if (own === undefined) Reflect.deleteProperty(owner, name);
    else Object.defineProperty(owner, name, own);
  };
}

/** A date of a given time is arithmetic; one of the present time is a clock. */
function forbidPresentDate(): () => void {
  const RealDate = Date;
  globalThis.Date = new Proxy(RealDate, {
    construct(target, given) {
      if (given.length === 0) throw new EscapeError('new Date()');
      return Reflect.construct(target, given);
    },
  });
  return () => {
    globalThis.Date = RealDate;
  };
}
