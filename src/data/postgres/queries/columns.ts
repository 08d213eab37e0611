// What the catalogue says of this database's tables: which names they and their columns have, their types, and what this
// role may read. Runs on PostgreSQL 13 to 18.
import pg from 'pg';
import type { Column, Form, States, Table } from '../../../core/platform/form.ts';
import { runbookForm } from '../../../core/platform/form.ts';
import { type StateOwner, type TableId, tableNames } from '../../../core/platform/mapping.ts';
import { type Tables as PlatformTables, tablesOf } from '../../../core/platform/tables.ts';

/** A table of the schema, quoted. */
export function inSchema(schema: string, table: string): string {
  return `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(table)}`;
}

export type ColumnRow = {
  which: TableId;
  /** The table's name in the catalogue. */
  name: string;
  /** Tables of its other names, which are not read. */
  others: string[] | null;
  /** pg_class.relkind: r a table, m a materialized view, v a view, f a foreign table; p: it has partitions, or heirs. */
  kind: string;
  /** Null: this role may read none of its columns. */
  column: string | null;
  /** `jsonb`, `text`, `uuid` … */
  type: string;
  /** Rows may be without it. */
  nullable: boolean;
  /** Of an enum; else null. */
  labels: string[] | null;
  /** An index begins with it. */
  indexed: boolean;
  /** An index gives rows in its order, the greatest first. */
  ordered: boolean;
  /** Row level security keeps rows of it from this role. */
  partial: boolean;
  version: number;
};

const candidates = (Object.entries(tableNames) as [TableId, { names: readonly string[] }][]).flatMap(
  ([which, { names }]) => names.map((name, at) => `('${which}', '${name}', ${at})`),
);

/**
 * The columns of the tables in schema $1 that this role may read; of tables with several names the first that is there.
 * A policy for everybody that is simply true hides nothing. A domain is what it, and each domain under it, is a domain of.
 */
export const columns = `
  WITH found AS (
    SELECT DISTINCT ON (t.which) t.which, c.oid, c.relname, c.relkind,
           array_agg(c.relname::text) OVER (PARTITION BY t.which) AS names
    FROM (VALUES ${candidates.join(', ')}) t (which, name, place)
    JOIN pg_namespace n ON n.nspname = $1
    JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = t.name AND c.relkind IN ('r', 'p', 'm', 'v', 'f')
    ORDER BY t.which, t.place
  )
  SELECT c.which, c.relname AS name,
         CASE WHEN EXISTS (SELECT FROM pg_inherits h WHERE h.inhparent = c.oid) THEN 'p' ELSE c.relkind END AS kind,
         array_remove(c.names, c.relname::text) AS others, a.attname AS column, NOT a.attnotnull AS nullable,
         format_type(y.id, NULL) AS type,
         (SELECT array_agg(e.enumlabel::text ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = y.id) AS labels,
         EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indkey[0] = a.attnum AND i.indisvalid
                 AND i.indpred IS NULL) AS indexed,
         EXISTS (SELECT FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_am m ON m.oid = x.relam
                 WHERE i.indrelid = c.oid AND i.indkey[0] = a.attnum AND i.indisvalid AND i.indpred IS NULL
                   AND m.amname = 'btree' AND i.indoption[0] IN (0, 3)) AS ordered,
         row_security_active(c.oid) AND NOT (
           EXISTS (SELECT FROM pg_policy p
                   WHERE p.polrelid = c.oid AND p.polpermissive AND p.polcmd IN ('r', '*')
                     AND pg_get_expr(p.polqual, p.polrelid) = 'true'
                     AND EXISTS (SELECT FROM unnest(p.polroles) o (role)
                                 WHERE CASE WHEN o.role = 0 THEN true ELSE pg_has_role(o.role, 'USAGE') END))
           AND NOT EXISTS (SELECT FROM pg_policy p
                           WHERE p.polrelid = c.oid AND NOT p.polpermissive AND p.polcmd IN ('r', '*'))) AS partial,
         current_setting('server_version_num')::int AS version
  FROM found c
  LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    AND has_column_privilege(c.oid, a.attnum, 'SELECT')
  LEFT JOIN LATERAL (
    WITH RECURSIVE under (id) AS (
      SELECT a.atttypid UNION ALL SELECT d.typbasetype FROM under JOIN pg_type d ON d.oid = under.id AND d.typtype = 'd'
    )
    SELECT under.id FROM under JOIN pg_type t ON t.oid = under.id AND t.typtype <> 'd'
  ) y ON true`;

/** That a value is a moment that a calendar has: PostgreSQL knows 'infinity', and years that no `Date` holds. */
export const isMoment = (moment: string) => `(${moment} > '-infinity' AND ${moment} < '275760-01-01')`;

/** Seconds since 1970; null where there is no moment. */
export const epoch = (moment: string) => `CASE WHEN ${isMoment(moment)} THEN extract(epoch FROM ${moment})::float8 END`;

/** How jobs can be sampled: their last pages can be read alone, pages at random, or not at all. */
export type Sampling = 'tail' | 'pages' | 'none';

