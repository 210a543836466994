/**
 * Owns the loopback networks of a sandbox, and that two sandboxes on one machine never share them: each claims a number
 * by listening on an abstract socket, which the kernel frees with the process, however it ends.
 */
import net from 'node:net';
import { SANDBOXES_MAX } from './limits.ts';

export interface AddressPlan {
  /** "127.10": pods have PREFIX.NODE.N, nodes PREFIX.0.NODE. */
  readonly podPrefix: string;
  /** "127.96": Services have PREFIX.X.Y. */
  readonly servicePrefix: string;
}

export const firstAddressPlan: AddressPlan = addressPlan(0);

export interface AddressClaim {
  readonly plan: AddressPlan;
  release(): Promise<void>;
}

class NoAddressesError extends Error {
  readonly code = 'NO_ADDRESSES';
  readonly retry = 'backoff';
}

function addressPlan(number: number): AddressPlan {
  return { podPrefix: `127.${10 + number}`, servicePrefix: `127.${96 + number}` };
}

/** The first networks that no other sandbox of this machine has. */
export async function claimAddresses(): Promise<AddressClaim> {
  for (let number = 0; number < SANDBOXES_MAX; number++) {
    const release = await claim(number);
    if (release !== undefined) return { plan: addressPlan(number), release };
  }
  throw new NoAddressesError(`${SANDBOXES_MAX} sandboxes run on this machine already`);
}

function claim(number: number): Promise<(() => Promise<void>) | undefined> {
  const server = net.createServer((socket) => socket.destroy());
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else reject(error);
    });
    server.listen(`\0understudy/sandbox/${number}`, () => {
      server.unref();
      resolve(() => new Promise((released) => server.close(() => released())));
    });
  });
}
