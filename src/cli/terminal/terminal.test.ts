import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { milliseconds } from './milliseconds.ts';
import { colourPalette, paletteFor, plainPalette } from './palette.ts';
import { Screen, widthOf } from './screen.ts';
import { tableLines } from './table.ts';

function recordingOutput(isTTY: boolean) {
  const written: string[] = [];
  return { written, output: { isTTY, write: (text: string) => written.push(text) } };
}

describe('terminal output', () => {
  test('colours appear only on a terminal, and never against NO_COLOR', () => {
    assert.equal(paletteFor({ isTTY: true }, {}), colourPalette);
    assert.equal(paletteFor({ isTTY: false }, {}), plainPalette);
    assert.equal(paletteFor({ isTTY: true }, { NO_COLOR: '1' }), plainPalette);
    assert.equal(paletteFor({ isTTY: true }, { TERM: 'dumb' }), plainPalette);
  });

  test('on a terminal a line that stays is printed above the waiting line', () => {
    const { written, output } = recordingOutput(true);
    const screen = new Screen(output, { NO_COLOR: '1' });
    screen.waiting('the standby');
    screen.line('done');
    screen.waiting('');
    assert.deepEqual(written, ['  … the standby', '\r\u001B[2K', 'done\n', '  … the standby', '\r\u001B[2K']);
  });

  test('in a log each thing that is waited for is one plain line', () => {
    const { written, output } = recordingOutput(false);
    const screen = new Screen(output, {});
    screen.waiting('the standby');
    screen.waiting('the standby');
    screen.line('done');
    screen.waiting('');
    assert.deepEqual(written, ['  … the standby\n', 'done\n']);
  });

  test('a waiting line that does not fit the terminal is cut', () => {
    const { written, output } = recordingOutput(true);
    new Screen({ ...output, columns: 20 }, { NO_COLOR: '1' }).waiting('a very long thing to wait for');
    assert.equal(written.join('').length, 19);
  });

  test('table columns are as wide as their widest cell, colours not counted', () => {
    const lines = tableLines(
      [
        { title: 'scene', align: 'left' },
        { title: 'gap', align: 'right' },
      ],
      [
        [colourPalette.bold('crash'), '7.4'],
        ['forced delete', '312'],
      ],
    );
    assert.deepEqual(lines.map(widthOf), [18, 18, 18]);
    assert.equal(lines[2], 'forced delete  312');
  });

  test('a duration is shown with one decimal below 100 ms and none above', () => {
    assert.deepEqual([0.26, 7.44, 99.97, 311.6, undefined].map(milliseconds), [
      '0.3',
      '7.4',
      '100',
      '312',
      '–',
    ]);
  });
});
