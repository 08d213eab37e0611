// Update the planner's statistics (runbook: Database Maintenance step 1).
import type { Action, Target } from '../../core/actions/action.ts';
import { formatBytes } from '../../core/text/format.ts';
import { qualified } from '../../core/text/sql.ts';
import { minute, second } from '../../core/time.ts';
import { answeredByDatabase, given, planned, refuse, refusedBy } from '../plan.ts';
import { ago, lastByHand, ranSince, statsOf } from './statistics.ts';
import { tablesHere } from './table-name.ts';

declare module '../../core/actions/action.ts' {
  interface ActionIds {
    'analyze-tables': true;
  }
}

/** The three tables of the runbook's weekly task. */
const weekly = 'jobs,studies,results';
const tablesOf = (target: Target) =>
  (given(target, 'tables') || weekly)
    .split(',')
    .map((t) => t.trim())
    .filter(Boolean);

export const analyzeTables: Action = {
  id: 'analyze-tables',
  title: 'Analyze tables',
  risk: 'reversible',
  about: {
    does: 'ANALYZE: refreshes the planner’s statistics',
    looksAt: 'sizes, dead tuples, last runs',
    calls: 'ANALYZE jobs; ANALYZE studies; ANALYZE results',
    proof: 'the time of the last ANALYZE',
    undo: 'not needed',
    runbook: 'Database Maintenance step 1',
  },
  fields: [{ name: 'tables', ask: 'which tables? (comma-separated)', kind: 'text', preset: weekly }],
  names: (target) => tablesOf(target).join(','),
  object: () => 'maintenance',
  needs: (target, { schema }) =>
    tablesOf(target).map((table) => ({ kind: 'table', schema, table, privileges: ['MAINTAIN'], mayBeAbsent: true })),
  async plan(target, preflight) {
    const asked = tablesOf(target);
    if (asked.length === 0) return refuse('no table is given', `give names, such as ${weekly}`);
    const who = await answeredByDatabase(preflight);
    if (!who.ok) return refusedBy(who.fault);
    const here = await tablesHere(asked, preflight);
    if (!here.ok) return here;
    const { names: tables, skipped } = here.value;
    const stats = await statsOf(preflight, tables);
    if (!stats.ok) return refusedBy(stats.fault);
    return planned({
      impact: [
        ...tables.map((name) => {
          const s = stats.value.get(name);
          return `${name}: ${formatBytes(s?.bytes ?? 0)}, analyzed ${ago(s?.analyzed ?? 0, preflight.now())}`;
        }),
        ...skipped,
      ],
      calls: tables.map((name) => ({
        tool: 'sql',
        server: 'primary',
        change: { text: `ANALYZE ${qualified(preflight.context.schema, name)}`, parameters: [] },
        transaction: true,
        progress: true,
        within: 10 * minute,
      })),
      undo: 'not needed: only statistics change',
      answered: [who.says],
      preconditions: tables.join(),
      baseline: lastByHand(stats.value, 'analyzed'),
    });
  },
  verify: ({ plan }, preflight) => ranSince('analyzed', plan.baseline, preflight),
  within: 20 * second,
};
