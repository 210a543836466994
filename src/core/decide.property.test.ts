/*
 * Owns the properties of the decision: what holds for every view, however broken, not only for the told scenarios.
 * The guarantees G1, G3 and G8 are tested here at their root; test/ and the simulation test them in a running system.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { MonotonicMs } from '../time/clock.ts';
import { type Assessed, choose } from './choose.ts';
import { decide } from './decide.ts';
import { type Decision, type Effect, inOrder } from './decision.ts';
import { type Epoch, type Incarnation, noEpoch, podUid, type ResourceVersion } from './identity.ts';
import { hasStopped, judge } from './judge.ts';
import { type Container, companionsOf, incarnationOf, type Member } from './member.ts';
import type { OtherRecord, PresentRecord, RecordView } from './record.ts';
import type { SingletonView } from './view.ts';

const now = 1_000_000 as MonotonicMs;
const names = ['a', 'b', 'c', 'd'] as const;
const podsVersion = 500n as ResourceVersion;
const singletonVersion = 300n as ResourceVersion;
const laterSingletonVersion = 301n as ResourceVersion;

const recentDeath = { container: 'main', sign: 'terminated', at: (now - 1_000) as MonotonicMs } as const;
const oldDeath = { ...recentDeath, at: (now - 700_000) as MonotonicMs };

const anyContainer: fc.Arbitrary<Container> = fc.record({
  name: fc.constantFrom('main', 'side'),
  critical: fc.boolean(),
  state: fc.constantFrom('running', 'running', 'running', 'waiting', 'terminated', 'unknown'),
  ready: fc.boolean(),
  containerId: fc.constantFrom('containerd://1', 'containerd://2', undefined),
  lastEndedContainerId: fc.constantFrom(undefined, 'containerd://1'),
  restartCount: fc.nat(3),
});

const anyEpoch = fc.nat(5).map((number) => number as Epoch);

function anyMember(name: string): fc.Arbitrary<Member> {
  return fc
    .record({
      node: fc.constant('node1'),
      ip: fc.constantFrom('127.10.1.1', '127.10.1.1', undefined),
      createdAtMs: fc.nat(2),
      resourceVersion: fc.constant('42'),
      phase: fc.constantFrom('Running', 'Running', 'Running', 'Pending', 'Failed', 'Succeeded', 'Unknown'),
      ready: fc.boolean(),
      leaving: fc.constantFrom(undefined, undefined, { graceSeconds: 0 }, { graceSeconds: 30 }),
      roleLabel: fc.constantFrom('standby', 'active', undefined, 'banana'),
      labelEpoch: anyEpoch,
      toldEpoch: fc.option(anyEpoch, { nil: undefined }),
      toldRole: fc.constantFrom('active', 'active', 'standby'),
      isHeard: fc.boolean(),
      priority: fc.constantFrom<number | 'never'>(0, 0, 5, 'never'),
      containers: fc.uniqueArray(anyContainer, { selector: (container) => container.name, maxLength: 2 }),
      criticalDeath: fc.constantFrom(undefined, undefined, recentDeath, oldDeath),
      nodeReady: fc.constantFrom(true, true, false),
      cordonedAt: fc.constantFrom(undefined, undefined, (now - 100) as MonotonicMs),
      owner: fc.constantFrom('old', 'new', undefined),
      gateOpen: fc.constantFrom(true, true, false),
    })
    .map(({ toldEpoch, toldRole, isHeard, ...fields }): Member => {
      const member = { ...fields, uid: podUid(`uid-${name}`), name };
      const told =
        toldEpoch === undefined
          ? undefined
          : {
              epoch: toldEpoch,
              role: toldRole,
              isHeard: toldRole === 'standby' || isHeard,
              incarnation: incarnationOf(member),
              companions: companionsOf(member),
            };
      return { ...member, told };
    });
}

const anyMembers = fc.subarray([...names]).chain((chosen) => fc.tuple(...chosen.map(anyMember)));

const anyHolder = fc.option(
  fc.record({
    uid: fc.constantFrom(...names, 'e').map((name) => podUid(`uid-${name}`)),
    name: fc.constant('holder'),
    incarnation: fc.constant('uid-x/' as Incarnation),
    hasStopped: fc.constantFrom(false, false, false, true),
  }),
  { nil: undefined },
);

const anyRecord: fc.Arbitrary<RecordView> = fc.oneof(
  fc.constant<RecordView>({ kind: 'absent' }),
  fc.constant<RecordView>({ kind: 'unknown' }),
  fc.record({
    kind: fc.constant('present' as const),
    resourceVersion: fc.constant('9'),
    epoch: fc.integer({ min: 1, max: 5 }).map((number) => number as Epoch),
    holder: anyHolder,
    podsVersion: fc.constantFrom(undefined, podsVersion, 501n as ResourceVersion),
    singletonVersion: fc.constantFrom(undefined, singletonVersion, laterSingletonVersion),
    traffic: fc.constantFrom<PresentRecord['traffic']>(
      { kind: 'by-label' },
      { kind: 'by-label' },
      { kind: 'by-record', serving: true, correct: true, touched: false },
      { kind: 'by-record', serving: true, correct: false, touched: true },
      { kind: 'by-record', serving: false, correct: true, touched: false },
    ),
  }),
  fc.record({
    kind: fc.constant('retired' as const),
    resourceVersion: fc.constant('9'),
    epoch: fc.integer({ min: 1, max: 5 }).map((number) => number as Epoch),
    holder: anyHolder,
  }),
);

const anyOtherRecord = fc.constantFrom<OtherRecord>(
  { kind: 'absent' },
  { kind: 'absent' },
  { kind: 'unknown' },
  { kind: 'retired', epoch: 3 as Epoch, holder: undefined, leadsTo: podUid('uid-a') },
  { kind: 'present', resourceVersion: '8', epoch: 2 as Epoch },
);

const anyView: fc.Arbitrary<SingletonView> = fc
  .record({
    namespace: fc.constant('default'),
    name: fc.constant('hapod'),
    settings: fc.record({
      safety: fc.constantFrom('Prompt', 'Strict'),
      paused: fc.constantFrom(false, false, true),
      onDemote: fc.constantFrom('Restart', 'Notify'),
      stepDownMs: fc.constantFrom(50, 1_000),
      canAcknowledge: fc.boolean(),
      minFailoverIntervalMs: fc.constantFrom(0, 0, 10_000),
    }),
    record: anyRecord,
    otherRecord: anyOtherRecord,
    isHolderReached: fc.boolean(),
    othersMayLead: fc.constantFrom(false, false, false, true),
    mayMissEndpoints: fc.boolean(),
    epochSeenAt: fc.constantFrom(undefined, now),
    follower: fc.constantFrom<SingletonView['follower']>(undefined, 'current', 'behind'),
    movedAt: fc.constantFrom(undefined, (now - 2_000) as MonotonicMs),
    request: fc.constantFrom<SingletonView['request']>(
      undefined,
      undefined,
      { to: undefined, atEpoch: 3 as Epoch, from: undefined },
      { to: 'b', atEpoch: 9 as Epoch, from: podUid('uid-a') },
    ),
    highestEpoch: anyEpoch,
    members: anyMembers,
    departed: fc
      .record({
        uid: fc.constant(podUid('uid-e')),
        name: fc.constant('e'),
        stopped: fc.boolean(),
        going: fc.boolean(),
      })
      .map((departed) => [departed]),
    podsVersion: fc.constant(podsVersion),
    evidenceVersion: fc.constant(podsVersion),
    singletonVersion: fc.constantFrom(undefined, singletonVersion),
    singletonsSeenVersion: fc.constantFrom(singletonVersion, singletonVersion, laterSingletonVersion),
    sight: fc.constantFrom(
      { kind: 'clear' } as const,
      { kind: 'clear' } as const,
      { kind: 'blind', because: 'heartbeat-missing' } as const,
    ),
    criticalDeletes: fc.record({
      count: fc.nat(12),
      lastAt: fc.constantFrom(undefined, (now - 500) as MonotonicMs),
      lastDeathAt: fc.constantFrom(undefined, (now - 100) as MonotonicMs),
    }),
    telling: fc.constantFrom(new Set<Member['uid']>(), new Set([podUid('uid-a')])),
    refused: fc.constantFrom<SingletonView['refused']>(undefined, undefined, 'uid-x/' as Incarnation),
    steppingDown: fc.constantFrom<SingletonView['steppingDown']>(
      new Map(),
      new Map(),
      new Map([[podUid('uid-a'), { kind: 'asked', at: (now - 100) as MonotonicMs }]]),
      new Map([[podUid('uid-b'), { kind: 'acknowledged' }]]),
    ),
  })
  .chain((view) => fc.constantFrom(view, view, inGoodOrder(view)))
  .map((view) => withOwnIncarnation(view));

/** Everybody could be active, and the holder is: what is left to decide on is what somebody asks for. */
function inGoodOrder(view: SingletonView): SingletonView {
  const members = view.members.map((member): Member => {
    const container = {
      name: 'main',
      critical: true,
      state: 'running',
      ready: true,
      containerId: 'containerd://1',
      lastEndedContainerId: undefined,
      restartCount: 0,
    } as const;
    const { told, leaving, criticalDeath, ...rest } = member;
    const healthy = { ip: '127.10.1.1', phase: 'Running', ready: true, nodeReady: true } as const;
    const heard = told && { ...told, incarnation: incarnationOf({ ...member, containers: [container] }) };
    return {
      ...rest,
      ...healthy,
      told: heard,
      leaving: undefined,
      criticalDeath: undefined,
      roleLabel: 'standby',
      containers: [container],
    };
  });
  const { record } = view;
  const [first] = members;
  if (record.kind !== 'present' || record.holder === undefined || first === undefined)
    return { ...view, members };
  const holder = { ...record.holder, uid: first.uid, name: first.name };
  const found = { ...record, epoch: 3 as Epoch, holder, podsVersion, singletonVersion };
  return { ...view, members, record: found, highestEpoch: 3 as Epoch, sight: { kind: 'clear' } };
}

