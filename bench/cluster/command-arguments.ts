/**
 * Owns the words behind `npm run bench:cluster --`: what they ask for, and what is wrong with them.
 * Must not touch anything but to look whether the files that were named are there.
 */
import { statSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { Mode } from '../../src/api/singleton.ts';
import { modes } from '../../test/e2e/singleton/manifests.ts';
import { sceneKeys } from './measured-scenes.ts';

export interface PeerFiles {
  /** A docker-archive. */
  readonly image: string;
  /** A folder of manifests. */
  readonly manifests: string;
  /** Of the application that the peer looks after. */
  readonly namespace: string;
}

export interface BenchArguments {
  readonly runs: number;
  /** Keys of scenes; all of them where there are none. */
  readonly only: readonly string[];
  /** Of our own controllers, in the order in which they are measured. */
  readonly modes: readonly Mode[];
  readonly json: string | undefined;
  readonly write: boolean;
  readonly onRunning: boolean;
  readonly peer: PeerFiles | undefined;
}

/** Words that were not understood; its message is for a person. */
export class UsageError extends Error {
  readonly code = 'USAGE';
  readonly retry = 'never';

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'UsageError';
  }
}

/** Beyond this it would run for days. */
const runsMax = 1_000;

/** @throws UsageError */
export function readArguments(words: readonly string[]): BenchArguments {
  const { runs, only, mode, json, write, 'on-running': onRunning, ...peer } = parse(words);
  const count = Number(runs);
  if (!Number.isInteger(count) || count < 1 || count > runsMax)
    throw new UsageError(`--runs ${runs}: a number from 1 to ${runsMax} is expected`);
  const unknown = only.find((key) => !sceneKeys.includes(key));
  if (unknown !== undefined)
    throw new UsageError(`--only ${unknown}: one of ${sceneKeys.join(', ')} is expected`);
  const wrongMode = mode.find((each) => !isMode(each));
  if (wrongMode !== undefined)
    throw new UsageError(`--mode ${wrongMode}: one of ${modes.join(', ')} is expected`);
  if (json !== undefined && !isFolder(path.dirname(json)))
    throw new UsageError(`--json ${json}: there is no folder for it`);
  const asked = mode.length === 0 ? modes : modes.filter((each) => mode.includes(each));
  return { runs: count, only, modes: asked, json, write, onRunning, peer: peerOf(peer) };
}

function isMode(text: string): boolean {
  return modes.some((mode) => mode === text);
}

function isFolder(name: string): boolean {
  return statSync(name, { throwIfNoEntry: false })?.isDirectory() === true;
}

function parse(words: readonly string[]) {
  try {
    return parseArgs({
      args: [...words],
      options: {
        runs: { type: 'string', default: '10' },
        only: { type: 'string', multiple: true, default: [] },
        mode: { type: 'string', multiple: true, default: [] },
        json: { type: 'string' },
        write: { type: 'boolean', default: false },
        'on-running': { type: 'boolean', default: false },
        controller: { type: 'string' },
        manifests: { type: 'string' },
        namespace: { type: 'string' },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

interface PeerWords {
  readonly controller?: string | undefined;
  readonly manifests?: string | undefined;
  readonly namespace?: string | undefined;
}

function peerOf({ controller, manifests, namespace }: PeerWords): PeerFiles | undefined {
  if (controller === undefined && manifests === undefined) {
    if (namespace === undefined) return undefined;
    throw new UsageError('--namespace goes with --controller FILE and --manifests DIR');
  }
  if (controller === undefined || manifests === undefined)
    throw new UsageError('--controller FILE and --manifests DIR go together');
  if (statSync(controller, { throwIfNoEntry: false })?.isFile() !== true)
    throw new UsageError(`--controller ${controller}: there is no such file`);
  if (!isFolder(manifests)) throw new UsageError(`--manifests ${manifests}: there is no such folder`);
  return { image: controller, manifests, namespace: namespace ?? 'bench-peer' };
}
