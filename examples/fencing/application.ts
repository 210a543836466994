/**
 * Owns the example's application: a warm standby until it is told that it is active, then a writer whose epoch is its
 * fencing token. Must not believe that it knows whether it still is active: between its last look and its next write it
 * may have been paused. So the store compares the epoch at each write, and its refusal is final.
 */
import { createServer, type Socket } from 'node:net';
import { hearDatagrams, hearPosts, type Notice, type Reception, readPodinfo } from './notices.ts';

const { env } = process;
const pod = env.POD_NAME ?? 'nobody';
const host = env.POD_IP ?? '0.0.0.0';
const answerPort = Number(env.ANSWER_PORT ?? 8_080);
const storeUrl = env.STORE_URL ?? 'http://fencing-store:8080/value';
/** The downward API's folder, as readPodinfo() takes it. Undefined: only notices count. */
const podinfo = env.PODINFO;

const writePeriodMs = 100;
/**
 * Below stepDownMs (1 s where the Singleton does not say), for the acknowledgement waits for the last write. What
 * becomes of a write that is given up is unknown: it may still arrive. The epoch fences that one too.
 */
const writeTimeoutMs = Number(env.WRITE_TIMEOUT_MS ?? 500);
/** Proxies hear of a move later than this process does, and a busy one by a second: they still send clients here. */
const lingerMs = 1_500;
const podinfoPeriodMs = 250;
/** Each costs some KB: a proxy gone wild shall not cost the process its life. */
const clientsMax = 4_096;

type Role = { readonly kind: 'active'; readonly epoch: number } | { readonly kind: 'standby' | 'leaving' };

let role: Role = { kind: 'standby' };
/** Of all epochs heard of, from whomever. It never falls, and no lower one makes this process active. */
let highest = 0;
/** The highest epoch that it was told to give up: the role never comes back with that one. */
let givenUp = 0;
/** The one write that is under way: the next begins when it has ended. Never rejects. */
let writing: Promise<void> | undefined;
let writes = 0;
let storeProblem = '';
/** Each with what ends it, where it has been told to go. */
const clients = new Map<Socket, NodeJS.Timeout | undefined>();

/** Resolves once the notice has come true: of a standby, no write is under way. */
async function take(notice: Notice): Promise<Reception> {
  const lastWrite = writing;
  const reception = hear(notice);
  if (reception === 'taken' && notice.role === 'standby') await lastWrite;
  return reception;
}

/** Of two notices with the same epoch, standby is the newer one, in whichever order they arrive; twice changes nothing. */
function hear({ role: told, epoch }: Notice): Reception {
  // Who stands by may be told so with any epoch.
  if (epoch < (told === 'active' ? highest : activeEpoch())) return 'stale';
  if (told === 'active' && epoch <= givenUp) return 'stale';
  if (told === 'active' && role.kind === 'leaving') return 'leaving';
  highest = Math.max(highest, epoch);
  if (told === 'active') beActive(epoch);
  else giveUp(epoch);
  return 'taken';
}

function giveUp(epoch: number): void {
  givenUp = Math.max(givenUp, epoch);
  standBy('told to');
}

/**
 * The files come later than a notice and nobody waits for an acknowledgement, so they count only where they bring an
 * epoch higher than any heard of: they never take back what a notice has said.
 */
function look(folder: string): void {
  const notice = readPodinfo(folder);
  if (notice !== undefined && notice.epoch > highest) hear(notice);
}

function beActive(epoch: number): void {
  if (epoch === activeEpoch()) return;
  role = { kind: 'active', epoch };
  console.log(`active, epoch ${epoch}`);
  for (const client of clients.keys()) keep(client);
  // At once, for the first write is also the claim: from then on the store refuses whoever was active before. What an
  // application builds on the store's content it reads after this write, never before.
  write();
}

function standBy(because: string): void {
  if (role.kind !== 'active') return;
  console.log(`standing by after epoch ${role.epoch}: ${because}`);
  role = { kind: 'standby' };
  for (const client of clients.keys()) letGo(client);
}