/** Half of the holders are still in the life that the record names. */
function withOwnIncarnation(view: SingletonView): SingletonView {
  const { record } = view;
  if (record.kind !== 'present' || record.holder === undefined || record.epoch % 2 === 0) return view;
  const member = view.members.find(({ uid }) => uid === record.holder?.uid);
  if (member === undefined) return view;
  return { ...view, record: { ...record, holder: { ...record.holder, incarnation: incarnationOf(member) } } };
}

function check(property: (view: SingletonView, decision: Decision) => void): void {
  fc.assert(
    fc.property(anyView, (view) => {
      property(view, decide(view, now));
    }),
    { numRuns: 3_000 },
  );
}

function ofKind<K extends Effect['kind']>(
  { effects }: Decision,
  kind: K,
): readonly Extract<Effect, { kind: K }>[] {
  return effects.filter((effect): effect is Extract<Effect, { kind: K }> => effect.kind === kind);
}

test('G1: a decision names one holder at most, with an epoch above every one known', () => {
  check((view, decision) => {
    const writes = ofKind(decision, 'write-record');
    assert.ok(writes.length <= 1);
    for (const { write } of writes) {
      assert.ok(write.epoch > view.highestEpoch);
      if (view.record.kind === 'present') assert.ok(write.epoch > view.record.epoch);
      assert.ok(view.members.some(({ uid }) => uid === write.holder.uid));
    }
  });
});

