/**
 * Owns the check of a scene's end: a Singleton's status says what the record, the labels, the slices and the pods say.
 * Must not wait: asked too early, it finds what is still on its way.
 */
import type { ConditionType, Mode, SingletonStatus } from '../../../src/api/singleton.ts';
import { words } from '../../../src/controller/words.ts';
import type { PodObject } from '../../../src/kube/decode-pod.ts';
import type { History, RecordVersion, Version } from '../recorder/history.ts';
import { type Scope, usedEndpoints } from './traffic.ts';

/** What there is, as everything but the status tells it. */
interface Truth {
  readonly mode: Mode;
  readonly record: RecordVersion | undefined;
  /** Those of its pods that there are. */
  readonly members: readonly PodObject[];
  readonly fit: ReadonlySet<string>;
  /** UIDs of those whom the Service leads to. */
  readonly reached: ReadonlySet<string>;
}

/** One sentence for each thing that the status does not tell as it is. `history`: of one namespace with one Singleton. */
export function endStateProblems(history: History, scope: Scope): readonly string[] {
  const [singleton, ...more] = lastOf(history.singletons);
  if (singleton === undefined) return ['there is no Singleton'];
  if (more.length > 0) return ['there are several Singletons'];
  if (singleton.status === undefined) return [`${singleton.name} has no status`];
  const truth = truthOf(history, scope);
  return [
    ...activeProblems(singleton.status, truth),
    ...labelProblems(truth),
    ...conditionProblems(singleton.status, truth),
  ];
}

function truthOf(history: History, { isMember, service }: Scope): Truth {
  const lost = new Set(
    lastOf(history.nodes).flatMap(({ name, node }) => (node.ready === 'True' ? [] : name)),
  );
  const members = lastOf(history.pods)
    .map(({ pod }) => pod)
    .filter(isMember);
  const slices = lastOf(history.slices).filter((slice) => slice.service === service);
  const used = usedEndpoints(slices.flatMap(({ endpoints }) => endpoints));
  const selector = lastOf(history.services).find(({ name }) => name === service)?.service.selector;
  return {
    mode: selector === undefined ? 'Direct' : 'Labels',
    record: lastOf(history.records).at(-1),
    members,
    fit: new Set(members.filter((pod) => isFit(pod, lost)).map(({ uid }) => uid)),
    reached: new Set(used.map(({ targetUid }) => targetUid ?? '')),
  };
}

/** The last version of each object that there is. */
function lastOf<T extends Version>(versions: readonly T[]): readonly T[] {
  const last = new Map(versions.map((version) => [version.uid, version]));
  return [...last.values()].filter(({ gone }) => !gone);
}

/** As ARCHITECTURE.md has it. */
function isFit(
  { phase, ip, deletion, containers, ready, node, labels }: PodObject,
  lost: ReadonlySet<string>,
) {
  if (phase !== 'Running' || ip === undefined || deletion !== undefined) return false;
  if (node !== undefined && lost.has(node)) return false;
  if (!['active', 'standby', undefined].includes(labels[words.role])) return false;
  const critical = containers.filter(({ env }) =>
    env.some(({ name, value }) => name === words.criticality && value === 'critical'),
  );
  return critical.length === 0 ? ready : critical.every((container) => container.ready);
}

function activeProblems({ active, epoch, mode, ready }: SingletonStatus, truth: Truth): readonly string[] {
  const { record, members, fit } = truth;
  const holder = members.find(({ uid }) => uid === record?.holder?.uid);
  return [
    ...(active?.uid === holder?.uid ? [] : [sentence('active', active?.pod, holder?.name)]),
    ...different('the epoch of active', active?.epoch, holder === undefined ? undefined : record?.epoch),
    ...different('epoch', epoch, record?.epoch ?? 0),
    ...different('node', active?.node, holder?.node),
    ...different('mode', mode, truth.mode),
    ...different('ready', ready, `${fit.size}/${members.length}`),
  ];
}

/** People read the label, and in Labels mode the Service does. */
function labelProblems({ record, members }: Truth): readonly string[] {
  const labelled = members.filter(
    ({ labels, deletion }) => labels[words.role] === 'active' && deletion === undefined,
  );
  const holders = members.filter(
    ({ uid, deletion }) => uid === record?.holder?.uid && deletion === undefined,
  );
  const names = (pods: readonly PodObject[]) => pods.map(({ name }) => name).join(', ');
  return names(labelled) === names(holders)
    ? []
    : [
        `role=active is on ${names(labelled) || 'nobody'}, and the record names ${names(holders) || 'nobody'}`,
      ];
}

function conditionProblems(status: SingletonStatus, { record, fit, reached }: Truth): readonly string[] {
  const holderUid = record?.holder?.uid ?? '';
  const isReached = reached.size === 1 && reached.has(holderUid);
  const expected: readonly (readonly [ConditionType, boolean])[] = [
    ['Accepted', true],
    ['Available', fit.has(holderUid) && isReached],
    ['Redundant', [...fit].some((uid) => uid !== holderUid)],
    ['Paused', false],
  ];
  return expected.flatMap(([type, is]) => {
    const condition = status.conditions.find((each) => each.type === type);
    return different(`condition ${type}`, condition?.status, is ? 'True' : 'False');
  });
}

function different(what: string, said: unknown, is: unknown): readonly string[] {
  return said === is ? [] : [sentence(what, said, is)];
}

function sentence(what: string, said: unknown, is: unknown): string {
  return `status says ${what}: ${said ?? 'none'}, and it is ${is ?? 'none'}`;
}
