/**
 * Owns the directories of containers: one for each life, because a restarted container starts with a fresh file
 * system (what was touched in /tmp before the crash is gone).
 * Must not be used for anything that has to survive a restart.
 */
import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';

export interface ContainerDirectory {
  /** Where its command starts. */
  readonly work: string;
  /** Its /tmp. */
  readonly temporary: string;
}

export interface ContainerDirectories {
  create(podUid: string, container: string, life: number): ContainerDirectory;
  removeLife(podUid: string, container: string, life: number): void;
  removePod(podUid: string): void;
}

export function directoriesUnder(root: string): ContainerDirectories {
  const of = (podUid: string, container: string, life: number) =>
    path.join(root, podUid, container, String(life));
  const remove = (directory: string) => rmSync(directory, { recursive: true, force: true });
  return {
    create(podUid, container, life) {
      const work = of(podUid, container, life);
      const temporary = path.join(work, 'tmp');
      mkdirSync(temporary, { recursive: true });
      return { work, temporary };
    },
    removeLife: (podUid, container, life) => remove(of(podUid, container, life)),
    removePod: (podUid) => remove(path.join(root, podUid)),
  };
}

/** Names without directories, for processes that exist only in memory. */
export const imaginaryDirectories: ContainerDirectories = {
  create: (podUid, container, life) => {
    const work = `/pods/${podUid}/${container}/${life}`;
    return { work, temporary: `${work}/tmp` };
  },
  removeLife: () => {},
  removePod: () => {},
};
