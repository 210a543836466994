/**
 * Owns asking the API server what the controllers' account may do.
 * Must not ask what whoever runs the command may do: that is somebody else.
 */
import { accessAttributes, decodeAllowed, needsOf, type ScopedNeed } from '../../controller/permissions.ts';
import { objectBody } from '../../kube/request.ts';
import type { ClusterClient } from '../cluster/cluster-client.ts';
import { SUBJECT_ACCESS_REVIEWS } from './resources.ts';
import type { ReviewedNeed } from './rights-check.ts';

export interface Account {
  readonly namespace: string;
  readonly name: string;
}

export function accountName({ namespace, name }: Account): string {
  return `system:serviceaccount:${namespace}:${name}`;
}

/** Of what a controller needs where the singletons are (`namespaces` empty: everywhere) and at home. */
export function reviewRights(
  client: ClusterClient,
  account: Account,
  namespaces: readonly string[],
): Promise<readonly ReviewedNeed[]> {
  const needs = needsOf({
    namespaces,
    controllerNamespace: account.namespace,
    singletons: true,
  });
  return Promise.all(needs.map(async (need) => ({ need, allowed: await review(client, account, need) })));
}

/** As the API server sees a ServiceAccount: with the groups that its token carries. */
function review(client: ClusterClient, account: Account, need: ScopedNeed): Promise<boolean> {
  const groups = [
    'system:serviceaccounts',
    `system:serviceaccounts:${account.namespace}`,
    'system:authenticated',
  ];
  const spec = { user: accountName(account), groups, resourceAttributes: accessAttributes(need) };
  return client.review(
    SUBJECT_ACCESS_REVIEWS,
    objectBody(SUBJECT_ACCESS_REVIEWS, {}, { spec }),
    decodeAllowed,
  );
}
