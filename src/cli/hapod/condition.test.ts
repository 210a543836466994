import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { NotReached, waitFor } from './condition.ts';

function source() {
  const listeners = new Set<() => void>();
  return {
    listeners,
    change: () => {
      for (const listener of listeners) listener();
    },
    subscribe: (listener: () => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

describe('waiting for a condition', () => {
  test('what is so already is waited for no longer', async () => {
    const pods = source();
    assert.deepEqual(await waitFor(() => ({ name: 'a' }), { withinMs: 1_000, sources: [pods.subscribe] }), {
      name: 'a',
    });
    assert.equal(pods.listeners.size, 0);
  });

  test('a change of any source asks again', async () => {
    const [pods, client] = [source(), source()];
    let count = 0;
    const waiting = waitFor(() => (count > 1 ? { count } : 'two changes'), {
      withinMs: 10_000,
      sources: [pods.subscribe, client.subscribe],
    });
    count = 1;
    pods.change();
    count = 2;
    client.change();
    assert.deepEqual(await waiting, { count: 2 });
  });

  test('what does not come in time is named, with what was missing last', async () => {
    const waiting = waitFor<object>(() => 'a warm standby', { withinMs: 1, sources: [] });
    await assert.rejects(waiting, new NotReached('a warm standby', 1));
  });

  test('a signal ends the wait with its reason, and nobody listens any more', async () => {
    const pods = source();
    const ending = new AbortController();
    const waiting = waitFor<object>(() => 'a warm standby', {
      withinMs: 10_000,
      sources: [pods.subscribe],
      signal: ending.signal,
    });
    ending.abort(new Error('ended by SIGINT'));
    await assert.rejects(waiting, /ended by SIGINT/);
    assert.equal(pods.listeners.size, 0);
  });
});
