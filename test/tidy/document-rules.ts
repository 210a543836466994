/*
 * Owns the house rules on documents: links lead somewhere, the change log knows the version.
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { at, lineOf, type Problem, type SourceFile } from './problem.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const link = /\[[^\]]*\]\(([^()\s]+)\)/g;

/** Links to files of the project and to headings in them. Addresses on the network are not asked. */
export function linkProblems(file: SourceFile): Problem[] {
  if (!file.path.endsWith('.md')) return [];
  return [...withoutCode(file.text).matchAll(link)].flatMap((match) => {
    const target = match[1] ?? '';
    if (/^[a-z]+:/.test(target)) return [];
    const problem = targetProblem(file, target);
    return problem === undefined ? [] : [at(file.path, lineOf(file.text, match.index), problem)];
  });
}

function targetProblem(file: SourceFile, target: string): string | undefined {
  const [name = '', heading] = target.split('#', 2);
  const where = name === '' ? file.path : path.posix.join(path.posix.dirname(file.path), name);
  if (name !== '' && !existsSync(path.join(root, where)))
    return `links to ${target}, but there is no ${where}`;
  if (heading === undefined) return undefined;
  const text = name === '' ? file.text : readFileSync(path.join(root, where), 'utf8');
  return headingsOf(text).includes(heading)
    ? undefined
    : `links to ${target}, but ${where} has no such heading`;
}

/** The anchors that GitHub gives to headings. */
function headingsOf(text: string): string[] {
  return [...withoutCode(text).matchAll(/^#{1,6}\s+(.*)$/gm)].map(({ 1: title = '' }) =>
    title
      .trim()
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-'),
  );
}

/** The same text with code blocks and code words blanked, so that positions stay. */
function withoutCode(text: string): string {
  return text.replace(/^```[\s\S]*?^```|`[^`\n]*`/gm, (code) => code.replace(/[^\n]/g, ' '));
}

export function changeLogProblems(changeLog: string, version: string): Problem[] {
  const known = new RegExp(`^## ${version.replaceAll('.', '\\.')}\\b`, 'm').test(changeLog);
  return known ? [] : [at('CHANGELOG.md', 1, `has no section "## ${version}", the version in package.json`)];
}
