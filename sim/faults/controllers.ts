/**
 * Owns what happens to the controllers: they crash and come back, are suspended, and lose one way or the other.
 * Must not tell them anything.
 */
import { apiHost } from '../world/network.ts';
import { type Fault, pickController, type Strike } from './fault.ts';

export const controllerCrashes: Fault = (strike) => {
  const controller = pickController(strike);
  if (controller === undefined) return undefined;
  controller.kill();
  return { target: controller.name, heal: () => controller.start() };
};

export const controllersAllCrash: Fault = ({ world }) => {
  for (const controller of world.controllers) controller.kill();
  return {
    target: undefined,
    heal: () => {
      for (const controller of world.controllers) controller.start();
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
