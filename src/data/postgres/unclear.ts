// Counts rows with an unknown state, by state.
import { lacks } from '../../core/platform/form.ts';
import { type Meaning, meaningOf, type StateOwner } from '../../core/platform/mapping.ts';
import type { Doubt, Unclear } from '../../core/platform/unclear.ts';
import { sanitize } from '../../core/text/text.ts';
import type { Ms } from '../../core/time.ts';
import type { AskSql } from './ask.ts';
import type { Tables } from './queries/columns.ts';
import { mostUnclear, type UnclearRow, unclearEstimated, unclearRows } from './queries/states.ts';
import { sampleOf } from './tables.ts';

/** Counts them, of one table. Throws where it takes longer than `within`. */
export async function unclearOf(
  owner: StateOwner,
  tables: Tables,
  ask: AskSql,
  within: Ms,
): Promise<readonly Unclear[]> {
  const statement = unclearRows(owner, tables);
  return statement === undefined ? [] : unclearFrom(owner, tables, await ask<UnclearRow>(statement, { within }), true);
}

/** Estimates them for jobs from a sample; undefined where there is none. */
export async function unclearJobsEstimated(tables: Tables, ask: AskSql): Promise<readonly Unclear[] | undefined> {
  const sample = await sampleOf(ask, tables);
  return sample && unclearFrom('job', tables, await ask<UnclearRow>(unclearEstimated(tables, sample)), false);
}

/** As the fact has them; `counted`: all rows were, not a sample. */
export function unclearFrom(
  owner: StateOwner,
  tables: Tables,
  rows: readonly UnclearRow[],
  counted: boolean,
): readonly Unclear[] {
  const table = sanitize((owner === 'study' ? tables.form.study : tables.form.job).name, 60);
  const exact = counted && rows.reduce((sum, { count }) => sum + count, 0) <= mostUnclear;
  // A state in an unusual case (`PeNdInG`) is understood, too.
  return rows
    .filter(({ label }) => label === null || meaningOf(owner, label) === undefined)
    .map(({ label, count, margin }) => {
      const shown = label === null ? null : sanitize(label, 40);
      return {
        of: owner,
        table,
        label: shown,
        count: counted ? Math.min(count, mostUnclear) : count,
        margin: margin || undefined,
        exact,
      };
    });
}

/** That rows of the table are hidden from us: few, or none, are no proof. */
export function hiddenOf(owner: StateOwner, { partial }: Tables): Doubt | undefined {
  return partial.includes(owner === 'study' ? 'studies' : 'jobs') ? { why: 'hidden', of: owner } : undefined;
}

/** Why a figure of rows with these meanings says nothing: the table's states cannot say one of them. */
export function lackOf(owner: StateOwner, tables: Tables, needs: readonly Meaning[]): Doubt | undefined {
  const table = owner === 'study' ? tables.form.study : tables.form.job;
  const missing = needs.find((meaning) => lacks(owner, table.states, meaning));
  return missing && { why: 'lacks', of: owner, table: sanitize(table.name, 60), meaning: missing };
}
