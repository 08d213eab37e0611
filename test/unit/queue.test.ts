// A stalled queue while everything else looks healthy.
import { describe, expect, test } from 'vitest';
import { evaluate } from '../../src/core/health/evaluate.ts';
import type { Studies, Surfaces } from '../../src/core/world/facts.ts';
import { calm, live, now } from '../support/worlds.ts';

const minute = 60_000;
const study = {
  id: 'study_a',
  tenant: 't',
  status: 'executing',
  failedJobs: 0,
  totalJobs: 9,
  createdAt: now - 90 * minute,
  progressedAt: now - 12 * minute,
};

function found(studies: Partial<Studies>, surfaces: Partial<Surfaces>) {
  const before = calm.readings.studies.state === 'live' ? calm.readings.studies.value : undefined;
  if (!before) throw new Error('the calm world is live');
  const readings = {
    ...calm.readings,
    studies: live<Studies>({ ...before, queueDepth: { value: 267, exact: true }, active: [study], ...studies }),
    surfaces: live<Surfaces>({ surfaces: [], estimated: false, ...surfaces }),
  };
  return evaluate({ ...calm, readings }).find(({ id }) => id === 'studies/queue');
}

test('of which nothing has finished for ten minutes is a warning', () => {
  expect(found({}, { lastFinishedAt: now - 11 * minute })).toMatchObject({
    verdict: 'warning',
    rule: 'queue/still',
    says: '267 jobs wait, and none has finished for 11 m 0 s',
  });
  expect(found({}, { lastFinished: { at: now - 120 * minute, study: 'x' } })).toMatchObject({ rule: 'queue/still' });
});

test('of which nothing has finished in the last hour is a warning, also where the last before is not known', () => {
  expect(found({}, {})).toMatchObject({
    rule: 'queue/still',
    says: '267 jobs wait, and none has finished in the last hour',
  });
});

describe('is no finding', () => {
  const old = { lastFinishedAt: now - 11 * minute };
  test.each([
    ['a job has just finished', {}, { lastFinishedAt: now - minute }],
    ['nothing waits', { queueDepth: { value: 0, exact: true } }, old],
    ['the queue is not known', { queueDepth: undefined }, old],
    ['the work has just come', { active: [{ ...study, progressedAt: now - minute }] }, old],
    ['the study is held', { active: [{ ...study, status: 'PAUSED' }] }, old],
    ['only some jobs were looked at', {}, { estimated: true }],
    ['states of jobs are not understood', {}, { doubt: { why: 'unread', of: 'job' } }],
  ] as const)('if %s', (_, studies, surfaces) => expect(found(studies, surfaces)).toBeUndefined());
});
