import { expect, test } from 'vitest';
import { judge, metric } from '../../src/core/health/metrics.ts';
import { judgeValue } from '../../src/core/world/thresholds.ts';
import { calm, live } from '../support/worlds.ts';

test.each([
  [500, 'ok'],
  [501, 'warning'],
  [2000, 'warning'],
  [2001, 'critical'],
  [Number.NaN, 'unknown'],
])('p95 of %i ms is %s', (value, verdict) => expect(judgeValue(value, { warning: 500, critical: 2000 })).toBe(verdict));

test('connections are judged by the tightest limit: a role’s or the database’s own may be full long before the server', () => {
  const { primary } = calm.readings;
  if (primary.state !== 'live') throw new Error('calm is live');
  const judged = (nearest?: { whose: string; used: number; limit: number }) => {
    const connections = {
      used: 20,
      active: 2,
      idle: 18,
      idleInTransaction: 0,
      limit: 100,
      ...(nearest && { nearest }),
    };
    const world = { ...calm, readings: { ...calm.readings, primary: live({ ...primary.value, connections }) } };
    const reading = metric('connections').measure(world);
    return reading.state === 'live' ? { ...reading.value, verdict: judge(metric('connections'), world) } : undefined;
  };
  expect(judged()).toMatchObject({ value: 20, basis: '20 of 100', verdict: 'ok' });
  const full = judged({ whose: 'role bentham', used: 20, limit: 20 });
  expect(full).toMatchObject({ value: 100, basis: '20 of 20, role bentham', verdict: 'critical' });
  expect(judged({ whose: 'role bentham', used: 1, limit: 50 })).toMatchObject({ value: 20, basis: '20 of 100' });
});
