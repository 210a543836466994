/**
 * Owns which node a new pod gets: one that is ready, schedulable, tolerated and not full; of those the one with the
 * fewest pods of the same owner, then the fewest pods. A pod that names its node is left alone.
 * (kubernetes pkg/scheduler; of its filters: unschedulable, taints, node selector, number of pods)
 */
import {
  booleanAt,
  type Json,
  jsonEquals,
  listAt,
  numberAt,
  objectAt,
  stringAt,
  stringsAt,
} from '../api/json.ts';
import { boundTo } from '../api/pod-binding.ts';
import { resourceTypes } from '../api/resource-types.ts';
import { type StoredObject, timestamp } from '../api/stored-object.ts';
import { subjectOf } from '../event-recorder.ts';
import {
  type Controller,
  type ControllerContext,
  conditionStatus,
  controllerOf,
  isLeaving,
  isTerminal,
  keyOf,
  nodeNameOf,
  splitKey,
} from './controller.ts';
import { WorkQueue } from './work-queue.ts';

export function startScheduler(context: ControllerContext): Controller {
  const { link, clock, pods } = context;
  const recorder = context.recorder('default-scheduler');
  const queue = new WorkQueue(clock, look);
  const unscheduled = new Set<string>();
  const unsubscribe = [
    link.subscribe(resourceTypes.pods, ({ type, object, previous }) => {
      const waits = type !== 'DELETED' && nodeNameOf(object) === '';
      if (waits) unscheduled.add(keyOf(object));
      else unscheduled.delete(keyOf(object));
      if (type === 'ADDED' && waits) queue.add(keyOf(object));
      if (type === 'DELETED' || (previous !== undefined && isTerminal(object) !== isTerminal(previous)))
        tryWaiting();
    }),
    link.subscribe(resourceTypes.nodes, ({ object, previous }) => {
      if (previous === undefined || !jsonEquals(suitability(previous), suitability(object))) tryWaiting();
    }),
  ];
  link.onReconnected(lookAtAll);
  lookAtAll();

  function lookAtAll(): void {
    unscheduled.clear();
    for (const pod of link.list(resourceTypes.pods)) if (nodeNameOf(pod) === '') unscheduled.add(keyOf(pod));
    tryWaiting();
  }

  function tryWaiting(): void {
    for (const key of unscheduled) queue.add(key);
  }

  function look(key: string): void {
    const [namespace, name] = splitKey(key);
    const pod = link.get(resourceTypes.pods, namespace, name);
    if (pod === undefined || nodeNameOf(pod) !== '' || isLeaving(pod) || isTerminal(pod)) return;
    const nodes = link.list(resourceTypes.nodes);
    const podsOn = (node: string) => pods.onNode(node).filter((each) => !isTerminal(each));
    const chosen = chooseNode(pod, nodes, podsOn);
    if (chosen.kind === 'node') bind(pod, chosen.name);
    else sayUnschedulable(pod, chosen.because);
  }

  function bind(pod: StoredObject, node: string): void {
    const bound = link.update(resourceTypes.pods, boundTo(pod, node, clock.wallTimeMs()), {
      subresource: 'binding',
    });
    const { namespace, name } = bound.metadata;
    const message = `Successfully assigned ${namespace}/${name} to ${node}`;
    recorder.record(subjectOf(bound), { type: 'Normal', reason: 'Scheduled', message });
  }

  function sayUnschedulable(pod: StoredObject, message: string): void {
    const status = objectAt(pod, 'status');
    const before = listAt(status, 'conditions').find((each) => stringAt(each, 'type') === 'PodScheduled');
    if (stringAt(before, 'message') === message) return;
    const lastTransitionTime = timestamp(clock.wallTimeMs());
    const condition = {
      type: 'PodScheduled',
      status: 'False',
      reason: 'Unschedulable',
      message,
      lastProbeTime: null,
      lastTransitionTime,
    };
    const others = listAt(status, 'conditions').filter((each) => stringAt(each, 'type') !== 'PodScheduled');
    const next = { ...pod, status: { ...status, phase: 'Pending', conditions: [...others, condition] } };
    link.update(resourceTypes.pods, next, { subresource: 'status' });
    recorder.record(subjectOf(pod), { type: 'Warning', reason: 'FailedScheduling', message });
  }

  return {
    close: () => {
      queue.close();
      for (const stop of unsubscribe) stop();
    },
  };
}

