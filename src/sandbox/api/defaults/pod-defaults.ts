/**
 * Owns the defaults of a pod's spec: the API's own (kubernetes pkg/apis/core/v1/defaults.go) and those that the admission
 * plugins of a default cluster add to a pod, but not to a template. Pure.
 */
import { frozenObject, type JsonObject, jsonEquals, listAt, numberAt, objectAt, stringAt } from '../json.ts';
import { fill, fillAt, fillEach } from './fill.ts';

/** A negative one has always meant one second (pkg/registry/core/pod/strategy.go). */
function withGracePeriod(spec: JsonObject): JsonObject {
  const grace = numberAt(spec, 'terminationGracePeriodSeconds') ?? 0;
  return grace < 0 ? { ...spec, terminationGracePeriodSeconds: 1 } : spec;
}

/** Specs that came out of here: nothing is left to fill in. */
const complete = new WeakSet<JsonObject>();

export function withPodSpecDefaults(spec: JsonObject): JsonObject {
  if (complete.has(spec)) return spec;
  const filled = fill(withGracePeriod(spec), {
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'ClusterFirst',
    securityContext: {},
    schedulerName: 'default-scheduler',
  });
  const withContainers = fillEach(
    fillEach(filled, 'containers', withContainerDefaults),
    'initContainers',
    withContainerDefaults,
  );
  const result = frozenObject(
    fillEach(withServiceAccountAlias(withContainers), 'volumes', withVolumeDefaults),
  );
  complete.add(result);
  return result;
}

/** serviceAccount is the old name of serviceAccountName; both are always set to the same. */
function withServiceAccountAlias(spec: JsonObject): JsonObject {
  const name = stringAt(spec, 'serviceAccountName') ?? stringAt(spec, 'serviceAccount');
  if (name === undefined || (spec.serviceAccount === name && spec.serviceAccountName === name)) return spec;
  return { ...spec, serviceAccountName: name, serviceAccount: name };
}

function withContainerDefaults(container: JsonObject): JsonObject {
  const filled = fill(container, {
    resources: {},
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    imagePullPolicy: pullPolicyFor(stringAt(container, 'image') ?? ''),
  });
  const withProbes = ['livenessProbe', 'readinessProbe', 'startupProbe'].reduce(
    (result, field) => fillAt(result, field, withProbeDefaults),
    filled,
  );
  const withPorts = fillEach(withProbes, 'ports', (port) => fill(port, { protocol: 'TCP' }));
  return fillEach(withPorts, 'env', withEnvDefaults);
}

/** `Always` for the tag latest and for no tag at all. */
function pullPolicyFor(image: string): string {
  const lastPart = image.slice(image.lastIndexOf('/') + 1);
  if (lastPart.includes('@')) return 'IfNotPresent';
  return !lastPart.includes(':') || lastPart.endsWith(':latest') ? 'Always' : 'IfNotPresent';
}

function withEnvDefaults(variable: JsonObject): JsonObject {
  return fillAt(variable, 'valueFrom', (source) =>
    fillAt(source, 'fieldRef', (ref) => fill(ref, { apiVersion: 'v1' })),
  );
}

function withProbeDefaults(probe: JsonObject): JsonObject {
  const filled = fill(probe, {
    timeoutSeconds: 1,
    periodSeconds: 10,
    successThreshold: 1,
    failureThreshold: 3,
  });
  return fillAt(filled, 'httpGet', (action) => fill(action, { path: '/', scheme: 'HTTP' }));
}

const VOLUME_SOURCES_WITH_MODE = ['configMap', 'secret', 'downwardAPI', 'projected'];
const DEFAULT_VOLUME_MODE = 0o644;

function withVolumeDefaults(volume: JsonObject): JsonObject {
  return VOLUME_SOURCES_WITH_MODE.reduce(
    (result, field) => fillAt(result, field, (source) => fill(source, { defaultMode: DEFAULT_VOLUME_MODE })),
    volume,
  );
}

const NOT_READY = 'node.kubernetes.io/not-ready';
const UNREACHABLE = 'node.kubernetes.io/unreachable';
const EVICTED_AFTER_SECONDS = 300;

/** ServiceAccount, Priority and DefaultTolerationSeconds admission, at a pod's creation. */
export function withAdmission(spec: JsonObject): JsonObject {
  const filled = fill(spec, {
    serviceAccountName: 'default',
    serviceAccount: 'default',
    enableServiceLinks: true,
    preemptionPolicy: 'PreemptLowerPriority',
    priority: 0,
  });
  const tolerations = listAt(filled, 'tolerations');
  const missing = [NOT_READY, UNREACHABLE].filter(
    (key) => !tolerations.some((toleration) => tolerates(toleration, key)),
  );
  const added = missing.map((key) => ({
    key,
    operator: 'Exists',
    effect: 'NoExecute',
    tolerationSeconds: EVICTED_AFTER_SECONDS,
  }));
  return added.length === 0 ? filled : { ...filled, tolerations: [...tolerations, ...added] };
}

function tolerates(toleration: unknown, key: string): boolean {
  const effect = stringAt(toleration, 'effect') ?? '';
  return ['', key].includes(stringAt(toleration, 'key') ?? '') && ['', 'NoExecute'].includes(effect);
}

/** pkg/apis/core/v1/helper/qos: Guaranteed needs cpu and memory limits equal to requests in every container. */
export function qosClass(spec: JsonObject): string {
  const resources = [...listAt(spec, 'containers'), ...listAt(spec, 'initContainers')].map((container) => ({
    limits: objectAt(container, 'resources', 'limits'),
    requests: objectAt(container, 'resources', 'requests'),
  }));
  if (resources.every(({ limits, requests }) => isEmpty(limits) && isEmpty(requests))) return 'BestEffort';
  const guaranteed = resources.every(
    ({ limits, requests }) =>
      limits.cpu !== undefined &&
      limits.memory !== undefined &&
      (isEmpty(requests) || jsonEquals(pick(limits), pick(requests))),
  );
  return guaranteed ? 'Guaranteed' : 'Burstable';
}

function isEmpty(resources: JsonObject): boolean {
  return resources.cpu === undefined && resources.memory === undefined;
}

function pick(resources: JsonObject): JsonObject {
  return { cpu: resources.cpu ?? null, memory: resources.memory ?? null };
}
