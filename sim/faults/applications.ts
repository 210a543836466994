/**
 * Owns what happens to applications: they crash, hang and come back, and are not ready for a while.
 * Must not touch the API: the kubelet says what it sees.
 */
import {
  activePod,
  applicationOf,
  type Fault,
  kill,
  pickFrom,
  pickSingleton,
  type Strike,
  standbyPods,
} from './fault.ts';

export const activeCrashes: Fault = (strike) => {
  const { name } = pickSingleton(strike);
  const application = applicationOf(strike.world, activePod(strike.world, name));
  if (application === undefined) return undefined;
  kill(strike.world, application);
  return { target: name };
};

export const standbyCrashes: Fault = (strike) => {
  const { name } = pickSingleton(strike);
  const application = applicationOf(strike.world, pickFrom(standbyPods(strike.world, name), strike.pick));
  if (application === undefined) return undefined;
  kill(strike.world, application);
  return { target: name };
};

/** Of a container that nobody marked as critical. */
export const companionCrashes: Fault = (strike) => {
  const { world } = strike;
  const { name } = pickSingleton(strike);
  const pod = activePod(world, name);
  const life =
    pod && world.cluster.container(pod.metadata.namespace ?? '', pod.metadata.name, 'companion')?.life;
  if (life?.running !== true) return undefined;
  life.signal('SIGKILL');
  return { target: name };
};

export const everybodyCrashes: Fault = (strike) => {
  const { world } = strike;
  const { name } = pickSingleton(strike);
  for (const pod of world.pods(name)) kill(world, applicationOf(world, pod));
  return { target: name };
};

const crashesEveryMs = 300;

/** As after a bad configuration: whatever is started ends soon. */
export const everybodyCrashesAgainAndAgain: Fault = (strike) => {
  const { world } = strike;
  const { name } = pickSingleton(strike);
  let isOver = false;
  const crash = () => {
    if (isOver) return;
    for (const pod of world.pods(name)) kill(world, applicationOf(world, pod));
    world.clock.schedule(crashesEveryMs, crash);
  };
  crash();
  return {
    target: name,
    heal: () => {
      isOver = true;
    },
  };
};

/** As a virtual machine that is moved: it comes back, and believes what it believed before. */
export const activeIsSuspended: Fault = (strike) => {
  const { world } = strike;
  const { name } = pickSingleton(strike);
  const application = applicationOf(world, activePod(world, name));
  const process = application && world.processes.running.get(application.pid);
  if (process === undefined) return undefined;
  process.signal('SIGSTOP');
  return { target: name, heal: () => process.signal('SIGCONT') };
};

export const activeNotReady: Fault = (strike: Strike) => {
  const { world } = strike;
  const { name } = pickSingleton(strike);
  const application = applicationOf(world, activePod(world, name));
  if (application === undefined) return undefined;
  application.refuseProbes(true);
  return { target: name, heal: () => application.refuseProbes(false) };
};
