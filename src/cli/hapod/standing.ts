/**
 * Owns how the ancestor's set stands at one moment: who is active, who stands by, what the record says.
 * Must not fetch anything: it reads pods and leases that somebody else has got.
 */
import type { LeaseObject } from '../../kube/decode-lease.ts';
import type { PodObject } from '../../kube/decode-pod.ts';

/** Labels of the ancestor's manifests (examples/hapod) and of our records. */
const application = 'hapod';
const controller = 'icr';
const recordLabel = { key: 'understudy.dev/lease', value: 'record' };

export interface Pair {
  /** Pods with role=active, also those that are leaving. In good order there is exactly one. */
  readonly actives: readonly PodObject[];
  /** The other pods, without those that are leaving; oldest first. */
  readonly standbys: readonly PodObject[];
}

export interface Standing {
  readonly application: Pair;
  readonly controllers: Pair;
  /** Undefined before the first election. */
  readonly record: { readonly holder: string | undefined; readonly epoch: number } | undefined;
}

/** A standing in good order: one active and one fit standby of each, and the record agrees. */
export interface GoodStanding {
  readonly active: PodObject;
  readonly standby: PodObject;
  readonly epoch: number;
  readonly activeController: PodObject;
  readonly standbyController: PodObject;
}

export function readStanding(pods: readonly PodObject[], leases: readonly LeaseObject[]): Standing {
  const record = leases.find((lease) => lease.labels[recordLabel.key] === recordLabel.value);
  return {
    application: pairOf(pods, application),
    controllers: pairOf(pods, controller),
    record: record === undefined ? undefined : { holder: record.holder, epoch: record.transitions },
  };
}

function pairOf(pods: readonly PodObject[], app: string): Pair {
  const members = pods.filter((pod) => pod.labels.app === app).toSorted(byAge);
  return {
    actives: members.filter(isActive),
    standbys: members.filter((pod) => !isActive(pod) && pod.deletion === undefined),
  };
}

function isActive(pod: PodObject): boolean {
  return pod.labels.role === 'active';
}

function byAge(left: PodObject, right: PodObject): number {
  return left.createdAtMs - right.createdAtMs || (left.name < right.name ? -1 : 1);
}

/** The good standing; or, as a few words, what is missing for it. */
export function goodStanding(standing: Standing): GoodStanding | string {
  const [active, ...moreActives] = standing.application.actives;
  if (active === undefined) return waitingForFirst(standing);
  if (moreActives.length > 0) return 'one role=active instead of several';
  if (standing.record?.holder !== active.name) return `the record to name ${active.name}`;
  const standby = standing.application.standbys.find((pod) => pod.ready);
  if (standby === undefined) return `a warm standby beside ${active.name}`;
  const [activeController, ...moreControllers] = standing.controllers.actives;
  if (activeController === undefined) return 'a controller with role=active';
  if (moreControllers.length > 0) return 'one controller with role=active instead of several';
  const standbyController = standing.controllers.standbys.find((pod) => pod.ready);
  if (!activeController.ready || standbyController === undefined) return 'the second controller';
  return { active, standby, epoch: standing.record.epoch, activeController, standbyController };
}

function waitingForFirst({ application: { standbys }, controllers }: Standing): string {
  if (![...controllers.actives, ...controllers.standbys].some((pod) => pod.ready))
    return 'a controller to start';
  return standbys.some((pod) => pod.ready) ? 'the first election' : 'the first pod to be Ready';
}
