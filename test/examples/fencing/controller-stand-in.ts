/**
 * Owns the controller's part towards an application: it sends notices and hears what is acknowledged.
 * Must not repeat a notice: a test says itself what comes twice.
 */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { Changes } from './changes.ts';

/** Where an application hears. */
export interface Hearer {
  readonly pod: string;
  readonly datagramPort: number;
  readonly postUrl: string;
}

export function noticeTo(pod: string, role: 'active' | 'standby', epoch: number): object {
  return { role, epoch, singleton: 'default/fencing', pod };
}

export class ControllerStandIn {
  readonly #socket: Socket;
  readonly #acknowledgements: string[] = [];
  readonly #changes = new Changes();

  static async start(context: TestContext): Promise<ControllerStandIn> {
    const socket = createSocket('udp4').bind(0, '127.0.0.1');
    context.after(() => socket.close());
    await once(socket, 'listening');
    return new ControllerStandIn(socket);
  }

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('message', (message) => {
      this.#acknowledgements.push(message.toString('utf8'));
      this.#changes.tell();
    });
  }

  /** What came back by datagram, oldest first. */
  get acknowledgements(): readonly string[] {
    return this.#acknowledgements;
  }

  /** As it is, whatever it is. */
  send(hearer: Hearer, payload: string | Uint8Array): void {
    this.#socket.send(payload, hearer.datagramPort, '127.0.0.1');
  }

  /** Resolves when the notice's epoch has come back once more. */
  async tell(hearer: Hearer, role: 'active' | 'standby', epoch: number): Promise<void> {
    const before = this.#acknowledgements.length;
    this.send(hearer, JSON.stringify(noticeTo(hearer.pod, role, epoch)));
    await this.acknowledged(String(epoch), before);
  }

  /** Resolves when this came back, after the first `from` ones. */
  async acknowledged(text: string, from = 0): Promise<void> {
    await this.#changes.until(() =>
      this.#acknowledgements.slice(from).includes(text) ? {} : `acknowledgement ${text}`,
    );
  }

  /** Resolves to the status of the answer. */
  async post(hearer: Hearer, body: string, method = 'POST', url = hearer.postUrl): Promise<number> {
    const response = await fetch(url, { method, ...(method === 'POST' ? { body } : {}) });
    await response.text();
    return response.status;
  }
}
