/**
 * Owns what happens to the controllers: they crash and come back, are suspended, and lose one way or the other.
 * Must not tell them anything.
 */
import type { ControllerHost } from '../world/controller-host.ts';
import { apiHost } from '../world/network.ts';
import type { World } from '../world/world.ts';
import {
  activePod,
  applicationOf,
  type Fault,
  kill,
  pickController,
  pickFrom,
  pickSingleton,
  type Strike,
} from './fault.ts';

export const controllerCrashes: Fault = (strike) => {
  const controller = pickController(strike);
  if (controller === undefined) return undefined;
  controller.kill();
  return { target: controller.name, heal: () => startAgain(strike.world, controller) };
};

/** Not where there is no power. */
function startAgain(world: World, controller: ControllerHost): void {
  if (!world.darkNodes.has(controller.node)) controller.start();
}

export const controllersAllCrash: Fault = ({ world }) => {
  for (const controller of world.controllers) controller.kill();
  return {
    target: undefined,
    heal: () => {
      for (const controller of world.controllers) startAgain(world, controller);
    },
  };
};

/** As a machine that stalls: what it saw before is what it believes when it goes on. */
export const controllerIsSuspended: Fault = (strike) => {
  const controller = pickController(strike);
  if (controller === undefined) return undefined;
  controller.stop();
  return { target: controller.name, heal: () => controller.goOn() };
};

function cut(ways: readonly ('there' | 'back')[], othersOf: (strike: Strike) => readonly string[]): Fault {
  return (strike) => {
    const { network } = strike.world;
    const controller = pickController(strike);
    if (controller === undefined) return undefined;
    const { host } = controller;
    const pairs = othersOf(strike).flatMap((other) =>
      ways.map((way) => (way === 'there' ? ([host, other] as const) : ([other, host] as const))),
    );
    for (const [from, to] of pairs) network.cut(from, to);
    return {
      target: controller.name,
      heal: () => {
        for (const [from, to] of pairs) network.heal(from, to);
      },
    };
  };
}

const api = () => [apiHost];

export const controllerCutFromApi = cut(['there', 'back'], api);
export const controllerHearsNothing = cut(['back'], api);
export const controllerIsNotHeard = cut(['there'], api);
export const controllerCutFromNodes = cut(['there', 'back'], ({ world }) =>
  world.cluster.kubelets.map(({ node }) => node.name),
);

/** Longer than a controller believes what it has seen, and what it has sent arrives. */
const deafForMs = 4_000;
const deafAfterwardsMs = 1_500;

/** One of them has long heard nothing from the API when the active ends: whatever else tells it so is no ground to act on. */
export const activeCrashesUnheard: Fault = (strike) => {
  const { world } = strike;
  const deaf = controllerHearsNothing(strike);
  const { name } = pickSingleton(strike);
  if (deaf === undefined) return undefined;
  world.clock.schedule(deafForMs, () => kill(world, applicationOf(world, activePod(world, name))));
  return {
    ...deaf,
    target: name,
    also: [{ kind: 'controller-hears-nothing', target: deaf.target }],
    lastsMs: deafForMs + deafAfterwardsMs,
  };
};

/** What it hears and says is late; so much is the most before its own time limits end it. */
const clogMsMax = 900;

export const controllerLinkClogged: Fault = (strike) => {
  const { network } = strike.world;
  const controller = pickController(strike);
  if (controller === undefined) return undefined;
  const { host } = controller;
  for (const [from, to] of [
    [host, apiHost],
    [apiHost, host],
  ] as const)
    network.slowDown(from, to, strike.pick * clogMsMax);
  return {
    target: controller.name,
    heal: () => {
      network.slowDown(host, apiHost, 0);
      network.slowDown(apiHost, host, 0);
    },
  };
};

const watchedKinds = ['pods', 'leases', 'endpointslices', 'services', 'singletons', 'nodes'];
/** Less than a controller believes what it sees. */
const lateMsMax = 1_800;

/** Of the rest it sees all at once: a watch cache has its own way from the store for each kind. */
export const controllerSeesOneKindLate: Fault = (strike) => {
  const controller = pickController(strike);
  const share = (strike.pick * 7) % 1;
  const kind = pickFrom(watchedKinds, share);
  if (controller === undefined || kind === undefined) return undefined;
  controller.lagBehind(kind, ((strike.pick * 31) % 1) * lateMsMax);
  return { target: controller.name, heal: () => controller.lagBehind(kind, 0) };
};

export const controllerWatchesStall: Fault = (strike) => {
  const controller = pickController(strike);
  controller?.stallWatches();
  return controller && { target: controller.name, heal: () => controller.dropWatches() };
};

export const controllerWatchesDrop: Fault = (strike) => {
  const controller = pickController(strike);
  controller?.dropWatches();
  return controller && { target: controller.name };
};
