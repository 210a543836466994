/*
 * Owns a network in simulated time for tripwires: ports that somebody listens on, connections, and ways that are blocked.
 * It keeps the contract of the Dialer port (dialer.test.ts runs the same cases on it and on real sockets).
 */
import type {
  ConnectionEnd,
  DialEvents,
  DialedConnection,
  Dialer,
  DialFailure,
  DialTarget,
} from '../../src/controller/dialer.ts';
import type { Clock } from '../../src/time/clock.ts';

/** From here to a pod, one way. */
const oneWayMs = 0.1;
/** The kernel's buffers on both sides: more is not taken from a peer whose bytes nobody reads. */
const buffersBytes = 4_000_000;

export class SimulatedHosts implements Dialer {
  readonly #clock: Clock;
  readonly #listeners = new Map<string, SimulatedListener>();
  readonly #failures = new Map<string, DialFailure | 'dropped'>();
  /** When each dial began. */
  readonly dials: number[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `onAccept` is the server: it may end the connection, send to it, or leave it alone. */
  listen(
    target: DialTarget,
    onAccept: (connection: SimulatedConnection) => void = () => undefined,
  ): SimulatedListener {
    const listener = new SimulatedListener(onAccept, () => this.#listeners.delete(addressOf(target)));
    this.#listeners.set(addressOf(target), listener);
    return listener;
  }

  /** What becomes of every dial to that address from now on; `dropped`: nothing, ever. */
  block({ ip }: Pick<DialTarget, 'ip'>, outcome: DialFailure | 'dropped'): void {
    this.#failures.set(ip, outcome);
  }

  unblock({ ip }: Pick<DialTarget, 'ip'>): void {
    this.#failures.delete(ip);
  }

  dial(target: DialTarget, events: DialEvents): DialedConnection {
    this.dials.push(this.#clock.now());
    const connection = new SimulatedConnection(this.#clock, events);
    if (!/^[0-9a-f.:]+$/.test(target.ip) || target.port < 1 || target.port > 65_535) {
      connection.fail({ kind: 'local', code: 'ADDRESS_INVALID' });
      return connection;
    }
    this.#clock.schedule(oneWayMs, () => this.#arrive(target, connection));
    return connection;
  }

  #arrive(target: DialTarget, connection: SimulatedConnection): void {
    const blocked = this.#failures.get(target.ip);
    if (blocked === 'dropped') return;
    const listener = this.#listeners.get(addressOf(target));
    if (blocked !== undefined) connection.fail(blocked);
    else if (listener === undefined) connection.fail({ kind: 'refused' });
    else connection.accept(listener);
  }
}

export class SimulatedListener {
  readonly connections = new Set<SimulatedConnection>();
  readonly onAccept: (connection: SimulatedConnection) => void;
  /** The connections stand; new ones are refused. */
  readonly stopListening: () => void;

  constructor(onAccept: (connection: SimulatedConnection) => void, stopListening: () => void) {
    this.onAccept = onAccept;
    this.stopListening = stopListening;
  }

  /** As the kernel does for a killed process. */
  kill(): void {
    this.stopListening();
    this.endAll('fin');
  }

  endAll(by: ConnectionEnd): void {
    for (const connection of [...this.connections]) connection.end(by);
  }
}

/** Both ends of one: the methods of DialedConnection are the client's, the others the server's. */
export class SimulatedConnection implements DialedConnection {
  readonly #clock: Clock;
  readonly #events: DialEvents;
  #listener: SimulatedListener | undefined;
  #isClosed = false;
  #isRead = true;
  #bufferedBytes = 0;

  constructor(clock: Clock, events: DialEvents) {
    this.#clock = clock;
    this.#events = events;
  }

  accept(listener: SimulatedListener): void {
    if (this.#isClosed) return;
    this.#listener = listener;
    listener.connections.add(this);
    this.#deliver(() => this.#events.accepted());
    listener.onAccept(this);
  }

  fail(failure: DialFailure): void {
    this.#deliver(() => {
      this.#isClosed = true;
      this.#events.failed(failure);
    });
  }

  /** Whether the buffers had room for it. */
  send(bytes: number): boolean {
    if (this.#isRead) this.#deliver(() => this.#receive(bytes));
    else this.#bufferedBytes += bytes;
    return this.#bufferedBytes < buffersBytes;
  }

  end(by: ConnectionEnd): void {
    if (this.#listener?.connections.delete(this) !== true) return;
    this.#deliver(() => {
      // The news stands behind bytes that nobody reads.
      if (!this.#isRead) return;
      this.#isClosed = true;
      this.#events.ended(by);
    });
  }

  stopReading(): void {
    this.#isRead = false;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#clock.schedule(oneWayMs, () => this.#listener?.connections.delete(this));
  }

  #receive(bytes: number): void {
    if (this.#isRead) this.#events.bytes(bytes);
    else this.#bufferedBytes += bytes;
  }

  #deliver(run: () => void): void {
    this.#clock.schedule(oneWayMs, () => {
      if (!this.#isClosed) run();
    });
  }
}

function addressOf({ ip, port }: DialTarget): string {
  return `${ip}:${port}`;
}
