/**
 * Owns an API server with parked singletons, in a process of its own, seen from the bench: start, command, stop.
 * Must not leave the process behind.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeKubeconfig } from '../src/sandbox/api/kubeconfig-file.ts';
import { temporaryFolder } from './temporary-folder.ts';

export type StoreCommand =
  /** That many singletons more, each in a namespace of its own. */
  | { readonly kind: 'add'; readonly count: number }
  /** Answered with the machine time at which every singleton has an active. */
  | { readonly kind: 'all-active' }
  /** Answered with the ms from the deletion of the active to role=active on the standby. */
  | { readonly kind: 'failover'; readonly index: number };

export type StoreAnswer =
  | { readonly kind: 'ready'; readonly url: string; readonly notifyPort: number }
  | { readonly kind: 'done' }
  | { readonly kind: 'moment'; readonly atMs: number }
  | { readonly kind: 'duration'; readonly ms: number }
  | { readonly kind: 'failed'; readonly because: string };

const program = fileURLToPath(new URL('./store-server-process.ts', import.meta.url));

export class StoreServer {
  readonly url: string;
  /** Where the parked singletons' applications hear that they are active. */
  readonly notifyPort: number;
  readonly kubeconfigPath: string;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, ready: Extract<StoreAnswer, { kind: 'ready' }>) {
    this.#child = child;
    this.url = ready.url;
    this.notifyPort = ready.notifyPort;
    this.kubeconfigPath = path.join(temporaryFolder(), 'kubeconfig');
  }

  static async start(): Promise<StoreServer> {
    const child = fork(program, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    const ready = await nextAnswer(child);
    if (ready.kind !== 'ready') throw new Error(`the API server of the bench did not start: ${ready.kind}`);
    const server = new StoreServer(child, ready);
    await writeKubeconfig(server.kubeconfigPath, { url: server.url });
    return server;
  }

  async add(count: number): Promise<void> {
    await this.#command({ kind: 'add', count });
  }

  /** The machine time at which every singleton had an active. */
  async allActive(): Promise<number> {
    const answer = await this.#command({ kind: 'all-active' });
    return answer.kind === 'moment' ? answer.atMs : Number.NaN;
  }

  /** One failover of one singleton, in ms. */
  async failover(index: number): Promise<number> {
    const answer = await this.#command({ kind: 'failover', index });
    return answer.kind === 'duration' ? answer.ms : Number.NaN;
  }

  async stop(): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.disconnect();
    await ended;
  }

  async #command(command: StoreCommand): Promise<StoreAnswer> {
    const answer = nextAnswer(this.#child);
    this.#child.send(command);
    const result = await answer;
    if (result.kind === 'failed') throw new Error(result.because);
    return result;
  }
}

/** The next message; rejects when the process ends before it. */
function nextAnswer(child: ChildProcess): Promise<StoreAnswer> {
  return new Promise((resolve, reject) => {
    const onExit = () => {
      child.off('message', onMessage);
      reject(new Error('the API server of the bench has ended'));
    };
    const onMessage = (answer: StoreAnswer) => {
      child.off('exit', onExit);
      resolve(answer);
    };
    child.once('message', onMessage);
    child.once('exit', onExit);
  });
}
