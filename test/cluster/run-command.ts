/**
 * Owns running a program of this machine to its end.
 * Must not interpret what it says; a failure carries its last lines.
 */
import { spawn } from 'node:child_process';
import { ClusterError } from './cluster-error.ts';
import { limits } from './limits.ts';

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly input?: string;
  readonly signal?: AbortSignal | undefined;
  /** Called with each piece of what it writes to standard error, as it comes. */
  readonly onStderr?: (text: string) => void;
}

export interface RunResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export function tryCommand(command: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const [program = '', ...args] = command;
  const { cwd, env, input = '', signal, onStderr } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env, signal, stdio: 'pipe' });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
      onStderr?.(text);
    });
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}

/** Its standard output. @throws ClusterError on another exit code than 0 */
export async function runCommand(command: readonly string[], options: RunOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await tryCommand(command, options);
  if (code === 0) return stdout;
  throw new ClusterError(
    `${command.slice(0, 4).join(' ')} … ended with ${code}: ${lastLines(stderr || stdout)}`,
  );
}

export function lastLines(text: string): string {
  return text.trimEnd().split('\n').slice(-limits.logTailLines).join('\n');
}
