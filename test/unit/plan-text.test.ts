import { expect, test } from 'vitest';
import { nameOfRun, wordOf } from '../../src/core/actions/plan-text.ts';

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

test.each([
  ['preserve-evidence', 'evidence', 'preserve-evidence'],
  ['list-api-keys', 'api-keys', 'list-api-keys'],
  ['evict-redis', 'redis', 'evict-redis'],
  ['restart-deployment', 'deployment/api-gateway', 'restart-deployment deployment/api-gateway'],
  // A name from outside is told, also where it is one of the action's own words.
  ['restart-deployment', 'deployment/deployment', 'restart-deployment deployment/deployment'],
  ['vacuum-table', 'maintenance', 'vacuum-table maintenance'],
] as const)('a run of %s on %s is named %s', (action, target, name) => {
  expect(nameOfRun({ action, target })).toBe(name);
});