/** Serves until no proxy sends anybody any more, then ends, with no write under way. */
function leave(): void {
  if (role.kind === 'leaving') return;
  standBy('asked to end');
  role = { kind: 'leaving' };
  setTimeout(async () => {
    await writing;
    for (const client of clients.keys()) client.resetAndDestroy();
    process.exit(0);
  }, lingerMs);
}

/** 0 while it is not active. */
function activeEpoch(): number {
  return role.kind === 'active' ? role.epoch : 0;
}

function write(): void {
  if (role.kind !== 'active' || writing !== undefined) return;
  writing = writeWith(role.epoch).finally(() => {
    writing = undefined;
  });
}

/** A store that does not answer is no reason to stand by: it is asked again. Its refusal is one. */
async function writeWith(epoch: number): Promise<void> {
  writes += 1;
  try {
    const response = await fetch(storeUrl, {
      method: 'PUT',
      headers: { epoch: String(epoch) },
      body: `${pod} ${writes}`,
      signal: AbortSignal.timeout(writeTimeoutMs),
    });
    if (response.status === 409) beFenced(epoch);
    else sayOfStore(response.ok ? '' : `the store answered ${response.status}`);
    // Read to its end, so that the connection serves the next write too.
    await response.text();
  } catch (error) {
    sayOfStore(error instanceof Error ? String(error.cause ?? error.message) : String(error));
  }
}

/** A higher epoch has written: whatever this process was told, with this one it is not active any more. */
function beFenced(epoch: number): void {
  highest = Math.max(highest, epoch + 1);
  if (activeEpoch() < highest) standBy('fenced, the store has seen a higher one');
}

/** Once for each outage. */
function sayOfStore(problem: string): void {
  if (problem !== storeProblem) console.log(problem === '' ? 'the store is back' : `not written: ${problem}`);
  storeProblem = problem;
}

/**
 * A line `POD ROLE EPOCH`, and another one for whatever the client sends. A standby answers too: nobody sends clients
 * to it on purpose, and one that comes late deserves an answer.
 */
function welcome(client: Socket): void {
  client.on('close', () => {
    clearTimeout(clients.get(client));
    clients.delete(client);
  });
  client.on('error', () => client.destroy());
  client.on('end', () => client.end());
  client.on('data', () => {
    // None for who does not read them.
    if (!client.writableNeedDrain) sayRole(client);
  });
  if (role.kind === 'active') keep(client);
  else letGo(client);
}

function keep(client: Socket): void {
  clearTimeout(clients.get(client));
  clients.set(client, undefined);
  sayRole(client);
}

/**
 * No change of a Service moves a connection: it stays with whoever was active. So the client is told, and has time to
 * close. It goes first: who does so keeps the pair of ports in TIME_WAIT for a minute, and on this side new clients
 * would meet it. One that stays is reset, which leaves nothing behind.
 */
function letGo(client: Socket): void {
  clearTimeout(clients.get(client));
  clients.set(
    client,
    setTimeout(() => client.resetAndDestroy(), lingerMs),
  );
  sayRole(client);
}

function sayRole(client: Socket): void {
  const words = role.kind === 'active' ? ['active', role.epoch] : ['standby', highest];
  if (client.writable) client.write(`${[pod, ...words].join(' ')}\n`);
}

const notices = {
  pod,
  host,
  udpPort: Number(env.NOTICE_UDP_PORT ?? 10_001),
  httpPort: Number(env.NOTICE_HTTP_PORT ?? 8_081),
  httpPath: env.NOTICE_PATH ?? '/role',
  take,
};
hearDatagrams(notices);
hearPosts(notices);
if (podinfo !== undefined) setInterval(() => look(podinfo), podinfoPeriodMs);
setInterval(write, writePeriodMs);

const server = createServer(
  { allowHalfOpen: true, noDelay: true, keepAlive: true, keepAliveInitialDelay: 30_000 },
  welcome,
);
server.maxConnections = clientsMax;
server.listen({ port: answerPort, host, backlog: 1_024 }, () =>
  console.log(`answering on ${JSON.stringify(server.address())}`),
);
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, leave);
process.stdout.on('error', () => process.exit(0));
