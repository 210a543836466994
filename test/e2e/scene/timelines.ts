/**
 * Owns asking the controllers for their timelines, from inside the cluster's network.
 * Must not insist: a controller that was killed answers nobody.
 */
import { text } from 'node:stream/consumers';
import { decodeTimelines } from '../../../src/cli/hapod/decode-timelines.ts';
import { machineNowMs, machineTimeOfWallMs } from '../../../src/cli/steady-client/machine-time.ts';
import type { Timeline, TimelinePhases } from '../../../src/controller/timeline.ts';
import type { PodObject } from '../../../src/kube/decode-pod.ts';
import type { Stage } from '../stage.ts';

/** The default of `understudy controller --listen`. */
const healthPort = 9464;
const answerWithinMs = 3_000;
/** It is written once the application has been told too, and a busy machine is late with all of it. */
const writtenWithinMs = 5_000;

/** A controller's own account of one failover. */
export interface ControllerPart {
  readonly name: string;
  readonly actedAs: Timeline['actedAs'];
  readonly code: string;
  /** From the strike to what it saw of it; by the wall clock, which it notes in whole milliseconds. */
  readonly seenMs: number;
  readonly phasesMs: TimelinePhases;
}

interface Change {
  readonly namespace: string;
  readonly epoch: number;
  readonly struckAtMs: number;
}

/** The account of the change to this epoch, by whichever controller made it. Undefined: none that answers did. */
export async function controllerPart(stage: Stage, change: Change): Promise<ControllerPart | undefined> {
  const giveUpAtMs = machineNowMs() + writtenWithinMs;
  for (;;) {
    const answers = await Promise.all(stage.controllers().map((pod) => timelinesOf(stage, pod)));
    const own = answers
      .flat()
      .findLast(({ namespace, epoch }) => namespace === change.namespace && epoch === change.epoch);
    if (own !== undefined) return partOf(own, change);
    if (machineNowMs() > giveUpAtMs) return undefined;
  }
}

function partOf(
  { controller: name, actedAs, code, phasesMs, seenAtMs }: Timeline,
  change: Change,
): ControllerPart {
  return { name, actedAs, code, seenMs: machineTimeOfWallMs(seenAtMs) - change.struckAtMs, phasesMs };
}

const fetching = `
const response = await fetch(process.argv[1], { signal: AbortSignal.timeout(${answerWithinMs}) });
process.stdout.write(await response.text());
`;

async function timelinesOf({ bed }: Stage, { ip: address, node }: PodObject): Promise<readonly Timeline[]> {
  if (address === undefined) return [];
  const host = address.includes(':') ? `[${address}]` : address;
  const url = `http://${host}:${healthPort}/timelines`;
  const command = [process.execPath, '--input-type=module', '--eval', fetching, url];
  // From its own node: the link between nodes may be what was struck.
  const machine = node === 'node2' ? 'node2' : 'node1';
  const child = bed.spawnIn(machine, command, { stdio: ['ignore', 'pipe', 'ignore'] });
  child.on('error', () => undefined);
  if (child.stdout === null) throw new TypeError('what is to be read needs its stdout');
  const answer = await text(child.stdout);
  return answer === '' ? [] : decodeTimelines(JSON.parse(answer));
}
