import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { changeLogProblems, linkProblems } from './tidy/document-rules.ts';
import type { Problem, SourceFile } from './tidy/problem.ts';
import { projectFiles } from './tidy/project-files.ts';
import {
  leftoverProblems,
  lengthProblems,
  machinePathProblems,
  nameProblems,
  openingProblems,
  registryProblems,
  unrepeatableProblems,
} from './tidy/source-rules.ts';

interface Rule {
  readonly name: string;
  readonly problems: (file: SourceFile) => Problem[];
  /** Files that break the rule: one problem each. */
  readonly breaks: readonly SourceFile[];
  readonly keeps: readonly SourceFile[];
}

/** A path as it may stand in a file, put together so that this file has none. */
const somewhere = (folder: string) => ['', folder, 'main', 'x'].join('/');

const rules: readonly Rule[] = [
  {
    name: 'a source file has 400 lines at most',
    problems: lengthProblems,
    breaks: [{ path: 'src/core/a.ts', text: 'x;\n'.repeat(401) }],
    keeps: [{ path: 'src/core/a.ts', text: 'x;\n'.repeat(400) }],
  },
  {
    name: 'a file is named after what it owns',
    problems: nameProblems,
    breaks: ['src/core/utils.ts', 'src/kube/index.ts', 'scripts/pod-helpers.mjs'].map((path) => ({
      path,
      text: '',
    })),
    keeps: [{ path: 'src/core/choose.ts', text: '' }],
  },
  {
    name: 'a source file opens with what it owns',
    problems: openingProblems,
    breaks: [
      { path: 'src/core/a.ts', text: `import { b } from './b.ts';` },
      { path: 'scripts/a.mjs', text: '#!/usr/bin/env node\n// Owns it.' },
    ],
    keeps: [
      { path: 'src/core/a.ts', text: '/** Owns it. */' },
      { path: 'scripts/a.mjs', text: '#!/usr/bin/env node\n/* Owns it. */' },
    ],
  },
  {
    name: 'nothing is left for later in a file',
    problems: leftoverProblems,
    breaks: ['TO' + 'DO: later', 'FIX' + 'ME'].map((words) => ({ path: 'docs/a.md', text: `// ${words}` })),
    keeps: [{ path: 'docs/a.md', text: 'what is to be done' }],
  },
  {
    name: 'no file names a path of one machine',
    problems: machinePathProblems,
    breaks: ['work', 'root', 'home', 'Users'].map((folder) => ({
      path: 'docs/a.md',
      text: `see ${somewhere(folder)}`,
    })),
    keeps: [
      {
        path: 'docs/a.md',
        text: `../work/x, src/home/x, $HOME, ${['https://example.org', 'home', 'x'].join('/')}`,
      },
    ],
  },
  {
    name: 'no file names a package registry',
    problems: registryProblems,
    breaks: [
      { path: '.npmrc', text: `registry=https://${['registry', 'npmjs', 'org'].join('.')}/` },
      { path: 'toolchain/package-lock.json', text: '"resolved": "https://packages.example/a.tgz"' },
    ],
    keeps: [{ path: 'package-lock.json', text: '"integrity": "sha512-x"' }],
  },
  {
    name: 'time and chance are inputs outside the process edge',
    problems: unrepeatableProblems,
    breaks: ['new Date()', 'Date()', 'randomUUID()'].map((text) => ({ path: 'src/controller/a.ts', text })),
    keeps: [
      { path: 'src/controller/a.ts', text: 'new Date(wallTimeMs); toDate()' },
      { path: 'src/cli/a.ts', text: 'new Date()' },
    ],
  },
  {
    name: 'links in documents lead somewhere',
    problems: linkProblems,
    breaks: [
      { path: 'docs/a.md', text: '[a](no-such-file.md)' },
      { path: 'docs/a.md', text: '# One\n[a](#two)' },
    ],
    keeps: [
      {
        path: 'docs/a.md',
        text: '# One word\n[a](#one-word) [b](../package.json) [c](https://example.org) `[d](e)`',
      },
    ],
  },
];

const files = projectFiles();

for (const rule of rules) {
  describe(rule.name, () => {
    test('in every file of the project', () => {
      assert.deepEqual(files.flatMap(rule.problems), []);
    });
    test('the rule catches planted faults and nothing else', () => {
      for (const file of rule.breaks)
        assert.equal(rule.problems(file).length, 1, JSON.stringify(file).slice(0, 200));
      assert.deepEqual(rule.keeps.flatMap(rule.problems), []);
    });
  });
}

test('the change log has a section for the version of package.json', () => {
  const read = (name: string) => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8');
  const { version } = JSON.parse(read('package.json'));
  assert.deepEqual(changeLogProblems(read('CHANGELOG.md'), version), []);
  assert.equal(changeLogProblems('## 0.1.0\n', '0.1.1').length, 1);
});
