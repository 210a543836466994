/**
 * The sample application: prints each UDP datagram on port 10001 with its sender and time, and answers each connection
 * to TCP port 8080 with one line: its pod, the role it has heard, and the last datagram.
 * It is told its role and acts on nothing else; it knows nothing of Kubernetes.
 */
import { createSocket } from 'node:dgram';
import { createServer, type Socket } from 'node:net';

const host = process.env.POD_IP ?? '0.0.0.0';
const pod = process.env.POD_NAME ?? process.env.HOSTNAME ?? 'udp-server';
const udpPort = 10_001;
const tcpPort = 8_080;
/** The client closes first where it can, so that TIME_WAIT stays on its side; a client that waits for our end gets it. */
const lingerMs = 250;

let role = 'standby';
let last = 'none yet';

const datagrams = createSocket('udp4');
datagrams.on('message', (message, { address, port }) => {
  const text = message.toString('utf8').trim();
  const time = new Date().toISOString();
  if (text.startsWith('GoActiveDuringFailover')) role = 'active';
  last = `${JSON.stringify(text)} from ${address}:${port} at ${time}`;
  console.log(`Received ${last}`);
});

const answers = createServer({ noDelay: true, allowHalfOpen: true }, answer);

function answer(socket: Socket): void {
  socket.on('error', () => socket.destroy());
  socket.on('end', () => socket.end());
  socket.resume();
  socket.write(`${pod} ${role}, last datagram: ${last}\n`);
  setTimeout(() => socket.end(), lingerMs).unref();
}

function fail(error: Error): void {
  console.error(`udp-server: ${error.message}`);
  process.exit(1);
}

/** At once: whoever ends it has a standby for what it does. */
function stop(): void {
  datagrams.close();
  answers.close();
  process.exit(0);
}

datagrams.on('error', fail);
answers.on('error', fail);
process.on('SIGTERM', stop);
process.on('SIGINT', stop);
process.stdout.on('error', stop);
datagrams.bind(udpPort, host, () => console.log(`Listening for datagrams on ${host}:${udpPort}`));
answers.listen(tcpPort, host, () => console.log(`Answering on ${host}:${tcpPort}`));
