/**
 * Owns what the doctor says of the controllers: how many live, on which nodes, by which images.
 * Must not say who lives by a clock: a heartbeat that moves between two looks does.
 */
import type { Heartbeat } from '../cluster/heartbeats.ts';
import type { Seen } from '../cluster/seen.ts';
import type { RunningPod } from './decode-running-pod.ts';
import { broken, costs, type Finding, hidden, ok } from './finding.ts';

export interface SeenController {
  readonly heartbeat: Heartbeat;
  /** Its heartbeat moved while it was looked at. */
  readonly alive: boolean;
  /** Undefined: it runs outside of this cluster. */
  readonly pod: Seen<RunningPod | undefined>;
}

const install = 'kubectl apply -f deploy/understudy.yaml';

/** Of each group: its controllers stand in for each other, and for nobody else. */
export function checkControllers(controllers: readonly SeenController[]): readonly Finding[] {
  if (controllers.length === 0)
    return [broken('controllers', 'no heartbeat in this cluster: nobody fails anything over', install)];
  const groups = new Set(controllers.map(({ heartbeat }) => heartbeat.group));
  return [...groups].flatMap((group) =>
    checkGroup(
      groups.size === 1 ? 'controllers' : `controllers of ${group}`,
      controllers.filter(({ heartbeat }) => heartbeat.group === group),
    ),
  );
}

function checkGroup(subject: string, controllers: readonly SeenController[]): readonly Finding[] {
  const alive = controllers.filter((one) => one.alive);
  const names = controllers.map(({ heartbeat }) => heartbeat.controller).join(', ');
  if (alive.length === 0)
    return [
      broken(
        subject,
        `none renews its heartbeat (${names}): nobody fails anything over`,
        'look at their logs',
      ),
    ];
  return [checkCount(subject, alive), ...checkPlaces(subject, alive)];
}

function checkCount(subject: string, alive: readonly SeenController[]): Finding {
  const names = alive.map(({ heartbeat }) => heartbeat.controller).join(', ');
  if (alive.length > 1) return ok(subject, `${alive.length} are alive: ${names}`);
  const sentence = `only ${names} is alive: nothing fails over while it is replaced`;
  return costs(subject, undefined, sentence, 'run two: spec.replicas of its Deployment');
}

function checkPlaces(subject: string, alive: readonly SeenController[]): readonly Finding[] {
  const pods = alive.map(({ pod }) => pod);
  const refused = pods.find((pod) => pod.kind === 'hidden');
  if (refused !== undefined) return [hidden(`${subject}' pods`, refused.because)];
  const seen = pods.flatMap((pod) => (pod.kind === 'seen' && pod.value !== undefined ? [pod.value] : []));
  if (seen.length < 2) return [];
  return [checkNodes(subject, seen), checkImages(subject, seen)];
}

function checkNodes(subject: string, pods: readonly RunningPod[]): Finding {
  const nodes = [...new Set(pods.map(({ node }) => node ?? 'no node'))];
  if (nodes.length > 1) return ok(subject, `on ${nodes.length} nodes: ${nodes.join(', ')}`);
  const sentence = `all on ${nodes.join()}: when it is lost, nothing fails over until one is started elsewhere`;
  return costs(subject, undefined, sentence, 'spread them: podAntiAffinity as in deploy/understudy.yaml');
}

function checkImages(subject: string, pods: readonly RunningPod[]): Finding {
  const images = [...new Set(pods.flatMap((pod) => pod.images))];
  if (images.length === 1) return ok(subject, `all run ${images.join()}`);
  const sentence = `they run different images: ${images.join(', ')}`;
  return costs(subject, undefined, sentence, 'nothing, while they are rolled out; else finish the rollout');
}
