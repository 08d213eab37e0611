// The tables of one database as its catalogue has them, by meaning. Plain data: it crosses threads with the facts.
import { literal, quoted } from '../text/sql.ts';
import {
  allMeanings,
  type ColumnId,
  type Meaning,
  meaningOf,
  type StateOwner,
  type TableId,
  tableNames,
  wordsFor,
} from './mapping.ts';

/** A column: its name, as the catalogue has it, and its type. */
export type Column = { name: string; type: string };

export type Table<T extends TableId> = {
  name: string;
  /** False: the schema has no table of any of its names. The runbook's names stand for it. */
  there: boolean;
  /** Tables of its other names beside it; they are not read. */
  others?: readonly string[] | undefined;
  /** Columns that this role may read; absent: there is none of that meaning. */
  columns: Readonly<Partial<Record<ColumnId<T>, Column>>>;
};

/**
 * The states of a table: those that an enum declares, else those that rows have. `coded`: the column's type, if it is no
 * text and no enum, as `smallint`: no word can be compared with it or written.
 */
export type States = { labels: readonly string[]; declared: boolean; coded?: string | undefined };

/** Whether rows may only have states that we can name. */
const isClosed = ({ declared, coded }: States): boolean => declared || coded !== undefined;

export type Form = {
  schema: string;
  study: Table<'study'> & { states: States };
  job: Table<'job'> & { states: States };
  apiKey: Table<'apiKey'>;
  tenant: Table<'tenant'>;
  account: Table<'account'>;
  session: Table<'session'>;
  cost: Table<'cost'>;
};

/** The runbook's tables, until the catalogue has been read. */
export const runbookForm: Form = {
  schema: 'public',
  study: {
    ...asInRunbook('study', ['id', 'tenant', 'status', 'progress', 'created', 'updated']),
    states: { labels: [], declared: false },
  },
  job: {
    ...asInRunbook('job', ['id', 'study', 'surface', 'status', 'error', 'attempts', 'created']),
    states: { labels: [], declared: false },
  },
  apiKey: asInRunbook('apiKey', [
    ...(['id', 'tenant', 'name', 'permissions', 'rateLimit', 'lastUsed', 'created', 'revoked', 'revokedAt'] as const),
  ]),
  // The runbook has none of these.
  tenant: asInRunbook('tenant', []),
  account: asInRunbook('account', []),
  session: asInRunbook('session', []),
  cost: asInRunbook('cost', []),
};

function asInRunbook<T extends TableId>(id: T, columns: readonly ColumnId<T>[]): Table<T> {
  const {
    names,
    columns: all,
  }: { names: readonly [string, ...string[]]; columns: Readonly<Record<string, readonly string[]>> } = tableNames[id];
  const found = columns.map((column) => [column, { name: all[column]?.[0] ?? column, type: 'text' }]);
  return { name: names[0], there: false, columns: Object.fromEntries(found) as Table<T>['columns'] };
}

/** A column's name as SQL; one that is missing is called as the runbook calls it, and the server says that it is not there. */
export function columnName<T extends TableId>(id: T, table: Table<T>, column: ColumnId<T>): string {
  return quoted(plainName(id, table, column));
}

/** The same without quotes. */
export function plainName<T extends TableId>(id: T, table: Table<T>, column: ColumnId<T>): string {
  const all: Readonly<Record<string, readonly string[]>> = tableNames[id].columns;
  return table.columns[column]?.name ?? all[column]?.[0] ?? column;
}

/** SQL: the present time for a column: one without a zone holds UTC, whatever the session's zone is. */
export const nowFor = (column: Column | undefined): string =>
  /^timestamp(\(\d\))? without time zone$/.test(column?.type ?? '') ? `(now() AT TIME ZONE 'UTC')` : 'now()';

/** Unknown states. */
export function unclearLabels(owner: StateOwner, { labels }: States): readonly string[] {
  return labels.filter((label) => meaningOf(owner, label) === undefined);
}

