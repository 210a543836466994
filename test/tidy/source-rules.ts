/*
 * Owns the house rules on one source file: its length, its name, its opening, and what must not stand in it.
 */
import path from 'node:path';
import { at, type Problem, problemsAt, type SourceFile } from './problem.ts';

/** A reader keeps a file of this length in mind; a longer one owns more than one noun. */
const linesMax = 400;

/** Names that say nothing of what a file owns. */
const emptyNames = new Set([
  'util',
  'utils',
  'helper',
  'helpers',
  'common',
  'misc',
  'manager',
  'index',
  'shared',
]);

export function lengthProblems(file: SourceFile): Problem[] {
  if (!isCode(file.path)) return [];
  const lines = file.text.trimEnd().split('\n').length;
  return lines > linesMax
    ? [at(file.path, lines, `has ${lines} lines, ${linesMax} are the most: split it by noun`)]
    : [];
}

export function nameProblems(file: SourceFile): Problem[] {
  if (!isCode(file.path)) return [];
  const words = path.posix.basename(file.path).replace(/\..*$/, '').split('-');
  return words
    .filter((word) => emptyNames.has(word))
    .map((word) => at(file.path, 1, `is named "${word}", which says nothing: name the noun that it owns`));
}

/** The opening comment says what the file owns and what it must not do. A test's names say that themselves. */
export function openingProblems(file: SourceFile): Problem[] {
  if (!isCode(file.path) || file.path.endsWith('.sh') || file.path.endsWith('.test.ts')) return [];
  return /^(#!.*\n)?\/\*/.test(file.text)
    ? []
    : [at(file.path, 1, 'must open with a block comment: what it owns, and what it must not do')];
}

const leftover = new RegExp(`\\b(${['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X', 'HA' + 'CK'].join('|')})\\b`, 'g');

export function leftoverProblems(file: SourceFile): Problem[] {
  return problemsAt(file, leftover, (word) => `${word}: do it, or write it down where work is tracked`);
}

const homes = ['work', 'root', 'home', 'Users'].join('|');
const machinePath = new RegExp(`(?<![\\w.\\-\\])}*])/(${homes})/[\\w.-]*`, 'g');

export function machinePathProblems(file: SourceFile): Problem[] {
  return problemsAt(
    file,
    machinePath,
    (found) => `${found} is a path of one machine: derive it, or say what it is`,
  );
}

const registries = [
  ['registry', 'npmjs', 'org'],
  ['registry', 'yarnpkg', 'com'],
  ['npm', 'pkg', 'github', 'com'],
  ['proxy', 'golang', 'org'],
].map((labels) => labels.join('\\.'));
const registryHost = new RegExp(`\\b(${registries.join('|')})\\b`, 'g');

/** Which registry packages come from is the machine's business: npm and go know it from their own settings. */
export function registryProblems(file: SourceFile): Problem[] {
  const hosts = problemsAt(file, registryHost, (host) => `${host}: a registry's host name has no place here`);
  if (path.posix.basename(file.path) !== 'package-lock.json') return hosts;
  return [
    ...hosts,
    ...problemsAt(
      file,
      /"resolved":.*/g,
      () => 'a "resolved" address: keep omit-lockfile-registry-resolved=true in .npmrc',
    ),
  ];
}

/** What no simulation can repeat. Lint bans the timers; these need a look at the arguments. */
const unrepeatable =
  /\bnew Date\(\s*\)|(?<![\w.])Date\(\s*\)|\b(randomUUID|randomBytes|randomInt|getRandomValues)\b/g;
const processEdge = /^src\/(cli\/|time\/real-clock\.ts$)|\.test\.ts$/;

export function unrepeatableProblems(file: SourceFile): Problem[] {
  if (!file.path.startsWith('src/') || processEdge.test(file.path)) return [];
  return problemsAt(
    file,
    unrepeatable,
    (found) => `${found}: take a Clock or a Random (src/time/clock.ts) as input`,
  );
}

function isCode(file: string): boolean {
  return /\.(ts|mjs|js|sh)$/.test(file) || file === 'bin/understudy';
}
