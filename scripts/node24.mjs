/*
 * Owns the question which Node binary runs this project: the present one, or the one under toolchain/.
 * Must not install anything.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { InstallError } from './packages.mjs';

/** The first major version that runs TypeScript sources directly and carries what the project uses. */
const requiredMajor = 24;

/** @param {string} version as process.versions.node */
export function nodeIsNewEnough(version = process.versions.node) {
  return Number.parseInt(version, 10) >= requiredMajor;
}

/**
 * The path of a Node >= 24. Throws InstallError where the toolchain has none for this machine.
 * @param {string} toolchain
 */
export function node24Path(toolchain) {
  if (nodeIsNewEnough()) return process.execPath;
  const machine = `${process.platform}-${process.arch}`;
  const binary = path.join(toolchain, 'node_modules', `node-${machine}`, 'bin', 'node');
  if (existsSync(binary)) return binary;
  throw new InstallError(
    `this is Node ${process.versions.node}, and npm has no Node ${requiredMajor} for ${machine}: install Node ${requiredMajor} or newer`,
  );
}