/** The labels of these meanings; the runbook's words while none is known. */
export function labelsOf(owner: StateOwner, states: States, ...wanted: readonly Meaning[]): readonly string[] {
  if (!isClosed(states) && states.labels.length === 0)
    return wanted.flatMap((meaning) => wordsFor(owner, meaning).slice(0, 1));
  return states.labels.filter((label) => wanted.some((meaning) => meaningOf(owner, label) === meaning));
}

/**
 * SQL: that a row is in one of these states. An enum refuses other labels than its own, so only those are asked for; a
 * text may have a label by now that no row had when the states were read.
 */
export function isState(owner: StateOwner, states: States, ...wanted: readonly Meaning[]): string {
  const seen = states.labels.filter((label) => wanted.some((meaning) => meaningOf(owner, label) === meaning));
  const words = isClosed(states) ? [] : wanted.flatMap((meaning) => wordsFor(owner, meaning)).flatMap(inEachCase);
  const labels = [...new Set([...seen, ...words])];
  return labels.length === 0 ? 'false' : `status IN (${labels.map(literal).join(', ')})`;
}

const inEachCase = (word: string) => [word, word.toUpperCase(), `${word[0]?.toUpperCase()}${word.slice(1)}`];

/** SQL: a row in an unknown state, whether or not its label was seen before. */
export function isUnclear(owner: StateOwner, states: States): string {
  const known = isState(owner, states, ...allMeanings);
  return known === 'false' ? 'true' : `(status IS NULL OR NOT (${known}))`;
}

/** SQL: the same by the labels that were seen, so that an index is used. */
export function hasUnclearLabel(owner: StateOwner, states: States): string {
  const labels = unclearLabels(owner, states);
  return labels.length === 0 ? 'status IS NULL' : `(status IS NULL OR status IN (${labels.map(literal).join(', ')}))`;
}

/**
 * The label to write for a meaning: one that the table has, else, where it may hold any text, the runbook's word in the
 * case of the others. Undefined where an enum has none.
 */
export function labelFor(owner: StateOwner, states: States, meaning: Meaning): string | undefined {
  const preferred = wordsFor(owner, meaning);
  const had = labelsOf(owner, states, meaning);
  const best = had.toSorted((a, b) => preferred.indexOf(a.toLowerCase()) - preferred.indexOf(b.toLowerCase()))[0];
  if (best !== undefined || isClosed(states)) return best;
  const [word] = preferred;
  const lettered = states.labels.filter((label) => label.toLowerCase() !== label.toUpperCase());
  const upper = lettered.length > 0 && lettered.every((label) => label === label.toUpperCase());
  return upper ? word?.toUpperCase() : word;
}

/** Whether the table's states can have none of this meaning: then its count says nothing. */
export function lacks(owner: StateOwner, states: States, meaning: Meaning): boolean {
  return isClosed(states) && labelsOf(owner, states, meaning).length === 0;
}

/** Which form the tables have: by their names, and by how their states are written. */
export function formSays({ study, job }: Form): string {
  const prisma = [study.name, job.name].filter((name) => /[A-Z]/.test(name)).length;
  const form = prisma === 2 ? 'Prisma’s tables' : prisma === 1 ? 'one table of each form' : 'the runbook’s tables';
  const writing = (states: States) => {
    if (states.coded !== undefined) return `as ${states.coded}`;
    const lettered = states.labels;
    const how =
      lettered.length === 0
        ? 'none yet'
        : lettered.every((label) => label === label.toUpperCase())
          ? 'in capitals'
          : lettered.every((label) => label === label.toLowerCase())
            ? 'in lower case'
            : 'in mixed case';
    return `${how}${states.declared ? ' (enum)' : ''}`;
  };
  const [ofStudies, ofJobs] = [writing(study.states), writing(job.states)];
  const how = ofStudies === ofJobs ? `states ${ofStudies}` : `states of studies ${ofStudies}, of jobs ${ofJobs}`;
  return `${form} (${study.name}, ${job.name}), ${how}`;
}
