import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { painter, toAnsi } from '../../src/screens/toolkit/ansi.ts';
import {
  bold,
  columnsOf,
  dim,
  fitLine,
  highlight,
  line,
  lineWidth,
  span,
  spread,
  textOf,
  wrap,
} from '../../src/screens/toolkit/line.ts';
import { trouble } from '../../src/screens/toolkit/reading-status.ts';
import { themeOf } from '../../src/screens/toolkit/themes.ts';
import { lost, now } from '../support/world.ts';

describe('a screen that is painted again and again', () => {
  const piece = fc.record({
    text: fc.constantFrom('', ' ', '●', 'ok', '12 ms'),
    tone: fc.constantFrom('plain', 'dim', 'critical', 'key'),
    selected: fc.boolean(),
  });
  const frames = fc.array(
    fc.record({
      lines: fc.array(fc.array(piece, { maxLength: 3 }), { maxLength: 4 }),
      colours: fc.constantFrom(0, 16, 256),
    }),
  );

  test('has each row as it would be painted alone', () =>
    fc.assert(
      fc.property(frames, (all) => {
        const paint = painter();
        for (const { lines, colours } of all) {
          const theme = themeOf('auto', colours, 'dark');
          expect(paint(lines, theme)).toEqual(lines.map((each) => toAnsi(each, theme)));
        }
      }),
    ));

  test('keeps the text of a row that looks the same', () => {
    const paint = painter();
    const theme = themeOf('auto', 256, 'dark');
    const [first = ''] = paint([line(bold('a'), dim('b'))], theme);
    let looked = 0;
    const again = line(bold('a'), dim('b')).map((s) => ({
      ...s,
      get text() {
        looked += 1;
        return s.text;
      },
    }));
    expect(paint([again], theme)).toEqual([first]);
    // To compare it, and not to paint it.
    expect(looked).toBe(2);
  });
});

describe('lines', () => {
  test('that fit are not copied', () => {
    const exact = line('abc ', bold('de'));
    expect(fitLine(exact, 6)).toBe(exact);
  });

  test('are cut with … or padded', () => {
    expect(textOf(fitLine(line('abc ', bold('defg')), 6))).toBe('abc d…');
    expect(textOf(fitLine(line('abc ', bold('de')), 6))).toBe('abc de');
    expect(textOf(fitLine(line('abc', bold('de')), 3))).toBe('ab…');
    expect(textOf(fitLine(line('abc'), 5))).toBe('abc  ');
    expect(textOf(fitLine(line('12'), 5, 'right'))).toBe('   12');
  });

  test('keep their right side and cut their left one', () => {
    expect(textOf(spread(line('a long name'), line(dim('42 %')), 10))).toBe('a lo… 42 %');
    expect(textOf(spread(line('ab'), line('42 %'), 10))).toBe('ab    42 %');
  });

  test('mark matches across spans, whatever their case', () => {
    const marked = highlight(line('api-Gate', bold('way up')), 'gateway');
    expect(marked.map((s) => [s.text, s.tone])).toEqual([
      ['api-', 'plain'],
      ['Gate', 'match'],
      ['way', 'match'],
      [' up', 'bold'],
    ]);
  });

  test('contain nothing that moves the cursor', () => {
    expect(textOf(fitLine(line('a\u001b[2Jb\nc'), 6))).toBe('ab c  ');
  });

  test('are exactly as wide as requested', () =>
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' })), fc.integer({ min: 0, max: 60 }), (texts, columns) => {
        const made = line(...texts.map((t) => span(t)));
        expect(lineWidth(fitLine(made, columns))).toBe(columns);
        expect(lineWidth(spread(made, line('right'), columns))).toBe(columns);
      }),
    ));

  test.each([
    ['p95 is ~9 600 ms', 10, ['p95 is', '~9 600 ms']],
    ['of 1 234 567 jobs', 8, ['of 1 234', '567 jobs']],
    ['exit 1 5000 times', 7, ['exit 1', '5000', 'times']],
    ['ids 100 200 300 400 500', 11, ['ids 100 200', '300 400 500']],
  ])('wrap %s without breaking a number that fits', (text, columns, lines) =>
    expect(wrap(text, columns)).toEqual(lines),
  );

  test('wrap at blanks and never exceed their width', () =>
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme-ascii' }), fc.integer({ min: 2, max: 20 }), (text, columns) => {
        const lines = wrap(text, columns);
        for (const each of lines) expect(columnsOf(each)).toBeLessThanOrEqual(columns);
        expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
      }),
    ));
});

describe('the hint of an unreachable backend', () => {
  const hint = 'the host is slow, frozen or behind a firewall: try it by hand';
  const reading = lost('timeout');
  const away = { ...reading, ...(reading.state === 'lost' ? { fault: { ...reading.fault, hint } } : {}) };
  const said = (columns: number, rows: number) =>
    trouble(away as typeof reading, 'redis', now, columns, rows)
      .slice(2)
      .map((each) => textOf(each).trim());

  test('is shown complete, or says that it goes on', () => {
    expect(said(70, 4)).toEqual([hint]);
    expect(said(39, 4).join(' ')).toBe(hint);
    expect(said(39, 3)).toEqual(['the host is slow, frozen or behind a…']);
    expect(said(39, 2)).toEqual([]);
  });
});
