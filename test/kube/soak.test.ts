/**
 * Owns what has to hold after a while of constant trouble. UNDERSTUDY_SOAK_SECONDS makes it long.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { soak } from './soak.ts';

const seconds = Number(process.env.UNDERSTUDY_SOAK_SECONDS ?? 4);

test('constant cuts, drains and garbage cost retries, and leave neither open handles nor memory behind', async (context) => {
  const result = await soak(seconds);
  const { answered, failed, events, syncs, bugs, heapMb, rssMb } = result;
  context.diagnostic(
    `${answered} answered, ${failed} failed, ${events} events, ${syncs} syncs, heap MB ${heapMb.join(' ')}, rss MB ${rssMb.join(' ')}`,
  );
  assert.deepEqual(bugs, []);
  assert.ok(answered > 100 && events > 100 && syncs > 1);
  // At most the four writes under way at each of the cuts.
  assert.ok(failed <= 4 * seconds, `${failed} writes failed`);
  const left = process
    .getActiveResourcesInfo()
    .filter((kind) => kind === 'Timeout' || kind === 'TCPSocketWrap');
  assert.deepEqual(left, []);
  const settled = heapMb[Math.floor(heapMb.length / 2)] ?? 0;
  assert.ok((heapMb.at(-1) ?? 0) < settled + 5, `memory grows: ${heapMb.join(' ')}`);
});
