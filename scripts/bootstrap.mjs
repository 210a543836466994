#!/usr/bin/env node
/*
 * Owns the way from any Node >= 20 to this project's code running on Node 24 with its packages installed.
 * Usage: node scripts/bootstrap.mjs ARGS...   runs "node ARGS..." with Node 24.
 * Plain JavaScript for Node 20, built-in modules only: it runs before anything is installed.
 */
import { realpathSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { endBySignal, runInPlace } from './child-process.mjs';
import { withInstallLock } from './install-lock.mjs';
import { node24Path, nodeIsNewEnough } from './node24.mjs';
import { InstallError, InstallInterrupted, install, isInstalled } from './packages.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const toolchain = fileURLToPath(new URL('../toolchain/', import.meta.url));

/**
 * Runs `node ARGS...` on Node 24 and ends this process as that one ended.
 * @param {string[]} args
 */
export async function bootstrap(args) {
  const node = await prepare();
  if (node === undefined) return;
  // What the program starts as `node` or `npm` is to be this Node too.
  process.env.PATH = path.dirname(node) + path.delimiter + process.env.PATH;
  await runInPlace(node, args);
}

/** The path of a Node >= 24, everything installed; undefined, the reason said and the exit code set, where that failed. */
export async function prepare() {
  try {
    await installMissing();
    return node24Path(toolchain);
  } catch (error) {
    if (error instanceof InstallInterrupted) endBySignal(error.signal);
    else if (error instanceof InstallError) {
      process.stderr.write(`understudy: ${error.message}\n`);
      process.exitCode = 1;
    } else throw error;
    return undefined;
  }
}

async function installMissing() {
  if (missing().length === 0) return;
  await withInstallLock(toolchain, async (addHolder) => {
    // Asked again under the lock: whoever held it may have installed the very same thing.
    for (const { directory, what } of missing()) await install(directory, what, addHolder);
  });
}

function missing() {
  return [
    ...(isInstalled(root) ? [] : [{ directory: root, what: 'packages' }]),
    ...(nodeIsNewEnough() || isInstalled(toolchain) ? [] : [{ directory: toolchain, what: 'Node 24' }]),
  ];
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  await bootstrap(process.argv.slice(2));
}
