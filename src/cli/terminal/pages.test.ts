import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { agoText, durationText, localTime, momentText, parseMoment } from './moment.ts';
import { movePhasesText } from './move-phases.ts';
import { pageWidth } from './page-style.ts';
import { pageTitle } from './page-title.ts';
import { colourPalette, plainPalette } from './palette.ts';
import { Repainting } from './repainting.ts';
import { besideLabel, harmless, indented, wrapped } from './wrap.ts';

const nowMs = Date.UTC(2026, 10, 25, 11, 6, 4);
const berlin = { nowMs, timeZone: 'Europe/Berlin' };
const agoMs = (durationMs: number) => nowMs - durationMs;

describe('a moment is shown', () => {
  test('as local time and as how long ago it was', () => {
    assert.equal(momentText(agoMs(180_000), berlin), '12:03:04, 3 min ago');
    assert.equal(momentText(agoMs(180_000), { nowMs, timeZone: 'Asia/Kolkata' }), '16:33:04, 3 min ago');
    assert.equal(momentText(undefined, berlin), '–');
  });

  test('with the date where it is not of today, and with the year where it is not of this one', () => {
    assert.equal(localTime(agoMs(24 * 3_600_000), berlin), 'Nov 24 12:06:04');
    assert.equal(localTime(Date.UTC(2025, 8, 3, 22, 30), berlin), '2025 Sep 4 00:30:00');
    // Yesterday in Berlin, today in Kiritimati.
    assert.equal(localTime(agoMs(13 * 3_600_000), berlin), 'Nov 24 23:06:04');
    assert.equal(localTime(agoMs(60_000), { nowMs, timeZone: 'Pacific/Kiritimati' }), '01:05:04');
  });

  test('with one unit, the largest of which there are enough', () => {
    const durations = [0, 999, 59_999, 60_000, 119 * 60_000, 120 * 60_000, 47 * 3_600_000, 48 * 3_600_000];
    assert.deepEqual(durations.map(durationText), [
      '0 s',
      '0 s',
      '59 s',
      '1 min',
      '119 min',
      '2 h',
      '47 h',
      '2 d',
    ]);
  });

  test('that lies ahead of our clock as what it is', () => {
    assert.equal(agoText(nowMs + 400, nowMs), '0 s ago');
    assert.equal(agoText(nowMs + 5_000, nowMs), 'in 5 s');
  });

  test('only where it is one', () => {
    assert.equal(parseMoment('2026-11-25T11:06:04Z'), nowMs);
    assert.equal(parseMoment('2026-11-25T11:06:04.000000Z'), nowMs);
    assert.deepEqual(
      [parseMoment('yesterday'), parseMoment(''), parseMoment(undefined)],
      [undefined, undefined, undefined],
    );
  });
});

describe('a sentence is broken into lines', () => {
  test('at spaces, and a longer word keeps its line whole', () => {
    assert.deepEqual(wrapped('a pod payments-gateway-7d9f8b6c5d is gone', 12), [
      'a pod',
      'payments-gateway-7d9f8b6c5d',
      'is gone',
    ]);
    assert.deepEqual(wrapped('', 12), ['']);
    assert.deepEqual(wrapped('exactly ten', 11), ['exactly ten']);
  });

  test('without what steers a terminal, whoever wrote it', () => {
    assert.deepEqual(wrapped('red \u001B[31malert\u0007\nnext', 80), ['red [31malert next']);
  });

  test('and a finished line keeps its colours, and no other order to the terminal', () => {
    const line = `${colourPalette.bad('web')} \u001B]0;title\u0007 \u001B[2J \u009B31m`;
    assert.equal(harmless(line), `${colourPalette.bad('web')}  ]0;title   [2J  31m`);
  });

  test('beside its label, and under itself', () => {
    assert.deepEqual(besideLabel('why', 'one two three', { labelWidth: 5, width: 13 }), [
      'why  one two',
      '     three',
    ]);
    assert.deepEqual(indented(['a', '', 'b'], 2), ['  a', '', '  b']);
  });
});

test('a title and its words stand beside each other where they fit', () => {
  const style = { ...berlin, palette: plainPalette, width: 20 };
  assert.deepEqual(pageTitle('shop/web', 'Direct', style), ['shop/web  Direct']);
  assert.deepEqual(pageTitle('shop/web', 'Direct mode, Service web', style), [
    'shop/web',
    '  Direct mode,',
    '  Service web',
  ]);
});

test('a page is as wide as the terminal, within reason, and 80 columns where nobody looks', () => {
  const write = () => undefined;
  assert.equal(pageWidth({ write }), 80);
  assert.equal(pageWidth({ write, isTTY: true, columns: 90 }), 90);
  assert.equal(pageWidth({ write, isTTY: true, columns: 300 }), 100);
  assert.equal(pageWidth({ write, isTTY: true, columns: 20 }), 40);
  assert.equal(pageWidth({ write, isTTY: true, columns: 0 }), 80);
});

test('phases stand in the order in which they take place, unknown ones before the total', () => {
  assert.equal(
    movePhasesText({ total: 9, route: 2, decide: 1, settle: 5, record: 3 }),
    'decide 1.0 · record 3.0 · route 2.0 · settle 5.0 · total 9.0 ms',
  );
  assert.equal(movePhasesText({}), '');
});

describe('what is drawn again and again', () => {
  function terminal(size: object) {
    let written = '';
    const write = (text: string) => {
      written += text;
    };
    const take = () => {
      const text = written
        .replaceAll('\r\u001B[J', '<erase>')
        .replaceAll('\u001B[', '<')
        .replaceAll('A<', ' up><');
      written = '';
      return text;
    };
    return { take, place: new Repainting({ write, isTTY: true, ...size }) };
  }

  test('stands in one place, also when it gets shorter', () => {
    const { take, place } = terminal({ columns: 80, rows: 24 });
    place.draw(['a', 'b']);
    place.draw(['c']);
    place.draw(['d']);
    assert.equal(take(), '<erase>a\nb\n<2 up><erase>c\n<1 up><erase>d\n');
  });

  test('counts the rows that a line takes which is wider than the terminal', () => {
    const { take, place } = terminal({ columns: 4, rows: 24 });
    place.draw(['123456789', 'x']);
    place.draw(['y']);
    assert.equal(take(), '<erase>123456789\nx\n<4 up><erase>y\n');
  });

  test('leaves out what the terminal has no rows for, and says so', () => {
    const { take, place } = terminal({ columns: 80, rows: 4 });
    place.draw(['a', 'b', 'c', 'd']);
    assert.equal(take(), '<erase>a\nb\n… 2 more lines than this terminal has\n');
  });
});
