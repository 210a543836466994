#!/usr/bin/env node
/*
 * Owns the way from any Node >= 20 to this project's code running on Node 24 with its packages installed.
 * Usage: node scripts/bootstrap.mjs ARGS...   runs "node ARGS..." with Node 24.
 * Plain JavaScript for Node 20, built-in modules only: it runs before anything is installed.
 */
import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { runInPlace } from './child-process.mjs';
import { withInstallLock } from './install-lock.mjs';
import { nodeIsNewEnough, node24Path } from './node24.mjs';
import { InstallError, install, isInstalled } from './packages.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const toolchain = fileURLToPath(new URL('../toolchain/', import.meta.url));

/** Installs what is missing. Resolves to the path of a Node >= 24; rejects with InstallError. */
export async function prepare() {
  const missing = () => [
    ...(isInstalled(root) ? [] : [{ directory: root, what: 'packages' }]),
    ...(nodeIsNewEnough() || isInstalled(toolchain) ? [] : [{ directory: toolchain, what: 'Node 24' }]),
  ];
  if (missing().length > 0) {
    await withInstallLock(toolchain, async () => {
      // Asked again under the lock: whoever held it may have installed the very same thing.
      for (const { directory, what } of missing()) await install(directory, what);
    });
  }
  return node24Path(toolchain);
}

/** Runs `node ARGS...` on Node 24 and ends this process as that one ended. */
export async function bootstrap(args) {
  try {
    const node = await prepare();
    await runInPlace(node, args);
  } catch (error) {
    if (!(error instanceof InstallError)) throw error;
    process.stderr.write(`understudy: ${error.message}\n`);
    process.exitCode = 1;
  }
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  await bootstrap(process.argv.slice(2));
}
