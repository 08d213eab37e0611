// SQL expressions for the tables, in whatever form they are.
import { memoizeText } from '../memoize-each.ts';
import { literal, qualified } from '../text/sql.ts';
import { isFinal } from './errors.ts';
import { columnName, type Form, isState, isUnclear, runbookForm, type States } from './form.ts';
import type { Meaning, StateOwner } from './mapping.ts';

/** SQL expressions for statements. */
export type Tables = {
  form: Form;
  /** `"public"."studies"` */
  studies: string;
  jobs: string;
  study: {
    id: string;
    /** Its id as jobs name it: they may write as text what is a uuid or a number there. */
    key: string;
    tenant: string;
    created: string;
    /** Its last progress, from its own row. */
    progressed: string;
    /** False: its row does not say when it moved; the newest of its jobs does. */
    progressIsOwn: boolean;
    /** Its completion, as text. */
    completion: string;
    /** Its deadline; undefined without a column. */
    deadline: string | undefined;
  };
  job: {
    id: string;
    study: string;
    surface: string;
    created: string;
    /** When it ended; created where the table does not say, as the runbook does. */
    ended: string;
    saysEnd: boolean;
    /** Its message; NULL where there is none that we may read. */
    error: string;
    /** Its error's code, and whether the platform may try it again; NULL where it does not say. */
    code: string;
    retryable: string;
    /** Whether no retry can fix its error; undefined if the table does not say. */
    final: string | undefined;
    /** When it was begun, for one that runs; undefined where the table does not say. */
    begun: string | undefined;
    attempts: string;
  };
  /** Types, for parameters. */
  types: { studyId: string; jobId: string; jobStudyId: string; surfaceId: string };
  studyIs(...meanings: readonly Meaning[]): string;
  jobIs(...meanings: readonly Meaning[]): string;
  /** The state of a study, or a job, is unknown. */
  studyUnclear: string;
  jobUnclear: string;
};

export function tablesOf(form: Form = runbookForm): Tables {
  const { schema, study, job } = form;
  const s = (column: keyof Form['study']['columns']) => columnName('study', study, column);
  const j = (column: keyof Form['job']['columns']) => columnName('job', job, column);
  const ended = (['completed', 'updated'] as const).find((column) => job.columns[column]);
  const begun = (['attempted', 'updated'] as const).find((column) => job.columns[column]);
  return {
    form,
    studies: qualified(schema, study.name),
    jobs: qualified(schema, job.name),
    study: {
      id: s('id'),
      key: isText(job.columns.study?.type) && !isText(study.columns.id?.type) ? `${s('id')}::text` : s('id'),
      tenant: s('tenant'),
      created: s('created'),
      progressed: progressedOf(form),
      progressIsOwn: study.columns.updated !== undefined || !study.columns.completed,
      completion: completionOf(form),
      deadline: study.columns.deadline ? s('deadline') : undefined,
    },
    job: {
      id: j('id'),
      study: j('study'),
      surface: j('surface'),
      created: j('created'),
      ended: ended ? j(ended) : j('created'),
      saysEnd: ended !== undefined,
      error: errorOf(form),
      code: inError(form, 'code') ?? 'NULL::text',
      retryable: inError(form, 'retryable') ?? 'NULL::text',
      final: finalOf(form),
      begun: begun && j(begun),
      attempts: job.columns.attempts ? `${j('attempts')}::float8` : 'NULL::float8',
    },
    types: {
      studyId: castTo(study.columns.id?.type),
      jobId: castTo(job.columns.id?.type),
      jobStudyId: castTo(job.columns.study?.type),
      surfaceId: castTo(job.columns.surface?.type),
    },
    studyIs: stateTest('study', study.states),
    jobIs: stateTest('job', job.states),
    studyUnclear: isUnclear('study', study.states),
    jobUnclear: isUnclear('job', job.states),
  };
}

/** Each statement of each look asks for some: a condition is made once. */
function stateTest(owner: StateOwner, states: States): Tables['studyIs'] {
  const conditions = memoizeText((meanings) => isState(owner, states, ...(meanings.split(' ') as Meaning[])));
  return (...meanings) => conditions(meanings.join(' '));
}

/** updated_at, else the newest of what a study's row says, else created_at. */
function progressedOf({ study }: Form): string {
  const name = (column: keyof typeof study.columns) => columnName('study', study, column);
  if (study.columns.updated) return name('updated');
  const told = (['completed', 'started'] as const).filter((column) => study.columns[column]).map(name);
  return told.length === 0 ? name('created') : `greatest(${[...told, name('created')].join(', ')})`;
}

function completionOf({ study }: Form): string {
  const { progress, totalCells, completedCells } = study.columns;
  if (progress && /^jsonb?$/.test(progress.type))
    return `${jsonOf(columnName('study', study, 'progress'), progress.type)} ->> ${literal('completionPercentage')}`;
  if (progress) return `left(${columnName('study', study, 'progress')}::text, 2000)`;
  if (!totalCells || !completedCells) return 'NULL::text';
  const [all, done] = [columnName('study', study, 'totalCells'), columnName('study', study, 'completedCells')];
  return `CASE WHEN ${all} > 0 THEN (100.0 * ${done} / ${all})::float8::text END`;
}

function errorOf(form: Form): string {
  const { error } = form.job.columns;
  if (error) return `${columnName('job', form.job, 'error')}::text`;
  return inError(form, 'message') ?? 'NULL::text';
}

function finalOf(form: Form): string | undefined {
  const [code, retryable] = [inError(form, 'code'), inError(form, 'retryable')];
  return code && retryable && isFinal(code, retryable);
}

/** A part of the error in a job's result, as text; undefined where its result is no JSON. */
function inError({ job }: Form, part: 'message' | 'code' | 'retryable'): string | undefined {
  const { result } = job.columns;
  if (!result || !/^jsonb?$/.test(result.type)) return undefined;
  return `${jsonOf(columnName('job', job, 'result'), result.type)} -> 'error' ->> ${literal(part)}`;
}

/** NUL, and halves of a pair without the other: `json` keeps them as they came, and no part can be taken as a text. */
const unsayable =
  '\\\\u0000|\\\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\\\u[dD][c-fC-F])|(?<!\\\\u[dD][89abAB][0-9a-fA-F]{2})\\\\u[dD][c-fC-F][0-9a-fA-F]{2}';

/** A column of JSON whose parts can all be taken. One row that cannot be read would make every figure unknown. */
const jsonOf = (column: string, type: string): string =>
  type === 'json'
    ? `regexp_replace(${column}::text, ${literal(unsayable)}, ${literal('\\\\ufffd')}, 'g')::json`
    : column;

const isText = (type = 'text'): boolean => /^(?:text|character varying|character|(?:\w+\.)?citext)$/.test(type);

/** Only plain names: what it is put into is a cast. */
function castTo(type: string | undefined): string {
  return type !== undefined && /^[a-z ]+$/.test(type) ? type : 'text';
}
