import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { after, before, beforeEach, describe, test } from 'node:test';
import { eventually } from './eventually.ts';
import { pod } from './objects.ts';
import { nodeImage, openTarget, type Target } from './target.ts';

/** Says its pod and the port to each TCP connection; puts its pod before each datagram. Numbers of a slice, not of a Service. */
const serverScript = `
  const { POD_NAME: name, POD_IP: host } = process.env;
  for (const port of [8080, 8081]) {
    require('net').createServer((socket) => {
      socket.on('error', () => socket.destroy());
      socket.on('end', () => socket.end());
      socket.resume();
      socket.write(name + ' ' + port + '\\n');
    }).listen(port, host);
  }
  const datagrams = require('dgram').createSocket('udp4');
  datagrams.on('message', (text, { address, port }) => datagrams.send(name + ' ' + text, port, address));
  datagrams.bind(8080, host);
  process.on('SIGTERM', () => process.exit(0));
`;

/** One connection after the other, until one is not as expected: the line that each gets, or why it gets none. */
const askScript = `
  const [host, port, count, ...expected] = process.argv.slice(1);
  const ask = () => new Promise((resolve) => {
    const socket = require('net').connect({ host, port: Number(port), timeout: 2000 });
    const say = (text) => { socket.destroy(); resolve(text); };
    socket.once('data', (data) => say(String(data).trim()));
    socket.once('error', (error) => say(error.code));
    socket.once('timeout', () => say('timeout'));
    socket.once('end', () => say('end'));
  });
  (async () => {
    for (let left = Number(count); left > 0; left--) {
      const answer = await ask();
      console.log(answer);
      if (!expected.includes(answer)) break;
    }
  })();
`;

/** Each line is a datagram, all of them from one port; what comes back is printed. */
const datagramScript = `
  const [host, port] = process.argv.slice(1);
  const socket = require('dgram').createSocket('udp4');
  socket.on('error', () => {});
  socket.on('message', (text) => console.log(String(text)));
  socket.bind(0, () => require('readline').createInterface({ input: process.stdin })
    .on('line', (line) => socket.send(line, Number(port), host))
    .on('close', () => process.exit(0)));
`;

const environment = [
  { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
  { name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
];

let target: Target;
let services = '';
let slices = '';
const address: Record<'a' | 'b', string> = { a: '', b: '' };
let number = 0;
let name = '';
let clusterIP = '';

before(async () => {
  target = await openTarget();
  services = `/api/v1/namespaces/${target.namespace}/services`;
  slices = `/apis/discovery.k8s.io/v1/namespaces/${target.namespace}/endpointslices`;
  const node = (script: string, more: object = {}) => ({
    image: nodeImage,
    imagePullPolicy: 'IfNotPresent',
    command: ['node', '--eval', script],
    env: environment,
    ...more,
  });
  const probe = { readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 } };
  const containers = {
    a: node(serverScript, probe),
    b: node(serverScript, probe),
    client: node('setInterval(() => {}, 60000); process.on("SIGTERM", () => process.exit(0))'),
  };
  await Promise.all(
    Object.entries(containers).map(async ([each, container]) => {
      await target.kubectl.ok(
        ['create', '-f', '-'],
        JSON.stringify(pod(each, { graceSeconds: 1, container })),
      );
      await target.kubectl.ok(['wait', '--for=condition=Ready', `pod/${each}`, '--timeout=50s']);
    }),
  );
  for (const each of ['a', 'b'] as const) {
    const path = `/api/v1/namespaces/${target.namespace}/pods/${each}`;
    address[each] = (await target.api.get(path)).body.status.podIP;
  }
});
after(() => target.close());

/** The Service's targetPorts are nobody's: slices of one's own have numbers of their own. */
beforeEach(async () => {
  name = `direct-${++number}`;
  const created = await target.api.post(services, {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name },
    spec: {
      ports: [
        { name: 'web', port: 80, targetPort: 1 },
        { name: 'admin', port: 81, targetPort: 'named' },
        { name: 'dns', port: 80, targetPort: 2, protocol: 'UDP' },
      ],
    },
  });
  assert.equal(created.status, 201, created.text);
  ({ clusterIP } = created.body.spec);
});

