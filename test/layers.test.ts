import assert from 'node:assert/strict';
import { test } from 'node:test';
import { layerProblems } from './tidy/layers.ts';
import { projectFiles } from './tidy/project-files.ts';

const code = projectFiles().filter(({ path }) => /\.(ts|mjs)$/.test(path));

test('imports go down only', () => {
  assert.deepEqual(code.flatMap(layerProblems), []);
});

const planted = [
  ['core that imports kube', 'src/core/a.ts', `import type { Pod } from '../kube/pod.ts';`],
  ['core that imports the real clock', 'src/core/a.ts', `import { realClock } from '../time/real-clock.ts';`],
  ['core that imports a package', 'src/core/a.ts', `import { parse } from 'yaml';`],
  [
    'the API that imports a client',
    'src/api/a.ts',
    `import { mergePatchRequest } from '../kube/request.ts';`,
  ],
  ['the sandbox that imports the API', 'src/sandbox/a.ts', `import { specDefinition } from '../api/b.ts';`],
  ['wire that imports values from core', 'src/wire/a.ts', `import { decide } from '../core/decide.ts';`],
  ['an import over several lines', 'src/kube/a.ts', `import {\n  one,\n  two,\n} from '../controller/b.ts';`],
  ['an import for its effect', 'src/kube/a.ts', `import '../sandbox/b.ts';`],
  ['an import at run time', 'src/sandbox/a.ts', `const b = await import('../controller/b.ts');`],
  ['a re-export', 'src/sandbox/a.ts', `export { b } from '../core/b.ts';`],
  ['a product file that imports a test', 'src/cli/a.ts', `import { b } from '../../test/b.ts';`],
  ['one value among types', 'src/wire/a.ts', `import { type Epoch, epoch } from '../core/identity.ts';`],
  ['a folder that is no layer', 'src/tools/a.ts', ''],
] as const;

for (const [fault, path, text] of planted) {
  test(`the rule catches ${fault}`, () => {
    assert.equal(layerProblems({ path, text }).length, 1);
  });
}

test('the rule allows what the table allows', () => {
  const allowed = [
    { path: 'src/core/a.ts', text: `import { after } from '../time/clock.ts';\nimport { b } from './b.ts';` },
    { path: 'src/wire/a.ts', text: `import { type Epoch, type PodUid } from '../core/identity.ts';` },
    {
      path: 'src/controller/a.ts',
      text: `import { decide } from '../core/decide.ts';\nimport pino from 'pino';`,
    },
    { path: 'src/api/a.ts', text: `import { isObject } from '../kube/decode.ts';` },
    { path: 'src/kube/a.test.ts', text: `import { b } from '../sandbox/b.ts';` },
  ];
  assert.deepEqual(allowed.flatMap(layerProblems), []);
});
