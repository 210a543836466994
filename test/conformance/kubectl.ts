/**
 * Owns running kubectl as a person does: arguments in, output and exit code out.
 */
import { type ChildProcess, spawn } from 'node:child_process';

export interface KubectlResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Gives a program a terminal of its own: util-linux's script(1). */
const terminalRecorder = 'script';

/** Longer than any case takes on a busy machine. */
const timeoutMs = 60_000;

/** 128 and SIGKILL. */
const killedExitCode = 137;

export class Kubectl {
  readonly #binary: string;
  readonly #kubeconfig: string;

  constructor(binary: string, kubeconfig: string) {
    this.#binary = binary;
    this.#kubeconfig = kubeconfig;
  }

  get binary(): string {
    return this.#binary;
  }

  get environment(): NodeJS.ProcessEnv {
    return { ...process.env, KUBECONFIG: this.#kubeconfig };
  }

  start(args: readonly string[], environment: NodeJS.ProcessEnv = {}): ChildProcess {
    return spawn(this.#binary, args, { env: { ...this.environment, ...environment } });
  }

  /** Whatever the exit code. */
  run(args: readonly string[], stdin = '', environment: NodeJS.ProcessEnv = {}): Promise<KubectlResult> {
    return this.#collect(this.start(args, environment), stdin);
  }

  /** On a terminal, as typed by a person. */
  runOnTerminal(args: readonly string[]): Promise<KubectlResult> {
    const quoted = [this.#binary, ...args].map((part) => `'${part.replaceAll("'", `'\\''`)}'`).join(' ');
    const child = spawn(terminalRecorder, ['-qec', quoted, '/dev/null'], { env: this.environment });
    return this.#collect(child, '');
  }

  /** Standard output; rejects on another exit code than 0. */
  async ok(args: readonly string[], stdin = '', environment: NodeJS.ProcessEnv = {}): Promise<string> {
    const { code, stdout, stderr } = await this.run(args, stdin, environment);
    if (code !== 0) throw new Error(`kubectl ${args.join(' ')} ended with ${code}: ${stderr}`);
    return stdout;
  }

  /** Makes a file upon which the container ends by itself: the command may be killed with it. */
  async touchLast(pod: string, container: string, file: string): Promise<void> {
    const { code, stderr } = await this.run(['exec', pod, '-c', container, '--', 'touch', file]);
    if (code !== 0 && code !== killedExitCode) throw new Error(`touch ${file} ended with ${code}: ${stderr}`);
  }

  /** Standard error; rejects on exit code 0. */
  async refused(args: readonly string[], stdin = ''): Promise<string> {
    const { code, stdout, stderr } = await this.run(args, stdin);
    if (code === 0) throw new Error(`kubectl ${args.join(' ')} should have failed, and said: ${stdout}`);
    return stderr;
  }

  #collect(child: ChildProcess, stdin: string): Promise<KubectlResult> {
    return new Promise((resolve, reject) => {
      let stdout = '';
      let stderr = '';
      const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
      child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
        stdout += chunk;
      });
      child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
        stderr += chunk;
      });
      child.once('error', reject);
      child.once('close', (code) => {
        clearTimeout(timer);
        resolve({ code, stdout, stderr });
      });
      child.stdin?.on('error', () => undefined);
      child.stdin?.end(stdin);
    });
  }
}
