/*
 * Owns a TCP server in a process of its own, which can be killed or stopped like any application.
 * It listens on 127.0.0.1, accepts, and never says a word.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';

const program = `
const server = require('node:net').createServer((socket) => socket.on('error', () => undefined).resume());
server.listen({ host: '127.0.0.1', port: Number(process.argv[1]), backlog: 1 }, () => console.log(server.address().port));
process.stdin.resume().on('end', () => process.exit());
`;

export class ServerProcess {
  readonly port: number;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
  }

  /** On the given port, or on a free one. It ends with this process, whose end of its standard input closes. */
  static async start(port = 0): Promise<ServerProcess> {
    const child = spawn(process.execPath, ['-e', program, String(port)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const [line] = await once(child.stdout, 'data');
    return new ServerProcess(child, Number(String(line)));
  }

  /** `SIGSTOP`: it keeps its sockets and does nothing more. `SIGKILL`: the kernel closes them. */
  signal(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void {
    this.#child.kill(signal);
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exited;
  }
}
