// VACUUM and ANALYZE take their time on a large table: how far they are is told while they run.
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Drill } from '../../simulator/drill.ts';
import type { ActionId, Target } from '../../src/core/actions/action.ts';
import type { Progress } from '../../src/core/actions/progress.ts';
import { progressSays } from '../../src/data/postgres/progress.ts';
import { type Acting, acting, type Environment, sql } from '../support/acting.ts';
import { drillOf } from '../support/drill.ts';

let drill: Drill;
let environment: Environment;
let cockpit: Acting;

beforeAll(async () => {
  drill = await drillOf('calm');
  environment = { PATH: process.env.PATH ?? '', ...drill.environment };
  await sql(environment, `CREATE TABLE large AS SELECT n, repeat('x', 500) AS text FROM generate_series(1, 20000) n`);
  await sql(environment, 'DELETE FROM large WHERE n % 2 = 0');
  // So slow that every phase is seen, on every machine.
  for (const setting of ['vacuum_cost_delay = 100', 'vacuum_cost_limit = 1'])
    await sql(environment, `ALTER ROLE CURRENT_USER SET ${setting}`);
  cockpit = await acting(environment);
});
afterAll(async () => {
  await cockpit?.stop();
  await drill?.stop();
});

/** Begins it, waits until so much was told, stops it, and gives what was told. */
async function watched(
  action: ActionId,
  target: Target,
  enough: RegExp,
): Promise<{ told: string[]; counts: Progress[]; says: string }> {
  const run = await cockpit.plan(action, target);
  expect(run, run.says).toMatchObject({ phase: 'planned' });
  const told: string[] = [];
  const counts: Progress[] = [];
  cockpit.watch(({ id, progress, measured }) => {
    if (id === run.id && measured) counts.push(measured);
    if (id !== run.id || progress === undefined || progress === told.at(-1)) return;
    told.push(progress);
    if (enough.test(progress)) cockpit.runner.cancel(run.id);
  });
  const done = await cockpit.confirm(run);
  expect(done).toMatchObject({ outcome: 'cancelled' });
  expect(done.progress).toBeUndefined();
  expect(done.measured).toBeUndefined();
  return { told, counts, says: done.says ?? '' };
}

test('a vacuum shows its phase and done blocks, and leaves no session behind', async () => {
  const { told, counts } = await watched('vacuum-table', { table: 'large' }, /^scanning heap of large: [1-9]\d* % of/);
  expect(told.at(-1)).toMatch(/^scanning heap of large: \d+ % of 1.\d{3} blocks$/);
  expect(counts.at(-1)).toMatchObject({ unit: 'blocks', total: expect.any(Number) as number });
  const left = `SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name LIKE 'bentham-cockpit action%'`;
  expect(await sql(environment, left)).toEqual([{ n: 0 }]);
});

test('an analyze shows how many sampled blocks are done', async () => {
  const { told } = await watched('analyze-tables', { tables: 'large' }, /sampled blocks/);
  expect(told.at(-1)).toMatch(/^acquiring sample rows of large: \d+ % of .* sampled blocks$/);
});

test('each phase shows its count, or its name if it has no count', () => {
  const says = (part: object) => progressSays({ name: 'jobs', part });
  expect(says({ phase: 'vacuuming heap', heap_blks_total: 10, heap_blks_vacuumed: 5 })).toContain('50 % of 10 blocks');
  expect(says({ phase: 'vacuuming indexes', indexes_total: 4, indexes_processed: 1 })).toContain('25 % of 4 indexes');
  expect(says({ phase: 'vacuuming indexes' })).toBe('vacuuming indexes of jobs');
  expect(says({ phase: 'truncating heap', heap_blks_total: 10 })).toBe('truncating heap of jobs');
});
