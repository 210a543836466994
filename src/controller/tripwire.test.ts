import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SimulatedHosts } from '../../test/controller/simulated-hosts.ts';
import { incarnation } from '../core/identity.ts';
import { SeededRandom, SimulatedClock } from '../time/simulated-clock.ts';
import type { DialTarget } from './dialer.ts';
import { Tripwires } from './tripwire.ts';
import { type TripwireLimits, tripwireLimits } from './tripwire-limits.ts';
import type { TripwireEvidence, TripwireTarget } from './tripwire-machine.ts';

/** A controller's tripwires on a network in simulated time. */
class World {
  readonly clock = new SimulatedClock();
  readonly hosts = new SimulatedHosts(this.clock);
  /** `KEY: EVIDENCE` in order. */
  readonly heard: string[] = [];
  readonly incarnations: string[] = [];
  readonly fresh: string[] = [];
  onEvidence: (key: string, evidence: TripwireEvidence) => void = () => undefined;
  readonly tripwires: Tripwires;

  constructor(limits: Partial<TripwireLimits> = {}) {
    this.tripwires = new Tripwires({
      clock: this.clock,
      random: new SeededRandom(1),
      dialer: this.hosts,
      limits: { ...tripwireLimits, ...limits },
      onEvidence: (key, of, evidence) => {
        this.heard.push(`${key}: ${evidence.kind === 'suspicion' ? evidence.because : evidence.kind}`);
        this.incarnations.push(of);
        this.onEvidence(key, evidence);
      },
      onProblems: (key, fresh) => this.fresh.push(...fresh.map(({ code }) => `${key}: ${code}`)),
    });
  }

  async until(heard: string): Promise<void> {
    await this.clock.advanceUntil(() => this.heard.includes(heard), 60_000, heard);
  }
}

const targetAt = (address: DialTarget, life = 1): TripwireTarget => ({
  ...address,
  incarnation: incarnation(`uid-${address.ip}/${life}`),
});
const a = { ip: '127.10.0.1', port: 8_080 };
const b = { ip: '127.10.0.2', port: 8_080 };

