/**
 * Owns a Transport without sockets: a test answers each request and stream by hand, also within the very call.
 * Must not keep time; with a simulated clock a whole day of a watch runs in milliseconds.
 */
import type {
  ApiRequest,
  ApiResponse,
  StreamSink,
  Transport,
  TransportErrorCode,
} from '../../src/kube/transport.ts';
import { TransportError } from '../../src/kube/transport.ts';

export interface OpenStream {
  readonly request: ApiRequest;
  readonly sink: StreamSink;
  cancelled: boolean;
}

export class InMemoryTransport implements Transport {
  readonly streams: OpenStream[] = [];
  readonly requests: ApiRequest[] = [];
  readonly alive = true;
  /** Called for each new stream, before `stream` returns. */
  onStream: (stream: OpenStream) => void = () => undefined;
  answer: (request: ApiRequest) => Promise<ApiResponse> = () => Promise.reject(failure('CONNECTION_REFUSED'));

  request(request: ApiRequest): Promise<ApiResponse> {
    this.requests.push(request);
    return this.answer(request);
  }

  stream(request: ApiRequest, sink: StreamSink): { cancel(): void } {
    const stream: OpenStream = { request, sink, cancelled: false };
    this.streams.push(stream);
    this.onStream(stream);
    return {
      cancel: () => {
        stream.cancelled = true;
      },
    };
  }

  close(): Promise<void> {
    for (const stream of this.streams) if (!stream.cancelled) stream.sink.onEnd(failure('CLOSED'));
    return Promise.resolve();
  }
}

export function failure(code: TransportErrorCode): TransportError {
  return new TransportError(code, code, { delivered: 'no' });
}

export function line(type: string, object: unknown): Uint8Array {
  return Buffer.from(`${JSON.stringify({ type, object })}\n`);
}
