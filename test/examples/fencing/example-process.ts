/**
 * Owns a program of examples/fencing as a real process: its start, what it prints, signals to it, its end.
 * Must not outlive the test that it was started for.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { Changes } from './changes.ts';

export interface Start {
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export class ExampleProcess {
  readonly #child: ChildProcess;
  readonly #lines: string[] = [];
  readonly #changes = new Changes();
  #ending: Ending | undefined;

  /** Ends with the test. Has no variables but those that are given. */
  static start(context: TestContext, start: Start): ExampleProcess {
    const process = new ExampleProcess(start);
    context.after(async () => {
      process.signal('SIGKILL');
      await process.ended();
    });
    return process;
  }

  private constructor({ command: [program = '', ...parameters], env }: Start) {
    // A group of its own, for it may start others.
    const child = spawn(program, parameters, { env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    for (const input of [child.stdout, child.stderr]) {
      createInterface({ input }).on('line', (line) => {
        this.#lines.push(line);
        this.#changes.tell();
      });
    }
    child.on('close', (code, signal) => {
      this.#ending = { code, signal };
      this.#changes.tell();
    });
  }

  /** What it printed, to either output, oldest first. */
  get lines(): readonly string[] {
    return this.#lines;
  }

  /** The first line that matches, of those from `from` on. */
  line(pattern: RegExp, from = 0): Promise<RegExpExecArray> {
    return this.until(() => {
      for (const line of this.#lines.slice(from)) {
        const match = pattern.exec(line);
        if (match !== null) return match;
      }
      return `a line ${pattern}`;
    });
  }

  /** Asks after each line that it prints, and at its end. Resolves to the first answer that is no string. */
  until<T extends object>(condition: () => T | string): Promise<T> {
    return this.#changes.until(() => {
      const value = condition();
      return typeof value === 'string' ? `${value}; printed was:\n${this.#lines.join('\n')}` : value;
    });
  }

  /** As on a node: what ends it in order goes to the first process; what pauses, resumes or kills, to all of them. */
  signal(signal: 'SIGTERM' | 'SIGSTOP' | 'SIGCONT' | 'SIGKILL'): void {
    const { pid } = this.#child;
    if (pid === undefined || this.#ending !== undefined) return;
    try {
      process.kill(signal === 'SIGTERM' ? pid : -pid, signal);
    } catch {
      // It has ended a moment ago.
    }
  }

  /** Resolves when the kernel says that it is paused: then it does nothing more until SIGCONT. */
  async pause(): Promise<void> {
    this.signal('SIGSTOP');
    const status = () => readFileSync(`/proc/${this.#child.pid}/stat`, 'utf8');
    // The state stands behind the name, which is in parentheses: proc_pid_stat(5).
    while (!/\) T /.test(status())) await new Promise((resolve) => setImmediate(resolve));
  }

  ended(): Promise<Ending> {
    return this.until(() => this.#ending ?? `the end of ${this.#child.spawnargs.join(' ')}`);
  }
}
