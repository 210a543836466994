/*
 * Owns the properties of a tripwire's state machine: what holds whatever the network does, and in whatever order.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { DrivenTripwire, isBorneOut, target } from '../../test/controller/driven-tripwire.ts';
import { incarnation } from '../core/identity.ts';
import { tripwireLimits } from './tripwire-limits.ts';

/** What can become of a dial, and of a connection. */
type Outcome = 'accept' | 'hold' | 'refuse' | 'reset' | 'unreachable' | 'local' | 'unanswered';
type Fate = 'fin' | 'rst' | 'silence' | 'bytes' | 'restart';

/** How a step passes time: until something is due, or by so much with the timers in it, or with a timer that is not due. */
type Pause =
  | { readonly kind: 'due' }
  | { readonly kind: 'advance'; readonly ms: number }
  | { readonly kind: 'timer'; readonly ms: number };

interface Turn {
  readonly pause: Pause;
  readonly outcome: Outcome;
  readonly fate: Fate;
}

function meet(tripwire: DrivenTripwire, outcome: Outcome): void {
  if (outcome === 'accept') tripwire.accepted();
  else if (outcome === 'hold') tripwire.held();
  else if (outcome === 'refuse') tripwire.refused();
  else if (outcome === 'unanswered') tripwire.advance(tripwireLimits.dialLimitMs);
  else tripwire.failed(outcome);
}

function suffer(tripwire: DrivenTripwire, fate: Fate): void {
  if (fate === 'bytes') tripwire.bytes(20_000);
  else if (fate !== 'restart') tripwire.ended(fate);
  else tripwire.aim({ ...target, incarnation: incarnation(`uid-a/${tripwire.happened.length}`) });
}

/** Whichever of the two its socket is there for. */
function play(tripwire: DrivenTripwire, { pause, outcome, fate }: Turn): void {
  if (pause.kind === 'advance') tripwire.advance(pause.ms);
  else if (pause.kind === 'timer') tripwire.timer(pause.ms);
  else if (tripwire.socket.kind === 'none') tripwire.dialed();
  if (tripwire.socket.kind === 'dialing') meet(tripwire, outcome);
  else if (tripwire.socket.kind === 'connected') suffer(tripwire, fate);
}

/** After each move: a refusal that was said just now must be borne out. Gives how many there were. */
function checkRefusals(tripwire: DrivenTripwire, saidBefore: number): number {
  const news = tripwire.said.slice(saidBefore);
  const refusals = news.filter(({ evidence }) => evidence.kind === 'refused').length;
  if (refusals > 0) {
    const last = tripwire.happened.findLastIndex(
      (one) => one.kind === 'said' && one.evidence.kind === 'refused',
    );
    const story = tripwire.happened.slice(0, last + 1);
    assert.ok(isBorneOut(story), JSON.stringify(story));
  }
  return refusals;
}

const anyTurn: fc.Arbitrary<Turn> = fc.record({
  pause: fc.oneof(
    { weight: 6, arbitrary: fc.constant<Pause>({ kind: 'due' }) },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant('advance' as const),
        ms: fc.constantFrom(0, 0.1, 1, 2.5, 5, 60, 900, 5_000),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('timer' as const), ms: fc.constantFrom(0, 0.3, 2, 30) }),
    },
  ),
  outcome: fc.oneof(
    { weight: 10, arbitrary: fc.constant<Outcome>('refuse') },
    { weight: 4, arbitrary: fc.constantFrom<Outcome>('hold', 'accept') },
    { weight: 1, arbitrary: fc.constantFrom<Outcome>('reset', 'unreachable', 'local', 'unanswered') },
  ),
  fate: fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom<Fate>('fin', 'rst') },
    { weight: 1, arbitrary: fc.constantFrom<Fate>('silence', 'bytes', 'restart') },
  ),
});
const anyStory = fc.array(anyTurn, { minLength: 30, maxLength: 60 });

