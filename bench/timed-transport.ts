/**
 * Owns the two moments that tell how fast a controller reacts, taken at its transports: when a chunk of the watch was
 * handed to it, and when the bytes of a write were handed to the kernel.
 * Must not change what passes through.
 */

import { machineNowMs } from '../src/cli/steady-client/machine-time.ts';
import type { ApiRequest, StreamSink, Transport } from '../src/kube/transport.ts';

export interface Reaction {
  readonly request: ApiRequest;
  /** From the chunk to the write, in ms. */
  readonly durationMs: number;
}

export class ReactionTimer {
  readonly reactions: Reaction[] = [];
  #chunkAtMs = Number.NaN;

  /** The watch transport: notes when each chunk arrives, before anyone has looked at it. */
  watching(transport: Transport): Transport {
    const timed = (sink: StreamSink): StreamSink => ({
      onHead: (status, retryAfterMs, serverTimeMs) => sink.onHead(status, retryAfterMs, serverTimeMs),
      onChunk: (chunk) => {
        this.#chunkAtMs = machineNowMs();
        sink.onChunk(chunk);
      },
      onEnd: (cause) => sink.onEnd(cause),
    });
    return delegate(transport, { stream: (request, sink) => transport.stream(request, timed(sink)) });
  }

  /** The write transport: notes each request once it has left. */
  writing(transport: Transport): Transport {
    return delegate(transport, {
      request: (request, timeoutMs) => {
        const chunkAtMs = this.#chunkAtMs;
        const response = transport.request(request, timeoutMs);
        // node:http2 hands its frames to the socket in a native immediate, which runs before those of JavaScript.
        setImmediate(() => this.reactions.push({ request, durationMs: machineNowMs() - chunkAtMs }));
        return response;
      },
    });
  }
}

function delegate(transport: Transport, changed: Partial<Pick<Transport, 'request' | 'stream'>>): Transport {
  return {
    get alive() {
      return transport.alive;
    },
    request: changed.request ?? ((request, timeoutMs) => transport.request(request, timeoutMs)),
    stream: changed.stream ?? ((request, sink) => transport.stream(request, sink)),
    close: () => transport.close(),
  };
}
