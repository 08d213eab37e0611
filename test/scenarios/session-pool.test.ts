// A cleanup and a refresh of sessions are verified in the database, not by the command's answer.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Drill } from '../../simulator/drill.ts';
import type { ActionId, Target } from '../../src/core/actions/action.ts';
import { acting, sql } from '../support/acting.ts';
import { drillOf } from '../support/drill.ts';

let drill: Drill;
beforeAll(async () => {
  drill = await drillOf('calm');
});
afterAll(() => drill?.stop());

const seed = () =>
  sql(
    drill.environment,
    `DELETE FROM sessions; INSERT INTO sessions (id, surface_id, created_at, refreshed_at)
     SELECT 'session_' || n, 'openai-api', now() - interval '9 days', now() - n * interval '10 hours' FROM generate_series(1, 5) n`,
  );

/** One action from plan to verification; a verification that times out is awaited only once. */
async function act(action: ActionId, target: Target, more: Record<string, string> = {}) {
  const cockpit = await acting({ ...drill.environment, ...more }, true);
  try {
    const plan = await cockpit.plan(action, target);
    if (plan.phase !== 'planned') return plan;
    cockpit.watch(({ id, seen }) => {
      if (seen !== undefined) cockpit.runner.cancel(id);
    });
    return await cockpit.confirm(plan);
  } finally {
    await cockpit.stop();
  }
}

/** A command that says that it succeeded, and does nothing. */
const idle = { BENTHAM_ADMIN_COMMAND: 'true' };

describe('a cleanup', () => {
  test('counts what it removes, and is verified when it is gone', async () => {
    await seed();
    const run = await act('cleanup-sessions', { 'older-than': '24h' });
    expect(run.plan?.impact[0]).toBe('Removes 3 of 5 sessions: those older than 24h.');
    expect(run).toMatchObject({ outcome: 'verified', says: expect.stringContaining('all 3 are gone, 2 in the pool') });
  });

  test('is not verified while old sessions are left, whatever the command said', async () => {
    await seed();
    const run = await act('cleanup-sessions', { 'older-than': '24h' }, idle);
    expect(run.outcome).not.toBe('verified');
    expect(run.seen ?? run.says).toContain('3 of 3 are not gone');
  });

  test('warns when it would remove every session', async () => {
    await seed();
    const run = await act('cleanup-sessions', { 'older-than': '5m' });
    expect(run.plan?.warnings).toEqual(['That is every session: all surfaces must log in again.']);
  });

  test('is refused where nothing is that old', async () => {
    await seed();
    const run = await act('cleanup-sessions', { 'older-than': '300d' });
    expect(run).toMatchObject({ outcome: 'refused', says: 'no session is older than 300d: 5 sessions' });
  });
});

describe('a refresh', () => {
  test('is verified when every session was refreshed since', async () => {
    await seed();
    const run = await act('refresh-sessions', {});
    expect(run).toMatchObject({ outcome: 'verified', says: expect.stringContaining('all 5 are refreshed') });
  });

  test('is not verified while sessions are as old as before', async () => {
    await seed();
    const run = await act('refresh-sessions', {}, idle);
    expect(run.outcome).not.toBe('verified');
    expect(run.seen ?? run.says).toContain('5 of 5 are not refreshed');
  });
});

test('without a table of sessions the plan says so, and the answer alone is no proof', async () => {
  await sql(drill.environment, 'ALTER TABLE sessions RENAME TO elsewhere');
  try {
    const run = await act('refresh-sessions', {}, idle);
    expect(run.plan?.warnings).toEqual(['The effect cannot be verified: the database has no table of sessions.']);
    expect(run).toMatchObject({ outcome: 'unverified', says: expect.stringContaining('shows the effect') });
  } finally {
    await sql(drill.environment, 'ALTER TABLE elsewhere RENAME TO sessions');
  }
});
