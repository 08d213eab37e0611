import { expect, test } from 'vitest';
import { wordOf } from '../../src/core/actions/plan-text.ts';

test.each([
  ['rollback-deployment', 'roll back'],
  ['failover-database', 'fail over'],
  ['cleanup-sessions', 'clean up'],
  ['restart-deployment', 'restart'],
  ['restore-jobs', 'restore'],
  ['own-quarantine-pod', 'run'],
] as const)('%s is confirmed with the words %s', (action, word) => {
  expect(wordOf(action)).toBe(word);
});
