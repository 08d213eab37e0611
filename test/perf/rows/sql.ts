// What cockpits cost PostgreSQL in a minute, as the server counts it: on a calm day, with a long table of jobs, without
// the indexes that help, and several cockpits at once.
import { formatCount } from '../../../src/core/text/format.ts';
import { startCountedServer } from '../../support/counted-server.ts';
import type { TerminalUnderTest } from '../../support/terminal.ts';
import { calmDrill } from '../drills.ts';
import { completeCockpit, end, idleShare, ms, percent, wait } from '../meter.ts';
import type { BenchRow, Measure } from '../row.ts';

type Load = {
  name: string;
  cockpits: number;
  jobs: number;
  indexes: boolean;
  statements: number;
  milliseconds: number;
};

/** Issue 19: 200 statements and 0.3 s of server time; without indexes 1 s; of all cockpits at most twice as much. */
const one = { cockpits: 1, jobs: 0, indexes: true, statements: 200, milliseconds: 300 };
const minute = 60_000;

async function measure({ name, cockpits, jobs, indexes, statements, milliseconds }: Load): Promise<readonly Measure[]> {
  const { environment } = await calmDrill();
  const server = await startCountedServer({ jobs, indexes });
  const open: TerminalUnderTest[] = [];
  try {
    const there = { ...environment, ...server.environment };
    for (let i = 0; i < cockpits; i += 1) open.push(await completeCockpit(there));
    await wait(5000);
    await server.reset();
    const before = await server.cpu();
    await wait(minute);
    const [{ calls }, cpu] = [await server.counted(), (await server.cpu()) - before];
    const other = cockpits === 1 && jobs === 0 && indexes ? await idleShare('pg_activity', [], there) : undefined;
    const beside = other === undefined ? '' : `; pg_activity itself: ${percent(other)} of a core`;
    return [
      {
        figure: `SQL statements a minute, ${name}`,
        is: formatCount(calls),
        beside: `budget ${statements}`,
        ratio: calls / statements,
        goal: 1,
      },
      {
        figure: `PostgreSQL's CPU a minute, ${name}`,
        is: ms(cpu),
        beside: `budget ${milliseconds} ms${beside}`,
        ratio: cpu / milliseconds,
        goal: 1,
      },
    ];
  } finally {
    for (const cockpit of open) await end(cockpit);
    await server.stop();
  }
}

export const sql: BenchRow = { name: 'sql', measure: () => measure({ ...one, name: 'calm' }) };

export const sqlJobs: BenchRow = {
  name: 'sql-jobs',
  measure: ({ jobs }) => measure({ ...one, name: `${formatCount(jobs)} jobs`, jobs }),
};

export const sqlBare: BenchRow = {
  name: 'sql-bare',
  measure: ({ jobs }) =>
    measure({ ...one, name: `${formatCount(jobs)} jobs, no indexes`, jobs, indexes: false, milliseconds: 1000 }),
};

export const sqlCockpits: BenchRow = {
  name: 'sql-cockpits',
  measure: ({ cockpits }) =>
    measure({ ...one, name: `${cockpits} cockpits`, cockpits, statements: 400, milliseconds: 600 }),
};
