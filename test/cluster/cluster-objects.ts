/**
 * Owns the objects that make the bed a usable cluster: what kube-proxy may do, and images that are never pulled.
 * Must not hold anything of the product's.
 */

const policyName = 'images-are-present';

/**
 * No registry is in reach, and an image without a tag means "pull always" to Kubernetes: the ancestor's manifests could
 * not be used unchanged. So each container that is created gets IfNotPresent.
 */
const imagePolicy = {
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'MutatingAdmissionPolicy',
  metadata: { name: policyName },
  spec: {
    failurePolicy: 'Fail',
    reinvocationPolicy: 'Never',
    matchConstraints: {
      resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }],
    },
    mutations: [
      {
        patchType: 'ApplyConfiguration',
        applyConfiguration: {
          expression: `Object{spec: Object.spec{containers: object.spec.containers.map(each,
            Object.spec.containers{name: each.name, imagePullPolicy: "IfNotPresent"})}}`,
        },
      },
    ],
  },
};

const imagePolicyBinding = {
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'MutatingAdmissionPolicyBinding',
  metadata: { name: policyName },
  spec: { policyName },
};

/** kubeadm does the same. */
const proxyBinding = {
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRoleBinding',
  metadata: { name: 'understudy-cluster:node-proxier' },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'system:node-proxier' },
  subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'system:kube-proxy' }],
};

export const clusterObjects = {
  apiVersion: 'v1',
  kind: 'List',
  items: [proxyBinding, imagePolicy, imagePolicyBinding],
} as const;
