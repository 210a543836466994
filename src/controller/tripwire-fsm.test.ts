import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DrivenTripwire, target } from '../../test/controller/driven-tripwire.ts';
import { incarnation } from '../core/identity.ts';
import { tripwireLimits } from './tripwire-limits.ts';

const held = () => new DrivenTripwire().aim().held();

describe('a crash', () => {
  for (const by of ['fin', 'rst'] as const) {
    test(`is evidence once a held connection has ended by ${by} and three attempts over 5 ms were refused`, () => {
      const tripwire = held();
      const lostAt = tripwire.now;
      tripwire.ended(by);
      assert.deepEqual(tripwire.dialedAt.at(-1), lostAt, 'the first attempt goes out at once');
      tripwire.refused(2);
      assert.deepEqual(tripwire.words, ['accepting']);
      tripwire.refused();
      assert.deepEqual(tripwire.said.at(-1), {
        incarnation: target.incarnation,
        evidence: { kind: 'refused', lostAt },
      });
      assert.equal(tripwire.now - lostAt, tripwireLimits.refusalSpanMs);
    });
  }

  test('is shown to the guards as soon as the connection is lost', () => {
    const tripwire = held().ended();
    assert.deepEqual(tripwire.doubts, ['doubted']);
    assert.deepEqual(tripwire.refused(3).doubts, ['doubted']);
    assert.deepEqual(held().ended().refused(2).accepted().doubts, ['doubted', 'cleared']);
  });

  test('is seen although the dying server accepts once more before it is gone', () => {
    const tripwire = held().ended().accepted().ended('rst').refused(3);
    assert.deepEqual(tripwire.words, ['accepting', 'refused']);
    assert.deepEqual(held().ended().failed('reset').refused(3).words, ['accepting', 'refused']);
  });

  test('is told once, and again only after it has accepted again', () => {
    const tripwire = held().ended().refused(3);
    tripwire.refused(20).failed('unreachable').failed('reset').refused(20);
    assert.deepEqual(tripwire.words, ['accepting', 'refused']);
    tripwire.held().ended().refused(3);
    assert.deepEqual(tripwire.words, ['accepting', 'refused', 'accepting', 'refused']);
  });

  test('leaves no problem behind: its address may well fall silent', () => {
    const tripwire = held().ended().refused(3).refused(30);
    tripwire.advance(60_000);
    assert.deepEqual(tripwire.fresh, []);
  });

  test('is asked about for exactly as long, however late a timer comes', () => {
    const tripwire = held().ended().refused();
    for (let early = 0; early < 4; early++) tripwire.timer(0.5);
    assert.equal(tripwire.socket.kind, 'none', '2 ms: too early for the second attempt');
    tripwire.timer(100).refused();
    tripwire.timer(0);
    assert.equal(tripwire.socket.kind, 'dialing', 'the third attempt was due long ago');
    assert.deepEqual(tripwire.refused().words, ['accepting', 'refused']);
  });

  test('is told of an attempt that could not leave this process as if it had not been made', () => {
    const tripwire = held().ended().refused().failed('local').refused().failed('local');
    assert.deepEqual(tripwire.words, ['accepting']);
    assert.deepEqual(tripwire.refused().words, ['accepting', 'refused']);
  });
});

describe('a server that accepts again', () => {
  test('within 5 ms has reloaded, and nothing is said', () => {
    const tripwire = held().ended().refused(2).held();
    assert.deepEqual(tripwire.words, ['accepting']);
  });

  test('has to be refused three times anew after that', () => {
    const tripwire = held().ended().refused(2).accepted().ended().refused(2);
    assert.deepEqual(tripwire.words, ['accepting']);
    assert.deepEqual(tripwire.refused().words, ['accepting', 'refused']);
  });

  test('each time its idle connections end is not dead, and its idle time is learned', () => {
    const tripwire = held();
    tripwire.advance(20_000).ended().held().advance(20_100).ended().held();
    const before = tripwire.dialedAt.length;
    tripwire.advance(0.8 * 20_050);
    assert.equal(tripwire.dialedAt.length, before + 1, 'renewed before the server ends it');
    assert.deepEqual(tripwire.words, ['accepting']);
  });

  test('after ends at quite different ages has no idle time to learn', () => {
    const tripwire = held().advance(20_000).ended().held().advance(40_000).ended().held();
    const before = tripwire.dialedAt.length;
    tripwire.advance(600_000);
    assert.equal(tripwire.dialedAt.length, before);
  });

  test('is reconnected at once twice, then ever more slowly, and that is said', () => {
    const tripwire = held();
    for (let time = 0; time < 50; time++) tripwire.advance(150).ended().held();
    const lastTen = tripwire.dialedAt.slice(-11);
    const paceMs = ((lastTen.at(-1) ?? 0) - (lastTen[0] ?? 0)) / 10;
    assert.ok(paceMs >= tripwireLimits.reconnectMsMax / 2, `one dial each ${paceMs} ms`);
    assert.deepEqual(tripwire.words, ['accepting']);
    assert.deepEqual(
      tripwire.fresh.map(({ kind }) => kind),
      ['ClosesEarly'],
    );
    tripwire.advance(2_000);
    assert.deepEqual(tripwire.problems, [], 'a connection that lasts mends it');
  });

  test('late, after a pause between two connections, is dead all the same when it refuses', () => {
    const tripwire = held();
    for (let time = 0; time < 6; time++) tripwire.advance(150).ended().held();
    const shown = tripwire.doubts.length;
    tripwire.ended();
    assert.equal(tripwire.doubts.length, shown, 'a pause is no doubt');
    tripwire.refused();
    assert.equal(tripwire.doubts.length, shown + 1);
    assert.deepEqual(tripwire.refused(2).words, ['accepting', 'refused']);
  });

  test('and refuses the connection that was renewed for no need has not been lost', () => {
    const tripwire = held().advance(20_000).ended().held().advance(20_000).ended().held();
    tripwire.advance(16_000);
    assert.equal(tripwire.socket.kind, 'dialing');
    tripwire.refused(20);
    assert.deepEqual(tripwire.words, ['accepting', 'suspicion: refused-unlost']);
  });
});

