/**
 * Owns under which circumstances a scene may be played: what others do in the cluster meanwhile, and what the application
 * and its Singleton are asked for. Must not strike anything, and leaves all as it was.
 */
import { text } from 'node:stream/consumers';
import { words } from '../../../src/controller/words.ts';
import { nodeNames } from '../../cluster/topology.ts';
import { heldPort, servicePort, singletonName, singletonsPath, wishPort } from '../singleton/manifests.ts';
import type { SingletonPlace } from '../singleton/singleton.ts';
import type { Stage } from '../stage.ts';
import { setSchedulable } from './strikes.ts';

export interface Circumstance {
  begin(stage: Stage, place: SingletonPlace): Promise<Begun>;
}

interface Begun {
  end(): Promise<void>;
}

/** `play`, from a little before it to its end. */
export async function amid<T>(
  circumstance: Circumstance | undefined,
  { stage, place }: { readonly stage: Stage; readonly place: SingletonPlace },
  play: () => Promise<T>,
): Promise<T> {
  if (circumstance === undefined) return play();
  const begun = await circumstance.begin(stage, place);
  try {
    return await play();
  } finally {
    await begun.end();
  }
}

/** Of documentation (RFC 5737): nobody has them. */
const addresses = ['192.0.2.1', '192.0.2.2'] as const;
const ports = [{ name: 'tcp', protocol: 'TCP', port: servicePort }];

/** Of a Service that nobody asks: kube-proxy does not know that, and has to bring in each of them. */
export function foreignSliceChanges(everyMs: number): Circumstance {
  return {
    begin: async ({ api }, { namespace }) => {
      const services = `/api/v1/namespaces/${namespace}/services`;
      const slices = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`;
      const name = 'restless';
      await api.create(services, serviceObject(name));
      await api.create(slices, sliceObject(name));
      let changes = 0;
      let failed: unknown;
      const change = async () => {
        changes += 1;
        await api.mergePatch(`${slices}/${name}`, { endpoints: endpointsAt(changes) });
      };
      const timer = setInterval(() => {
        change().catch((error: unknown) => {
          failed ??= error;
        });
      }, everyMs);
      return {
        end: async () => {
          clearInterval(timer);
          await api.delete(`${slices}/${name}`);
          await api.delete(`${services}/${name}`);
          // Without them it was another scene than its name says.
          if (failed !== undefined) throw failed;
        },
      };
    },
  };
}

/** One that selects all members, active or not: Kubernetes changes its slices whenever one of them changes. */
export const anotherServiceOverMembers: Circumstance = {
  begin: async ({ api }, { namespace, labels }) => {
    const services = `/api/v1/namespaces/${namespace}/services`;
    const name = 'covering';
    await api.create(services, serviceObject(name, labels));
    return {
      end: async () => {
        await api.delete(`${services}/${name}`);
      },
    };
  },
};

/** Each controller holds a connection to a port of the active that nothing is said over. */
export const tripwire: Circumstance = {
  begin: async ({ api }, { namespace }) => {
    const path = `${singletonsPath(namespace)}/${singletonName}`;
    const set = (value: object | null) => api.mergePatch(path, { spec: { tripwire: value } });
    await set({ port: heldPort });
    return {
      end: async () => {
        await set(null);
      },
    };
  },
};

/** When it is told to end, the application goes on for so long, as one does that lets its clients finish. */
export function servingOn(milliseconds: number): Circumstance {
  return {
    begin: async (stage, place) => {
      await askToServeOn(stage, place, milliseconds);
      return { end: () => askToServeOn(stage, place, 0) };
    },
  };
}

/** Whatever node has been cordoned meanwhile takes pods again in the end. */
export const uncordonedInTheEnd: Circumstance = {
  begin: async (stage) => ({
    end: async () => {
      for (const node of nodeNames) await setSchedulable(stage, node, true);
    },
  }),
};

/** Both, and what the second one began ends first. */
export function both(first: Circumstance, second: Circumstance): Circumstance {
  return {
    begin: async (stage, place) => {
      const begun = await first.begin(stage, place);
      const andThen = await second.begin(stage, place);
      return {
        end: async () => {
          await andThen.end();
          await begun.end();
        },
      };
    },
  };
}

/** Of all members that there are. Rejects where one does not answer. */
async function askToServeOn(stage: Stage, { namespace, labels }: SingletonPlace, milliseconds: number) {
  const staying = stage.pods(namespace, labels).filter(({ deletion }) => deletion === undefined);
  const asked = staying.flatMap(({ ip }) => (ip === undefined ? [] : [ask(stage, ip, milliseconds)]));
  const answers = await Promise.all(asked);
  const isDone = answers.every((answer) => answer === String(milliseconds));
  if (!isDone)
    throw new Error(`members were asked to serve on for ${milliseconds} ms: ${answers.join(', ')}`);
}

const asking = `
import { createSocket } from 'node:dgram';
const [host, port, wish] = process.argv.slice(1);
const socket = createSocket('udp4');
socket.on('message', (answer) => { process.stdout.write(answer); socket.close(); });
socket.send(wish, Number(port), host);
setTimeout(() => process.exit(1), 3_000).unref();
`;

async function ask({ bed }: Stage, host: string, milliseconds: number): Promise<string> {
  const words = [host, String(wishPort), String(milliseconds)];
  const command = [process.execPath, '--input-type=module', '--eval', asking, ...words];
  const child = bed.spawnIn('node1', command, { stdio: ['ignore', 'pipe', 'ignore'] });
  child.on('error', () => undefined);
  if (child.stdout === null) throw new TypeError('what is to be read needs its stdout');
  return text(child.stdout);
}

function serviceObject(name: string, selector?: Readonly<Record<string, string>>): object {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: { selector, ports } };
}

function sliceObject(name: string): object {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name, labels: { [words.serviceName]: name } },
    addressType: 'IPv4',
    endpoints: endpointsAt(0),
    ports,
  };
}

function endpointsAt(change: number): readonly object[] {
  return [{ addresses: [addresses[change % addresses.length]], conditions: { ready: true } }];
}
