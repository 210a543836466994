/**
 * Owns the last lines of a log of the cluster, for an error that has to explain itself: the log may be gone by then.
 */
import { existsSync, readFileSync } from 'node:fs';
import { statePaths } from './paths.ts';
import { lastLines } from './run-command.ts';

export function tailOfLog(name: string): string {
  const file = statePaths.log(name);
  return existsSync(file) ? lastLines(readFileSync(file, 'utf8')) : '';
}