function playStory(
  story: readonly Turn[],
  onTurn: (tripwire: DrivenTripwire, saidBefore: number) => void = () => undefined,
): DrivenTripwire {
  const tripwire = new DrivenTripwire().aim();
  for (const turn of story) {
    const saidBefore = tripwire.said.length;
    play(tripwire, turn);
    onTurn(tripwire, saidBefore);
  }
  return tripwire;
}

test('G3: nothing is said to be refused unless a held connection was lost and three refusals over 5 ms followed', () => {
  let refusals = 0;
  fc.assert(
    fc.property(anyStory, (story) => {
      playStory(story, (tripwire, saidBefore) => {
        refusals += checkRefusals(tripwire, saidBefore);
      });
    }),
    { numRuns: 2_000 },
  );
  assert.ok(refusals > 500, `only ${refusals} refusals were said: the stories test too little`);
});

test('between two refusals of one incarnation stands that it was accepting', () => {
  fc.assert(
    fc.property(anyStory, (story) => {
      const { said } = playStory(story);
      for (const [index, { incarnation: of, evidence }] of said.entries()) {
        const following = said[index + 1];
        if (evidence.kind === 'refused' && following?.incarnation === of) {
          assert.equal(following.evidence.kind, 'accepting');
        }
        if (following?.incarnation === of) assert.notEqual(following.evidence.kind, evidence.kind);
      }
    }),
  );
});

test('each problem is said once of an incarnation at most, and there are never more than there are kinds', () => {
  fc.assert(
    fc.property(anyStory, (story) => {
      const tripwire = playStory(story.filter(({ fate }) => fate !== 'restart'));
      const kinds = tripwire.fresh.map(({ kind }) => kind);
      assert.equal(new Set(kinds).size, kinds.length);
      assert.equal(new Set(tripwire.problems).size, tripwire.problems.length);
    }),
  );
});

test('whatever the peer does, an incarnation is dialed no more than 100 times in 10 s', () => {
  const anyOutcome = fc.constantFrom<Outcome>('accept', 'hold', 'refuse', 'reset', 'unreachable', 'local');
  const anyHabit = fc.array(fc.tuple(anyOutcome, fc.constantFrom<Fate>('fin', 'rst')), {
    minLength: 1,
    maxLength: 8,
  });
  fc.assert(
    fc.property(anyHabit, (habit) => {
      const tripwire = new DrivenTripwire().aim();
      const until = tripwire.now + 60_000;
      for (let turn = 0; tripwire.now < until; turn++) {
        const [outcome, fate] = habit[turn % habit.length] ?? ['refuse', 'fin'];
        play(tripwire, { pause: { kind: 'due' }, outcome, fate });
        tripwire.advance(0.2);
      }
      const { dialedAt } = tripwire;
      for (const [index, at] of dialedAt.entries()) {
        const tenSeconds = dialedAt.slice(index).filter((other) => other < at + 10_000).length;
        assert.ok(tenSeconds <= 100, `${tenSeconds} dials in 10 s`);
      }
    }),
  );
});

test('G3: every sequence of seven moves keeps to the same', () => {
  const outcomes = ['accept', 'hold', 'refuse', 'reset', 'unreachable', 'unanswered'] as const;
  const fates = ['fin', 'rst', 'silence'] as const;
  let refusals = 0;
  const explore = (path: readonly Turn[]) => {
    const tripwire = playStory(path, (played, saidBefore) => {
      refusals += checkRefusals(played, saidBefore);
    });
    if (path.length === 7) return;
    const turn: Turn = { pause: { kind: 'due' }, outcome: 'refuse', fate: 'fin' };
    if (tripwire.socket.kind === 'connected') for (const fate of fates) explore([...path, { ...turn, fate }]);
    else for (const outcome of outcomes) explore([...path, { ...turn, outcome }]);
  };
  explore([]);
  assert.ok(refusals > 100, `${refusals} refusals`);
});
