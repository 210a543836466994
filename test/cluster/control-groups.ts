/**
 * Owns taking away the empty control groups that are left when a machine is switched off.
 * Must not touch a group outside those of the cluster's machines.
 */
import { existsSync, readdirSync, rmdirSync } from 'node:fs';
import path from 'node:path';

const root = '/sys/fs/cgroup';

/**
 * `group`: a path below each hierarchy, of which there are several in the first version of control groups.
 * False where one is still there: a process in it is being collected by the kernel.
 */
export function removeControlGroups(group: string): boolean {
  const trees = [root, ...foldersIn(root)].map((hierarchy) => path.join(hierarchy, group));
  for (const tree of trees) removeTree(tree);
  return !trees.some((tree) => existsSync(tree));
}

function foldersIn(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => path.join(folder, name));
}

/** A group is a folder whose files cannot be removed, and go with it. The innermost goes first. */
function removeTree(folder: string): void {
  if (!existsSync(folder)) return;
  for (const inner of foldersIn(folder)) removeTree(inner);
  try {
    rmdirSync(folder);
  } catch {
    // Still in use: whoever looks again takes it away.
  }
}
