// Ids that run out reach the header before writes stop.
import { expect, it, test } from 'vitest';
import { evaluate } from '../../src/core/health/evaluate.ts';
import { evaluateIdAge } from '../../src/core/health/wraparound.ts';
import { bloatOf, type IdAge } from '../../src/core/queries/database.ts';
import { calm } from '../support/worlds.ts';

const ids = (age: number, more: Partial<IdAge> = {}): IdAge => ({
  database: 'bentham',
  kind: 'transactions',
  age,
  freezeAt: 200_000_000,
  ...more,
});

it.each([
  [0, 'ok', '0 % of transaction ids used'],
  [210_000_000, 'ok', '9.8 % of transaction ids used'],
  [300_000_000, 'warning', '14 % of transaction ids of bentham used, vacuum is late: due at 200 M'],
  [1_600_000_000, 'critical', '75 % of transaction ids of bentham used, writes stop in 544 M more'],
  [2_147_483_000, 'critical', 'bentham is out of transaction ids: it takes no writes'],
] as const)('%i ids: %s', (age, verdict, says) => {
  const judged = evaluateIdAge(ids(age));
  expect(judged.verdict).toBe(verdict);
  expect(judged.says).toContain(says);
  expect(judged.remedy === undefined).toBe(verdict === 'ok');
});

test('a raised freeze limit causes a warning at half of all ids', () => {
  expect(evaluateIdAge(ids(1_000_000_000, { freezeAt: 1_000_000_000 })).verdict).toBe('ok');
  expect(evaluateIdAge(ids(1_100_000_000, { freezeAt: 1_000_000_000 })).verdict).toBe('warning');
});

test('it is a finding, unless ids are frozen in time', () => {
  const { primary } = calm.readings;
  if (primary.state !== 'live') throw new Error('the calm world has a primary');
  const found = (age: number) => {
    const world = {
      ...calm,
      readings: { ...calm.readings, primary: { ...primary, value: { ...primary.value, idAges: [ids(age)] } } },
    };
    return evaluate(world).filter(({ id }) => id.includes('wraparound'));
  };
  expect(found(1_700_000_000)).toMatchObject([
    { subject: 'primary ids', verdict: 'critical', remedy: expect.stringContaining('VACUUM (FREEZE)') },
  ]);
  expect(found(1000)).toEqual([]);
});

test('a table that was never vacuumed says so', () => {
  const table = { name: 'jobs', totalBytes: 1, liveRows: 50_000, deadRows: 0, changed: 0 };
  expect(bloatOf(table)).toEqual({ says: 'never vacuumed', verdict: 'ok' });
  expect(bloatOf({ ...table, deadRows: 90_000 })).toEqual({ says: 'mostly dead rows: vacuum', verdict: 'warning' });
  expect(bloatOf({ ...table, liveRows: 10 }).says).toBe('low');
});
