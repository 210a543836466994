/**
 * Owns the example's store: one value, the highest epoch that has written it, and the file that both survive in. Must
 * not ask who is active, nor believe who says so: it compares numbers, at the place and in the moment of the write.
 *
 * GET /value answers {value, epoch}. PUT (or POST) /value with the header `epoch` writes the body: 200 {epoch}, or 409
 * {highest} where a higher epoch has written. The same epoch may write again: it is the same holder.
 */
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import path from 'node:path';

const host = process.env.POD_IP ?? '0.0.0.0';
const port = Number(process.env.STORE_PORT ?? 8_080);
const file = process.env.STORE_FILE ?? '/data/store.json';
const valueCharactersMax = 4_096;
/** Who sends slower than this is given up. */
const requestTimeoutMs = 5_000;

/** `epoch` is the highest that ever wrote, and so the one that wrote this value. */
interface Kept {
  readonly value: string;
  readonly epoch: number;
}

type Answer = readonly [status: number, body: object];

let kept = readKept();

async function answer(request: IncomingMessage): Promise<Answer> {
  if (request.url !== '/value') return [404, { because: 'there is /value and nothing else' }];
  if (request.method === 'GET') return [200, kept];
  if (request.method !== 'PUT' && request.method !== 'POST') return [405, { because: 'GET, PUT or POST' }];
  const epoch = epochOf(request.headers.epoch);
  if (epoch === undefined) return [400, { because: 'the header epoch is to be a positive integer' }];
  const value = await textOf(request);
  if (value.length > valueCharactersMax)
    return [413, { because: `at most ${valueCharactersMax} characters` }];
  return write({ value, epoch });
}

/**
 * Compares and writes in one step: nothing here waits, so no other request gets in between. That is the whole point.
 * Compared any earlier (before the body has come, in a proxy, or by the application, which asks "am I still active?"
 * and then writes) the answer may be out of date when the write is done: between a look and an act a process can be
 * paused for as long as the machine likes, and it does not notice. Only who carries the write out can refuse it in
 * time.
 */
function write(next: Kept): Answer {
  const what = JSON.stringify(next.value.slice(0, 80));
  if (next.epoch < kept.epoch) {
    console.log(`refused ${next.epoch}, ${kept.epoch} is the highest: ${what}`);
    return [409, { highest: kept.epoch }];
  }
  try {
    keep(next);
  } catch (error) {
    // What a failed fsync has left on the disk nobody knows: the next start reads it.
    console.error(`not written: ${error instanceof Error ? error.message : error}`);
    process.exit(1);
  }
  console.log(`wrote ${next.epoch}: ${what}`);
  return [200, { epoch: next.epoch }];
}

/** On the disk before it is answered: a store that forgot an epoch would let its old holder in again. */
function keep(next: Kept): void {
  const unfinished = `${file}.unfinished`;
  synced(unfinished, 'w', (descriptor) => writeFileSync(descriptor, JSON.stringify(next)));
  // The old content or the new one, never a part: and value and epoch are one content.
  renameSync(unfinished, file);
  // The new name is the folder's content.
  synced(path.dirname(file), 'r', () => undefined);
  kept = next;
}

function synced(name: string, flags: 'r' | 'w', change: (descriptor: number) => void): void {
  const descriptor = openSync(name, flags);
  try {
    change(descriptor);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** @throws Error where there is a file that cannot be read: to begin anew would be to forget the epoch. */
function readKept(): Kept {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return { value: '', epoch: 0 };
    throw error;
  }
  const { value, epoch } = JSON.parse(text);
  const isEpoch = typeof epoch === 'number' && epochOf(String(epoch)) === epoch;
  if (typeof value === 'string' && isEpoch) return { value, epoch };
  throw new Error(`${file} holds no value with its epoch: restore it`);
}

function epochOf(text: string | string[] | undefined): number | undefined {
  if (typeof text !== 'string' || !/^[1-9][0-9]*$/.test(text)) return undefined;
  return Number.isSafeInteger(Number(text)) ? Number(text) : undefined;
}

/** Reads to the end whatever comes, so that the answer is heard, and keeps not much more than is allowed. */
async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) if (text.length <= valueCharactersMax) text += chunk;
  return text;
}

const server = createServer(
  { requestTimeout: requestTimeoutMs, connectionsCheckingInterval: 1_000 },
  (request, response) => {
    answer(request).then(
      ([status, body]) =>
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body)),
      // The client went away while it was sending.
      () => response.destroy(),
    );
  },
);
// A write is on the disk or was not answered: there is nothing to finish.
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => process.exit(0));
process.stdout.on('error', () => process.exit(0));
server.listen(port, host, () =>
  console.log(`storing, on ${JSON.stringify(server.address())}, epoch ${kept.epoch}`),
);
