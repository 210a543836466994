/*
 * Owns the layers: which folder may import from which, and the rule that reads a file's imports against it.
 * Imports go down only. What is not listed here is not allowed.
 */
import path from 'node:path';
import { importsOf } from './imports.ts';
import { at, type Problem, type SourceFile } from './problem.ts';

interface Layer {
  /** Other folders it may import, or one file of them; `types` where only `import type` is allowed. */
  readonly imports: { readonly [folderOrFile: string]: 'values' | 'types' };
  /** Packages from npm that it may import; undefined where package.json alone decides. */
  readonly packages?: readonly string[];
}

const pure: Pick<Layer, 'packages'> = { packages: [] };

/**
 * DESIGN of the layers, lowest first. `src/time/clock.ts` is the pure half of src/time: types and arithmetic. The two
 * files of src/kube that src/api may use are as pure.
 */
const layers: { readonly [folder: string]: Layer } = {
  'src/time': { imports: {}, ...pure },
  'src/core': { imports: { 'src/time/clock.ts': 'values' }, ...pure },
  'src/wire': { imports: { 'src/api': 'types', 'src/core': 'types', 'src/time': 'values' }, ...pure },
  'src/kube': { imports: { 'src/time': 'values' } },
  'src/api': { imports: { 'src/kube/decode.ts': 'values', 'src/kube/decode-meta.ts': 'values' }, ...pure },
  'src/controller': {
    imports: {
      'src/api': 'values',
      'src/core': 'values',
      'src/wire': 'values',
      'src/kube': 'values',
      'src/time': 'values',
    },
  },
  'src/agent': { imports: { 'src/wire': 'values', 'src/core': 'values', 'src/time': 'values' } },
  'src/sandbox': { imports: { 'src/kube': 'values', 'src/time': 'values' } },
  'src/cli': { imports: { src: 'values', 'package.json': 'values' } },
  examples: { imports: {} },
  scripts: { imports: { 'src/api': 'values' } },
  sim: { imports: { src: 'values', test: 'values' } },
  test: { imports: { src: 'values', sim: 'values', bench: 'values', scripts: 'values', examples: 'values' } },
  bench: { imports: { src: 'values', sim: 'values', test: 'values' } },
};

/** A file's imports that its layer does not allow. Tests beside a source may import everything. */
export function layerProblems(file: SourceFile): Problem[] {
  if (file.path.endsWith('.test.ts')) return [];
  const folder = layerOf(file.path);
  const layer = folder === undefined ? undefined : layers[folder];
  if (folder === undefined || layer === undefined) {
    return file.path.startsWith('src/')
      ? [at(file.path, 1, 'lies in no layer: move it, or add its folder to the table in test/tidy/layers.ts')]
      : [];
  }
  return importsOf(file.text).flatMap(({ specifier, line, typesOnly }) => {
    if (specifier.startsWith('node:')) return [];
    const problem = specifier.startsWith('.')
      ? fileProblem(folder, layer, path.posix.join(path.posix.dirname(file.path), specifier), typesOnly)
      : packageProblem(folder, layer, specifier);
    return problem === undefined ? [] : [at(file.path, line, problem)];
  });
}

function fileProblem(folder: string, layer: Layer, target: string, typesOnly: boolean): string | undefined {
  if (target === folder || target.startsWith(`${folder}/`)) return undefined;
  const allowed = Object.entries(layer.imports).find(
    ([above]) => target === above || target.startsWith(`${above}/`),
  );
  if (allowed === undefined)
    return `${folder} must not import ${target}: imports go down only (test/tidy/layers.ts)`;
  if (allowed[1] === 'types' && !typesOnly)
    return `${folder} may import only types from ${target}: write "import type"`;
  return undefined;
}

function packageProblem(folder: string, layer: Layer, specifier: string): string | undefined {
  if (layer.packages === undefined) return undefined;
  if (layer.packages.some((name) => specifier === name || specifier.startsWith(`${name}/`))) return undefined;
  return `${folder} must not import the package ${specifier}: it is pure (test/tidy/layers.ts)`;
}

function layerOf(file: string): string | undefined {
  return Object.keys(layers).find((folder) => file.startsWith(`${folder}/`));
}