test('G2: only the holder is labelled active, and only with the epoch of the record', () => {
  check((view, decision) => {
    const [written] = ofKind(decision, 'write-record');
    const held = view.record.kind === 'present' ? view.record : undefined;
    const holder = written?.write.holder.uid ?? held?.holder?.uid;
    const epoch = written?.write.epoch ?? held?.epoch;
    for (const label of ofKind(decision, 'label-pod')) {
      assert.equal(label.epoch, epoch);
      assert.equal(label.role === 'active', label.pod.uid === holder);
    }
  });
});

test('G3: a blind controller, a stale view and a record in doubt decide nothing', () => {
  check((view, decision) => {
    const { record } = view;
    const stale =
      record.kind === 'present' && record.podsVersion !== undefined && record.podsVersion > podsVersion;
    const isOfLater =
      record.kind === 'present' &&
      record.singletonVersion === laterSingletonVersion &&
      view.singletonVersion !== undefined &&
      view.singletonsSeenVersion === singletonVersion;
    if (view.sight.kind === 'blind' || record.kind === 'unknown' || stale || isOfLater)
      assert.deepEqual(decision.effects, []);
  });
});

test('G3: a living, fit holder keeps the role, whoever else there is, unless it is to give it away', () => {
  check((view, decision) => {
    const { record } = view;
    const holder = view.members.find(({ uid }) => record.kind === 'present' && uid === record.holder?.uid);
    if (holder === undefined || record.kind !== 'present' || judge(holder, false).kind !== 'fit') return;
    if (record.holder?.incarnation !== incarnationOf(holder)) return;
    if (view.request !== undefined || holder.cordonedAt !== undefined) return;
    // Its epoch may rise, where the record has fallen behind one already given out.
    for (const { write } of ofKind(decision, 'write-record')) assert.equal(write.holder.uid, holder.uid);
  });
});

