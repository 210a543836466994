/**
 * Owns the reading of a pod as a member: its role, what it was told, its priority, which containers are critical.
 * Must not judge it, and must not fail: what makes no sense is left out and said.
 */
import type { Baseline } from '../core/baseline.ts';
import {
  type Companions,
  type Epoch,
  type Incarnation,
  noEpoch,
  parseEpoch,
  podUid,
} from '../core/identity.ts';
import { type Container, companionsOf, incarnationOf, type Member, type Told } from '../core/member.ts';
import type { PodContainer, PodObject } from '../kube/decode-pod.ts';
import { words } from './words.ts';

/** What decodePod has to keep of the environment. */
export const podDecoding = { keepEnv: [words.criticality] } as const;

export interface ReadPod {
  readonly member: Omit<Member, 'criticalDeath'>;
  /** What about this pod makes no sense, one sentence each. */
  readonly problems: readonly string[];
}

/** What is asked of members beside what their pods say. */
export interface MemberTerms {
  /** Containers that are critical whatever their environment says. */
  readonly alsoCritical: readonly string[];
  /** The pod condition without which a member is not promoted. */
  readonly promotionGate: string | undefined;
}

export const noTerms: MemberTerms = { alsoCritical: [], promotionGate: undefined };

/** What the node says is added where the view is built: `nodeReady` is as far as the pod itself tells it. */
export function readPod(pod: PodObject, { alsoCritical, promotionGate }: MemberTerms = noTerms): ReadPod {
  const problems: string[] = [];
  const member = {
    uid: podUid(pod.uid),
    name: pod.name,
    node: pod.node,
    ip: pod.ip,
    createdAtMs: pod.createdAtMs,
    resourceVersion: pod.resourceVersion,
    phase: pod.phase,
    ready: pod.ready,
    leaving: pod.deletion === undefined ? undefined : { graceSeconds: pod.deletion.graceSeconds },
    roleLabel: readRole(pod, problems),
    labelEpoch: readEpoch(pod, problems),
    told: readTold(pod, problems),
    priority: readPriority(pod, problems),
    containers: pod.containers.map((container) => readContainer(container, alsoCritical, problems)),
    nodeReady: !isNodeSilent(pod),
    cordonedAt: undefined,
    owner: pod.ownerUid,
    gateOpen: promotionGate === undefined || pod.trueConditions.includes(promotionGate),
  };
  return { member, problems };
}

/**
 * Whether the node controller has taken the pod's readiness away (kubernetes: controller/util/node, MarkPodsNotReady).
 * It writes that one condition, with the reason NodeNotReady or none, and leaves the containers as the kubelet last
 * saw them; the kubelet itself always gives another reason (status/generate.go, GeneratePodReadyCondition).
 */
function isNodeSilent({ phase, ready, notReadyReason, containers }: PodObject): boolean {
  if (ready || phase !== 'Running') return false;
  if (notReadyReason !== undefined) return notReadyReason === 'NodeNotReady';
  return containers.every((container) => container.state.kind === 'running' && container.ready);
}

/** The member once its past is known too. */
export function withPast(member: Omit<Member, 'criticalDeath'>, baseline: Baseline): Member {
  return { ...member, criticalDeath: baseline.death };
}

/**
 * Ends the annotation of an incarnation that acknowledged its step-down. No incarnation ends so: what follows its last
 * slash is empty or has an equals sign (src/core/member.ts, incarnationOf).
 */
const standbyMark = '/standby';

/** Ends that of an incarnation which was labelled, and of which it is not known yet that it heard. */
const unheardMark = '/unheard';

/** Stands between an incarnation and its companions: in neither of them. */
const companionsMark = '+';

/**
 * What stands in the annotation once this incarnation was told: `EPOCH/INCARNATION`, then `+COMPANIONS` where it has
 * some, then `/standby` where it was asked to step down. `/unheard` ends it as long as nobody knows whether it heard: after
 * it got the label, and until it acknowledges its step-down.
 */
export function encodeTold({ epoch, incarnation, companions, role, isHeard }: Told): string {
  const beside = companions === undefined || companions === '' ? '' : `${companionsMark}${companions}`;
  return `${epoch}/${incarnation}${beside}${role === 'standby' ? standbyMark : ''}${isHeard ? '' : unheardMark}`;
}

