// The times of Kubernetes' cron jobs, by robfig/cron's rules.
import { expect, test } from 'vitest';
import { nextDue } from '../../src/data/kubernetes/cron-schedule.ts';

const due = (schedule: string, after: string, zone?: string) => {
  const at = nextDue(schedule, Date.parse(after), zone);
  return at === undefined ? undefined : new Date(at).toISOString();
};

test.each([
  ['0 3 * * *', '2026-01-17T03:00:00Z', '2026-01-18T03:00:00.000Z'],
  ['0 3 * * *', '2026-01-17T02:59:59Z', '2026-01-17T03:00:00.000Z'],
  ['*/15 * * * *', '2026-01-17T03:01:00Z', '2026-01-17T03:15:00.000Z'],
  ['50,10 * * * *', '2026-01-17T03:01:00Z', '2026-01-17T03:10:00.000Z'],
  ['5/20 1,2 * JAN 7', '2026-01-17T10:00:00Z', '2026-01-18T01:05:00.000Z'],
  ['0 9 * * mon-fri', '2026-01-16T10:00:00Z', '2026-01-19T09:00:00.000Z'],
  // A date and a weekday: either.
  ['0 0 13 * fri', '2026-01-17T10:00:00Z', '2026-01-23T00:00:00.000Z'],
  ['0 0 29 2 *', '2026-03-17T00:00:00Z', '2028-02-29T00:00:00.000Z'],
  ['@hourly', '2026-01-17T10:00:00Z', '2026-01-17T11:00:00.000Z'],
  ['@weekly', '2026-01-17T10:00:00Z', '2026-01-18T00:00:00.000Z'],
  ['@every 1h30m', '2026-01-17T10:00:00Z', '2026-01-17T11:30:00.000Z'],
])('%s after %s is due at %s', (schedule, after, expected) => expect(due(schedule, after)).toBe(expected));

test.each(['whenever', '0 3 * *', '61 * * * *', '0 0 31 2 *', '*/0 * * * *', '5-1 * * * *', '@every x', ''])(
  '%j is never due',
  (schedule) => expect(due(schedule, '2026-01-17T00:00:00Z')).toBeUndefined(),
);

test('a time zone has its own clocks, and a time that they jump over does not exist', () => {
  const berlin = (after: string) => due('30 2 * * *', after, 'Europe/Berlin');
  expect(berlin('2026-01-17T03:00:00Z')).toBe('2026-01-18T01:30:00.000Z');
  // 29 March 2026 has no 02:30 there.
  expect(berlin('2026-03-28T03:00:00Z')).toBe('2026-03-30T00:30:00.000Z');
  expect(due('0 9 * * *', '2026-07-01T00:00:00Z', 'America/New_York')).toBe('2026-07-01T13:00:00.000Z');
  expect(due('0 9 * * *', '2026-07-01T00:00:00Z', 'Mars/Phobos')).toBeUndefined();
});
