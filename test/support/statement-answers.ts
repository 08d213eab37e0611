// Answers of the screens about statements, waits and the use of tables.
import type { StatementPlan } from '../../src/core/queries/statement-plan.ts';
import { noUse, type StatementList, type StatementRow } from '../../src/core/queries/statements.ts';
import { noCounts, type TableUseList } from '../../src/core/queries/table-use.ts';
import type { WaitSamples } from '../../src/core/queries/waits.ts';
import { now } from './worlds.ts';

export const where = '10.0.0.1:5432';

export const statement = (more: Partial<StatementRow> = {}): StatementRow => ({
  id: '42/10/5/top',
  user: 'bentham',
  database: 'bentham',
  text: 'SELECT count(*) FROM jobs WHERE study_id = $1 AND at > now() - interval $2',
  top: true,
  since: { ...noUse, calls: 120, time: 7400, rows: 120, hit: 90_000, read: 10_000 },
  whole: { ...noUse, calls: 90_000, time: 4_200_000, rows: 90_000, hit: 9_000_000, read: 1_000_000 },
  ...more,
});

const update = statement({
  id: '43/10/5/top',
  text: 'UPDATE studies SET progress = $1 WHERE id = $2',
  since: { ...noUse, calls: 600, time: 60, rows: 600, hit: 1000 },
  whole: { ...noUse, calls: 600_000, time: 60_000, rows: 600_000, hit: 1_000_000 },
});

export const statements: StatementList = {
  where,
  from: now - 60_000,
  at: now - 1000,
  resetAt: now - 90_000_000,
  reset: false,
  all: { since: { ...noUse, calls: 720, time: 7460 }, whole: { ...noUse, calls: 690_000, time: 4_260_000 } },
  rows: [statement(), update],
  entries: 2,
  complete: true,
  lacks: [],
};

export const waits: WaitSamples = {
  where,
  begun: now - 20_000,
  at: now - 1000,
  samples: 20,
  wanted: 60,
  active: 50,
  events: [
    { type: 'Lock', event: 'relation', count: 40 },
    { type: 'CPU', event: '', count: 10 },
  ],
  statements: [
    {
      text: 'UPDATE jobs SET status = ? WHERE id = ?',
      user: 'bentham',
      count: 40,
      pid: 4711,
      events: [{ type: 'Lock', event: 'relation', count: 40 }],
    },
    { text: 'SELECT ?', user: 'bentham', count: 10, pid: 4712, events: [{ type: 'CPU', event: '', count: 10 }] },
  ],
  hidden: 0,
  cut: false,
  lacks: [],
};

export const tableUse: TableUseList = {
  where,
  from: now - 60_000,
  at: now - 1000,
  resetAt: now - 90_000_000,
  reset: false,
  cache: { since: { hit: 900, read: 100 }, whole: { hit: 99_000, read: 1000 } },
  tables: [
    {
      name: 'jobs',
      bytes: 1e8,
      liveRows: 300_000,
      deadRows: 1200,
      since: { ...noCounts, seqScans: 40, seqRows: 12_000_000, hit: 900, read: 100 },
      whole: { ...noCounts, seqScans: 400, seqRows: 120_000_000, indexScans: 12, hit: 99_000, read: 1000 },
    },
    { name: 'studies', bytes: 1e6, liveRows: 400, deadRows: 2, since: noCounts, whole: { ...noCounts, seqScans: 9 } },
  ],
  indexes: [
    {
      ...{ name: 'jobs_old', table: 'jobs', bytes: 2e6, since: 0, whole: 0, constraint: false, valid: true },
      columns: '(created_at)',
    },
    {
      ...{ name: 'jobs_pkey', table: 'jobs', bytes: 6e6, since: 3, whole: 900, constraint: true, valid: true },
      columns: '(id)',
    },
    {
      ...{ name: 'jobs_new', table: 'jobs', bytes: 1e6, since: 0, whole: 0, constraint: false, valid: false },
      columns: '(study_id)',
    },
  ],
  more: false,
  lacks: [],
};

export const statementPlan: StatementPlan = {
  where,
  pid: 4711,
  user: 'bentham',
  text: 'SELECT count(*) FROM jobs WHERE study_id = ?',
  running: 4200,
  generic: false,
  last: false,
  nodes: [
    { depth: 0, type: 'Aggregate', on: '', cost: 6400, rows: 1, width: 8, details: [] },
    { depth: 1, type: 'Seq Scan', on: 'on jobs', cost: 6390, rows: 750, width: 0, details: ['Filter: (study_id = ?)'] },
  ],
  more: false,
};
