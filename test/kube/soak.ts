/**
 * Owns a run of the client against a server that keeps cutting, draining, expiring and garbling what it sends.
 * Must not judge: soak.test.ts says what has to hold afterwards, and at what length it is run.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { plainConnection } from '../../src/kube/connection.ts';
import { connectTransport } from '../../src/kube/http2-transport.ts';
import { startReflector } from '../../src/kube/reflector.ts';
import { PODS } from '../../src/kube/resources.ts';
import { type Transport, TransportError } from '../../src/kube/transport.ts';
import { realClock, realRandom } from '../../src/time/real-clock.ts';
import { decodeThing, RecordingSink, thing } from './recording-sink.ts';
import { type ScriptedStream, startScriptedServer } from './scripted-server.ts';

/** The argument with which this file is the server. */
const SERVER = 'soak-server';
const PATCH = {
  method: 'PATCH',
  path: '/api/v1/namespaces/ns/pods/a',
  body: '{"metadata":{"labels":{"role":"active"}}}',
} as const;

/** Every 500 ms another trouble: a cut, a drain, an expired version, a clean end. Events flow all the time. */
async function beTheServer(): Promise<void> {
  let version = 100;
  const streams = new Set<ScriptedStream>();
  const server = await startScriptedServer({
    handle: (request) => {
      if (!request.isWatch) return request.answer(200, { metadata: { name: 'a' } });
      const stream = request.stream();
      if (request.query.get('sendInitialEvents') === 'true') {
        for (let index = 0; index < 50; index++) stream.event('ADDED', thing(`pod-${index}`, version));
        stream.bookmark(String(version), true);
      }
      streams.add(stream);
    },
  });
  const all = (act: (stream: ScriptedStream) => void) => {
    for (const stream of streams) {
      if (stream.closed) streams.delete(stream);
      else act(stream);
    }
  };
  setInterval(() => {
    version += 1;
    all((stream) => stream.event('MODIFIED', thing(`pod-${version % 50}`, version, 'n'.repeat(2_000))));
  }, 5);
  const troubles = [
    () => server.cut(),
    () => server.goaway(),
    () => all((stream) => stream.end()),
    () => all((stream) => stream.event('ERROR', { code: 410, reason: 'Expired' })),
    () => all((stream) => stream.reset()),
    () => all((stream) => stream.raw('{"garbage\n')),
  ];
  let turn = 0;
  setInterval(() => troubles[turn++ % troubles.length]?.(), 500);
  setInterval(() => (server.requests as unknown[]).splice(0), 1_000);
  process.send?.(server.url.href);
}

export interface SoakResult {
  readonly answered: number;
  readonly failed: number;
  readonly events: number;
  readonly syncs: number;
  readonly bugs: readonly unknown[];
  /** Once a second, in MB: what is left on the heap after a full collection, and the resident memory. */
  readonly heapMb: readonly number[];
  readonly rssMb: readonly number[];
}

/** Starts the server in a process of its own and bothers it for so long. */
export async function soak(seconds: number): Promise<SoakResult> {
  const child = fork(fileURLToPath(import.meta.url), [SERVER]);
  try {
    const [url] = await once(child, 'message');
    return await beTheClient(new URL(String(url)), seconds);
  } finally {
    const exited = once(child, 'exit');
    child.kill();
    await exited;
  }
}

async function beTheClient(url: URL, seconds: number): Promise<SoakResult> {
  const options = { clock: realClock, random: realRandom };
  const watching = connectTransport(plainConnection(url), { ...options, purpose: 'watch' });
  const writing = connectTransport(plainConnection(url), { ...options, purpose: 'write' });
  const sink = new RecordingSink();
  const bugs: unknown[] = [];
  const onBug = (error: unknown) => bugs.push(error);
  const reflector = startReflector({
    ...options,
    transport: watching,
    resource: PODS,
    decode: decodeThing,
    sink,
    onBug,
  });
  const rssMb: number[] = [];
  const heapMb: number[] = [];
  let events = 0;
  const observing = setInterval(() => {
    events += sink.calls.length;
    sink.calls.length = 0;
    sink.states.length = 0;
    collectGarbage();
    const { rss, heapUsed } = process.memoryUsage();
    rssMb.push(Math.round(rss / 2 ** 20));
    heapMb.push(Math.round(heapUsed / 2 ** 18) / 4);
  }, 1_000);
  const until = performance.now() + seconds * 1_000;
  const written = await Promise.all(Array.from({ length: 4 }, () => writeUntil(until, writing)));
  clearInterval(observing);
  reflector.stop();
  await Promise.all([watching.close(), writing.close()]);
  const total = (key: 'answered' | 'failed') => written.reduce((sum, counts) => sum + counts[key], 0);
  return {
    answered: total('answered'),
    failed: total('failed'),
    events,
    syncs: sink.syncs,
    bugs,
    heapMb,
    rssMb,
  };
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc()');
}

async function writeUntil(
  until: number,
  transport: Transport,
): Promise<{ answered: number; failed: number }> {
  const counts = { answered: 0, failed: 0 };
  while (performance.now() < until) {
    try {
      await transport.request(PATCH, 2_000);
      counts.answered += 1;
    } catch (error) {
      if (!(error instanceof TransportError)) throw error;
      counts.failed += 1;
    }
  }
  return counts;
}

if (process.argv[2] === SERVER) await beTheServer();