/** What of a node a waiting pod could be waiting for. */
function suitability(node: StoredObject): Json {
  return {
    spec: objectAt(node, 'spec'),
    labels: stringsAt(node, 'metadata', 'labels'),
    ready: conditionStatus(node, 'Ready') ?? '',
  };
}

export type NodeChoice =
  | { readonly kind: 'node'; readonly name: string }
  | { readonly kind: 'none'; readonly because: string };

/** Pure. `podsOn`: the pods that are bound to a node and have not ended. */
export function chooseNode(
  pod: StoredObject,
  nodes: readonly StoredObject[],
  podsOn: (node: string) => readonly StoredObject[],
): NodeChoice {
  const refusals = new Map<string, number>();
  const owner = controllerOf(pod)?.uid;
  let best: { readonly name: string; readonly score: readonly [number, number] } | undefined;
  for (const node of nodes) {
    const here = podsOn(node.metadata.name);
    const refusal = refusalOf(pod, node, here.length);
    if (refusal !== undefined) refusals.set(refusal, (refusals.get(refusal) ?? 0) + 1);
    else {
      const siblings = here.filter(
        (each) => owner !== undefined && controllerOf(each)?.uid === owner && !isLeaving(each),
      ).length;
      const score = [siblings, here.length] as const;
      if (best === undefined || isLower(score, best.score)) best = { name: node.metadata.name, score };
    }
  }
  if (best !== undefined) return { kind: 'node', name: best.name };
  const reasons = [...refusals].map(([refusal, count]) => `${count} ${refusal}`).sort();
  return { kind: 'none', because: `0/${nodes.length} nodes are available: ${reasons.join(', ')}.` };
}

function isLower(left: readonly [number, number], right: readonly [number, number]): boolean {
  return left[0] < right[0] || (left[0] === right[0] && left[1] < right[1]);
}

function refusalOf(pod: StoredObject, node: StoredObject, podsHere: number): string | undefined {
  const tolerations = listAt(pod, 'spec', 'tolerations');
  if (booleanAt(node, 'spec', 'unschedulable') === true) return 'node(s) were unschedulable';
  if (conditionStatus(node, 'Ready') !== 'True') return 'node(s) were not ready';
  const repelling = listAt(node, 'spec', 'taints').find(
    (taint) =>
      stringAt(taint, 'effect') !== 'PreferNoSchedule' && !tolerations.some((each) => tolerates(each, taint)),
  );
  if (repelling !== undefined)
    return `node(s) had untolerated taint {${stringAt(repelling, 'key')}: ${stringAt(repelling, 'value') ?? ''}}`;
  const labels = node.metadata.labels ?? {};
  const selector = Object.entries(stringsAt(pod, 'spec', 'nodeSelector'));
  if (selector.some(([key, value]) => labels[key] !== value))
    return "node(s) didn't match Pod's node affinity/selector";
  const capacity = Number(
    stringAt(node, 'status', 'allocatable', 'pods') ?? numberAt(node, 'status', 'allocatable', 'pods') ?? 0,
  );
  return podsHere >= capacity ? 'Too many pods' : undefined;
}

/** core/v1 Toleration.ToleratesTaint */
export function tolerates(toleration: Json, taint: Json): boolean {
  const effect = stringAt(toleration, 'effect') ?? '';
  if (effect !== '' && effect !== stringAt(taint, 'effect')) return false;
  const key = stringAt(toleration, 'key') ?? '';
  if (key !== '' && key !== stringAt(taint, 'key')) return false;
  if (stringAt(toleration, 'operator') === 'Exists') return true;
  return key !== '' && (stringAt(toleration, 'value') ?? '') === (stringAt(taint, 'value') ?? '');
}
