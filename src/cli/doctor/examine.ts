/**
 * Owns the examination: what is looked at, in which order it is told, and what a refusal to be looked at comes to.
 * Must not judge (the files named …-check.ts) nor print.
 */
import type { CommandSession } from '../cluster/command-session.ts';
import { limits } from '../cluster/limits.ts';
import { type ReadSingletons, readSingletons } from '../cluster/read-singletons.ts';
import { type Seen, seen, seenValue } from '../cluster/seen.ts';
import type { SeenSingleton } from '../cluster/seen-singleton.ts';
import { checkClock, checkNodeGrace, checkVersion } from './control-plane-check.ts';
import { checkControllers, type SeenController } from './controllers-check.ts';
import { checkDataplane, pauseOf } from './dataplane-check.ts';
import { examinedSingleton } from './examined-singleton.ts';
import { type Finding, hidden, ok } from './finding.ts';
import { checkNeighbours } from './neighbours-check.ts';
import { lookAtControllers, readDataplane, readManagerCommand, readVersion } from './read-cluster.ts';
import { readNeighbours } from './read-neighbours.ts';
import { SERVICE_ACCOUNTS } from './resources.ts';
import { type Account, accountName, reviewRights } from './review-rights.ts';
import { checkRights } from './rights-check.ts';
import { checkSingleton } from './singleton-check.ts';

export interface Examination {
  /** Undefined: all namespaces; the context's own where not all may be read. */
  readonly namespace: string | undefined;
  readonly understudyVersion: string;
}

export async function examine(
  session: CommandSession,
  { namespace, understudyVersion }: Examination,
): Promise<readonly Finding[]> {
  const { version, look } = await readVersion(session);
  const dataplane = await readDataplane(session);
  const nodeGrace = checkNodeGrace(await readManagerCommand(session), version);
  const pauseMs = pauseOf(dataplane);
  let found: FoundSingletons = { singletons: [], findings: [] };
  const controllers = await lookAtControllers(session, async () => {
    found = await examineSingletons(session, namespace, pauseMs);
  });
  return [
    checkVersion(version, understudyVersion),
    checkClock(look),
    checkDataplane(dataplane),
    nodeGrace,
    ...(controllers.kind === 'seen'
      ? checkControllers(controllers.value)
      : [hidden('controllers', controllers.because)]),
    ...(await examineRights(session, controllers, found.singletons)),
    ...found.findings,
  ];
}

interface FoundSingletons {
  readonly singletons: readonly SeenSingleton[];
  readonly findings: readonly Finding[];
}

async function examineSingletons(
  session: CommandSession,
  wanted: string | undefined,
  pauseMs: number,
): Promise<FoundSingletons> {
  const { read, namespace, findings } = await readAllowed(session, wanted);
  if (read === undefined) return { singletons: [], findings };
  if (read.singletons.length === 0)
    return { singletons: [], findings: [...findings, ok('singletons', noneSentence(read, namespace))] };
  const { neighbours, findings: refused } = await readNeighbours(session.client, namespace);
  const examined = read.singletons.map((singleton) => examinedSingleton(singleton, neighbours));
  return {
    singletons: read.singletons,
    findings: [
      ...findings,
      ...refused,
      ...examined.flatMap((one) => [...checkSingleton(one, pauseMs), ...checkNeighbours(one, pauseMs)]),
    ],
  };
}

function noneSentence({ defined }: ReadSingletons, namespace: string | undefined): string {
  const where = namespace === undefined ? 'in this cluster' : `in namespace ${namespace}`;
  return defined ? `there are none ${where}` : `there are none ${where}, nor is the resource installed`;
}

interface AllowedRead {
  /** Undefined: not even those of one namespace may be read. */
  readonly read: ReadSingletons | undefined;
  readonly namespace: string | undefined;
  readonly findings: readonly Finding[];
}

/** Of all namespaces, or, where that is refused, of the context's own. */
async function readAllowed(session: CommandSession, wanted: string | undefined): Promise<AllowedRead> {
  const { client, clock } = session;
  const all = await seen(readSingletons(client, wanted, clock.now()));
  if (all.kind === 'seen') {
    const findings = all.value.problems.map((problem) => hidden('singletons', problem));
    return { read: all.value, namespace: wanted, findings };
  }
  if (wanted !== undefined)
    return { read: undefined, namespace: wanted, findings: [hidden('singletons', all.because)] };
  const narrowed = await readAllowed(session, client.namespace);
  const others = hidden('singletons', `other namespaces than ${client.namespace}: ${all.because}`);
  return { ...narrowed, findings: [others, ...narrowed.findings] };
}

/** Where deploy/understudy.yaml puts it, for a cluster whose controllers are not to be seen. */
const usualAccount = { namespace: 'understudy', name: 'understudy' };

async function examineRights(
  { client }: CommandSession,
  controllers: Seen<readonly SeenController[]>,
  singletons: readonly SeenSingleton[],
): Promise<readonly Finding[]> {
  const accounts = await accountsOf(client, seenValue(controllers) ?? []);
  if (accounts.length === 0) return [hidden('rights', 'it is not known as whom controllers run, or would')];
  const namespaces = [...new Set(singletons.map(({ namespace }) => namespace))];
  const asked = namespaces.slice(0, limits.reviewedNamespacesMax);
  const findings = await Promise.all(
    accounts.map(async (account) => {
      const reviewed = await seen(reviewRights(client, account, asked));
      if (reviewed.kind === 'hidden') return [hidden('rights', reviewed.because)];
      return checkRights(accountName(account), reviewed.value);
    }),
  );
  const unasked = namespaces.length - asked.length;
  const rest = unasked === 0 ? [] : [hidden('rights', `${unasked} more namespaces were not asked about`)];
  return [...findings.flat(), ...rest];
}

/** As whom the controllers run; where none is seen to run, the usual account if there is one. */
async function accountsOf(
  client: CommandSession['client'],
  controllers: readonly SeenController[],
): Promise<readonly Account[]> {
  const pods = controllers.map(({ pod }) => seenValue(pod)).filter((pod) => pod !== undefined);
  const accounts = new Map(
    pods.map(({ namespace, serviceAccount: name }) => [`${namespace}/${name}`, { namespace, name }]),
  );
  if (accounts.size > 0) return [...accounts.values()];
  const usual = await seen(client.get(SERVICE_ACCOUNTS, usualAccount, () => usualAccount));
  const found = seenValue(usual);
  return found === undefined ? [] : [found];
}
