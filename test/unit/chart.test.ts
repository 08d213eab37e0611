// A chart is lines from values: literals in, literals out.
import { describe, expect, test } from 'vitest';
import { formatClock, formatShort } from '../../src/core/text/format.ts';
import { minute, second } from '../../src/core/time.ts';
import { type ChartOf, chart, type Mark } from '../../src/screens/toolkit/chart.ts';
import { columnsOf, lineWidth, textOf } from '../../src/screens/toolkit/line.ts';

const to = Date.UTC(2026, 0, 17, 3, 15);
const from = to - 30 * minute;

/** Values a minute apart, the last one a minute ago; undefined leaves its minute out. */
const byMinute = (...values: readonly (number | undefined)[]) =>
  values.flatMap((value, i) =>
    value === undefined ? [] : [{ at: to - (values.length - i) * minute, value, lasts: 59 * second }],
  );

function drawn(more: Partial<ChartOf>): string[] {
  const lines = chart({
    samples: [],
    from,
    to,
    columns: 38,
    rows: 5,
    thresholds: { warning: 500, critical: 2000 },
    label: (value) => formatShort(value, 'ms'),
    clock: (at) => formatClock(at).slice(0, 5),
    marks: [],
    ...more,
  });
  for (const each of lines) expect(lineWidth(each)).toBe(more.columns ?? 38);
  return lines.map((each) => textOf(each).trimEnd());
}

test('a rise stands above its thresholds, with labels and clock times', () => {
  const samples = byMinute(
    ...Array.from({ length: 20 }, () => 100),
    500,
    1000,
    1500,
    2000,
    2500,
    3000,
    3500,
    4000,
    4000,
    4000,
  );
  expect(drawn({ samples })).toEqual([
    '   5 s ┤                           ⣀⣀⣀',
    '       ┤                         ⣤⣿⣿⣿⣿',
    '   2 s ┤╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌⣀⣶⣿⣿⣿⣿⣿⣿',
    '500 ms ┤⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣤⣿⣿⣿⣿⣿⣿⣿⣿⣿',
    '           02:50     03:00     03:10',
  ]);
});

describe('what is not there', () => {
  test('no sample: an empty plot with dots on its floor', () => {
    expect(drawn({})).toEqual([
      '500 ms ┤╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌',
      '       ┤',
      '       ┤',
      '  0 ms ┤······························',
      '           02:50     03:00     03:10',
    ]);
  });
  test('one sample stands for as long as it lasts', () => {
    expect(drawn({ samples: [{ at: to - 10 * minute, value: 600, lasts: 59 * second }] })[3]).toBe(
      '500 ms ┤····················⣿·········',
    );
  });
  test('a gap and a NaN are gaps, a zero is a line on the floor', () => {
    const samples = byMinute(0, 0, undefined, undefined, 0, Number.NaN, 0, 0);
    expect(drawn({ samples })[3]).toBe('  0 ms ┤······················⣀⣀··⣀·⣀⣀');
  });
  test('too small a block draws nothing', () => {
    expect(drawn({ rows: 2 })).toEqual([]);
    expect(drawn({ columns: 15 })).toEqual([]);
    expect(drawn({ from: to })).toEqual([]);
  });
});

describe('the y axis', () => {
  test('equal values are a level line below the warning threshold', () => {
    expect(drawn({ samples: byMinute(...Array.from({ length: 30 }, () => 250)) }).slice(0, 4)).toEqual([
      '500 ms ┤╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌',
      '       ┤',
      `       ┤${'⣶'.repeat(30)}`,
      `  0 ms ┤${'⣿'.repeat(30)}`,
    ]);
  });
  test('a huge value keeps its label within six columns', () => {
    for (const value of [99_999, 1e7, 123_456_789, 1e12, 1e21, Number.MAX_VALUE])
      for (const unit of ['ms', 'count'] as const) {
        const lines = drawn({ samples: byMinute(value), label: (n) => formatShort(n, unit) });
        expect(lines[0]).toMatch(/^ {0,5}\S[^┤]* ┤/);
        expect(columnsOf(formatShort(value, unit))).toBeLessThanOrEqual(8);
      }
  });
  test('a share never has more than 100 %', () => {
    const thresholds = { warning: 80, critical: 95 };
    const lines = drawn({ samples: byMinute(99), thresholds, most: 100, label: (n) => formatShort(n, 'percent') });
    expect(lines[0]).toMatch(/^ {2}95 % ┤/);
    expect(lines.join('\n')).not.toMatch(/1[1-9]0 %/);
  });
  test('a threshold that is out of range draws no line', () => {
    const lines = drawn({ samples: byMinute(100), thresholds: { warning: 500, critical: 90_000 } });
    expect(lines.join('\n')).not.toContain('90 s');
    expect(drawn({ thresholds: { warning: 0, critical: 0 } }).join('\n')).not.toContain('╌');
  });
});

describe('marks', () => {
  const marks: readonly Mark[] = [
    { at: to - 14 * minute, kind: 'deploy', says: '42' },
    { at: to - 9 * minute, kind: 'incident' },
    { at: to - 9 * minute, kind: 'alert' },
    { at: to - 3 * minute, kind: 'action' },
    { at: to - 31 * minute, kind: 'action' },
  ];
  test('a low chart has them between the clock times, and leaves out a time that they touch', () => {
    expect(drawn({ marks }).at(-1)).toBe('           02:50        ▴42  ▮     ◆');
  });
  test('a high chart has them in a row of their own', () => {
    expect(drawn({ marks, rows: 8 }).slice(-2)).toEqual([
      '                        ▴42  ▮     ◆',
      '           02:50     03:00     03:10',
    ]);
  });
  test('a deploy without room for its revision is its glyph alone', () => {
    const close: readonly Mark[] = [
      { at: to - 10 * minute, kind: 'deploy', says: '42' },
      { at: to - 8 * minute, kind: 'alert' },
    ];
    expect(drawn({ marks: close }).at(-1)).toContain('▴ ●');
  });
});

test('a column has the colour of its own value: what recovered is calm again', () => {
  const samples = byMinute(3000, 3000, 700, 100);
  const lines = chart({
    samples,
    from,
    to,
    columns: 38,
    rows: 5,
    thresholds: { warning: 500, critical: 2000 },
    label: String,
    clock: () => '',
    marks: [],
  });
  const floor = lines[3]
    ?.filter(({ text }) => /[\u2800-\u28ff]/.test(text))
    .map(({ text, tone }) => [text.length, tone]);
  expect(floor).toEqual([
    [2, 'critical'],
    [1, 'warning'],
    [1, 'dim'],
  ]);
});
