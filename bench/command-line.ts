/**
 * Owns running this project's own command line as a user would: a process, what it prints, its end.
 * Must not leave one behind.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url));

/** What is looked for is printed at the start; a controller's log goes on. */
const linesMax = 1_000;

export class CommandLine {
  readonly pid: number;
  readonly #child: ChildProcess;
  readonly #lines: string[] = [];
  readonly #ended: Promise<number>;
  #changed: () => void = () => undefined;

  /** Starts `understudy ARGS...`; its standard output is kept, its standard error is shown. */
  constructor(args: readonly string[], environment: NodeJS.ProcessEnv = process.env) {
    this.#child = spawn(process.execPath, [main, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: environment,
    });
    this.pid = this.#child.pid ?? 0;
    const end = () => this.#child.kill();
    process.once('exit', end);
    this.#child.once('exit', () => process.off('exit', end));
    if (this.#child.stdout !== null) {
      createInterface({ input: this.#child.stdout }).on('line', (line) => {
        this.#lines.push(line);
        if (this.#lines.length > linesMax) this.#lines.shift();
        this.#changed();
      });
    }
    this.#ended = once(this.#child, 'exit').then(([code]) => (typeof code === 'number' ? code : 1));
  }

  /** The first match of a pattern in the lines printed so far and from now on. Rejects when the process ends before. */
  async match(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = this.#lines.map((line) => pattern.exec(line)).find((match) => match !== null);
      if (found !== undefined) return found;
      const line = new Promise<'line'>((resolve) => {
        this.#changed = () => resolve('line');
      });
      const next = await Promise.race([line, this.#ended]);
      if (next !== 'line') throw new Error(`the command ended with ${next} before it printed ${pattern}`);
    }
  }

  /** Resolves to the exit code. */
  end(): Promise<number> {
    return this.#ended;
  }

  /** Ends it as Ctrl-C does, and resolves when it has ended. */
  async interrupt(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill('SIGINT');
    await this.#ended;
  }
}
