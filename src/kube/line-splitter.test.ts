import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LineSplitter } from './line-splitter.ts';

const split = (splitter: LineSplitter, chunk: Uint8Array, lines: string[]) =>
  splitter.push(chunk, (line) => {
    lines.push(Buffer.from(line).toString('utf8'));
    return true;
  });

test('lines are the same wherever the bytes are cut', () => {
  const text = '{"a":"grün 🙂"}\n\n{"b":2}\n{"c":"unfinished"';
  const bytes = Buffer.from(text);
  for (let size = 1; size <= bytes.length; size++) {
    const splitter = new LineSplitter(1_000);
    const lines: string[] = [];
    for (let start = 0; start < bytes.length; start += size) {
      assert.equal(split(splitter, bytes.subarray(start, start + size), lines), true);
    }
    assert.deepEqual(lines, ['{"a":"grün 🙂"}', '{"b":2}'], `cut every ${size} bytes`);
  }
});

test('a line within one chunk is not copied', () => {
  const chunk = Buffer.from('first\nsecond\n');
  new LineSplitter(100).push(chunk, (line) => {
    assert.equal(line.buffer, chunk.buffer);
    return true;
  });
});

test('a reader that has enough gets no more lines of the chunk', () => {
  const lines: string[] = [];
  new LineSplitter(100).push(Buffer.from('one\ntwo\nthree\n'), (line) => {
    lines.push(Buffer.from(line).toString());
    return lines.length < 2;
  });
  assert.deepEqual(lines, ['one', 'two']);
});

test('a line may be as long as allowed, and not a byte longer, however it arrives', () => {
  const lines: string[] = [];
  assert.equal(split(new LineSplitter(5), Buffer.from('12345\n'), lines), true);
  assert.equal(split(new LineSplitter(5), Buffer.from('123456\n'), lines), false);
  const splitter = new LineSplitter(5);
  assert.equal(split(splitter, Buffer.from('123'), lines), true);
  assert.equal(split(splitter, Buffer.from('456'), lines), false);
  assert.deepEqual(lines, ['12345']);
});
