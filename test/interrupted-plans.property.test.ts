/*
 * Owns the question what a controller leaves behind that dies between any two effects of a plan.
 * Random happenings, and after each one plans that are cut off anywhere: whoever decides next must finish the job.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { decide } from '../src/core/decide.ts';
import { judge } from '../src/core/judge.ts';
import type { Member } from '../src/core/member.ts';
import { freshMember } from './golden/fresh-member.ts';
import { ToyWorld } from './golden/toy-world.ts';

/** Enough for any plan, the upkeep after it, and what has to wait for its time. */
const passesMax = 40;

type Happening =
  | {
      readonly kind: 'come' | 'end' | 'restart' | 'delete' | 'force' | 'unready' | 'node-lost';
      readonly pick: number;
    }
  | { readonly kind: 'record-lost' | 'wait' };

interface Step {
  readonly happening: Happening;
  /** How many effects each of the next plans gets to carry out before its controller dies. */
  readonly cuts: readonly number[];
}

const anyStep: fc.Arbitrary<Step> = fc.record({
  happening: fc.oneof(
    fc.record({
      kind: fc.constantFrom('come', 'come', 'end', 'restart', 'delete', 'force', 'unready', 'node-lost'),
      pick: fc.nat(9),
    }),
    fc.record({ kind: fc.constantFrom('record-lost', 'wait') }),
  ),
  cuts: fc.array(fc.nat(4), { maxLength: 3 }),
});

test('G1, G2, G5: plans cut off after any effect leave one holder, one route, and are finished by whoever comes next', () => {
  fc.assert(
    fc.property(fc.array(anyStep, { minLength: 1, maxLength: 12 }), (steps) => {
      const world = new ToyWorld();
      const watch = new Watcher(world);
      steps.forEach(({ happening, cuts }, index) => {
        bringAbout(world, happening, index);
        for (const cut of cuts) carryOutSome(world, cut, watch);
        settle(world, watch);
      });
    }),
    { numRuns: 2_000 },
  );
});

/** Checks after every single effect what must hold at any moment. */
class Watcher {
  readonly #world: ToyWorld;
  readonly #holders = new Map<number, string>();
  #epoch = 0;

  constructor(world: ToyWorld) {
    this.#world = world;
  }

  look(): void {
    const { record, members } = this.#world.view();
    const routed = members.filter((member) => member.roleLabel === 'active' && member.leaving === undefined);
    assert.ok(routed.length <= 1, `routed to ${routed.map(({ name }) => name).join(' and ')}`);
    if (record.kind !== 'present' || record.holder === undefined) return;
    assert.ok(record.epoch >= this.#epoch, 'the epoch fell');
    this.#epoch = record.epoch;
    const known = this.#holders.get(record.epoch) ?? record.holder.uid;
    assert.equal(record.holder.uid, known, `epoch ${record.epoch} has two holders`);
    this.#holders.set(record.epoch, known);
  }
}

function carryOutSome(world: ToyWorld, count: number, watcher: Watcher): void {
  for (const effect of decide(world.view(), world.now).effects.slice(0, count)) {
    world.carryOut(effect);
    watcher.look();
  }
}

function settle(world: ToyWorld, watcher: Watcher): void {
  for (let pass = 0; pass < passesMax; pass++) {
    const { effects, recheckAt } = decide(world.view(), world.now);
    if (effects.length === 0 && recheckAt === undefined) {
      assertSettled(world);
      return;
    }
    // What has to wait (a delete, a move of the role) is waited for: it must come.
    if (effects.length === 0 && recheckAt !== undefined) world.pass(recheckAt - world.now);
    carryOutSome(world, effects.length, watcher);
  }
  assert.fail(`not settled after ${passesMax} passes`);
}

function assertSettled(world: ToyWorld): void {
  const { members, record } = world.view();
  const fit = members.filter((member) => judge(member, false).kind === 'fit');
  if (fit.length === 0) return;
  assert.ok(record.kind === 'present' && record.holder !== undefined, 'a fit member, and no holder');
  const holder = fit.find(({ uid }) => uid === record.holder?.uid);
  assert.ok(holder, 'a fit member, and the holder is not fit');
  assert.deepEqual(
    [holder.roleLabel, holder.labelEpoch, holder.told?.epoch],
    ['active', record.epoch, record.epoch],
  );
  const others = members.filter(({ uid, roleLabel }) => uid !== holder.uid && roleLabel === 'active');
  assert.deepEqual(others, []);
}

function bringAbout(world: ToyWorld, happening: Happening, index: number): void {
  switch (happening.kind) {
    case 'record-lost':
      if (world.record.kind === 'present') world.raiseEpoch(world.record.epoch);
      world.record = { kind: 'absent' };
      return;
    case 'wait':
      world.pass(700_000);
      return;
    case 'come':
      world.see(freshMember(`pod-${index}`, { createdAtMs: index }));
      return;
    default:
      befall(world, happening.kind, happening.pick);
  }
}

function befall(
  world: ToyWorld,
  kind: 'end' | 'restart' | 'delete' | 'force' | 'unready' | 'node-lost',
  pick: number,
): void {
  const { members } = world.view();
  const member = members[pick % Math.max(1, members.length)];
  if (member === undefined) return;
  if (kind === 'force') world.remove(member.name);
  else if (kind === 'delete') world.change(member.name, () => ({ leaving: { graceSeconds: 30 } }));
  else if (kind === 'node-lost') world.change(member.name, () => ({ nodeReady: false }));
  else if (kind === 'unready') world.changeContainer(member.name, 'main', () => ({ ready: false }));
  else if (kind === 'end')
    world.changeContainer(member.name, 'main', () => ({ state: 'terminated', ready: false }));
  else restart(world, member);
}

function restart(world: ToyWorld, member: Member): void {
  world.changeContainer(member.name, 'main', ({ restartCount, containerId }) => ({
    state: 'running',
    ready: true,
    restartCount: restartCount + 1,
    lastEndedContainerId: containerId,
    containerId: `containerd://${member.name}${restartCount + 1}`,
  }));
}
