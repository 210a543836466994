/**
 * Owns copies of what a simulation runs on, in a temporary directory: one as the checkout is, and one with a mistake in it.
 * Must not write into the checkout. What it makes goes with `remove`, whatever is still read there.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Mutation, mutated, StaleMutationError } from './mutation.ts';
import { otherChances } from './other-chances.ts';

const checkout = fileURLToPath(new URL('../../', import.meta.url));

/** With the one folder of tests that simulations import. */
const copied = ['src', 'sim', 'test/controller', 'package.json', 'tsconfig.json'];

const typesOfWorker = { extends: './tsconfig.json', include: ['sim/worker.ts'] };
const typesFile = 'tsconfig.mutation.json';

export class SourceCopies {
  readonly #directory = mkdtempSync(path.join(tmpdir(), 'understudy-mutations-'));

  /** Of now: the checkout may change while this is at work. */
  constructor() {
    mkdirSync(this.original);
    for (const each of copied)
      cpSync(path.join(checkout, each), path.join(this.original, each), { recursive: true });
    symlinkSync(path.join(checkout, 'node_modules'), path.join(this.original, 'node_modules'));
    writeFileSync(path.join(this.original, typesFile), JSON.stringify(typesOfWorker));
  }

  get original(): string {
    return path.join(this.#directory, 'original');
  }

  /** That it fits the source as it is. */
  check(mutation: Mutation): void {
    mutated(this.#read(mutation), mutation);
  }

  /** Copies that keep every guarantee where the original does: the same worlds by other chances. */
  controls(): readonly string[] {
    return otherChances.map((mutation, index) => this.#copyWith(mutation, `control-${index}`));
  }

  /** The copy with this mistake, in place of the one before. It compiles: the compiler would have caught another one. */
  mutate(mutation: Mutation): string {
    const copy = this.#copyWith(mutation, 'mutated');
    const compiler = path.join(copy, 'node_modules/.bin/tsc');
    const { status, stdout } = spawnSync(compiler, ['--noEmit', '--project', path.join(copy, typesFile)], {
      encoding: 'utf8',
    });
    if (status !== 0) throw new StaleMutationError(mutation, `it does not compile: ${stdout.trim()}`);
    return copy;
  }

  remove(): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #copyWith(mutation: Mutation, name: string): string {
    const copy = path.join(this.#directory, name);
    rmSync(copy, { recursive: true, force: true });
    cpSync(this.original, copy, { recursive: true, verbatimSymlinks: true });
    writeFileSync(path.join(copy, mutation.file), mutated(this.#read(mutation), mutation));
    return copy;
  }

  #read({ file }: Mutation): string {
    return readFileSync(path.join(this.original, file), 'utf8');
  }
}
