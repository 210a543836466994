/**
 * Owns asking controllers over the health port that each has on its pod's address: for timelines, and whether it is ready.
 * Must not interpret timelines: failover-phases.ts does.
 */
import type { Timeline } from '../../controller/timeline.ts';
import type { PodObject } from '../../kube/decode-pod.ts';
import { pause } from '../../time/clock.ts';
import { realClock } from '../../time/real-clock.ts';
import { machineNowMs } from '../steady-client/machine-time.ts';
import { NotReached } from './condition.ts';
import { decodeTimelines } from './decode-timelines.ts';

/** The default of `understudy controller --listen`. */
const healthPort = 9464;
const answerWithinMs = 1_000;

/** A controller writes it down once the application has been told too: a moment after traffic has moved. */
const writtenWithinMs = 5_000;
const askEveryMs = 25;

/** The timeline of the change to this epoch, from whichever of the controllers made it. Rejects with NotReached. */
export async function timelineOf(controllers: readonly PodObject[], epoch: number): Promise<Timeline> {
  const giveUpAtMs = machineNowMs() + writtenWithinMs;
  for (;;) {
    const found = (await fetchTimelines(controllers)).findLast((timeline) => timeline.epoch === epoch);
    if (found !== undefined) return found;
    if (machineNowMs() > giveUpAtMs)
      throw new NotReached(`a controller's timeline of epoch ${epoch}`, writtenWithinMs);
    await pause(realClock, askEveryMs);
  }
}

/** Whether all of these controllers see clearly and may act: what a pod's Ready does not say of them. */
export async function areReady(controllers: readonly PodObject[]): Promise<boolean> {
  const answers = await Promise.allSettled(controllers.map((controller) => ask(controller, '/readyz')));
  return answers.every((answer) => answer.status === 'fulfilled' && answer.value.ok);
}

/** All timelines of these controllers, of those that answer; a controller that was just killed does not. */
async function fetchTimelines(controllers: readonly PodObject[]): Promise<readonly Timeline[]> {
  const answers = await Promise.allSettled(controllers.map(fetchFrom));
  return answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
}

async function fetchFrom(controller: PodObject): Promise<readonly Timeline[]> {
  return decodeTimelines(await (await ask(controller, '/timelines')).json());
}

function ask({ name, ip }: PodObject, path: string): Promise<Response> {
  if (ip === undefined) return Promise.reject(new Error(`${name} has no address`));
  return fetch(`http://${ip}:${healthPort}${path}`, { signal: AbortSignal.timeout(answerWithinMs) });
}
