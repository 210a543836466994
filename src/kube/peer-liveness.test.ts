import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LIVENESS_TICK_MS, PING_IDLE_MS, PING_LIMIT_MS } from './limits.ts';
import { type LivenessVerdict, PeerLiveness } from './peer-liveness.ts';

/** Ticks on time from `fromMs` until there is something to say. */
function firstVerdict(liveness: PeerLiveness, fromMs: number): { verdict: LivenessVerdict; atMs: number } {
  for (let atMs = fromMs; ; atMs += LIVENESS_TICK_MS) {
    const verdict = liveness.tick(atMs, LIVENESS_TICK_MS);
    if (verdict !== 'quiet') return { verdict, atMs };
    assert.ok(atMs < fromMs + 60_000);
  }
}

test('after an idle second a PING is sent, and a second after that the peer is silent', () => {
  const liveness = new PeerLiveness(0);
  assert.deepEqual(firstVerdict(liveness, LIVENESS_TICK_MS), { verdict: 'sendPing', atMs: PING_IDLE_MS });
  const silent = firstVerdict(liveness, PING_IDLE_MS + LIVENESS_TICK_MS);
  assert.deepEqual(silent, { verdict: 'silent', atMs: PING_IDLE_MS + PING_LIMIT_MS });
});

test('whenever the last byte came, silence is noticed within 2.5 s', () => {
  for (let heardMs = 0; heardMs < 1_000; heardMs += 7) {
    const liveness = new PeerLiveness(0);
    liveness.tick(0, LIVENESS_TICK_MS);
    liveness.heard(heardMs);
    const from = Math.ceil((heardMs + 1) / LIVENESS_TICK_MS) * LIVENESS_TICK_MS;
    const ping = firstVerdict(liveness, from);
    const { verdict, atMs } = firstVerdict(liveness, ping.atMs + LIVENESS_TICK_MS);
    assert.equal(verdict, 'silent');
    assert.ok(atMs - heardMs <= 2_500, `${atMs - heardMs} ms`);
  }
});

test('any byte answers the PING', () => {
  const liveness = new PeerLiveness(0);
  const { atMs } = firstVerdict(liveness, 0);
  liveness.heard(atMs + 999);
  assert.equal(liveness.tick(atMs + 1_000, LIVENESS_TICK_MS), 'quiet');
});

test('a peer is given as much more time as our own event loop was stalled', () => {
  const liveness = new PeerLiveness(0);
  const { atMs } = firstVerdict(liveness, 0);
  liveness.tick(atMs + 250, LIVENESS_TICK_MS);
  // The tick of 500 comes at 5000: the answer may lie unread in the socket.
  assert.equal(liveness.tick(atMs + 5_000, LIVENESS_TICK_MS), 'quiet');
  assert.equal(liveness.tick(atMs + 5_250, LIVENESS_TICK_MS), 'quiet');
  assert.equal(liveness.tick(atMs + 5_500, LIVENESS_TICK_MS), 'silent');
});

test('alive means heard within two seconds', () => {
  const liveness = new PeerLiveness(0);
  assert.equal(liveness.aliveAt(2_000), true);
  assert.equal(liveness.aliveAt(2_001), false);
});
