// Every line of docs/security.md names its tests.
import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const root = new URL('../../', import.meta.url);
const text = readFileSync(new URL('docs/security.md', root), 'utf8');
const promises = text.split('\n').filter((line) => line.startsWith('|') && !/^\| (can try|---)/.test(line));
const testsOf = (line: string) => [...line.matchAll(/`(test\/[\w/.-]+)`/g)].map(([, file = '']) => file);

test('every line of docs/security.md names a test that exists', () => {
  expect(promises.length).toBeGreaterThan(30);
  for (const line of promises) {
    expect(testsOf(line), line).not.toEqual([]);
    for (const file of testsOf(line)) expect(existsSync(new URL(file, root)), file).toBe(true);
  }
});

test('each of the five attackers has more than three lines', () => {
  const sections = text.split('\n## ').slice(1);
  const counted = sections.map((section) => [section.split('\n')[0], section.split('\n| ').length - 3] as const);
  expect(counted.filter(([, count]) => count > 3).map(([title]) => title)).toEqual([
    'A tenant',
    'A backend',
    'A colleague on the host',
    'The relay of a shared incident',
    'The operator’s own mistake',
  ]);
});
