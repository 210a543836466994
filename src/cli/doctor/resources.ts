/**
 * Owns the names of the kinds that only the doctor reads.
 * Must not know what is inside them.
 */
import type { Resource } from '../../kube/resources.ts';

const named = (group: string, plural: string, kind: string): Resource => ({
  group,
  version: 'v1',
  plural,
  kind,
  namespaced: true,
});

export const CONFIG_MAPS = named('', 'configmaps', 'ConfigMap');
export const SERVICE_ACCOUNTS = named('', 'serviceaccounts', 'ServiceAccount');
export const SERVICES = named('', 'services', 'Service');
export const WORKLOADS: readonly Resource[] = [
  named('apps', 'deployments', 'Deployment'),
  named('apps', 'replicasets', 'ReplicaSet'),
  named('apps', 'statefulsets', 'StatefulSet'),
  named('apps', 'daemonsets', 'DaemonSet'),
];
export const SUBJECT_ACCESS_REVIEWS: Resource = {
  ...named('authorization.k8s.io', 'subjectaccessreviews', 'SubjectAccessReview'),
  namespaced: false,
};