/** The tables as they are here, with what reading them takes. */
export type Tables = PlatformTables & {
  sampling: Sampling;
  /** Whether an index leads from a state to its rows, and whether rows may be without one. */
  status: Record<StateOwner, { indexed: boolean; nullable: boolean }>;
  /** Whether an index leads to a study's jobs, to those that ended since a moment, and gives the newest first. */
  jobsBy: { study: boolean; ended: boolean; newest: boolean };
  /** Pages of the jobs, when they were last looked at; 0 where they have none, or it is not known. */
  jobPages: number;
  /** Tables of which row level security keeps rows from this role: every count of them is too small. */
  partial: readonly ('studies' | 'jobs')[];
};

/** Types whose values are no words. */
const noText =
  /^(?:smallint|integer|bigint|numeric|real|double precision|boolean|jsonb?|uuid|bytea|bit(?: varying)?|.*\[\])$/;

/** The form of the tables; states of a text are those that rows were seen to have. */
export function formFrom(
  schema: string,
  found: readonly ColumnRow[],
  seen: Partial<Record<StateOwner, readonly string[]>> = {},
): Form {
  const states = (owner: StateOwner): States => {
    const status = found.find((row) => row.which === owner && row.column === 'status');
    if (status?.labels) return { labels: status.labels, declared: true };
    const coded = status && noText.test(status.type) ? status.type : undefined;
    return { labels: seen[owner] ?? [], declared: false, coded };
  };
  return {
    schema,
    study: { ...tableFrom('study', found, runbookForm.study), states: states('study') },
    job: { ...tableFrom('job', found, runbookForm.job), states: states('job') },
    apiKey: tableFrom('apiKey', found, runbookForm.apiKey),
    tenant: tableFrom('tenant', found, runbookForm.tenant),
    account: tableFrom('account', found, runbookForm.account),
    session: tableFrom('session', found, runbookForm.session),
    cost: tableFrom('cost', found, runbookForm.cost),
  };
}

const moment = /^timestamp/;
/** What a table may lack is not read where its type says something else: a day has no hour, a number no date. */
const optionalTypes: Readonly<Record<string, RegExp>> = {
  ...{ started: moment, updated: moment, completed: moment, attempted: moment, deadline: moment },
  attempts: /^(?:smallint|integer|bigint|numeric|real|double precision)$/,
};

function tableFrom<T extends TableId>(id: T, found: readonly ColumnRow[], otherwise: Table<T>): Table<T> {
  const rows = found.filter(({ which }) => which === id);
  const [first] = rows;
  if (!first) return { name: otherwise.name, there: false, columns: otherwise.columns };
  const all: Readonly<Record<string, readonly string[]>> = tableNames[id].columns;
  const columnsOf = Object.entries(all).flatMap(([meaning, names]): [string, Column][] => {
    const row = names.flatMap((name) => rows.find(({ column }) => column === name) ?? [])[0];
    const isReadable = row && (optionalTypes[meaning]?.test(row.type) ?? true);
    return row?.column && isReadable ? [[meaning, { name: row.column, type: row.type }]] : [];
  });
  const columns = Object.fromEntries(columnsOf) as Table<T>['columns'];
  // A view of the runbook's name may read the other table.
  const others = first.kind === 'v' || !first.others?.length ? undefined : first.others;
  return { name: first.name, there: true, columns, others };
}

/** What the columns say about the tables. None of them: the runbook's. */
export function tablesFrom(
  schema: string,
  found: readonly ColumnRow[],
  seen: Partial<Record<StateOwner, readonly string[]>> = {},
  jobPages = 0,
): Tables {
  const status = (owner: StateOwner) => {
    const row = found.find(({ which, column }) => which === owner && column === 'status');
    return { indexed: row?.indexed ?? false, nullable: row?.nullable ?? true };
  };
  const partial = (which: TableId) => found.some((row) => row.which === which && row.partial);
  const form = formFrom(schema, found, seen);
  const { study, completed, updated, created } = form.job.columns;
  const leadsTo = (column: Column | undefined, how: 'indexed' | 'ordered') =>
    found.some((row) => row.which === 'job' && row.column === column?.name && row[how]);
  return {
    ...tablesOf(form),
    sampling: samplingOf(found.find(({ which }) => which === 'job')),
    status: { study: status('study'), job: status('job') },
    jobsBy: {
      study: leadsTo(study, 'indexed'),
      ended: leadsTo(completed ?? updated ?? created, 'indexed'),
      newest: leadsTo(created, 'ordered'),
    },
    jobPages,
    partial: [...(partial('study') ? (['studies'] as const) : []), ...(partial('job') ? (['jobs'] as const) : [])],
  };
}

/** A range of pages can be read alone from PostgreSQL 14 on (TID range scan); partitions have pages of their own. */
function samplingOf(job: ColumnRow | undefined): Sampling {
  if (!job) return 'pages';
  if (job.kind === 'r' || job.kind === 'm') return job.version >= 140_000 ? 'tail' : 'pages';
  return job.kind === 'p' ? 'pages' : 'none';
}
