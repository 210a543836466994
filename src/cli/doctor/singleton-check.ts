/**
 * Owns what the doctor says of a singleton by itself: whether it is accepted and has a standby, and what its mode costs.
 * Must not repeat what its neighbours do to it: neighbours-check.ts does.
 */
import type { Condition, SingletonStatus } from '../../api/singleton.ts';
import { fitStandbys } from '../status/status-table.ts';
import type { ExaminedSingleton } from './examined-singleton.ts';
import { broken, costs, type Finding, ok } from './finding.ts';

/** `pauseMs`: the dataplane's, between two changes. Says that it is well where nothing else is said. */
export function checkSingleton(examined: ExaminedSingleton, pauseMs: number): readonly Finding[] {
  const { subject, singleton } = examined;
  const { status } = singleton;
  if (status === undefined)
    return [broken(subject, 'no controller has looked at it', 'run one that may see this namespace')];
  const findings = [
    ...checkConditions(subject, status.conditions),
    ...checkRedundancy(subject, status),
    ...checkPlaces(examined),
    ...(singleton.kind === 'managed' && singleton.object.spec.paused
      ? [paused(subject, singleton.name)]
      : []),
    ...(status.mode === 'Labels' ? [twoWrites(examined, pauseMs)] : []),
  ];
  const isWell = findings.every(({ verdict }) => verdict !== 'broken');
  return isWell ? [ok(subject, wellText(status)), ...findings] : findings;
}

function wellText(status: SingletonStatus): string {
  const fit = fitStandbys(status);
  const mode = status.mode === undefined ? '' : `${status.mode} mode, `;
  return `${mode}${status.active?.pod} is active, ${fit} fit ${fit === 1 ? 'standby' : 'standbys'}`;
}

/** Good when False. */
const troubles: ReadonlySet<string> = new Set(['CrashLooping', 'Degraded', 'DrainBlocked']);

function checkConditions(subject: string, conditions: readonly Condition[]): readonly Finding[] {
  return conditions
    .filter(({ type, status }) =>
      type === 'Accepted' ? status === 'False' : troubles.has(type) && status === 'True',
    )
    .map(({ type, status, reason, message }) =>
      broken(
        subject,
        `${type} is ${status}: ${message === '' ? reason : message}`,
        `\`understudy explain\` says more; docs/reasons.md has ${reason}`,
      ),
    );
}

function checkRedundancy(subject: string, status: SingletonStatus): readonly Finding[] {
  if (status.active === undefined)
    return [
      broken(subject, `nobody is active: ${status.because.sentence}`, 'get a member running and ready'),
    ];
  if (fitStandbys(status) > 0) return [];
  const [standby] = status.standbys;
  const why = standby === undefined ? 'there is no other member' : `${standby.pod}: ${standby.because}`;
  const sentence = `no standby is fit (${why}): if ${status.active.pod} dies, nobody takes over`;
  return [broken(subject, sentence, 'get a second member running and ready')];
}

function checkPlaces({ subject, members }: ExaminedSingleton): readonly Finding[] {
  const nodes = new Set(members.map(({ node }) => node));
  const [node] = nodes;
  if (members.length < 2 || nodes.size > 1 || node === undefined) return [];
  const sentence = `all ${members.length} members are on ${node}: when it is lost, nobody takes over`;
  return [costs(subject, undefined, sentence, 'spread them: podAntiAffinity or topologySpreadConstraints')];
}

function paused(subject: string, name: string): Finding {
  const sentence = 'it is paused: nothing moves, also when the active dies';
  return costs(subject, undefined, sentence, `understudy resume ${name}`);
}

function twoWrites({ subject, singleton }: ExaminedSingleton, pauseMs: number): Finding {
  const mend =
    singleton.kind === 'managed'
      ? 'take the selector off its Service: then one write moves role and traffic'
      : 'make it a Singleton, and take the selector off its Service: one write then moves both';
  const sentence =
    "in Labels mode a takeover changes endpoints twice, and the dataplane's pause lies between";
  return costs(subject, pauseMs, sentence, mend);
}
