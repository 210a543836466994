import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SimulatedClock } from '../time/simulated-clock.ts';
import { limits } from './limits.ts';
import { LimitedLog, type LogFields, withFields } from './log.ts';

function recording() {
  const lines: { sentence: string; fields: LogFields | undefined }[] = [];
  return {
    lines,
    log: {
      write: (_: string, sentence: string, fields?: LogFields) => void lines.push({ sentence, fields }),
    },
  };
}

describe('the limited log', () => {
  test('lets a burst through and then a trickle, and says how many lines it left out', async () => {
    const clock = new SimulatedClock();
    const { lines, log } = recording();
    const limited = new LimitedLog(log, clock);
    for (let second = 0; second < 10; second++) {
      for (let line = 0; line < 100; line++) limited.write('info', 'flap');
      await clock.advance(1_000);
    }
    assert.ok(lines.length <= limits.logBurst + 10 * limits.logLinesPerSecond);
    const leftOut = lines.reduce((sum, line) => sum + Number(line.fields?.linesLeftOut ?? 0), 0);
    assert.ok(leftOut > 0 && leftOut + lines.length <= 1_000);
  });

  test('fields of the log stand on every line, and a line may add its own', () => {
    const { lines, log } = recording();
    withFields(log, { singleton: 'a' }).write('info', 'sentence', { epoch: 2 });
    assert.deepEqual(lines[0]?.fields, { singleton: 'a', epoch: 2 });
  });
});
