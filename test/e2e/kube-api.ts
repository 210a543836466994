/**
 * Owns the tests' requests to the API: JSON there and back over the project's own client, and a refusal as an error.
 * Must not repeat a request: what a scene asks for is asked once.
 */
import { asObject, type JsonObject, optionalString } from '../../src/kube/decode.ts';
import { connectTransport } from '../../src/kube/http2-transport.ts';
import { loadConnection } from '../../src/kube/load-connection.ts';
import type { ApiRequest, ApiResponse, Transport } from '../../src/kube/transport.ts';
import { realClock, realRandom } from '../../src/time/real-clock.ts';

const requestTimeoutMs = 30_000;

/** The API server has said no: it was asked for something that it does not do. */
export class ApiRefusal extends Error {
  readonly status: number;

  constructor({ method, path }: ApiRequest, { status, body }: ApiResponse) {
    super(`${method} ${path}: ${status} ${reasonOf(body)}`);
    this.name = 'ApiRefusal';
    this.status = status;
  }
}

export interface DeleteOptions {
  readonly gracePeriodSeconds?: number;
  readonly preconditions?: { readonly uid: string };
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
}

export class KubeApi {
  /** For watches: they have a session of their own. */
  readonly watches: Transport;
  readonly #requests: Transport;

  private constructor(watches: Transport, requests: Transport) {
    this.watches = watches;
    this.#requests = requests;
  }

  static async connect(kubeconfig: string): Promise<KubeApi> {
    const connection = await loadConnection({ kubeconfig, env: {} });
    const inputs = { clock: realClock, random: realRandom };
    return new KubeApi(
      connectTransport(connection, { ...inputs, purpose: 'watch' }),
      connectTransport(connection, { ...inputs, purpose: 'write' }),
    );
  }

  async close(): Promise<void> {
    await Promise.all([this.watches.close(), this.#requests.close()]);
  }

  get(path: string): Promise<JsonObject> {
    return this.#json({ method: 'GET', path });
  }

  /** Undefined where there is none. */
  async find(path: string): Promise<JsonObject | undefined> {
    const response = await this.#send({ method: 'GET', path });
    return response.status === 404 ? undefined : jsonOf({ method: 'GET', path }, response);
  }

  /** `path`: that of the collection, or of a subresource. */
  create(path: string, object: object): Promise<JsonObject> {
    return this.#json({ method: 'POST', path, body: JSON.stringify(object) });
  }

  mergePatch(path: string, patch: object): Promise<JsonObject> {
    const contentType = 'application/merge-patch+json';
    return this.#json({ method: 'PATCH', path, contentType, body: JSON.stringify(patch) });
  }

  delete(path: string, options: DeleteOptions = {}): Promise<JsonObject> {
    const body = JSON.stringify({ apiVersion: 'v1', kind: 'DeleteOptions', ...options });
    return this.#json({ method: 'DELETE', path, body });
  }

  async #json(request: ApiRequest): Promise<JsonObject> {
    return jsonOf(request, await this.#send(request));
  }

  #send(request: ApiRequest): Promise<ApiResponse> {
    return this.#requests.request(request, requestTimeoutMs);
  }
}

function jsonOf(request: ApiRequest, response: ApiResponse): JsonObject {
  if (response.status < 200 || response.status > 299) throw new ApiRefusal(request, response);
  return asObject(JSON.parse(response.body));
}

function reasonOf(body: string): string {
  try {
    return optionalString(asObject(JSON.parse(body)), 'message', '') ?? body;
  } catch {
    return body;
  }
}
