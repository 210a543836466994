/**
 * Owns the split of one failover into phases, from what struck the active to the first answer of the next one.
 * Must not measure: it puts together what the sandbox, the controller and the client have each seen.
 */
import type { TimelinePhases } from '../../controller/timeline.ts';

/** Durations in ms; they follow each other and add up to `total`. Undefined: the phase did not take place. */
export interface FailoverPhases {
  /** From the process's end to the status that says so: the kubelet's own lateness. Undefined where none was needed. */
  readonly kubelet: number | undefined;
  /** From the API knowing (or being asked to delete) to the controller's decision. */
  readonly decide: number;
  /** The compare-and-swap on the record. */
  readonly record: number | undefined;
  /** Making sure that the old active can't act any more: its deletion. */
  readonly fence: number | undefined;
  /** The role label on the new active. */
  readonly route: number | undefined;
  /** From the label to the first answer that a client got: endpoints, proxy, and the client's own interval. */
  readonly answer: number;
  readonly total: number;
}

export const phaseNames = ['kubelet', 'decide', 'record', 'fence', 'route', 'answer'] as const;

/** Machine times in ms (machine-time.ts). */
export interface FailoverMoments {
  readonly struckAtMs: number;
  /** When the kubelet's report was in the API; undefined where the API itself was what struck. */
  readonly reportedAtMs: number | undefined;
  readonly answeredAtMs: number;
}

/** The controller's phases are durations on its own clock; what they leave of the total lies before and after them. */
export function failoverPhases(
  moments: FailoverMoments,
  seenAtMs: number,
  controller: TimelinePhases,
): FailoverPhases {
  const { struckAtMs, reportedAtMs, answeredAtMs } = moments;
  const total = answeredAtMs - struckAtMs;
  const left = new Remaining(total);
  const kubelet = reportedAtMs === undefined ? undefined : left.take(reportedAtMs - struckAtMs);
  // The controller notes when it saw the change as wall time in whole milliseconds: never more than what is left.
  const decide = left.take(Math.max(0, seenAtMs - (reportedAtMs ?? struckAtMs)) + controller.decide);
  const record = controller.record === undefined ? undefined : left.take(controller.record);
  const fence = controller.fence === undefined ? undefined : left.take(controller.fence);
  // Traffic moves when the API has the label, a little before the controller has read the API's answer to it.
  const route = controller.route === undefined ? undefined : left.take(controller.route);
  return { kubelet, decide, record, fence, route, answer: left.rest, total };
}

class Remaining {
  rest: number;

  constructor(total: number) {
    this.rest = total;
  }

  take(durationMs: number): number {
    const taken = Math.min(Math.max(0, durationMs), this.rest);
    this.rest -= taken;
    return taken;
  }
}
