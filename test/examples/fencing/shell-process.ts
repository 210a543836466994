/**
 * Owns examples/fencing/application.sh as a process, in each shell that this machine has.
 * Must not give it any program but those of that shell's surroundings.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ExampleProcess } from './example-process.ts';

const program = fileURLToPath(new URL('../../../examples/fencing/application.sh', import.meta.url));
const folders = (process.env.PATH ?? '').split(path.delimiter);

export interface Shell {
  readonly name: string;
  /** What this machine lacks of it, as node:test takes it. */
  readonly skip: string | false;
  /** The search path with the shell and its programs. */
  readonly path: (context: TestContext) => string;
}

export const shells: readonly Shell[] = [
  {
    name: 'busybox alone',
    skip: find('busybox') === undefined && 'this machine has no busybox',
    path: (context) => folderOfApplets(context, find('busybox') ?? ''),
  },
  {
    name: 'the sh of this machine',
    skip: ['sh', 'wget', 'timeout'].some((each) => find(each) === undefined) && 'this machine has no wget',
    path: () => folders.join(path.delimiter),
  },
];

export interface ShellOptions {
  readonly shell: Shell;
  readonly pod: string;
  readonly storeUrl: string;
  readonly podinfo: string;
}

export function startShellProcess(context: TestContext, options: ShellOptions): ExampleProcess {
  const { shell, pod, storeUrl, podinfo } = options;
  const PATH = shell.path(context);
  const env = { PATH, POD_NAME: pod, STORE_URL: storeUrl, PODINFO: podinfo, PERIOD_SECONDS: '0.05' };
  const sh =
    PATH.split(path.delimiter)
      .map((folder) => path.join(folder, 'sh'))
      .find(existsSync) ?? 'sh';
  return ExampleProcess.start(context, { command: [sh, program], env });
}

function find(name: string): string | undefined {
  return folders.map((folder) => path.join(folder, name)).find(existsSync);
}

/** As in the image of that name: each applet is a link to the one program. */
function folderOfApplets(context: TestContext, busybox: string): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'understudy-busybox-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const bin = path.join(folder, 'bin');
  mkdirSync(bin);
  for (const applet of execFileSync(busybox, ['--list'], { encoding: 'utf8' }).trim().split('\n'))
    symlinkSync(busybox, path.join(bin, applet));
  return bin;
}
