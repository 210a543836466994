/**
 * Owns what the doctor says of whoever else selects a singleton's pods: workloads, disruption budgets, Services.
 * Must not count the singleton's own Service among them.
 */
import { words } from '../../controller/words.ts';
import { asksFor, takesIn } from '../../kube/label-selector.ts';
import { hasAll } from '../cluster/adopted-members.ts';
import type { ReachingService } from './decode-neighbour.ts';
import type { ExaminedSingleton } from './examined-singleton.ts';
import { broken, costs, type Finding, ok } from './finding.ts';

/** `pauseMs`: the dataplane's, between two changes. */
export function checkNeighbours(examined: ExaminedSingleton, pauseMs: number): readonly Finding[] {
  return [
    ...checkWorkloads(examined),
    ...checkBudgets(examined),
    ...checkOwnService(examined),
    ...checkOtherServices(examined, pauseMs),
  ];
}

/** A workload that counts only standbys among its pods makes another one when a standby becomes active, and deletes one later. */
function checkWorkloads({ subject, members, workloads }: ExaminedSingleton): readonly Finding[] {
  return workloads
    .filter(({ selector, ownerUid }) => ownerUid === undefined && asksFor(selector, words.role))
    .filter(({ selector }) => members.some(({ labels }) => takesIn(selector, labels, words.role)))
    .map(({ kind, name }) =>
      broken(
        subject,
        `${kind} ${name} selects by the label ${words.role}: it loses each member that becomes active, and replaces it`,
        `make it anew without ${words.role} in its selector: selectors cannot be changed`,
      ),
    );
}

function checkBudgets({ subject, members, budgets }: ExaminedSingleton): readonly Finding[] {
  const matching = budgets.filter(({ selector }) => members.some(({ labels }) => takesIn(selector, labels)));
  const shared = members.find(
    ({ labels }) => matching.filter(({ selector }) => takesIn(selector, labels)).length > 1,
  );
  const names = matching.map(({ name }) => name).join(', ');
  if (shared !== undefined) {
    const sentence = `two PodDisruptionBudgets match ${shared.name} (${names}): every eviction of it fails, and a drain never ends`;
    return [broken(subject, sentence, 'delete all but one')];
  }
  return matching.length === 0 ? [] : [ok(subject, `one PodDisruptionBudget matches its members: ${names}`)];
}

function ownServiceName({ singleton }: ExaminedSingleton): string | undefined {
  return singleton.kind === 'managed' ? singleton.object.spec.service : undefined;
}

function checkOwnService(examined: ExaminedSingleton): readonly Finding[] {
  const { subject, services } = examined;
  const name = ownServiceName(examined);
  if (name === undefined || services === undefined) return [];
  const own = services.find((service) => service.name === name);
  if (own === undefined)
    return [
      broken(
        subject,
        `there is no Service ${name}: nothing reaches the active`,
        'create it, or name another',
      ),
    ];
  return own.publishNotReadyAddresses && hasSelector(own) ? [notReadyIsReached(subject, own)] : [];
}

function notReadyIsReached(subject: string, { name }: ReachingService): Finding {
  return costs(
    subject,
    undefined,
    `Service ${name} publishes addresses that are not ready: a dead active is reached until its label has moved`,
    'set publishNotReadyAddresses to false',
  );
}

/** The slices of another Service change when a member dies, just before the traffic has to move. */
function checkOtherServices(examined: ExaminedSingleton, pauseMs: number): readonly Finding[] {
  const { subject, services = [], members } = examined;
  const own = ownServiceName(examined);
  const others = services
    .filter((service) => service.name !== own && !service.isExternal && hasSelector(service))
    .filter(({ selector }) => members.some(({ labels }) => hasAll(labels, withoutRole(selector))));
  return others.flatMap((service) => [
    ...(isByRole(service) && service.publishNotReadyAddresses ? [notReadyIsReached(subject, service)] : []),
    ...(isByRole(service) || own === undefined ? [] : [coversMembers(subject, service, pauseMs)]),
  ]);
}

function coversMembers(subject: string, { name }: ReachingService, pauseMs: number): Finding {
  return costs(
    subject,
    pauseMs,
    `Service ${name} covers the members too: its endpoints change first when one dies, and the dataplane's pause begins`,
    `shorten that pause, or let ${name} select other pods`,
  );
}

function hasSelector({ selector }: ReachingService): boolean {
  return Object.keys(selector).length > 0;
}

function isByRole({ selector }: ReachingService): boolean {
  return words.role in selector;
}

function withoutRole(selector: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(selector).filter(([key]) => key !== words.role));
}
