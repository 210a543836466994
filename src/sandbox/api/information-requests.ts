/**
 * Owns the paths that are no resources: discovery, OpenAPI, version and health.
 */
import { ApiError } from './api-error.ts';
import { aggregatedDiscovery, groupList, groupOf, resourceList, versionInfo } from './discovery.ts';
import type { JsonObject } from './json.ts';
import { acceptedTypes, wantsAggregatedDiscovery } from './negotiation.ts';
import { emptySwaggerProtobuf, openApiDocument, openApiIndex, swaggerDocument } from './openapi.ts';
import type { CompleteResponse, ServerRequest } from './request.ts';
import { jsonAnswer, textAnswer } from './request-context.ts';
import type { ResourceTypes } from './resource-types.ts';

const HEALTH = ['healthz', 'livez', 'readyz'];

/** Undefined where there is nothing: the caller answers 404. */
export function informationAnswer(
  types: ResourceTypes,
  request: ServerRequest,
  parts: readonly string[],
): CompleteResponse | undefined {
  const [root = '', first, second] = parts;
  if (HEALTH.includes(root)) return textAnswer(200, 'ok');
  if (root === 'version' && parts.length === 1) return jsonAnswer(200, versionInfo);
  if (root === 'openapi') return openApiAnswer(types, request, parts.slice(1));
  if (root === 'api' && parts.length <= 2) return coreAnswer(types, request, first);
  if (root !== 'apis') return undefined;
  if (first === undefined)
    return discoveryAnswer(
      request,
      () => aggregatedDiscovery(types, false),
      () => groupList(types),
    );
  const found = second === undefined ? groupOf(types, first) : resourceList(types, `${first}/${second}`);
  return found === undefined ? undefined : jsonAnswer(200, found);
}

function coreAnswer(
  types: ResourceTypes,
  request: ServerRequest,
  version: string | undefined,
): CompleteResponse | undefined {
  if (version === undefined)
    return discoveryAnswer(request, () => aggregatedDiscovery(types, true), coreVersions);
  const found = version === 'v1' ? resourceList(types, 'v1') : undefined;
  return found === undefined ? undefined : jsonAnswer(200, found);
}

function coreVersions(): JsonObject {
  return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] };
}

const AGGREGATED = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

function discoveryAnswer(
  request: ServerRequest,
  aggregated: () => JsonObject,
  plain: () => JsonObject,
): CompleteResponse {
  if (!wantsAggregatedDiscovery(request.headers.accept)) return jsonAnswer(200, plain());
  return jsonAnswer(200, aggregated(), { 'content-type': AGGREGATED, vary: 'Accept' });
}

function openApiAnswer(
  types: ResourceTypes,
  request: ServerRequest,
  parts: readonly string[],
): CompleteResponse | undefined {
  const [version, ...rest] = parts;
  if (version === 'v2' && rest.length === 0) return swaggerAnswer(types, request);
  if (version !== 'v3') return undefined;
  if (rest.length === 0) return jsonAnswer(200, openApiIndex(types));
  const document = openApiDocument(types, rest.join('/'));
  return document === undefined ? undefined : jsonAnswer(200, document);
}

const SWAGGER_PROTOBUF = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf';
/** As the real server names it: an @ is no part of a media type (kube-openapi pkg/handler/handler.go). */
const SWAGGER_PROTOBUF_SENT = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';

/** kubectl takes this one in protobuf only, and asks for it when the newer form does not have a kind. */
function swaggerAnswer(types: ResourceTypes, request: ServerRequest): CompleteResponse {
  const accepted = acceptedTypes(request.headers.accept).map(({ type }) => type);
  const takesJson =
    accepted.length === 0 || accepted.some((type) => ['application/json', '*/*'].includes(type));
  if (takesJson) return jsonAnswer(200, swaggerDocument(types));
  if (accepted.includes(SWAGGER_PROTOBUF)) {
    return {
      kind: 'complete',
      status: 200,
      headers: { 'content-type': SWAGGER_PROTOBUF_SENT },
      body: emptySwaggerProtobuf,
    };
  }
  throw new ApiError(
    406,
    'NotAcceptable',
    `only the following media types are accepted: application/json, ${SWAGGER_PROTOBUF}`,
  );
}
