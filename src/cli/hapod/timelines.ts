/**
 * Owns asking controllers for their timelines, over the health port that each has on its pod's address.
 * Must not interpret them: failover-phases.ts does.
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

/** All timelines of these controllers, of those that answer; a controller that was just killed does not. */
async function fetchTimelines(controllers: readonly PodObject[]): Promise<readonly Timeline[]> {
  const answers = await Promise.allSettled(controllers.map(fetchFrom));
  return answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
}

async function fetchFrom(controller: PodObject): Promise<readonly Timeline[]> {
  if (controller.ip === undefined) return [];
  const response = await fetch(`http://${controller.ip}:${healthPort}/timelines`, {
    signal: AbortSignal.timeout(answerWithinMs),
  });
  return decodeTimelines(await response.json());
}