type Conditions = {
  readonly ready?: boolean;
  readonly serving?: boolean;
  readonly terminating?: boolean;
};

const active: Conditions = { ready: true, serving: true, terminating: false };
const standby: Conditions = { ready: false, serving: false, terminating: false };

function endpoints(of: { readonly a?: Conditions; readonly b?: Conditions }): readonly object[] {
  return (['a', 'b'] as const).flatMap((each) => {
    const conditions = of[each];
    return conditions === undefined ? [] : [{ addresses: [address[each]], conditions }];
  });
}

const allPorts = [
  { name: 'web', port: 8080, protocol: 'TCP' },
  { name: 'admin', port: 8081, protocol: 'TCP' },
  { name: 'dns', port: 8080, protocol: 'UDP' },
];

async function write(
  suffix: string,
  of: Parameters<typeof endpoints>[0],
  labels: object = {},
): Promise<void> {
  const created = await target.api.post(slices, {
    metadata: {
      name: `${name}-${suffix}`,
      labels: {
        'kubernetes.io/service-name': name,
        'endpointslice.kubernetes.io/managed-by': 'conformance.understudy.dev',
        ...labels,
      },
    },
    addressType: 'IPv4',
    endpoints: endpoints(of),
    ports: allPorts,
  });
  assert.equal(created.status, 201, created.text);
}

async function change(suffix: string, of: Parameters<typeof endpoints>[0]): Promise<void> {
  const { status, text } = await target.api.patch(`${slices}/${name}-${suffix}`, 'merge', {
    endpoints: endpoints(of),
  });
  assert.equal(status, 200, text);
}

/** Each answer that new connections get, as long as they get what is expected. */
async function answers(port: number, count: number, expected: readonly string[]): Promise<readonly string[]> {
  const node = ['exec', 'client', '--', 'node', '--eval', askScript, '--'];
  const words = [...node, clusterIP, String(port), String(count), ...expected];
  return [...new Set((await target.kubectl.ok(words)).trim().split('\n'))].sort();
}

/**
 * Of two equal backends eight connections in a row may go to one, now and then. A kernel says "refused" to one client only
 * once a second (net.ipv4.icmp_ratelimit): the others hear it when their SYN is repeated.
 */
function attemptsForEach(expected: readonly string[]): number {
  return expected.includes('ECONNREFUSED') ? 2 : 8;
}

/** Waits until new connections get these answers, all of them and no other. */
async function reaches(port: number, ...expected: readonly string[]): Promise<void> {
  let found: readonly string[] = [];
  await eventually(`${name}:${port} answers ${expected.join(' and ')}`, async () => {
    found = await answers(port, expected.length * attemptsForEach(expected), expected);
    return found.join() === expected.join() ? found : undefined;
  }).catch((cause) => {
    throw new Error(`${name}:${port} answers ${found.join(' and ')}`, { cause });
  });
}

/** A client of the UDP port that keeps its own port. */
class DatagramClient {
  readonly #child: ChildProcess;
  readonly #lines: string[] = [];
  #count = 0;

  constructor() {
    const words = ['exec', '-i', 'client', '--', 'node', '--eval', datagramScript, clusterIP, '80'];
    this.#child = target.kubectl.start(words);
    let rest = '';
    this.#child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      this.#lines.push(...lines);
    });
  }

  /** Sends until the answer is this pod's; its name, and whose answers came before. */
  async reaches(expected: string): Promise<readonly string[]> {
    const others = new Set<string>();
    await eventually(`a datagram is answered by ${expected}, not only ${[...others].join()}`, async () => {
      const answer = await this.#ask();
      if (answer === expected) return answer;
      if (answer !== undefined) others.add(answer);
      return undefined;
    });
    return [...others];
  }

  /** The pod that answers; undefined where nobody does for a second. */
  async #ask(): Promise<string | undefined> {
    const text = `${++this.#count}`;
    this.#child.stdin?.write(`${text}\n`);
    const find = () => this.#lines.find((line) => line.endsWith(` ${text}`))?.split(' ')[0];
    return eventually('an answer', async () => find(), 1_000).catch(() => undefined);
  }

  close(): void {
    this.#child.kill('SIGKILL');
  }
}

