import { expect, test } from 'vitest';
import { judgeValue } from '../../src/core/thresholds.ts';

test.each([
  [500, 'ok'],
  [501, 'warning'],
  [2000, 'warning'],
  [2001, 'critical'],
  [Number.NaN, 'unknown'],
])('p95 of %i ms is %s', (value, verdict) => expect(judgeValue(value, { warning: 500, critical: 2000 })).toBe(verdict));
