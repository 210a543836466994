/**
 * Owns how commands ask the API server: one object, a list, a patch, each decoded or refused with an error for people.
 * Must not retry: a person sees what happened, and asks again.
 */
import { asObject, DecodeError } from '../../kube/decode.ts';
import { decodeListPage, type ListPage, nameForPeople } from '../../kube/decode-watch.ts';
import { LIST_PAGE_ITEMS } from '../../kube/limits.ts';
import {
  createRequest,
  getRequest,
  type JsonBody,
  listRequest,
  mergePatchRequest,
  type ObjectName,
  type Selection,
} from '../../kube/request.ts';
import { qualifiedPlural, type Resource } from '../../kube/resources.ts';
import { bodyOrThrow, KubeError } from '../../kube/status.ts';
import type { ApiRequest, ApiResponse, Transport } from '../../kube/transport.ts';
import { limits } from './limits.ts';

type Decode<T> = (raw: unknown) => T;

export interface Listing<T> {
  readonly items: readonly T[];
  /** Objects that could not be read, one sentence each; they are left out. */
  readonly problems: readonly string[];
}

/** An object is not what it has to be: written by another version, or by hand. */
export class UnreadableObject extends Error {
  readonly code = 'UNREADABLE_OBJECT';
  readonly retry = 'never';

  constructor(what: string, options: { readonly cause: DecodeError }) {
    super(`${what} cannot be read: ${options.cause.message}`, options);
    this.name = 'UnreadableObject';
  }
}

/** Every call rejects with a KubeError, a TransportError or an UnreadableObject. */
export class ClusterClient {
  readonly transport: Transport;
  /** Of the kubeconfig's context. */
  readonly namespace: string;

  constructor(options: { readonly transport: Transport; readonly namespace: string }) {
    this.transport = options.transport;
    this.namespace = options.namespace;
  }

  async list<T>(resource: Resource, selection: Selection, decode: Decode<T>): Promise<Listing<T>> {
    const items: T[] = [];
    const problems: string[] = [];
    let continueToken: string | undefined;
    for (let pages = 1; ; pages++) {
      const request = listRequest(resource, { ...selection, limit: LIST_PAGE_ITEMS, continueToken });
      const page = readPage(bodyOrThrow(await this.#send(request)), resource);
      for (const object of page.objects) readInto({ items, problems }, resource, object, decode);
      continueToken = page.continueToken;
      if (continueToken === undefined) return { items, problems };
      if (pages < limits.listPagesMax) continue;
      problems.push(`there are more ${qualifiedPlural(resource)} than are read here`);
      return { items, problems };
    }
  }

  /** Undefined where there is none: no such object, or no such kind. */
  async get<T>(resource: Resource, target: ObjectName, decode: Decode<T>): Promise<T | undefined> {
    try {
      const response = await this.#send(getRequest(resource, target));
      return readBody(response, `${qualifiedPlural(resource)} ${target.name}`, decode);
    } catch (error) {
      if (error instanceof KubeError && error.code === 'NOT_FOUND') return undefined;
      throw error;
    }
  }

  async patch<T>(resource: Resource, target: ObjectName, patch: JsonBody, decode: Decode<T>): Promise<T> {
    const response = await this.#send(mergePatchRequest(resource, { ...target, patch }));
    return readBody(response, `${qualifiedPlural(resource)} ${target.name}`, decode);
  }

  /** For what is asked, answered and not kept, such as access reviews. */
  async review<T>(resource: Resource, body: JsonBody, decode: Decode<T>): Promise<T> {
    const response = await this.#send(createRequest(resource, { body }));
    return readBody(response, `the answer of ${qualifiedPlural(resource)}`, decode);
  }

  /** What a path says that is no resource, and when the server thinks it is; that is undefined where it does not say. */
  async inform<T>(path: string, decode: Decode<T>): Promise<{ value: T; serverTimeMs: number | undefined }> {
    const response = await this.#send({ method: 'GET', path });
    return { value: readBody(response, path, decode), serverTimeMs: response.serverTimeMs };
  }

  #send(request: ApiRequest): Promise<ApiResponse> {
    return this.transport.request(request, limits.requestTimeoutMs);
  }
}

function readPage(body: string, resource: Resource): ListPage {
  try {
    return decodeListPage(body);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw new UnreadableObject(`the list of ${qualifiedPlural(resource)}`, { cause: error });
  }
}

function readBody<T>(response: ApiResponse, what: string, decode: Decode<T>): T {
  const body = bodyOrThrow(response);
  try {
    return decode(asObject(parse(body)));
  } catch (error) {
    if (error instanceof DecodeError) throw new UnreadableObject(what, { cause: error });
    throw error;
  }
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    throw DecodeError.notJson(error);
  }
}

function readInto<T>(
  into: { readonly items: T[]; readonly problems: string[] },
  resource: Resource,
  object: unknown,
  decode: Decode<T>,
): void {
  try {
    into.items.push(decode(object));
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    into.problems.push(
      new UnreadableObject(`${qualifiedPlural(resource)} ${nameForPeople(object)}`, { cause: error }).message,
    );
  }
}