test('G3: under Strict the role leaves a holder only on proof that it stopped, or on its own word', () => {
  check((view, decision) => {
    const { record } = view;
    if (view.settings.safety !== 'Strict' || record.kind !== 'present' || record.holder === undefined) return;
    const { holder } = record;
    const [written] = ofKind(decision, 'write-record');
    if (written === undefined || written.write.holder.uid === holder.uid) return;
    const member = view.members.find(({ uid }) => uid === holder.uid);
    const departed = view.departed.find(({ uid }) => uid === holder.uid);
    // The end of a container proves nothing of the next life in the same pod.
    const ended = member === undefined ? departed?.stopped === true || holder.hasStopped : hasStopped(member);
    const said = member?.told?.role === 'standby' && member.told.epoch === record.epoch;
    // Its own word: what it said to this controller, or what it wrote down of that.
    const steppedDown = said || view.steppingDown.get(holder.uid)?.kind === 'acknowledged';
    assert.ok(ended || steppedDown);
  });
});

test('G8: a decision deletes no member that it leaves or makes the holder, none twice, none that is going', () => {
  check((view, decision) => {
    const deleted = ofKind(decision, 'delete-pod').map(({ pod }) => pod.uid);
    assert.equal(new Set(deleted).size, deleted.length);
    const holder = ofKind(decision, 'write-record')[0]?.write.holder.uid ?? decision.holder?.uid;
    if (decision.because.code !== 'AwaitingProof')
      assert.ok(holder === undefined || !deleted.includes(holder));
    for (const member of view.members) {
      if (member.leaving !== undefined) assert.ok(!deleted.includes(member.uid));
    }
  });
});

test('G8: every delete is by the critical-container rule or a fence, and the former only of a marked death', () => {
  check((view, decision) => {
    for (const { rule, pod } of ofKind(decision, 'delete-pod')) {
      if (rule !== 'critical-container') continue;
      const member = view.members.find(({ uid }) => uid === pod.uid);
      assert.ok(member?.criticalDeath !== undefined);
    }
  });
});

test('a paused singleton is left alone, and every decision says why', () => {
  check((view, decision) => {
    assert.ok(decision.because.sentence.length > 0);
    if (view.settings.paused) assert.deepEqual([decision.because.code, decision.effects], ['Paused', []]);
  });
});

test('the effects of a decision stand in the order of their phases', () => {
  check((_view, decision) => {
    assert.deepEqual(decision.effects, inOrder(decision.effects));
  });
});

test('the order in which members were seen changes no decision', () => {
  fc.assert(
    fc.property(anyView, (view) => {
      const turned = decide({ ...view, members: [...view.members].reverse() }, now);
      const straight = decide(view, now);
      assert.deepEqual(new Set(turned.effects), new Set(straight.effects));
      assert.deepEqual(turned.holder, straight.holder);
    }),
    { numRuns: 2_000 },
  );
});

test('the choice is the first of all fit members, by readiness, cordon, template, priority, age and name', () => {
  fc.assert(
    fc.property(anyMembers, (members) => {
      const assessed: readonly Assessed[] = members.map((member) => ({
        member,
        judgement: judge(member, false),
      }));
      assert.equal(choose(assessed)?.name, simplyChoose(assessed)?.name);
    }),
    { numRuns: 5_000 },
  );
});

/** The deliberately simple twin: one sort key a member, and the smallest key wins. */
function simplyChoose(assessed: readonly Assessed[]): Member | undefined {
  const [newest] = assessed
    .map(({ member }) => member)
    .sort((left, right) =>
      `${left.createdAtMs} ${left.name}` > `${right.createdAtMs} ${right.name}` ? -1 : 1,
    );
  const keyed = assessed
    .filter(({ judgement }) => judgement.kind === 'fit')
    .filter(({ member }) => member.priority !== 'never' && member.gateOpen)
    .map(({ member }) => {
      const { ready, cordonedAt, owner, createdAtMs, name } = member;
      const marks = [ready, cordonedAt === undefined, owner === newest?.owner].map((is) => (is ? 0 : 1));
      const priority = String(1_000 - Number(member.priority)).padStart(4, '0');
      return { key: `${marks.join()} ${priority} ${createdAtMs} ${name}`, member };
    })
    .sort((left, right) => (left.key < right.key ? -1 : 1));
  return keyed[0]?.member;
}

test('an epoch of 0 is nobody', () => {
  assert.equal(noEpoch, 0);
});
