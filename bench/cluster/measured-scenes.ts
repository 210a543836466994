/**
 * Owns which scenes are measured on a real cluster, by which names they are asked for, and how often each is played.
 * Must not know how they strike: the catalogue of the end-to-end tests does.
 */
import {
  activeControllerKilled,
  bothControllersDeleted,
  controllerAndActiveKilled,
  controllerKilledAndForcedDelete,
  criticalContainerKilled,
  eviction,
  type FindControllers,
  forcedDelete,
  gracefulDelete,
  kubeletHangs,
  linkCut,
  otherContainerKilled,
} from '../../test/e2e/scene/catalogue.ts';
import type { Scene } from '../../test/e2e/scene/measure.ts';
import type { Stage } from '../../test/e2e/stage.ts';

export interface MeasuredScene {
  /** For `--only`. */
  readonly key: string;
  /** What has to be put in order after it, beside the application. */
  readonly breaks: 'nothing else' | 'one controller' | 'both controllers' | 'a node';
  /** In every so manyth run, from the first on: a lost node costs half a minute. */
  readonly everyRuns: number;
  readonly make: (stage: Stage, find: FindControllers) => Scene;
}

/** Each run has an application of its own: how that came to its first active is measured by the way. */
export const electionKey = 'election';

const often = 1;
const seldom = 10;

/** In the order in which a run plays them. */
export const measuredScenes: readonly MeasuredScene[] = [
  { key: 'crash', breaks: 'nothing else', everyRuns: often, make: criticalContainerKilled },
  { key: 'force-delete', breaks: 'nothing else', everyRuns: often, make: forcedDelete },
  { key: 'delete', breaks: 'nothing else', everyRuns: often, make: gracefulDelete },
  { key: 'eviction', breaks: 'nothing else', everyRuns: often, make: eviction },
  { key: 'other-container', breaks: 'nothing else', everyRuns: often, make: otherContainerKilled },
  {
    key: 'controller-and-crash',
    breaks: 'one controller',
    everyRuns: often,
    make: controllerAndActiveKilled,
  },
  {
    key: 'controller-and-force-delete',
    breaks: 'one controller',
    everyRuns: often,
    make: controllerKilledAndForcedDelete,
  },
  { key: 'controller', breaks: 'one controller', everyRuns: often, make: activeControllerKilled },
  { key: 'controllers', breaks: 'both controllers', everyRuns: often, make: bothControllersDeleted },
  { key: 'kubelet', breaks: 'a node', everyRuns: seldom, make: kubeletHangs },
  { key: 'link', breaks: 'a node', everyRuns: seldom, make: linkCut },
];

export const sceneKeys: readonly string[] = [electionKey, ...measuredScenes.map(({ key }) => key)];

/** `run` counts from 1. */
export function isDue({ key, everyRuns }: MeasuredScene, run: number, only: readonly string[]): boolean {
  return (run - 1) % everyRuns === 0 && (only.length === 0 || only.includes(key));
}
