/**
 * Owns a folder that is written as the kubelet writes that of a downward API volume: a new folder beside the old one,
 * then the link `..data` turned to it in one step (kubernetes pkg/volume/util/atomic_writer.go). Must not leave a
 * moment in which the link leads nowhere.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';

export class PodinfoFolder {
  readonly #folder: string;
  #version = 0;

  constructor(context: TestContext) {
    this.#folder = mkdtempSync(path.join(tmpdir(), 'understudy-podinfo-'));
    context.after(() => rmSync(this.#folder, { recursive: true, force: true }));
  }

  /** What a program is given. Leads nowhere before the first write. */
  get link(): string {
    return path.join(this.#folder, '..data');
  }

  /** An annotation that is not there is an empty file. */
  write(role: string, epoch: number | string): void {
    const before = this.#current;
    const next = this.#make(role);
    writeFileSync(path.join(next, 'epoch'), String(epoch));
    this.#turnTo(next);
    rmSync(before, { recursive: true, force: true });
  }

  /**
   * The same, for a program that reads the epoch first: resolves when it has begun to. Once it reads the next one it
   * has dealt with this one.
   */
  async writeUntilRead(role: string, epoch: number | string): Promise<void> {
    const next = this.#make(role);
    execFileSync('mkfifo', [path.join(next, 'epoch')]);
    this.#turnTo(next);
    // Opened as soon as there is a reader, who then waits for what is written. The next one shall not meet the pipe.
    const pipe = await open(path.join(next, 'epoch'), 'w');
    const again = this.#make(role);
    writeFileSync(path.join(again, 'epoch'), String(epoch));
    this.#turnTo(again);
    await pipe.writeFile(String(epoch));
    await pipe.close();
  }

  get #current(): string {
    return path.join(this.#folder, `..${this.#version}`);
  }

  #make(role: string): string {
    this.#version += 1;
    mkdirSync(this.#current);
    writeFileSync(path.join(this.#current, 'role'), role);
    return this.#current;
  }

  #turnTo(folder: string): void {
    const link = path.join(this.#folder, '..data_tmp');
    symlinkSync(path.basename(folder), link);
    renameSync(link, this.link);
  }
}