describe('a port', () => {
  test('that nobody listens on from the beginning is a problem, said once, and never evidence', () => {
    const tripwire = new DrivenTripwire().aim();
    const startedAt = tripwire.now;
    while (tripwire.now - startedAt < tripwireLimits.neverAcceptedMs) tripwire.refused();
    tripwire.refused(50);
    assert.deepEqual(tripwire.words, []);
    assert.deepEqual(tripwire.fresh, [{ kind: 'NobodyListens' }]);
    const [first = 0, second = 0] = tripwire.dialedAt.slice(-2);
    assert.ok(second - first >= tripwireLimits.retryMsMax / 2);
    tripwire.held();
    assert.deepEqual(tripwire.problems, [], 'listening mends it');
  });

  test('that opens a little late is no problem', () => {
    const tripwire = new DrivenTripwire().aim().refused(5).held();
    assert.deepEqual([tripwire.words, tripwire.fresh], [['accepting'], []]);
  });

  test('that was accepted and lost before it was held is not measured by that', () => {
    const tripwire = new DrivenTripwire().aim().accepted().advance(10).ended().refused(10);
    assert.deepEqual(tripwire.words, []);
  });

  test('that sends a banner or a trickle is read and forgotten', () => {
    const tripwire = held();
    for (let second = 0; second < 100; second++) tripwire.bytes(10_000).advance(1_000);
    assert.equal(tripwire.stoppedReading, false);
    assert.deepEqual(tripwire.fresh, []);
  });

  test('that sends megabytes is read no more, keeps its connection, and that is said once', () => {
    const tripwire = held();
    for (let chunk = 0; chunk < 100; chunk++) tripwire.bytes(16_384);
    assert.equal(tripwire.stoppedReading, true);
    assert.deepEqual(tripwire.fresh, [{ kind: 'Talks' }]);
    tripwire.advance(600_000);
    assert.equal(tripwire.socket.kind, 'connected');
    assert.deepEqual(tripwire.words, ['accepting']);
  });
});

describe('a connection', () => {
  test('does not count as held by a timer that comes late: its end may lie unread in the socket', () => {
    const tripwire = new DrivenTripwire().aim().accepted().timer(500);
    assert.deepEqual(tripwire.words, []);
    tripwire.ended('rst').refused(10);
    assert.deepEqual(tripwire.words, []);
  });

  test('counts as held soon after a late timer where nothing has ended it', () => {
    const tripwire = new DrivenTripwire().aim().accepted().timer(500).advance(tripwireLimits.settleLateMs);
    assert.deepEqual(tripwire.words, ['accepting']);
  });
});

