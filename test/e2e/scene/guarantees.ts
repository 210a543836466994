/**
 * Owns holding a singleton to the guarantees, by all that the API, the clients and the audit log said.
 * Must not know the scene: what is promised holds in each.
 */
import type { ClientProcess } from '../../../src/cli/steady-client/client-process.ts';
import { accountName } from '../audit/audit-log.ts';
import { deleteProblems } from '../checkers/deletes.ts';
import { oneHolderProblems } from '../checkers/one-holder.ts';
import { statusProblems } from '../checkers/status.ts';
import { trafficProblems } from '../checkers/traffic.ts';
import { turnProblems } from '../checkers/turns.ts';
import type { Singleton } from '../singleton/singleton.ts';

export interface Witnesses {
  readonly prober: ClientProcess;
  /** Of the audit log, from before the singleton was there. Undefined where the bed keeps none. */
  readonly auditMark: number | undefined;
  /** Versions of objects that the scenes themselves have written. */
  readonly byOthers: ReadonlySet<bigint>;
}

/** Violations of G1, G2 and G8, each with its number, and of what a status may say; none: an empty list. */
export async function guaranteeProblems(
  singleton: Singleton,
  { prober, auditMark, byOthers }: Witnesses,
): Promise<readonly string[]> {
  const history = singleton.history();
  const isMember = singleton.isMember.bind(singleton);
  const { service } = singleton.place;
  const byClients = [prober.log, prober.datagrams].flatMap(({ attempts }) =>
    turnProblems(attempts, history.records),
  );
  return [
    ...oneHolderProblems(history).map((problem) => `G1: ${problem}`),
    ...trafficProblems(history, { service, isMember, byOthers }).map((problem) => `G2: ${problem}`),
    ...byClients.map((problem) => `G2: ${problem}`),
    ...statusProblems(history).map((problem) => `status: ${problem}`),
    ...(await wrongDeletes(singleton, auditMark)).map((problem) => `G8: ${problem}`),
  ];
}

async function wrongDeletes(singleton: Singleton, mark: number | undefined): Promise<readonly string[]> {
  const { stage, place } = singleton;
  if (stage.audit === undefined || mark === undefined) return [];
  const { namespace, serviceAccount } = stage.place;
  const entries = await stage.audit.since(mark, [accountName(namespace, serviceAccount)]);
  const isMember = singleton.isMember.bind(singleton);
  return deleteProblems(entries, singleton.history(), { isMember, namespace: place.namespace });
}
