import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareVersions, missingTools } from './requirements.ts';

test('missing tools are named in one line that can be typed', () => {
  const needed = [
    { program: 'sh', debianPackage: 'dash' },
    { program: 'no-such-program', debianPackage: 'no-such-package' },
    { program: 'nor-this-one', debianPackage: 'no-such-package' },
  ];
  assert.deepEqual(missingTools(needed), [
    'missing: no-such-program, nor-this-one; apt-get install no-such-package',
  ]);
  assert.deepEqual(missingTools(needed.slice(0, 1)), []);
});

test('versions of Go are compared number by number', () => {
  assert.ok(compareVersions('1.9', '1.26.0') < 0);
  assert.ok(compareVersions('1.26.6', '1.26') > 0);
  assert.equal(compareVersions('1.26', '1.26.0'), 0);
  assert.ok(compareVersions('2.0', '1.99.9') > 0);
});
