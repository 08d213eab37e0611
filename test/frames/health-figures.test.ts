// No green mark stands beside a figure that is breached: the backend's row takes the worse of its answer and its metric.
import { expect, test } from 'vitest';
import type { Reading } from '../../src/core/world/reading.ts';
import { backendVerdict } from '../../src/screens/health/pane.ts';
import { calm, frameText, live, now, stateOf } from '../support/worlds.ts';

function told<T>(reading: Reading<T>): T {
  if (reading.state !== 'live') throw new Error('it is calm');
  return reading.value;
}
const [redis, primary] = [told(calm.readings.redis), told(calm.readings.primary)];
const rowOf = (state: ReturnType<typeof stateOf>, name: string) =>
  frameText(state, { columns: 80, rows: 24 })
    .split('\n')
    .find((one) => new RegExp(`^ [●▲✓?] ${name}`).test(one)) ?? '';
const withReadings = (more: Partial<typeof calm.readings>) =>
  stateOf({ ...calm, now, readings: { ...calm.readings, ...more } });

test.each([
  [0.5, 'ok', '✓'],
  [0.85, 'warning', '▲'],
  [0.97, 'critical', '●'],
] as const)('Redis with %f of its memory used', (share, verdict, glyph) => {
  const state = withReadings({ redis: live({ ...redis, usedBytes: share * 1e9, maxBytes: 1e9 }) });
  expect(backendVerdict(state, 'redis')).toBe(verdict);
  expect(rowOf(state, 'redis')).toContain(`${glyph} redis`);
  expect(backendVerdict(state, 'primary')).toBe('ok');
});

test('a primary whose connections are used up', () => {
  const connections = { ...primary.connections, used: 96, limit: 97, active: 90, idle: 6, idleInTransaction: 0 };
  const state = withReadings({ primary: live({ ...primary, connections }) });
  expect(backendVerdict(state, 'primary')).toBe('critical');
  expect(rowOf(state, 'primary')).toContain('● primary');
});
