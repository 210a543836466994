/**
 * Owns the command `sandbox`: its flags, what it says once it runs, Ctrl-C, and one line for what can't be done.
 * Must not know how a cluster works; `sandbox fault` is in sandbox-fault-command.ts.
 */
import process from 'node:process';
import { type Command, InvalidArgumentError } from 'commander';
import type { Sandbox } from '../sandbox/sandbox.ts';
import { endOnSignal } from './end-on-signal.ts';
import { registerSandboxFaultCommand } from './sandbox-fault-command.ts';
import type { Palette } from './terminal/palette.ts';

interface SandboxOptions {
  readonly port: number;
  readonly nodes: number;
  readonly pleg: 'real' | 'instant';
  readonly apply?: readonly string[];
}

export function registerSandboxCommand(program: Command): void {
  const sandbox = program
    .command('sandbox')
    .description('run an embedded cluster: a Kubernetes API, and pods as processes of this machine')
    .option('--port <number>', 'port of the API; 0 takes a free one', portNumber, 0)
    .option('--nodes <number>', 'how many nodes it has', nodeCount, 2)
    .option(
      '--pleg <real|instant>',
      'whether kubelets notice a crash 0-1 s late, as real ones, or at once',
      pleg,
      'real',
    )
    .option('--apply <file...>', 'manifests to apply at the start; all are checked before any is applied')
    .action(runSandbox);
  registerSandboxFaultCommand(sandbox);
}

/** Resolves once the sandbox has ended. Rejects with an error whose message is for the user. */
async function runSandbox({ port, nodes, pleg: lateness, apply = [] }: SandboxOptions): Promise<void> {
  const { startSandbox } = await import('../sandbox/sandbox.ts');
  const { applyManifests } = await import('../sandbox/api/apply/apply-manifests.ts');
  const { loadManifests } = await import('../sandbox/api/apply/manifest-file.ts');
  const { paletteFor } = await import('./terminal/palette.ts');
  const ending = endOnSignal();
  const sandbox = await startSandbox({ port, nodes, pleg: lateness }).catch((error: unknown) => {
    throw isPortTaken(error) ? new PortTaken(port, { cause: error }) : error;
  });
  try {
    const manifests = loadManifests(apply, sandbox.store.types);
    applyManifests(sandbox.store, manifests);
    process.stdout.write(greeting(sandbox, lateness, paletteFor(process.stdout, process.env)));
    if (apply.length > 0)
      process.stdout.write(` ${manifests.length} objects applied from ${apply.join(', ')}\n\n`);
    await ending.signalled;
  } finally {
    await sandbox.close();
    ending.stop();
  }
}

class PortTaken extends Error {
  readonly code = 'PORT_TAKEN';
  readonly retry = 'never';

  constructor(port: number, options: ErrorOptions) {
    super(`port ${port} of 127.0.0.1 is taken: give another with --port, or 0 for a free one`, options);
    this.name = 'PortTaken';
  }
}

function isPortTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
}

function greeting({ url, kubeconfigPath }: Sandbox, lateness: 'real' | 'instant', palette: Palette): string {
  const { accent, bold, dim } = palette;
  const late = lateness === 'real' ? 'notice a crash 0–1 s late, as real ones do' : 'notice a crash at once';
  return [
    '',
    ` ${bold('Understudy sandbox')}  a Kubernetes API on ${url}; its kubelets ${late}`,
    '',
    `   ${accent(`export KUBECONFIG=${kubeconfigPath}`)}`,
    `   ${accent('kubectl get nodes')}`,
    '',
    ` ${dim('Roles and bindings are stored, not enforced. Ctrl-C ends it and leaves nothing behind.')}`,
    '',
    '',
  ].join('\n');
}

function portNumber(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new InvalidArgumentError('A port from 0 to 65535 is expected.');
}

/** Pod addresses carry the node's number in one byte (127.10.NODE.N). */
function nodeCount(text: string): number {
  const count = Number(text);
  if (/^\d+$/.test(text) && count >= 1 && count <= 250) return count;
  throw new InvalidArgumentError('A number from 1 to 250 is expected.');
}

function pleg(text: string): 'real' | 'instant' {
  if (text === 'real' || text === 'instant') return text;
  throw new InvalidArgumentError('"real" or "instant" is expected.');
}
