/**
 * Owns the subresources beyond status: scale, binding, eviction, log, and who may be reached by exec.
 */
import { ApiError, badRequest, invalid, methodNotAllowed, unexplained } from './api-error.ts';
import { ACCESS_REVIEW } from './discovery.ts';
import { evict } from './eviction.ts';
import { at, type Json, type JsonObject, listAt, numberAt, objectAt, stringAt } from './json.ts';
import { limits } from './limits.ts';
import { applyPatchTo } from './patches/patch.ts';
import { type ExecTarget, type LogTarget, PodAccessError } from './pod-access.ts';
import { bindPod } from './pod-binding.ts';
import {
  integerParameter,
  isTrue,
  type ResponseSink,
  type ServerRequest,
  type ServerResponse,
} from './request.ts';
import { objectBody } from './request-body.ts';
import { errorAnswer, jsonAnswer, nameOf, type ResourceRequest, writeOptions } from './request-context.ts';
import { resourceType, resourceTypes } from './resource-types.ts';
import { changed, decodeObject, type StoredObject } from './stored-object.ts';
import { deleteOptions, patchOf } from './write-requests.ts';

/** Not stored: a view of a workload. Only known here, so that kubectl scale and autoscalers find what they speak. */
const scaleType = resourceType({ apiVersion: 'autoscaling/v1', kind: 'Scale', plural: 'scales' });

function scaleOf(object: StoredObject): JsonObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const replicas = numberAt(object, 'spec', 'replicas') ?? 0;
  const labels = Object.entries(objectAt(object, 'spec', 'selector', 'matchLabels')).map(
    ([key, value]) => `${key}=${String(value)}`,
  );
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: {
      name,
      uid,
      resourceVersion,
      creationTimestamp,
      ...(namespace === undefined ? {} : { namespace }),
    },
    // Zero is left out, as Go's omitempty does.
    spec: replicas === 0 ? {} : { replicas },
    status: { replicas: numberAt(object, 'status', 'replicas') ?? 0, selector: labels.join(',') },
  };
}

/** @throws ApiError 404, 405, 409, 422 */
export function scaleRequest(context: ResourceRequest): ServerResponse {
  const { services, path, type, request } = context;
  const current = services.store.mustGet(type, path.namespace, nameOf(context));
  if (request.method === 'GET') return jsonAnswer(200, scaleOf(current));
  if (request.method !== 'PUT' && request.method !== 'PATCH') throw methodNotAllowed();
  const view = decodeObject(scaleType, scaleOf(current));
  const asked =
    request.method === 'PUT' ? objectBody(request) : applyPatchTo(scaleType, view, patchOf(context));
  const scale = decodeObject(scaleType, asked);
  const replicas = numberAt(scale, 'spec', 'replicas') ?? 0;
  if (replicas < 0) {
    const note = 'must be greater than or equal to 0';
    throw invalid(scaleType, current.metadata.name, [
      { kind: 'invalid', field: 'spec.replicas', value: replicas, note },
    ]);
  }
  const spec = { ...objectAt(current, 'spec'), replicas };
  const metadata = {
    ...current.metadata,
    resourceVersion: scale.metadata.resourceVersion || current.metadata.resourceVersion,
  };
  const options = { ...writeOptions(context), subresource: 'scale' as const };
  return jsonAnswer(200, scaleOf(services.store.update(type, changed(current, { spec, metadata }), options)));
}

const CREATED = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };

/** @throws ApiError 400, 404, 409 */
export function bindingRequest(context: ResourceRequest): ServerResponse {
  const { services, path, request } = context;
  const body = objectBody(request);
  if (stringAt(body, 'metadata', 'name') !== nameOf(context)) {
    throw badRequest('name in URL does not match name in Binding object');
  }
  const nodeName = stringAt(body, 'target', 'name') ?? '';
  if (nodeName === '') throw unexplained('target.name: Required value');
  const uid = stringAt(body, 'metadata', 'uid') ?? '';
  bindPod(services.store, path.namespace ?? '', nameOf(context), {
    nodeName,
    ...(uid === '' ? {} : { uid }),
  });
  return jsonAnswer(201, CREATED);
}

/** @throws ApiError 400, 404, 409, 429, 500 */
export function evictionRequest(context: ResourceRequest): ServerResponse {
  const { services, path, request } = context;
  const body = objectBody(request);
  const namespace = stringAt(body, 'metadata', 'namespace') ?? path.namespace;
  if (namespace !== path.namespace)
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  if (stringAt(body, 'metadata', 'name') !== nameOf(context))
    throw badRequest('name in URL does not match name in Eviction object');
  const options = deleteOptions(context, objectAt(body, 'deleteOptions'));
  evict(services.store, path.namespace ?? '', nameOf(context), options);
  return jsonAnswer(201, CREATED);
}

function containerNames(pod: StoredObject): readonly string[] {
  return ['containers', 'initContainers', 'ephemeralContainers'].flatMap((field) =>
    listAt(pod, 'spec', field).map((container) => stringAt(container, 'name') ?? ''),
  );
}

/** The named container, or the only one. @throws ApiError 400 worded as pkg/registry/core/pod/strategy.go. */
function chosenContainer(pod: StoredObject, asked: string): string {
  const { name } = pod.metadata;
  if (asked !== '') {
    if (containerNames(pod).includes(asked)) return asked;
    throw badRequest(`container ${asked} is not valid for pod ${name}`);
  }
  const containers = listAt(pod, 'spec', 'containers').map((container) => stringAt(container, 'name') ?? '');
  const [only] = containers;
  if (containers.length === 1 && only !== undefined) return only;
  throw badRequest(
    `a container name must be specified for pod ${name}, choose one of: [${containers.join(' ')}]`,
  );
}

