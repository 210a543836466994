/**
 * Kills controllers with kill -9 at random moments, as real processes in a sandbox whose kubelet is as late as a real one.
 * The moments of a run follow from its seed, which is printed: UNDERSTUDY_SEED=... plays them again.
 */
import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { HapodCluster, isAnswerOf } from '../src/cli/hapod/hapod-cluster.ts';
import type { Standing } from '../src/cli/hapod/standing.ts';
import { deleteByForce, kill, processesOf } from '../src/cli/hapod/strikes.ts';
import { machineNowMs } from '../src/cli/steady-client/machine-time.ts';
import { decodeTold } from '../src/controller/pod-codec.ts';
import { decodeLease } from '../src/kube/decode-lease.ts';
import type { PodObject } from '../src/kube/decode-pod.ts';
import { resourceTypes } from '../src/sandbox/api/resource-types.ts';
import { pause } from '../src/time/clock.ts';
import { realClock } from '../src/time/real-clock.ts';
import { SeededRandom } from '../src/time/simulated-clock.ts';

type During = 'the first election' | 'idleness' | 'a crash of the active' | 'a forced delete of the active';
type Victim = 'active' | 'standby';

interface Moment {
  readonly during: During;
  /** In the order in which they are killed. */
  readonly victims: readonly Victim[];
}

const moments: readonly Moment[] = [
  { during: 'the first election', victims: ['active'] },
  { during: 'a crash of the active', victims: ['active'] },
  { during: 'a forced delete of the active', victims: ['standby'] },
  { during: 'idleness', victims: ['active'] },
  { during: 'a forced delete of the active', victims: ['active'] },
  { during: 'a crash of the active', victims: ['standby', 'active'] },
  { during: 'idleness', victims: ['standby'] },
  { during: 'a forced delete of the active', victims: ['active', 'standby'] },
  { during: 'a crash of the active', victims: ['standby'] },
  { during: 'a forced delete of the active', victims: ['active'] },
];

/** A kill comes at most this long before or after the application is struck, or after the kill before it. */
const spreadMs = 200;
/** From the controllers' first breath to an active application, with pods that are Ready at once. */
const electionMs = 2_500;
/** Only what is stuck meets these: a kubelet's lateness, a controller's start and back-offs of seconds are far below. */
const aloneAgainWithinMs = 30_000;
const goodOrderWithinMs = 30_000;

const serverAndCritical = ['noncritcontainer', 'critcontainer1'];
const seed = Number(process.env.UNDERSTUDY_SEED ?? randomInt(1_000_000));
const random = new SeededRandom(seed);

let cluster: HapodCluster;
/** What must never have been, as the store told it. */
const violations: string[] = [];
/** Controllers that the kubelet has restarted once: the next restart would be 10 s late. */
const restarted = new Set<string>();

function upTo(ms: number): number {
  return random.fraction() * ms;
}

function isActive(pod: PodObject): boolean {
  return pod.labels.app === 'hapod' && pod.labels.role === 'active' && pod.deletion === undefined;
}

/** Independent of the controllers: never two actives, and epochs only grow. */
function watchOver({ sandbox: { store } }: HapodCluster): void {
  let known = { epoch: 0, holder: '' };
  store.subscribe(resourceTypes.pods, () => {
    const actives = cluster.pods().filter(isActive);
    if (actives.length > 1) violations.push(`several actives: ${actives.map(({ name }) => name).join(', ')}`);
  });
  store.subscribe(resourceTypes.leases, ({ type, object }) => {
    const { labels, holder = '', transitions: epoch } = decodeLease(object);
    if (labels['understudy.dev/lease'] !== 'record') return;
    const isSame = epoch === known.epoch && holder === known.holder;
    if (type === 'DELETED' || !(isSame || epoch > known.epoch))
      violations.push(`epoch ${known.epoch} of ${known.holder} was followed by ${epoch} of ${holder}`);
    known = { epoch, holder };
  });
}

/** Both controllers by the role that they have; before they have one, by their names. */
function controllerOf(victim: Victim): PodObject {
  const { actives, standbys } = cluster.standing().controllers;
  const [first, second] = [...actives, ...standbys.toSorted((a, b) => (a.name < b.name ? -1 : 1))];
  assert.ok(first !== undefined && second !== undefined);
  return victim === 'active' ? first : second;
}

/** One after the other. */
async function killControllers(victims: readonly PodObject[]): Promise<void> {
  for (const [index, victim] of victims.entries()) {
    if (index > 0) await pause(realClock, upTo(spreadMs));
    kill(processesOf(cluster, victim));
  }
}