export function decodeTold(text: string): Told | undefined {
  const slash = text.indexOf('/');
  const epoch = slash < 0 ? undefined : parseEpoch(text.slice(0, slash));
  const said = text.slice(slash + 1);
  const isHeard = !said.endsWith(unheardMark);
  const about = isHeard ? said : said.slice(0, -unheardMark.length);
  const role = about.endsWith(standbyMark) ? 'standby' : 'active';
  const lives = role === 'standby' ? about.slice(0, -standbyMark.length) : about;
  const [incarnation = '', companions] = lives.split(companionsMark, 2);
  if (epoch === undefined || incarnation === '') return undefined;
  return {
    epoch,
    incarnation: incarnation as Incarnation,
    companions: companions as Companions | undefined,
    role,
    isHeard,
  };
}

/**
 * The label and annotations by which a pod has a role. Whoever gets the active's may believe it from then on, whether or not
 * it is ever known that it heard: so it is written down with it.
 */
export function encodeRole(
  { role, epoch }: { readonly role: Told['role']; readonly epoch: Epoch },
  member: Member | undefined,
): { readonly labels: Annotations; readonly annotations: Readonly<Record<string, string | null>> } {
  return {
    labels: { [words.role]: role },
    annotations: {
      [words.epoch]: String(epoch),
      // A ReplicaSet that has a pod too many takes the standby.
      [words.deletionCost]: role === 'active' ? '1' : null,
      ...(role === 'active' && member !== undefined ? mayBelieve(member, epoch) : {}),
    },
  };
}

type Annotations = Readonly<Record<string, string>>;

function mayBelieve(member: Member, epoch: Epoch): Annotations {
  const { told } = member;
  const incarnation = incarnationOf(member);
  if (told?.epoch === epoch && told.incarnation === incarnation) return {};
  const companions = companionsOf(member);
  return { [words.told]: encodeTold({ epoch, incarnation, companions, role: 'active', isHeard: false }) };
}

function readRole(pod: PodObject, problems: string[]): string | undefined {
  const role = pod.labels[words.role];
  if (role !== undefined && role !== 'active' && role !== 'standby') {
    problems.push(`its label ${words.role} is "${role}", neither active nor standby: it is never chosen`);
  }
  return role;
}

function readEpoch(pod: PodObject, problems: string[]): Epoch {
  const text = pod.annotations[words.epoch];
  const epoch = parseEpoch(text);
  if (text !== undefined && epoch === undefined)
    problems.push(`its annotation ${words.epoch} is "${text}", no epoch`);
  return epoch ?? noEpoch;
}

function readTold(pod: PodObject, problems: string[]): Told | undefined {
  const text = pod.annotations[words.told];
  if (text === undefined) return undefined;
  const told = decodeTold(text);
  if (told === undefined)
    problems.push(
      `its annotation ${words.told} is "${text}", not EPOCH/INCARNATION, alone or with /standby or /unheard`,
    );
  return told;
}

function readPriority(pod: PodObject, problems: string[]): Member['priority'] {
  const text = pod.annotations[words.priority];
  if (text === undefined) return 0;
  if (text === 'never') return 'never';
  if (/^-?[0-9]{1,9}$/.test(text)) return Number(text);
  problems.push(`its annotation ${words.priority} is "${text}", neither an integer nor never: taken for 0`);
  return 0;
}

function readContainer(
  container: PodContainer,
  alsoCritical: readonly string[],
  problems: string[],
): Container {
  return {
    name: container.name,
    critical: readCriticality(container, problems) || alsoCritical.includes(container.name),
    state: container.state.kind,
    ready: container.ready,
    containerId: container.containerId ?? endedId(container),
    lastEndedContainerId: container.lastTerminated?.containerId,
    restartCount: container.restartCount,
  };
}

function endedId({ state }: PodContainer): string | undefined {
  return state.kind === 'terminated' ? state.containerId : undefined;
}

/** Of two variables of one name the last one counts, as in the container itself (kubelet, makeEnvironmentVariables). */
function readCriticality(container: PodContainer, problems: string[]): boolean {
  const marks = container.env.filter((variable) => variable.name === words.criticality);
  const value = marks.at(-1)?.value;
  if (marks.length > 1) {
    problems.push(
      `container ${container.name} has ${words.criticality} ${marks.length} times: the last, "${value ?? ''}", counts`,
    );
  }
  if (marks.length > 0 && value !== 'critical' && value !== 'noncritical') {
    problems.push(
      `container ${container.name} has ${words.criticality}="${value ?? ''}": taken for noncritical`,
    );
  }
  return value === 'critical';
}
