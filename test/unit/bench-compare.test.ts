// The table of docs/performance.md: what `bench --against` reads there, and what it calls a regression.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { markdown, parseTable, regressions, uncompared } from '../perf/compare.ts';
import type { Measure } from '../perf/row.ts';

const measure = (figure: string, ratio: number | undefined, beside = 'kubectl: 2 s'): Measure => ({
  figure,
  is: '1 s',
  beside,
  ratio,
  goal: 1,
});

test('what is written is read back, with bars in its cells', () => {
  const written = markdown([
    measure('status', 0.456),
    measure('logs', 2, 'kubectl logs | jq'),
    measure('idle', undefined),
  ]);
  expect([...parseTable(`# Figures\n\n${written}\n\nMore.`)]).toEqual([
    ['status', 0.46],
    ['logs', 2],
    ['idle', undefined],
  ]);
});

test('a ratio that is worse by more than a quarter is named, and no other', () => {
  const before = parseTable(markdown([measure('a', 1), measure('b', 1), measure('c', 0.4), measure('d', undefined)]));
  const now = [measure('a', 1.25), measure('b', 1.26), measure('c', 0.1), measure('d', 9), measure('new', 9)];
  expect(regressions(before, now)).toEqual([{ figure: 'b', was: 1, is: 1.26 }]);
  expect(regressions(before, [measure('a', undefined)])).toEqual([]);
  // The document's digits say 0.01, which 0.0149 was: 0.0152 is no quarter more.
  const small = parseTable(markdown([measure('a', 0.0149), measure('b', 0.001)]));
  expect(regressions(small, [measure('a', 0.0152), measure('b', 0.002)])).toEqual([]);
  expect(regressions(small, [measure('a', 0.03), measure('b', 0.01)])).toMatchObject([
    { figure: 'a' },
    { figure: 'b' },
  ]);
});

test('what has a ratio in one of both only is named', () => {
  const before = parseTable(
    markdown([measure('a', 1), measure('gone', 1), measure('idle', undefined), measure('lnav', 2)]),
  );
  const now = [measure('a', 9), measure('idle', undefined), measure('lnav', undefined), measure('new', 1)];
  expect(uncompared(before, now, { all: true })).toEqual(['lnav', 'new', 'gone']);
  // Of a run of some rows the others are not missing.
  expect(uncompared(before, now, { all: false })).toEqual(['lnav', 'new']);
});

const table = markdown([measure('status', 0.5)]);

test.each([
  ['no table', 'nothing'],
  ['two tables', `${table}\n\n${table}`],
  ['a figure twice', `${table}\n${table.split('\n')[2]}`],
  ['a cell too many', table.replace('| 0.50 |', '| 0.50 | 0.50 |')],
  ['a ratio that is no number', table.replace('0.50', 'about 0.5')],
  ['a ratio with a unit', table.replace('0.50', '0.50×')],
  ['a negative ratio', table.replace('0.50', '-0.50')],
  ['an empty ratio', table.replace('0.50', '')],
  ['no figure', table.replace('status', '')],
  ['no rows', table.split('\n').slice(0, 2).join('\n')],
])('%s is refused', (_, document) => {
  expect(() => parseTable(document)).toThrow();
});

const three = markdown([measure('a', 1), measure('b', 1), measure('c', 1)]);

test.each([
  ['a row that lost its first bar', three.replace('| b |', 'b |'), 4],
  ['a row that lost its last bar', three.replace(/(\| b \|.*) \|/, '$1'), 4],
  ['a row that is indented', three.replace('| b |', ' | b |'), 4],
  ['a broken row below an empty line', three.replace('| b |', '\nb |'), 5],
  ['a lost line of dashes', three.replace(/\n.*---.*\n/, '\n'), 2],
])('%s is named by its line', (_, document, line) => {
  expect(() => parseTable(document)).toThrow(new RegExp(`^line ${line}: `));
});

test('rows below an empty line count, and those of another system’s line ends', () => {
  expect(parseTable(three.replace('| b |', '\n| b |')).size).toBe(3);
  expect(parseTable(three.replaceAll('\n', '\r\n')).size).toBe(3);
});

test('of several releases the first is the newest', () => {
  const released = (version: string, figures: string) => `## Figures of ${version}\n\n${figures}\n`;
  const older = released('0.1.0', `${markdown([measure('status', 0.8)])}\n| broken |`);
  expect([...parseTable(`${released('0.2.0', table)}\n${older}`)]).toEqual([['status', 0.5]]);
});

test('docs/performance.md has the table', () => {
  expect(parseTable(readFileSync('docs/performance.md', 'utf8')).size).toBeGreaterThan(10);
});
