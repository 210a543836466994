/**
 * Owns the process's start: Node's cache of compiled sources, then the command line.
 * Must not import anything of ours before that cache is on: what comes after it is neither stripped nor compiled again.
 */
import { enableCompileCache, flushCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

// Measured on a controller: 15 MB less resident memory and a start in two thirds of the time. Where the folder cannot
// be written, or NODE_COMPILE_CACHE names another one, Node says nothing and goes on.
enableCompileCache(fileURLToPath(new URL('../../node_modules/.cache/understudy', import.meta.url)));
// Node writes the cache when a process ends in an orderly way; ours are killed for a living.
setTimeout(flushCompileCache, 3_000).unref();

const { runCommandLine } = await import('./command-line.ts');
const { everyCommand } = await import('./every-command.ts');
await runCommandLine(everyCommand);
