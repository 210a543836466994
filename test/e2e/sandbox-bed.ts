/**
 * Owns the embedded cluster as a bed for the tests of this library.
 * Must not be used by scenes: they are about the real one.
 */
import { spawn } from 'node:child_process';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../src/sandbox/sandbox.ts';
import type { Bed } from './bed.ts';

export interface SandboxBed extends Bed {
  readonly sandbox: Sandbox;
  close(): Promise<void>;
}

/** All its machines are this one: every address of it can be reached from here. */
export async function startSandboxBed(options: SandboxOptions = {}): Promise<SandboxBed> {
  const sandbox = await startSandbox({ pleg: 'instant', ...options });
  return {
    sandbox,
    kubeconfig: sandbox.kubeconfigPath,
    spawnIn: (_machine, [command = '', ...parameters], spawnOptions = {}) =>
      spawn(command, parameters, { stdio: ['pipe', 'pipe', 'inherit'], ...spawnOptions }),
    close: () => sandbox.close(),
  };
}
