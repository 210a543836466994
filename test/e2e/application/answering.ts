/**
 * The application of the end-to-end tests: says who it is to every new TCP connection and every datagram, the role that it
 * was told, and prints what it was told. Must import nothing of the project: its text is put into a container as it is.
 */
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';

const host = process.env.POD_IP ?? '0.0.0.0';
const pod = process.env.POD_NAME ?? 'nobody';
/** TCP for answers, UDP for echoes: one port of the Service each. */
const answerPort = 8_080;
const tellPort = 10_001;
/** TCP, where connections are held and nothing is said; UDP for how many ms it is to serve on after a SIGTERM. */
const heldPort = 8_081;
const wishPort = 10_002;
/** The client closes first; one that only waits for the end gets it. */
const lingerMs = 250;

let told = 0;
const line = () => `${pod} ${told > 0 ? 'active' : 'standby'}, told ${told} times`;

const connections = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
  socket.on('error', () => socket.destroy());
  socket.on('end', () => socket.end());
  socket.resume();
  socket.write(`${line()}\n`);
  setTimeout(() => socket.end(), lingerMs).unref();
});

/** `NUMBER` is answered by `NUMBER LINE`. */
const echoes = createSocket('udp4');
echoes.on('message', (message, { address, port }) => {
  echoes.send(`${message.toString('utf8').trim()} ${line()}\n`, port, address, () => undefined);
});

const tellings = createSocket('udp4');
tellings.on('message', (message, { address, port }) => {
  told += 1;
  const text = message.toString('utf8').trim();
  say(`told ${JSON.stringify(text)} by ${address}:${port}`);
});

const held = createServer((socket) => {
  socket.on('error', () => socket.destroy());
  socket.resume();
});

/** At once, as an application does that has a standby, unless it was asked for more. */
let serveOnMs = 0;
const wishes = createSocket('udp4');
wishes.on('message', (message, { address, port }) => {
  serveOnMs = Number(message.toString('utf8').trim()) || 0;
  wishes.send(String(serveOnMs), port, address, () => undefined);
});

function say(text: string): void {
  process.stdout.write(`${new Date().toISOString()} ${text}\n`);
}

function fail(error: Error): void {
  say(error.message);
  process.exit(1);
}

function stop(): void {
  setTimeout(() => process.exit(0), serveOnMs);
}

for (const server of [connections, held, echoes, tellings, wishes]) server.on('error', fail);
process.on('SIGTERM', stop);
process.on('SIGINT', stop);
tellings.bind(tellPort, host);
wishes.bind(wishPort, host);
held.listen(heldPort, host);
echoes.bind(answerPort, host);
connections.listen({ port: answerPort, host, backlog: 1024 }, () =>
  say(`answering on ${host}:${answerPort}`),
);