function hostedPod({ services, path }: ResourceRequest, name: string): StoredObject {
  const pod = services.store.mustGet(resourceTypes.pods, path.namespace, name);
  if ((stringAt(pod, 'spec', 'nodeName') ?? '') === '')
    throw badRequest(`pod ${name} does not have a host assigned`);
  return pod;
}

/** @throws ApiError 400, 404 */
export function execTarget(context: ResourceRequest): ExecTarget {
  const { path, query } = context;
  const name = nameOf(context);
  const pod = hostedPod(context, name);
  const command = query.getAll('command');
  if (command.length === 0) throw badRequest('you must specify at least 1 command for the container');
  return {
    namespace: path.namespace ?? '',
    pod: name,
    container: chosenContainer(pod, query.get('container') ?? ''),
    command,
    stdin: isTrue(query.get('stdin')),
    tty: isTrue(query.get('tty')),
  };
}

export function logRequest(context: ResourceRequest): Promise<ServerResponse> {
  const { path, query, services } = context;
  const name = nameOf(context);
  const pod = hostedPod(context, name);
  const aborter = new AbortController();
  const numbers = { tailLines: 'tailLines', limitBytes: 'limitBytes', sinceSeconds: 'sinceSeconds' };
  const given = Object.entries(numbers).flatMap(([field, parameter]) => {
    const value = integerParameter(query, parameter);
    return value === undefined ? [] : [[field, value]];
  });
  const sinceTime = query.get('sinceTime');
  const target: LogTarget = {
    namespace: path.namespace ?? '',
    pod: name,
    container: chosenContainer(pod, query.get('container') ?? ''),
    follow: isTrue(query.get('follow')),
    previous: isTrue(query.get('previous')),
    timestamps: isTrue(query.get('timestamps')),
    ...Object.fromEntries(given),
    ...(sinceTime === null ? {} : { sinceTime }),
    abandoned: aborter.signal,
  };
  const answer = firstOutcome((asked, write) => services.pods.logs(asked, write), target, aborter);
  if (!target.follow) return answer.first;
  // A quiet container gives a follower nothing to wait for: the answer begins anyway, so that it can be abandoned too.
  services.clock.schedule(limits.followAnswerMs, answer.begin);
  return answer.first;
}

type ReadLogs = (target: LogTarget, write: (chunk: Uint8Array) => void) => Promise<void>;

interface FirstOutcome {
  readonly first: Promise<ServerResponse>;
  /** Answers with the stream now, whether or not anything has come. */
  readonly begin: () => void;
}

/**
 * Answers once it is known whether there are logs: with the first chunk or the end of them as a stream, or with the
 * error that came before either.
 */
function firstOutcome(read: ReadLogs, target: LogTarget, aborter: AbortController): FirstOutcome {
  const { promise, resolve } = Promise.withResolvers<ServerResponse>();
  const early: Uint8Array[] = [];
  let sink: ResponseSink | undefined;
  let outcome: 'orderly' | 'abrupt' | undefined;
  const stream = (opened: ResponseSink) => {
    sink = opened;
    for (const chunk of early) opened.write(chunk);
    if (outcome !== undefined) opened.end(outcome);
    return () => aborter.abort();
  };
  const begin = () =>
    resolve({ kind: 'stream', status: 200, headers: { 'content-type': 'text/plain' }, stream });
  const finish = (how: 'orderly' | 'abrupt') => {
    outcome = how;
    sink?.end(how);
    begin();
  };
  const write = (chunk: Uint8Array) => {
    if (sink === undefined) early.push(chunk);
    else sink.write(chunk);
    begin();
  };
  const fail = (error: unknown) => {
    resolve(errorAnswer(podAccessStatus(error)));
    finish('abrupt');
  };
  read(target, write).then(() => finish('orderly'), fail);
  return { first: promise, begin };
}

/** What the API server says of a kubelet's refusal. */
export function podAccessStatus(error: unknown): ApiError {
  const message = error instanceof Error ? error.message : String(error);
  const status = error instanceof PodAccessError ? error.httpStatus : 500;
  const reason = status === 400 ? 'BadRequest' : status === 404 ? 'NotFound' : 'InternalError';
  return new ApiError(
    status,
    reason,
    status === 500 ? `Internal error occurred: ${message}` : message,
    undefined,
    { cause: error },
  );
}

/** Everything is allowed here: RBAC is stored, not enforced. @throws ApiError 400, 422 */
export function accessReview(request: ServerRequest): ServerResponse {
  const review = objectBody(request);
  const asked = ['resourceAttributes', 'nonResourceAttributes'].filter((each) => at(review, 'spec', each));
  if (asked.length !== 1) {
    // This one, unlike all others, names the group without the kind.
    throw invalid({ ...ACCESS_REVIEW, kind: '' }, '', [
      {
        kind: 'invalid',
        field: 'spec.resourceAttributes',
        value: at(review, 'spec', 'resourceAttributes') ?? null,
        note: 'exactly one of nonResourceAttributes or resourceAttributes must be specified',
      },
    ]);
  }
  const status: Json = { allowed: true, reason: 'this sandbox does not enforce RBAC' };
  return jsonAnswer(201, {
    ...review,
    kind: 'SelfSubjectAccessReview',
    apiVersion: 'authorization.k8s.io/v1',
    metadata: {},
    status,
  });
}