describe('tripwires', () => {
  test('tell of a crash 5 ms and a few round trips after it', async () => {
    const { hosts, tripwires, clock, ...world } = new World();
    const server = hosts.listen(a);
    tripwires.watch('s', targetAt(a));
    await clock.advanceUntil(() => world.heard.length === 1, 1_000);
    const killedAt = clock.now();
    server.kill();
    await clock.advanceUntil(() => world.heard.length === 2, 1_000);
    assert.deepEqual(world.heard, ['s: accepting', 's: refused']);
    assert.equal(world.incarnations[1], 'uid-127.10.0.1/1');
    assert.ok(clock.now() - killedAt < 6, `${clock.now() - killedAt} ms`);
  });

  test('hold one connection a singleton, however often they are told to', async () => {
    const world = new World();
    const server = world.hosts.listen(a);
    for (let time = 0; time < 5; time++) world.tripwires.watch('s', targetAt(a));
    await world.until('s: accepting');
    for (let time = 0; time < 5; time++) world.tripwires.watch('s', targetAt(a));
    await world.clock.advance(60_000);
    assert.equal(server.connections.size, 1);
    assert.equal(world.hosts.dials.length, 1);
  });

  test('follow the role to another holder, from within the news of the crash', async () => {
    const world = new World();
    const [first, second] = [world.hosts.listen(a), world.hosts.listen(b)];
    world.onEvidence = (key, { kind }) => {
      if (kind === 'refused') world.tripwires.watch(key, targetAt(world.heard.length < 3 ? b : a));
    };
    world.tripwires.watch('s', targetAt(a));
    await world.until('s: accepting');
    first.kill();
    await world.clock.advance(1_000);
    assert.deepEqual([first.connections.size, second.connections.size], [0, 1]);
    second.kill();
    await world.clock.advance(1_000);
    assert.deepEqual(world.heard, ['s: accepting', 's: refused', 's: accepting', 's: refused']);
    assert.equal(world.incarnations.at(-1), 'uid-127.10.0.2/1');
  });

  test('let go of what is not to be watched any more', async () => {
    const world = new World();
    const server = world.hosts.listen(a);
    world.tripwires.watch('s', targetAt(a));
    await world.until('s: accepting');
    world.tripwires.watch('s', undefined);
    await world.clock.advance(10);
    assert.equal(server.connections.size, 0);
    server.kill();
    await world.clock.advance(60_000);
    assert.deepEqual([world.heard, world.hosts.dials.length], [['s: accepting'], 1]);
  });

  test('say nothing more once they are stopped', async () => {
    const world = new World();
    const [first, second] = [world.hosts.listen(a), world.hosts.listen(b)];
    world.tripwires.watch('s', targetAt(a));
    await world.until('s: accepting');
    world.tripwires.watch('t', targetAt(b));
    world.tripwires.stop();
    world.tripwires.watch('u', targetAt(b));
    first.kill();
    second.kill();
    await world.clock.advance(60_000);
    assert.deepEqual([world.heard, world.fresh], [['s: accepting'], []]);
  });

  test('do not begin all at once: a thousand first dials are spread over a second', async () => {
    const world = new World();
    const targets = Array.from({ length: 1_000 }, (_, index) => ({
      ip: `127.20.${index >> 8}.${index & 255}`,
      port: 80,
    }));
    for (const address of targets) {
      world.hosts.listen(address);
      world.tripwires.watch(address.ip, targetAt(address));
    }
    await world.clock.advanceUntil(() => world.heard.length === 1_000, 2_000);
    const perMs = new Map<number, number>();
    for (const at of world.hosts.dials) perMs.set(Math.floor(at), (perMs.get(Math.floor(at)) ?? 0) + 1);
    assert.equal(world.hosts.dials.length, 1_000);
    assert.ok(Math.max(...perMs.values()) <= 25, `${Math.max(...perMs.values())} in one ms`);
    const alone = world.clock.now();
    world.hosts.listen(a);
    world.tripwires.watch('s', targetAt(a));
    await world.clock.advance(1);
    assert.equal(world.hosts.dials.at(-1), alone, 'one alone does not wait');
  });

  test('take a network that resets and refuses everything for what it is', async () => {
    const world = new World();
    const servers = Array.from({ length: 100 }, (_, index) => {
      const address = { ip: `127.20.0.${index}`, port: 80 };
      world.tripwires.watch(address.ip, targetAt(address));
      return world.hosts.listen(address);
    });
    await world.clock.advanceUntil(() => world.heard.length === 100, 1_000);
    for (const server of servers) server.kill();
    await world.clock.advance(1_000);
    const words = new Set(world.heard.slice(100).map((text) => text.replace(/.*: /, '')));
    assert.deepEqual([...words], ['refused-with-many']);
    assert.equal(world.heard.length, 200);
  });

  test('count a crash beside servers that have closed an idle connection in the same moment', async () => {
    const world = new World();
    const servers = Array.from({ length: 100 }, (_, index) => {
      const address = { ip: `127.20.0.${index}`, port: 80 };
      world.tripwires.watch(address.ip, targetAt(address));
      return world.hosts.listen(address);
    });
    await world.clock.advanceUntil(() => world.heard.length === 100, 1_000);
    for (const server of servers.slice(1)) server.endAll('fin');
    servers[0]?.kill();
    await world.clock.advance(1_000);
    assert.deepEqual(world.heard.slice(100), ['127.20.0.0: refused']);
  });

  test('say what keeps them from working, and that it is over', async () => {
    const world = new World();
    world.hosts.block(a, 'dropped');
    world.hosts.listen(a);
    world.tripwires.watch('s', targetAt(a));
    await world.clock.advance(60_000);
    assert.deepEqual(world.heard, ['s: silent']);
    assert.deepEqual(world.fresh, ['s: Silent']);
    const [problem] = world.tripwires.problems('s');
    assert.match(problem?.sentence ?? '', /127\.10\.0\.1:8080 .* a NetworkPolicy may block it/);
    world.hosts.unblock(a);
    await world.until('s: accepting');
    assert.deepEqual(world.tripwires.problems('s'), []);
  });

  test('read no more of a port that sends megabytes, and keep the connection', async () => {
    const world = new World();
    let sent = 0;
    const server = world.hosts.listen(a, (connection) => {
      const send = () => {
        sent += 100_000;
        if (connection.send(100_000)) world.clock.schedule(1, send);
      };
      send();
    });
    world.tripwires.watch('s', targetAt(a));
    await world.clock.advance(60_000);
    assert.deepEqual(world.fresh, ['s: Talks']);
    assert.deepEqual(world.heard, ['s: accepting']);
    assert.equal(server.connections.size, 1);
    assert.ok(sent < 10_000_000, `${sent} bytes`);
  });

  test('are no more than their limit, and say who is left out', async () => {
    const world = new World({ tripwiresMax: 1 });
    world.hosts.listen(a);
    world.hosts.listen(b);
    world.tripwires.watch('s', targetAt(a));
    for (let time = 0; time < 3; time++) world.tripwires.watch('t', targetAt(b));
    await world.clock.advance(1_000);
    assert.deepEqual(world.heard, ['s: accepting']);
    assert.deepEqual(world.fresh, ['t: TooMany']);
    assert.equal(world.tripwires.problems('t')[0]?.code, 'TooMany');
    world.tripwires.watch('s', undefined);
    world.tripwires.watch('t', targetAt(b));
    await world.until('t: accepting');
    assert.deepEqual(world.tripwires.problems('t'), []);
  });

  test('write an IPv6 address as one', async () => {
    const world = new World();
    world.hosts.block({ ip: 'fd00::1' }, { kind: 'unreachable', code: 'ENETUNREACH' });
    world.tripwires.watch('s', targetAt({ ip: 'fd00::1', port: 80 }));
    await world.clock.advance(10_000);
    assert.match(
      world.tripwires.problems('s')[0]?.sentence ?? '',
      /no way to \[fd00::1\]:80 \(ENETUNREACH\)/,
    );
  });
});
