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
  criticalContainerKilledOnTripwire,
  drainOfItsNode,
  drainServingOn,
  type FindControllers,
  forcedDelete,
  forcedDeleteAmidChanges,
  forcedDeleteBesideService,
  gracefulDelete,
  gracefulDeleteServingOn,
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
  /** Of kube-proxy: as the cluster has it, or with the shorter pause. */
  readonly proxy: 'as found' | 'tuned';
  /** `Direct`: where labels lead, it tells nothing more, as their own changes cost as much as those of others. */
  readonly needs: 'nothing' | 'a Singleton' | 'Direct';
  readonly make: (stage: Stage, find: FindControllers) => Scene;
}

/** Each run has an application of its own: how that came to its first active is measured by the way. */
export const electionKey = 'election';

const often = 1;
const seldom = 10;

const usual = { breaks: 'nothing else', everyRuns: often, proxy: 'as found', needs: 'nothing' } as const;
const oneController = { ...usual, breaks: 'one controller' } as const;
const aNode = { ...usual, breaks: 'a node', everyRuns: seldom } as const;
const amidOthers = { ...usual, needs: 'Direct' } as const;

const asFound: readonly MeasuredScene[] = [
  { ...usual, key: 'crash', make: criticalContainerKilled },
  { ...usual, key: 'crash-tripwire', needs: 'a Singleton', make: criticalContainerKilledOnTripwire },
  { ...usual, key: 'force-delete', make: forcedDelete },
  { ...usual, key: 'delete', make: gracefulDelete },
  { ...usual, key: 'delete-serving', make: gracefulDeleteServingOn },
  { ...usual, key: 'drain', make: drainOfItsNode },
  { ...usual, key: 'drain-serving', make: drainServingOn },
  { ...usual, key: 'other-container', make: otherContainerKilled },
  { ...oneController, key: 'controller-and-crash', make: controllerAndActiveKilled },
  { ...oneController, key: 'controller-and-force-delete', make: controllerKilledAndForcedDelete },
  { ...oneController, key: 'controller', make: activeControllerKilled },
  { ...usual, breaks: 'both controllers', key: 'controllers', make: bothControllersDeleted },
  { ...amidOthers, key: 'noise', make: forcedDeleteAmidChanges },
  { ...amidOthers, key: 'covered', make: forcedDeleteBesideService },
  { ...aNode, key: 'kubelet', make: kubeletHangs },
  { ...aNode, key: 'link', make: linkCut },
];

/** The same scenes once more, in a cluster whose kube-proxies pause for less. */
const tuned = asFound
  .filter(({ key }) => ['crash', 'crash-tripwire', 'force-delete', 'noise', 'covered'].includes(key))
  .map(({ key, make, ...rest }): MeasuredScene => {
    const makeTuned: MeasuredScene['make'] = (stage, find) => {
      const scene = make(stage, find);
      return { ...scene, name: `${scene.name}; kube-proxy tuned` };
    };
    return { ...rest, key: `${key}-tuned`, proxy: 'tuned', make: makeTuned };
  });

/** In the order in which a run plays them: kube-proxies are started anew twice in it. */
export const measuredScenes: readonly MeasuredScene[] = [...asFound, ...tuned];

export const sceneKeys: readonly string[] = [electionKey, ...measuredScenes.map(({ key }) => key)];

/** `run` counts from 1. */
export function isDue({ key, everyRuns }: MeasuredScene, run: number, only: readonly string[]): boolean {
  return (run - 1) % everyRuns === 0 && (only.length === 0 || only.includes(key));
}
