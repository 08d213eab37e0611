// What an incident has done outranks the hour before it: steps follow the facts since the action.
import { expect, test } from 'vitest';
import type { ActionId } from '../../src/core/actions/action.ts';
import { adviceOn, checkOf, type Known, type RanAction } from '../../src/core/incident/checklist.ts';
import type { Database, Surface } from '../../src/core/world/facts.ts';
import { findStep } from '../../src/runbook/checklists.ts';
import { live, now, world } from '../support/world.ts';

const minute = 60_000;
const openai: Surface = { id: 'openai-api', failures: 71, finished: 100, affectedStudies: 9, topError: 'Rate limited' };
const fine: Surface = { id: 'google-search', failures: 0, finished: 300, affectedStudies: 0 };

const seen = (more: Partial<Surface> = {}) =>
  world({
    readings: { surfaces: live<'surfaces'>({ surfaces: [{ ...openai, ...more }, fine], estimated: false }) },
  });
const ran = (...all: readonly [action: ActionId, minutesAgo: number, worked?: boolean, surface?: string][]): Known => ({
  notified: [],
  ran: all.map(
    ([action, ago, worked = true, surface = 'openai-api']): RanAction => ({
      ...{ action, worked, at: now - ago * minute },
      object: `surface/${surface}`,
    }),
  ),
});
const step = (id: string) => {
  const found = findStep(id)?.step;
  if (!found) throw new Error(id);
  return found;
};
const advice = (known: Known, more?: Partial<Surface>) => adviceOn(step('sev3/enable'), seen(more), known);
const check = (id: string, known: Known, more?: Partial<Surface>) => checkOf(step(id), seen(more), known);

test('nothing was done: the last hour decides', () => {
  expect(advice(ran())).toMatchObject({ answer: 'no', because: expect.stringContaining('71 %') });
  expect(check('sev3/disable', ran())).toMatchObject({ state: 'fail' });
});

test('a disabled surface is enabled by the live test since, whatever the hour before says', () => {
  expect(advice(ran(['disable-surface', 20]))).toMatchObject({
    answer: 'unsure',
    because: expect.stringMatching(/^openai-api: DISABLED since \d\d:\d\d.*; not tested since$/),
  });
  expect(advice(ran(['disable-surface', 20], ['test-surface', 5]))).toMatchObject({
    answer: 'yes',
    because: expect.stringMatching(/live test passed/),
  });
  expect(advice(ran(['disable-surface', 20], ['test-surface', 5, false]))).toMatchObject({ answer: 'no' });
  // A test from before it was disabled, and one of another surface, say nothing.
  expect(advice(ran(['test-surface', 30], ['disable-surface', 20]))).toMatchObject({ answer: 'unsure' });
  const other = ran(['disable-surface', 20], ['test-surface', 5, true, 'google-search']);
  expect(advice(other)).toMatchObject({ answer: 'unsure', because: expect.stringMatching(/^openai-api: DISABLED/) });
});

test('an enabled surface is judged by its jobs since', () => {
  const known = ran(['disable-surface', 30], ['test-surface', 20], ['enable-surface', 10]);
  const at = (ago: number) => now - ago * minute;
  expect(advice(known, { lastDoneAt: at(2), lastFailedAt: at(35) })).toMatchObject({
    answer: 'yes',
    because: expect.stringContaining('its jobs complete since, none failed'),
  });
  expect(advice(known, { lastFailedAt: at(2) })).toMatchObject({ answer: 'no' });
  expect(advice(known, { lastFailedAt: at(2), lastDoneAt: at(1) })).toMatchObject({ answer: 'unsure' });
  expect(advice(known, { lastFailedAt: at(12), lastDoneAt: at(40) })).toMatchObject({ answer: 'unsure' });
});

test('the steps of SEV3 pass with what was done', () => {
  expect(check('sev3/disable', ran(['disable-surface', 20]))).toMatchObject({
    state: 'pass',
    because: expect.stringMatching(/^openai-api DISABLED since/),
  });
  expect(check('sev3/disable', ran(['disable-surface', 20], ['enable-surface', 5]))?.state).not.toBe('pass');
  expect(check('sev3/test', ran(['disable-surface', 20], ['test-surface', 5]))).toMatchObject({ state: 'pass' });
  expect(check('sev3/test', ran(['disable-surface', 20], ['test-surface', 5, false]))).toMatchObject({ state: 'fail' });
});

test('after a failover the steps of SEV1 say so, and what is left to do', () => {
  const database = (more: Partial<Database> = {}): Database => ({
    ...{ where: 'db:5432', database: 'bentham', version: '15', latency: 3, inRecovery: false, missing: [], ...more },
  });
  const fault = {
    kind: 'refused',
    where: 'db:5432',
    what: 'connection refused',
    hint: '',
    code: 'ECONNREFUSED',
  } as const;
  const away = world({
    readings: { primary: { state: 'lost', fault, at: now }, replica: live<'replica'>(database()) },
  });
  const known: Known = {
    notified: [],
    ran: [{ action: 'failover-database', object: 'database', at: now - minute, worked: true }],
  };
  expect(checkOf(step('sev1/failover'), away, known)).toMatchObject({
    state: 'pass',
    because: expect.stringMatching(/^failed over \d\d:\d\d.*point database\.primary and the applications at it$/),
  });
  // The configured primary is still away: that is not hidden.
  expect(checkOf(step('sev1/database'), away, known)).toMatchObject({ state: 'fail' });
  const lines = step('sev1/database').evidence?.(away, known) ?? [];
  expect(lines.map(({ subject, state }) => [subject, state])).toEqual([
    ['failover', 'pass'],
    ['primary', 'fail'],
  ]);
  const back = world({ readings: { primary: live<'primary'>(database()) } });
  expect(checkOf(step('sev1/failover'), back, known)?.because).toContain('database.primary answers');
  // One that was not proven is none.
  const unproven = { ...known, ran: known.ran.map((one) => ({ ...one, worked: false })) };
  expect(checkOf(step('sev1/failover'), away, unproven)?.because).not.toContain('failed over');
});
