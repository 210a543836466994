/**
 * Owns the application's part of the ancestor's set, its ReplicaSet and its Service, in a namespace of its own: put there,
 * found there, taken away. Whoever controls singletons sees a new one in it.
 * Must not wait: hapod-cluster.ts does.
 */
import { decodeService } from '../../kube/decode-service.ts';
import { applyManifests } from '../../sandbox/api/apply/apply-manifests.ts';
import { loadManifests } from '../../sandbox/api/apply/manifest-file.ts';
import { objectAt, stringAt, withFields } from '../../sandbox/api/json.ts';
import { resourceTypes } from '../../sandbox/api/resource-types.ts';
import type { Store } from '../../sandbox/api/store.ts';
import type { Target } from '../steady-client/connection-attempt.ts';

const serviceName = 'myhaservice';
const applicationLabel = 'hapod';

/** What `kubectl create namespace` and `kubectl apply --namespace` of these files do. */
export function putApplication(store: Store, files: readonly string[], namespace: string): void {
  store.create(resourceTypes.namespaces, { metadata: { name: namespace } });
  const manifests = loadManifests(files, store.types).map((manifest) => {
    const metadata = { ...objectAt(manifest.object, 'metadata'), namespace };
    return { ...manifest, object: withFields(manifest.object, { metadata }) };
  });
  applyManifests(store, manifests);
}

/** Takes the application away, its pods by force, and the namespace with it where it was made for it. */
export function removeApplication(store: Store, files: readonly string[], namespace: string): void {
  for (const { type, object } of loadManifests(files, store.types)) {
    store.delete(type, namespace, stringAt(object, 'metadata', 'name') ?? '');
  }
  for (const { metadata } of store.list(resourceTypes.pods, { namespace })) {
    if (metadata.labels?.app !== applicationLabel) continue;
    store.delete(resourceTypes.pods, namespace, metadata.name, { gracePeriodSeconds: 0 });
  }
  if (namespace !== 'default') store.delete(resourceTypes.namespaces, undefined, namespace);
}

/** Where clients reach it. */
export function addressOf(store: Store, namespace: string): Target {
  const service = decodeService(store.mustGet(resourceTypes.services, namespace, serviceName));
  const [port] = service.ports;
  if (service.clusterIp === undefined || port === undefined) throw new Error(`${serviceName} has no address`);
  return { host: service.clusterIp, port: port.port };
}
