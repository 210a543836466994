/**
 * Owns the network of the world: between which hosts nothing arrives at the moment, and how long what arrives takes.
 * Must not carry anything: who sends asks here first.
 */
import type { Clock, MonotonicMs, Random } from '../../src/time/clock.ts';

/** The API server's own host; the others are nodes, by name. */
export const apiHost = 'api';

export interface NetworkOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** One way between two hosts: at least this, and on average as much again. */
  readonly latencyMs: number;
}

export class Network {
  readonly #options: NetworkOptions;
  readonly #cuts = new Map<string, number>();
  readonly #slow = new Map<string, number>();
  readonly #brokenSince = new Map<string, MonotonicMs>();
  #lossOfDatagrams = 0;

  constructor(options: NetworkOptions) {
    this.#options = options;
  }

  /** One way. Cuts add up: it heals when as many have been taken back. */
  cut(from: string, to: string): void {
    const key = keyOf(from, to);
    const cuts = (this.#cuts.get(key) ?? 0) + 1;
    this.#cuts.set(key, cuts);
    const pair = pairOf(from, to);
    if (!this.#brokenSince.has(pair)) this.#brokenSince.set(pair, this.#options.clock.now());
  }

  heal(from: string, to: string): void {
    const key = keyOf(from, to);
    const cuts = (this.#cuts.get(key) ?? 0) - 1;
    if (cuts > 0) this.#cuts.set(key, cuts);
    else this.#cuts.delete(key);
    if (!this.isCut(from, to) && !this.isCut(to, from)) this.#brokenSince.delete(pairOf(from, to));
  }

  /** Both ways, to and from each of them. */
  isolate(host: string, others: readonly string[]): void {
    for (const other of others) {
      this.cut(host, other);
      this.cut(other, host);
    }
  }

  rejoin(host: string, others: readonly string[]): void {
    for (const other of others) {
      this.heal(host, other);
      this.heal(other, host);
    }
  }

  isCut(from: string, to: string): boolean {
    return this.#cuts.has(keyOf(from, to));
  }

  /** Since when one way or the other has been cut; undefined where none is. */
  brokenSince(one: string, other: string): MonotonicMs | undefined {
    return this.#brokenSince.get(pairOf(one, other));
  }

  /** What goes there takes so much longer; 0 ends it. */
  slowDown(from: string, to: string, byMs: number): void {
    if (byMs > 0) this.#slow.set(keyOf(from, to), byMs);
    else this.#slow.delete(keyOf(from, to));
  }

  /** Of a datagram, whoever sends it where; connections send again what was lost. */
  loseDatagrams(share: number): void {
    this.#lossOfDatagrams = share;
  }

  /** How often a datagram arrives: 0 lost, 2 doubled. */
  copiesOfDatagram(from: string, to: string): number {
    if (this.isCut(from, to)) return 0;
    const { random } = this.#options;
    if (random.fraction() < this.#lossOfDatagrams) return 0;
    return random.fraction() < this.#lossOfDatagrams / 4 ? 2 : 1;
  }

  delayMs(from: string, to: string): number {
    const { random, latencyMs } = this.#options;
    return latencyMs * (1 - Math.log(1 - random.fraction())) + (this.#slow.get(keyOf(from, to)) ?? 0);
  }

  healAll(): void {
    this.#slow.clear();
    this.#lossOfDatagrams = 0;
  }
}

function keyOf(from: string, to: string): string {
  return `${from}>${to}`;
}

function pairOf(one: string, other: string): string {
  return one < other ? keyOf(one, other) : keyOf(other, one);
}
