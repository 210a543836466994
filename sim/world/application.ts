/**
 * Owns one life of an application: it starts, listens, believes what it was told of its role, writes to a store with the
 * epoch that came with it, and ends. It may be stopped and go on later, as a process whose host was suspended.
 * Must not know the controllers: it hears notices and sees its own pod.
 */

import type { FakeBehaviour, FakeProcess } from '../../src/sandbox/node/fake-processes.ts';
import type { Clock } from '../../src/time/clock.ts';
import type { FencedStore } from './fenced-store.ts';
import { SimulatedProcess } from './process.ts';

/** How it answers a notice over a channel that has acknowledgements. */
export type AnswerStyle = 'prompt' | 'slow' | 'never' | 'wrong';

export interface ApplicationPlan {
  readonly startMs: number;
  readonly answers: AnswerStyle;
  /** After SIGTERM; then it ends by itself. */
  readonly servesOnMs: number;
  /** 0: it writes nothing. */
  readonly writeEveryMs: number;
}

export interface ApplicationIdentity {
  readonly singleton: string;
  readonly podName: string;
  readonly podUid: string;
  readonly ip: string;
  readonly node: string;
}

/** A span of time in which it believed to be active. */
export interface Belief {
  readonly epoch: number;
  readonly fromMs: number;
  untilMs: number | undefined;
}

/** An application that was told by a datagram without an epoch looks at its own pod this often. */
const readLabelEveryMs = 200;

export interface ApplicationOptions {
  readonly identity: ApplicationIdentity;
  readonly plan: ApplicationPlan;
  readonly clock: Clock;
  readonly store: FencedStore;
  readonly process: FakeProcess;
  /** What the downward API shows of its pod: the epoch, where the label says that it is active. */
  readonly labelledEpoch: () => number | undefined;
  readonly onChanged: (application: Application, what: string) => void;
}

export class Application {
  readonly identity: ApplicationIdentity;
  readonly process: SimulatedProcess;
  readonly startedAtMs: number;
  readonly beliefs: Belief[] = [];
  /** Epochs that it has heard it is active with. */
  readonly heard: number[] = [];
  endedAtMs: number | undefined;
  readonly #options: ApplicationOptions;
  #isListening = false;
  #passesProbes = true;
  #isReadingLabel = false;
  #steppedDownAt = 0;

  constructor(options: ApplicationOptions) {
    this.#options = options;
    this.identity = options.identity;
    this.process = new SimulatedProcess({ clock: options.clock });
    this.startedAtMs = options.clock.now();
    this.process.clock.schedule(options.plan.startMs, () => {
      this.#isListening = true;
      this.#say('listens');
    });
    if (options.plan.writeEveryMs > 0) this.#writeLater();
  }

  get pid(): number {
    return this.#options.process.pid;
  }

  get answers(): AnswerStyle {
    return this.#options.plan.answers;
  }

  get hasEnded(): boolean {
    return this.endedAtMs !== undefined;
  }

  /** Somebody accepts connections and datagrams at its address; a stopped process's kernel does, too. */
  get isListening(): boolean {
    return this.#isListening && !this.hasEnded;
  }

  get isReady(): boolean {
    return this.isListening && this.#passesProbes;
  }

  /** It serves, and says that it should not be sent anything. */
  refuseProbes(refuses: boolean): void {
    this.#passesProbes = !refuses;
  }

  /** It runs, and would answer a client now. */
  get isServing(): boolean {
    return this.isListening && this.process.isRunning;
  }

  get belief(): Belief | undefined {
    const last = this.beliefs.at(-1);
    return last?.untilMs === undefined ? last : undefined;
  }

  behaviour(): FakeBehaviour {
    return {
      onSignal: (signal) => {
        if (signal === 'SIGSTOP') this.#stop();
        else if (signal === 'SIGCONT') this.#goOn();
        else this.process.enter(() => this.#terminate());
      },
      onEnd: () => this.end('ended'),
    };
  }

  /** A notice that has arrived, once the process runs. `epoch` undefined: the datagram has no room for it. */
  hear(role: 'active' | 'standby', given: number | undefined, onHeard: () => void): void {
    this.process.enter(() => {
      if (!this.isListening) return;
      if (given === undefined) this.#readLabel();
      else if (role === 'active') this.#becomeActive(given);
      else this.#stepDown(given);
      onHeard();
    });
  }

  /**
   * The datagram may be faster than the label and the epoch that is written with it; until the label says active, the
   * epoch beside it is somebody else's.
   */
  #readLabel(): void {
    const epoch = this.#options.labelledEpoch();
    if (epoch !== undefined) this.#becomeActive(epoch);
    if (this.#isReadingLabel) return;
    this.#isReadingLabel = true;
    this.process.clock.schedule(readLabelEveryMs, () => {
      this.#isReadingLabel = false;
      this.#readLabel();
    });
  }

  /** What was said before that and comes after it, late or twice, is older. */
  #stepDown(epoch: number): void {
    this.#steppedDownAt = Math.max(this.#steppedDownAt, epoch);
    if (this.belief !== undefined && epoch >= this.belief.epoch) this.#endBelief(`steps down (${epoch})`);
  }

  #becomeActive(epoch: number): void {
    const { belief } = this;
    if (epoch <= this.#steppedDownAt) return;
    this.heard.push(epoch);
    if (belief === undefined || epoch > belief.epoch) this.#beginBelief(epoch);
  }

  /** For good. */
  end(how: string): void {
    if (this.hasEnded) return;
    this.endedAtMs = this.#options.clock.now();
    this.#isListening = false;
    this.#endBelief(undefined);
    this.process.kill();
    this.#say(how);
  }

  #beginBelief(epoch: number): void {
    this.#endBelief(undefined);
    this.beliefs.push({ epoch, fromMs: this.#options.clock.now(), untilMs: undefined });
    this.#say(`is active with epoch ${epoch}`);
  }

  #endBelief(what: string | undefined): void {
    const { belief } = this;
    if (belief === undefined) return;
    belief.untilMs = this.#options.clock.now();
    if (what !== undefined) this.#say(what);
  }

  #stop(): void {
    if (!this.process.isRunning) return;
    this.process.stop();
    this.#say('is stopped');
  }

  #goOn(): void {
    if (this.process.isGone || this.process.isRunning) return;
    this.#say('goes on');
    this.process.goOn();
  }

  #terminate(): void {
    this.process.clock.schedule(this.#options.plan.servesOnMs, () => this.#options.process.exit(0));
  }

  #writeLater(): void {
    const { plan, store } = this.#options;
    this.process.clock.schedule(plan.writeEveryMs, () => {
      const { belief } = this;
      if (belief !== undefined) store.write(this.identity, belief.epoch);
      this.#writeLater();
    });
  }

  #say(what: string): void {
    this.#options.onChanged(this, what);
  }
}