describe('silence', () => {
  test('of a SYN is suspicion, once, and a problem after some attempts, once', () => {
    const tripwire = new DrivenTripwire().aim().advance(tripwireLimits.dialLimitMs);
    assert.deepEqual([tripwire.words, tripwire.fresh], [['suspicion: silent'], []]);
    tripwire.advance(60_000);
    assert.deepEqual(tripwire.words, ['suspicion: silent']);
    assert.deepEqual(tripwire.fresh, [{ kind: 'Silent' }]);
  });

  test('is taken back by a connection that lasts', () => {
    const tripwire = new DrivenTripwire().aim().advance(20_000).held();
    assert.deepEqual(tripwire.words, ['suspicion: silent', 'accepting']);
    assert.deepEqual(tripwire.problems, []);
  });

  test('of a connection that stood is suspicion, and refusals after it are no evidence', () => {
    const tripwire = held().ended('silence').refused(20);
    assert.deepEqual(tripwire.words, ['accepting', 'suspicion: silent']);
  });

  for (const kind of ['unreachable', 'unanswered'] as const) {
    test(`between refusals (${kind}) puts the network in doubt: they are no evidence any more`, () => {
      const tripwire = held().ended().refused(2);
      if (kind === 'unreachable') tripwire.failed('unreachable');
      else tripwire.dialed().advance(tripwireLimits.dialLimitMs);
      tripwire.refused(20);
      const because = kind === 'unreachable' ? 'unreachable' : 'silent';
      assert.deepEqual(tripwire.words, ['accepting', `suspicion: ${because}`]);
    });
  }

  test('with a reason is a problem that names it', () => {
    const tripwire = new DrivenTripwire().aim();
    for (let time = 0; time < 10; time++) tripwire.failed('unreachable');
    assert.deepEqual(tripwire.words, ['suspicion: unreachable']);
    assert.deepEqual(tripwire.fresh, [{ kind: 'Unreachable', code: 'EXAMPLE' }]);
  });

  test('for want of a socket of our own says nothing of the peer', () => {
    const tripwire = new DrivenTripwire().aim();
    for (let time = 0; time < 10; time++) tripwire.failed('local');
    assert.deepEqual(tripwire.words, []);
    assert.deepEqual(tripwire.fresh, [{ kind: 'NoSocket', code: 'EXAMPLE' }]);
  });
});

describe('a mesh sidecar', () => {
  function acceptedAndReset(tripwire: DrivenTripwire, times: number): DrivenTripwire {
    for (let time = 0; time < times; time++) tripwire.accepted().advance(2).ended('rst');
    return tripwire;
  }

  test('that accepts for a dead application and resets is suspicion and a problem, never evidence', () => {
    const tripwire = acceptedAndReset(held().ended(), 100);
    assert.deepEqual(tripwire.words, ['accepting', 'suspicion: ended-at-once']);
    assert.deepEqual(tripwire.fresh, [{ kind: 'AnsweredFor' }]);
    const [first = 0, second = 0] = tripwire.dialedAt.slice(-2);
    assert.ok(second - first >= tripwireLimits.reconnectMsMax / 2, 'and is not dialed for ever at once');
  });

  test('that has answered so, and then goes itself, is no evidence either', () => {
    const tripwire = acceptedAndReset(held().ended(), 10).refused(20);
    assert.deepEqual(tripwire.words, ['accepting', 'suspicion: ended-at-once']);
  });

  test('is forgiven when the application holds a connection again', () => {
    const tripwire = acceptedAndReset(held().ended(), 10).held();
    assert.deepEqual(tripwire.problems, []);
    assert.deepEqual(tripwire.ended().refused(3).words.at(-1), 'refused');
  });

  test('that accepts whatever happens is found out by a restart that its connection outlives', () => {
    const tripwire = held().advance(tripwireLimits.outlivedMs);
    tripwire.aim({ ...target, incarnation: incarnation('uid-a/2') });
    assert.deepEqual(tripwire.fresh, [{ kind: 'Outlived' }]);
    assert.deepEqual(tripwire.held().problems, ['Outlived']);
  });

  test('is not blamed for a connection that may be the new incarnation’s', () => {
    const tripwire = held().ended().refused(3).held();
    tripwire.aim({ ...target, incarnation: incarnation('uid-a/2') });
    assert.deepEqual(tripwire.fresh, []);
  });
});

describe('another target', () => {
  const others = {
    incarnation: { ...target, incarnation: incarnation('uid-a/2') },
    ip: { ...target, ip: '127.10.0.2' },
    port: { ...target, port: 8_081 },
  };
  for (const [what, other] of Object.entries(others)) {
    test(`(${what}) begins anew: what the old one did is no measure for it`, () => {
      const tripwire = held().aim(other).refused(20);
      assert.deepEqual(tripwire.words, ['accepting']);
      tripwire.held().ended().refused(3);
      assert.deepEqual(tripwire.said.at(-1)?.incarnation, other.incarnation);
      assert.deepEqual(tripwire.words, ['accepting', 'accepting', 'refused']);
    });
  }

  test('in the middle of a row of refusals ends it', () => {
    const tripwire = held().ended().refused(2).aim(others.ip).refused(1);
    assert.deepEqual(tripwire.words, ['accepting']);
  });

  test('is dialed after the delay that it comes with', () => {
    const tripwire = held().aim(others.ip, 70);
    assert.equal(tripwire.socket.kind, 'none');
    assert.equal(tripwire.advance(70).dialedAt.at(-1), tripwire.now);
  });

  test('that is none closes the connection, and nothing more happens', () => {
    const tripwire = held().aimAtNothing();
    assert.equal(tripwire.socket.kind, 'none');
    const dials = tripwire.dialedAt.length;
    assert.equal(tripwire.advance(600_000).dialedAt.length, dials);
    assert.deepEqual(tripwire.words, ['accepting']);
  });
});
