/**
 * Owns the set-up of a watch against a scripted server, for the tests of its faults.
 * Must not expect anything.
 */
import type { TestContext } from 'node:test';
import { plainConnection } from '../../src/kube/connection.ts';
import { connectTransport } from '../../src/kube/http2-transport.ts';
import { type Reflector, startReflector } from '../../src/kube/reflector.ts';
import { PODS } from '../../src/kube/resources.ts';
import type { Transport } from '../../src/kube/transport.ts';
import { realClock, realRandom } from '../../src/time/real-clock.ts';
import { decodeThing, RecordingSink, thing } from './recording-sink.ts';
import {
  type ScriptedRequest,
  type ScriptedServer,
  type ScriptedStream,
  startScriptedServer,
} from './scripted-server.ts';

/** A watch under test, and what it has told. */
export interface Watched {
  readonly transport: Transport;
  readonly sink: RecordingSink;
  readonly reflector: Reflector;
  readonly bugs: unknown[];
}

/** A server that ends with the test. */
export async function serve(
  context: TestContext,
  handle: (request: ScriptedRequest) => void,
): Promise<ScriptedServer> {
  const server = await startScriptedServer({ handle });
  context.after(() => server.close());
  return server;
}

/** A watch of pods on a transport of its own; both end with the test. */
export function watch(context: TestContext, url: URL): Watched {
  const options = { clock: realClock, random: realRandom };
  const transport = connectTransport(plainConnection(url), { ...options, purpose: 'watch' });
  const sink = new RecordingSink();
  const bugs: unknown[] = [];
  const onBug = (error: unknown) => bugs.push(error);
  const reflector = startReflector({
    ...options,
    transport,
    resource: PODS,
    decode: decodeThing,
    sink,
    onBug,
  });
  context.after(() => {
    reflector.stop();
    return transport.close();
  });
  return { transport, sink, reflector, bugs };
}

export const isWatchList = (request: ScriptedRequest) => request.query.get('sendInitialEvents') === 'true';

/** Answers each WatchList with one object `a` at version 10, and hands every stream to the test. */
export function withSnapshot(
  onStream: (stream: ScriptedStream, request: ScriptedRequest, count: number) => void,
) {
  let count = 0;
  return (request: ScriptedRequest) => {
    const stream = request.stream();
    if (isWatchList(request)) {
      stream.event('ADDED', thing('a', 7));
      stream.bookmark('10', true);
    }
    onStream(stream, request, count++);
  };
}

export const versionsAsked = (server: ScriptedServer) =>
  server.requests.map((request) => request.query.get('resourceVersion'));
export const status = (code: number, reason = '', more: object = {}) => ({
  kind: 'Status',
  code,
  reason,
  message: reason,
  ...more,
});
