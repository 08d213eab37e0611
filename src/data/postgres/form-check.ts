// Which tables, columns and states are in force, what they lack, and each state that is not understood: rows of `doctor`,
// and lines of `config`.
import type { Settings } from '../../config/settings.ts';
import type { Checkup } from '../../core/health/checkup.ts';
import { describeFault } from '../../core/health/describe.ts';
import { type Form, formSays, lacks, type Table } from '../../core/platform/form.ts';
import type { StateOwner, TableId } from '../../core/platform/mapping.ts';
import { tableNames } from '../../core/platform/mapping.ts';
import { unclearSays } from '../../core/platform/unclear.ts';
import { sanitize } from '../../core/text/text.ts';
import type { Ms } from '../../core/time.ts';
import type { Fault } from '../../core/world/reading.ts';
import type { AskSql } from './ask.ts';
import { postgresFault, sqlState } from './faults.ts';
import type { Tables } from './queries/columns.ts';
import { Session } from './session.ts';
import { tablesOf } from './tables.ts';
import { unclearOf } from './unclear.ts';

const area = 'database';

/** What figures need to be said by some state. */
const needed = { study: ['waiting', 'running', 'done', 'failed'], job: ['waiting', 'done', 'failed'] } as const;

/** Tables that only some platforms have, and what is not told without them. */
const optionalTables = {
  account: 'accounts of surfaces',
  session: 'sessions by proxy',
  cost: 'costs',
  tenant: 'states of tenants',
} as const satisfies Partial<Record<TableId, string>>;

/** The rows on tables and states. A row that cannot be made is unknown, and costs no other. */
export async function formRows(asked: Tables, ask: AskSql, within: Ms): Promise<readonly Checkup[]> {
  const { form } = asked;
  const rows: Checkup[] = [{ area, what: 'tables and states', verdict: 'ok', answer: formSays(form) }];
  const passedOver = [form.study, form.job, form.apiKey].flatMap(({ name, others = [] }) =>
    others.map((other) => `${sanitize(other, 60)} (beside ${sanitize(name, 60)})`),
  );
  if (passedOver.length > 0)
    rows.push({
      area,
      what: 'not read',
      verdict: 'warning',
      answer: passedOver.join(', '),
      todo: 'if the platform writes to these, the figures are of old rows: check the migration',
    });
  const absent = absentParts(form);
  if (absent.length > 0)
    rows.push({ area, what: 'not in these tables', verdict: 'ok', answer: `${absent.join(', ')}: not shown` });
  for (const owner of ['study', 'job'] as const) rows.push(...(await unclearRows(owner, asked, ask, within)));
  return rows;
}

/** What is optional and missing: `deadlines (studies.deadline)`, `costs (cost_records)`. */
function absentParts(form: Form): readonly string[] {
  const named = (what: string, name: string) => `${what} (${sanitize(name, 60)})`;
  const { study, job, apiKey } = form;
  const columns: readonly (readonly [boolean, string, string])[] = [
    [study.columns.deadline !== undefined, 'deadlines', `${study.name}.deadline`],
    [
      job.columns.attempted !== undefined || job.columns.updated !== undefined,
      'when a job began',
      `${job.name}.${tableNames.job.columns.attempted[0]}`,
    ],
    [job.columns.result !== undefined, 'error codes', `${job.name}.result`],
    [apiKey.columns.expires !== undefined, 'expiry of keys', `${apiKey.name}.${tableNames.apiKey.columns.expires[0]}`],
  ];
  const tables = (Object.keys(optionalTables) as (keyof typeof optionalTables)[]).flatMap((id) => {
    const table: Table<TableId> = form[id];
    return table.there ? [] : [named(optionalTables[id], table.name)];
  });
  return [...columns.flatMap(([there, what, name]) => (there ? [] : [named(what, name)])), ...tables];
}

async function unclearRows(owner: StateOwner, asked: Tables, ask: AskSql, within: Ms): Promise<readonly Checkup[]> {
  const table = owner === 'study' ? asked.form.study : asked.form.job;
  const about = { area, what: `states of ${table.name}` };
  try {
    const rows = await unclearOf(owner, asked, ask, within);
    const lacking = needed[owner].filter((meaning) => lacks(owner, table.states, meaning));
    const said = [
      ...rows.map((one) => `${unclearSays(one)}, not understood`),
      ...lacking.map((meaning) => `no state means ${meaning}`),
    ];
    const todo = 'values that depend on them are unknown: find the release that writes them';
    return said.length === 0 ? [] : [{ ...about, verdict: 'warning', answer: said.join('; '), todo }];
  } catch (error) {
    if (sqlState(error) === '57014')
      return [{ ...about, verdict: 'unknown', answer: 'the count timed out', todo: 'check for an index on status' }];
    // Without an answer of the server its connection is lost: nothing more can be asked.
    if (sqlState(error) === undefined) throw error;
    return [{ ...about, verdict: 'unknown', answer: `not counted: ${sanitize(error, 200)}`, todo: 'check the table' }];
  }
}

/** For `config`: the mapping in force, or why it is unknown. `lines` are for people, one for each row. */
export type FormInForce = { lines: readonly string[]; rows: readonly Checkup[]; fault?: Fault };

/** Asks the primary once. */
export async function formInForce({ database, intervals }: Settings): Promise<FormInForce> {
  const session = new Session(database.primary);
  const { timeout } = intervals;
  try {
    const found = await session.read(AbortSignal.timeout(timeout), timeout, async (ask) => {
      const asked = await tablesOf(session, database.schema, ask);
      const { study, job } = asked.form;
      const missing = [study, job].filter(({ there }) => !there).map(({ name }) => name);
      if (missing.length === 0) return formRows(asked, ask, timeout);
      const answer = `no ${missing.join(', ')} in schema ${sanitize(database.schema, 60)}`;
      const row: Checkup = { area, what: 'tables and states', verdict: 'critical', answer };
      return [row];
    });
    if (!found.ok) return { lines: [`tables: not read: ${describeFault(found.fault)}`], rows: [], fault: found.fault };
    return { lines: found.value.map(({ what, answer }) => `${what}: ${answer}`), rows: found.value };
  } catch (error) {
    const fault = postgresFault(error, database.primary);
    return { lines: [`tables: not read: ${describeFault(fault)}`], rows: [], fault };
  } finally {
    await session.close();
  }
}
