/**
 * Owns a TCP relay in a process of its own: what comes in goes out again after a fixed time, in both directions.
 * Must not look into what it carries. Arguments: its port, the target's host and port, the delay in ms.
 */
import { connect, createServer, type Socket } from 'node:net';

const [port, host, targetPort, delayMs] = process.argv.slice(2);

const server = createServer({ noDelay: true, allowHalfOpen: true }, (inbound) => {
  const outbound = connect({
    host: host ?? '',
    port: Number(targetPort),
    noDelay: true,
    allowHalfOpen: true,
  });
  passLate(inbound, outbound);
  passLate(outbound, inbound);
});

/** Timers of one length end in the order of their starts, so the bytes keep theirs. */
function passLate(from: Socket, to: Socket): void {
  const late = (action: () => void) => setTimeout(action, Number(delayMs));
  from.on('data', (chunk) => late(() => to.write(chunk)));
  from.on('end', () => late(() => to.end()));
  from.on('error', () => to.destroy());
  from.on('close', () => late(() => to.destroy()));
}

server.listen(Number(port));
