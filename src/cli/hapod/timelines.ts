/**
 * Owns asking controllers for their timelines, over the health port that each has on its pod's address.
 * Must not interpret them: failover-phases.ts does.
 */
import type { Timeline } from '../../controller/timeline.ts';
import type { PodObject } from '../../kube/decode-pod.ts';
import { decodeTimelines } from './decode-timelines.ts';

/** The default of `understudy controller --listen`. */
const healthPort = 9464;
const answerWithinMs = 1_000;

/** All timelines of these controllers, of those that answer; a controller that was just killed does not. */
export async function fetchTimelines(controllers: readonly PodObject[]): Promise<readonly Timeline[]> {
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