async function strikeApplication(during: During, active: PodObject | undefined): Promise<void> {
  if (active === undefined || !during.startsWith('a ')) return;
  if (during === 'a crash of the active') kill(processesOf(cluster, active, serverAndCritical));
  else await deleteByForce(cluster, active);
}

/** The one active: by its label, by the record, told, and answering whoever has asked since. Else what is missing. */
function aloneAgain(sinceMs: number, epochMin: number): { readonly active: PodObject } | string {
  const [active, ...more] = cluster.pods().filter(isActive);
  if (active === undefined) return 'an active';
  if (more.length > 0) return 'one active instead of several';
  const { record } = cluster.standing();
  if (record?.holder !== active.name || record.epoch < epochMin)
    return `a record of epoch ${epochMin} or later that names ${active.name}`;
  const told = decodeTold(active.annotations['understudy.dev/told'] ?? '');
  if (told?.epoch !== record.epoch || !told.isHeard) return `${active.name} to be told`;
  const answer = cluster.client.log.lastAnswer();
  if (answer === undefined || answer.startedAtMs < sinceMs || !isAnswerOf(active, answer.outcome.line))
    return `an answer of ${active.name}`;
  return { active };
}

/** Undefined where every container that a strike may hit has a process: the API hears of an end up to a second late. */
function missingProcess(controllersOnly: boolean): string | undefined {
  const { application, controllers } = cluster.standing();
  const has = (pod: PodObject, container: string) =>
    cluster.sandbox.processOf(pod.namespace, pod.name, container) !== undefined;
  const running = [...controllers.actives, ...controllers.standbys].filter((pod) => has(pod, 'icrcontainer'));
  if (running.length !== 2) return 'both controllers to run';
  if (controllersOnly) return undefined;
  const runs = application.actives.every((pod) =>
    serverAndCritical.every((container) => has(pod, container)),
  );
  return runs ? undefined : 'the application to run';
}

/** Resolves to how it stands when the controllers may be killed. They may not have looked around yet. */
async function awaitOccasion(during: During): Promise<Standing> {
  const isElection = during === 'the first election';
  if (!isElection) await cluster.inGoodOrder({ withinMs: goodOrderWithinMs });
  await cluster.waitFor(() => missingProcess(isElection) ?? {}, goodOrderWithinMs);
  return cluster.standing();
}

/** The kubelet restarts a killed controller at once, and from the second time on only after a back-off: then a new pod. */
async function replaceOften(killed: readonly PodObject[]): Promise<void> {
  for (const pod of killed) {
    if (restarted.has(pod.uid)) await deleteByForce(cluster, pod);
    restarted.add(pod.uid);
  }
}

async function play({ during, victims }: Moment): Promise<string> {
  const { application, record } = await awaitOccasion(during);
  const epoch = record?.epoch ?? 0;
  const [active] = application.actives;
  const killed = victims.map(controllerOf);
  const killAfterMs = upTo(during === 'the first election' ? electionMs : 2 * spreadMs);
  const startedAtMs = machineNowMs();
  await Promise.all([
    pause(realClock, killAfterMs).then(() => killControllers(killed)),
    pause(realClock, spreadMs).then(() => strikeApplication(during, active)),
  ]);
  const struckAtMs = machineNowMs();
  // A crash is told late: until then all looks as before, but for the epoch.
  const epochMin = during === 'idleness' ? epoch : epoch + 1;
  const found = await cluster.waitFor(() => aloneAgain(struckAtMs, epochMin), aloneAgainWithinMs);
  const tookMs = machineNowMs() - struckAtMs;
  if (during === 'idleness') {
    assert.deepEqual([found.active.uid, cluster.standing().record?.epoch], [active?.uid, epoch]);
    assert.equal(
      cluster.client.log.failedCount(startedAtMs, machineNowMs()),
      0,
      'every request was answered',
    );
  }
  await replaceOften(killed);
  return `killed after ${killAfterMs.toFixed(0)} ms; ${found.active.name} is alone ${tookMs.toFixed(0)} ms later`;
}

describe(`kill -9 of controllers at random moments (seed ${seed})`, { timeout: 110_000 }, () => {
  before(async () => {
    cluster = await HapodCluster.start({
      pleg: 'real',
      readiness: { initialDelaySeconds: 0, periodSeconds: 1 },
      clientEveryMs: 20,
    });
    watchOver(cluster);
  });
  after(() => cluster.close());

  for (const moment of moments) {
    const { during, victims } = moment;
    test(`G1, G2, G5, G6: of the ${victims.join(' and then the ')} controller during ${during}`, async (context) => {
      context.diagnostic(await play(moment));
      assert.deepEqual(violations.splice(0), []);
    });
  }
});
