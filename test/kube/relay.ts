/**
 * Owns a TCP relay that can go silent without closing anything: a pulled cable, on loopback.
 * Must not look into what it carries.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface Relay {
  readonly port: number;
  /** From now on both directions are read and thrown away; nobody is told. New connections open and stay mute. */
  swallow(): void;
  /** New connections work again; those that were there stay dead. */
  heal(): void;
  close(): Promise<void>;
}

export async function startRelay(targetPort: number): Promise<Relay> {
  const sockets = new Set<Socket>();
  let swallowing = false;
  let generation = 0;
  const track = (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  };
  const server = createServer((inbound) => {
    const born = generation;
    const mute = swallowing;
    const outbound = connect({ port: targetPort, host: '127.0.0.1' });
    track(inbound);
    track(outbound);
    const pass = (from: Socket, to: Socket) => {
      const passes = () => !mute && born === generation;
      from.on('data', (chunk) => {
        if (passes()) to.write(chunk);
      });
      from.on('close', () => {
        if (passes()) to.destroy();
      });
    };
    pass(inbound, outbound);
    pass(outbound, inbound);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    swallow: () => {
      swallowing = true;
      generation += 1;
    },
    heal: () => {
      swallowing = false;
    },
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
