/**
 * Owns the ways by which the application hears of its role: datagrams, HTTP posts, and the downward API's files.
 * Must not know what a role means: it hands each notice on, and acknowledges it once it is told that it was taken.
 *
 * A notice is JSON: {"role": "active" | "standby", "epoch": 7, "singleton": "NAMESPACE/NAME", "pod": "NAME"}.
 */
import { createSocket, type RemoteInfo } from 'node:dgram';
import { readFileSync, realpathSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { isIPv6 } from 'node:net';

export interface Notice {
  readonly role: 'active' | 'standby';
  readonly epoch: number;
}

/** What becomes of a notice. `stale`: a higher epoch is known, and nothing was done. */
export type Reception = 'taken' | 'stale' | 'leaving';

export interface NoticeOptions {
  /** Who is meant. A notice to another pod is none: an address was perhaps that one's a moment ago. */
  readonly pod: string;
  readonly host: string;
  /** 0: the system's choice, which is printed. */
  readonly udpPort: number;
  readonly httpPort: number;
  readonly httpPath: string;
  /** Resolves once the notice has come true, so that an acknowledgement says no less. */
  readonly take: (notice: Notice) => Promise<Reception>;
}

const noticeBytesMax = 4_096;
/** Who sends slower than this is given up. */
const requestTimeoutMs = 2_000;

/** A notice that was taken is acknowledged by its epoch in decimal digits; any other datagram is not answered. */
export function hearDatagrams(options: NoticeOptions): void {
  const socket = createSocket(isIPv6(options.host) ? 'udp6' : 'udp4');
  const acknowledge = async (message: Buffer, { address, port }: RemoteInfo) => {
    const notice =
      message.length > noticeBytesMax ? undefined : noticeOf(message.toString('utf8'), options.pod);
    if (notice === undefined || (await options.take(notice)) !== 'taken') return;
    // What cannot be sent is not heard, and so the notice comes again.
    socket.send(String(notice.epoch), port, address, () => undefined);
  };
  socket.on('message', (message, sender) => {
    // Rejects for port 0, from which one can send and to which one cannot.
    acknowledge(message, sender).catch(() => undefined);
  });
  socket.bind(options.udpPort, options.host, () =>
    console.log(`hearing datagrams on ${options.host}:${socket.address().port}`),
  );
}

/** 204 acknowledges. Anything else says why not. */
export function hearPosts(options: NoticeOptions): void {
  const server = createServer({ requestTimeout: requestTimeoutMs, connectionsCheckingInterval: 1_000 });
  server.on('request', (request: IncomingMessage, response) => {
    statusOf(request, options).then(
      (status) => response.writeHead(status).end(),
      // Who sent it went away meanwhile.
      () => response.destroy(),
    );
  });
  server.listen(options.httpPort, options.host, () =>
    console.log(`hearing posts on ${JSON.stringify(server.address())}`),
  );
}

const statuses: Readonly<Record<Reception, number>> = { taken: 204, stale: 409, leaving: 503 };

async function statusOf(request: IncomingMessage, { httpPath, pod, take }: NoticeOptions): Promise<number> {
  if (request.url !== httpPath) return 404;
  if (request.method !== 'POST') return 405;
  const text = await textOf(request);
  if (text.length > noticeBytesMax) return 413;
  const notice = noticeOf(text, pod);
  return notice === undefined ? 400 : statuses[await take(notice)];
}

/** Reads to the end whatever comes, so that the answer is heard, and keeps not much more than is allowed. */
async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) if (text.length <= noticeBytesMax) text += chunk;
  return text;
}

/**
 * What the kubelet has written into the downward API's folder: the label `role` and the annotation
 * `understudy.dev/epoch`, a file each. Undefined where there is no epoch yet.
 * `folder` is the link `..data`: the kubelet turns it to a new folder, so that both files are of one moment.
 */
export function readPodinfo(folder: string): Notice | undefined {
  try {
    const snapshot = realpathSync(folder);
    const epoch = epochOf(Number(readFileSync(`${snapshot}/epoch`, 'utf8')));
    const isActive = readFileSync(`${snapshot}/role`, 'utf8').trim() === 'active';
    return epoch === undefined ? undefined : { role: isActive ? 'active' : 'standby', epoch };
  } catch {
    // Not there yet, or swapped while it was read: it is looked at again soon.
    return undefined;
  }
}

function noticeOf(text: string, meant: string): Notice | undefined {
  const { role, epoch: number, pod } = fieldsOf(text);
  const epoch = epochOf(number);
  if (pod !== meant || epoch === undefined) return undefined;
  return role === 'active' || role === 'standby' ? { role, epoch } : undefined;
}

function fieldsOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

function epochOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : undefined;
}
