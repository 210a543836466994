/**
 * Owns examples/fencing/store.ts as a process: where it listens, and what it says that it wrote and refused.
 * Must not compare epochs: that is the store's own work.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ExampleProcess } from './example-process.ts';

const program = fileURLToPath(new URL('../../../examples/fencing/store.ts', import.meta.url));

export interface StoredValue {
  readonly value: string;
  readonly epoch: number;
}

/** A file for a store, in a folder that goes with the test. */
export function storeFile(context: TestContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'understudy-fencing-'));
  // A store that is still there may write into it meanwhile.
  context.after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 20 }));
  return path.join(folder, 'store.json');
}

export interface StoreOptions {
  readonly file: string;
  readonly port?: number;
}

/** It may not come to listen: that is for who starts it to see. */
export function startStoreProcess(context: TestContext, { file, port = 0 }: StoreOptions): ExampleProcess {
  return ExampleProcess.start(context, {
    command: [process.execPath, program],
    env: { POD_IP: '127.0.0.1', STORE_PORT: String(port), STORE_FILE: file },
  });
}

export class StoreProcess {
  readonly process: ExampleProcess;
  readonly port: number;
  readonly url: string;

  static async start(context: TestContext, options?: StoreOptions): Promise<StoreProcess> {
    const process = startStoreProcess(context, options ?? { file: storeFile(context) });
    const [, port] = await process.line(/^storing, on .*"port":(\d+)/);
    return new StoreProcess(process, Number(port));
  }

  private constructor(process: ExampleProcess, port: number) {
    this.process = process;
    this.port = port;
    this.url = `http://127.0.0.1:${port}/value`;
  }

  /** In the order in which they were written. */
  get writes(): readonly StoredValue[] {
    return this.#said(/^wrote (\d+): (.*)$/);
  }

  /** With the epochs that were too low. */
  get refusals(): readonly StoredValue[] {
    return this.#said(/^refused (\d+), .* is the highest: (.*)$/);
  }

  /** Resolves when that pod has written so many values more than at the time of the call. */
  async writesOf(pod: string, more: number): Promise<void> {
    const count = () => this.writes.filter((write) => isOf(pod, write)).length;
    const enough = count() + more;
    await this.process.until(() => (count() >= enough ? {} : `${more} more writes of ${pod}`));
  }

  async refusalOf(pod: string): Promise<void> {
    await this.process.until(
      () => this.refusals.find((refusal) => isOf(pod, refusal)) ?? `a refused write of ${pod}`,
    );
  }

  async read(): Promise<StoredValue> {
    return (await (await fetch(this.url)).json()) as StoredValue;
  }

  put(epoch: number | string, value: string): Promise<Response> {
    return fetch(this.url, { method: 'PUT', headers: { epoch: String(epoch) }, body: value });
  }

  #said(pattern: RegExp): readonly StoredValue[] {
    return this.process.lines.flatMap((line) => {
      const match = pattern.exec(line);
      return match === null ? [] : [{ epoch: Number(match[1]), value: JSON.parse(match[2] ?? '') as string }];
    });
  }
}

/** The programs write `POD NUMBER`. */
export function isOf(pod: string, { value }: StoredValue): boolean {
  return value.startsWith(`${pod} `);
}