describe('a Service with slices of somebody’s own', () => {
  test('refuses while it has none, and while nobody in them is ready', async () => {
    await reaches(80, 'ECONNREFUSED');
    await write('own', { a: standby, b: standby });
    await reaches(80, 'ECONNREFUSED');
    await change('own', { a: active, b: standby });
    await reaches(80, 'a 8080');
    await change('own', { a: standby, b: standby });
    await reaches(80, 'ECONNREFUSED');
  });

  test('reaches who is ready, and the other one after one patch', async () => {
    await write('own', { a: active, b: standby });
    await reaches(80, 'a 8080');
    await change('own', { a: standby, b: active });
    await reaches(80, 'b 8080');
    assert.deepEqual(await answers(80, 30, ['b 8080']), ['b 8080']);
  });

  test('has ports by their names, with the slice’s numbers', async () => {
    await write('own', { a: active });
    await reaches(80, 'a 8080');
    await reaches(81, 'a 8081');
  });

  test('reaches what is ready in any of its slices', async () => {
    await write('one', { a: active });
    await write('two', { b: active });
    await reaches(80, 'a 8080', 'b 8080');
    assert.equal((await target.api.delete(`${slices}/${name}-one`)).status, 200);
    await reaches(80, 'b 8080');
  });

  test('takes what a slice does not say for ready', async () => {
    await write('own', { a: {} });
    await reaches(80, 'a 8080');
  });

  test('reaches who serves while terminating for as long as nobody is ready', async () => {
    const leaving: Conditions = { ready: false, serving: true, terminating: true };
    await write('own', { a: leaving, b: standby });
    await reaches(80, 'a 8080');
    await change('own', { a: leaving, b: active });
    await reaches(80, 'b 8080');
    await change('own', { a: { ready: false, serving: false, terminating: true }, b: standby });
    await reaches(80, 'ECONNREFUSED');
  });

  test('does not see slices that are marked headless', async () => {
    await write('headless', { a: active }, { 'service.kubernetes.io/headless': '' });
    await write('own', { b: active });
    await reaches(80, 'b 8080');
  });
});

describe('a UDP flow', () => {
  test('stays with a pod that serves though others are ready, and moves when it serves no more', async () => {
    await write('own', { a: active, b: standby });
    await reaches(80, 'a 8080');
    const old = new DatagramClient();
    const next = new DatagramClient();
    try {
      await old.reaches('a');
      await change('own', { a: { ready: false, serving: true }, b: active });
      await reaches(80, 'b 8080');
      await next.reaches('b');
      assert.deepEqual(await old.reaches('a'), []);
      await change('own', { a: standby, b: active });
      await old.reaches('b');
    } finally {
      old.close();
      next.close();
    }
  });

  test('moves with the one patch that moves connections', async () => {
    await write('own', { a: active, b: standby });
    await reaches(80, 'a 8080');
    const client = new DatagramClient();
    try {
      await client.reaches('a');
      await change('own', { a: standby, b: active });
      await client.reaches('b');
      assert.deepEqual(await client.reaches('b'), []);
    } finally {
      client.close();
    }
  });

  test('stays where it is while nobody serves', async () => {
    await write('own', { a: active });
    await reaches(80, 'a 8080');
    const client = new DatagramClient();
    try {
      await client.reaches('a');
      await change('own', { a: standby });
      await reaches(80, 'ECONNREFUSED');
      assert.deepEqual(await client.reaches('a'), []);
    } finally {
      client.close();
    }
  });
});

describe('a slice left behind', () => {
  test('goes on getting traffic beside one’s own: it has to be deleted', async () => {
    await write('left', { a: { ready: true } }, { 'endpointslice.kubernetes.io/managed-by': 'gone' });
    await write('own', { b: active });
    await reaches(80, 'a 8080', 'b 8080');
    assert.equal((await target.api.delete(`${slices}/${name}-left`)).status, 200);
    await reaches(80, 'b 8080');
  });
});
