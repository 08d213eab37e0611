// The filter of logs, in one line of text. Words combine, all of them must hold:
//   timeout           the line contains it, whatever its case       "rate limited"   with blanks
//   -health           it does not                                   /time(d )?out/   a regular expression
//   level=error       minimum level, by name or number            pod=…  container=…
//   study=study_abc   a field: study, request, tenant, surface,     res.statusCode=503   or any by its path
//   status=5xx        status, ms; * stands for anything             ms>500  status!=200  level<warn

import { stripControl } from '../text/text.ts';
import { expression as compiled, literal, type Matcher, wildcard } from './expression.ts';
import { levelFrom } from './levels.ts';
import { type LogLine, longestShown } from './log.ts';
import { fieldAt, type LogFieldName, type LogFields } from './log-fields.ts';
import { levelOf, messageOf, namedField, plainLevelOf, type ReadLine, readLine, requestIdsOf } from './log-line.ts';

type Comparison = '=' | '!=' | '>' | '<';

export type Clause =
  | { kind: 'text'; pattern: Matcher; wanted: boolean }
  | { kind: 'level'; comparison: Comparison; level: number }
  | { kind: 'field'; name: string; comparison: Comparison; value: string; pattern: Matcher };

export type LogFilter = {
  clauses: readonly Clause[];
  /** Words that the parser did not understand; they are ignored. */
  problems: readonly string[];
};

export const noFilter: LogFilter = { clauses: [], problems: [] };

const shorthands: Readonly<Record<string, LogFieldName>> = {
  study: 'studyId',
  studyid: 'studyId',
  request: 'requestId',
  requestid: 'requestId',
  reqid: 'requestId',
  tenant: 'tenantId',
  tenantid: 'tenantId',
  surface: 'surfaceId',
  surfaceid: 'surfaceId',
  surface_id: 'surfaceId',
  status: 'statusCode',
  statuscode: 'statusCode',
  ms: 'responseTime',
  responsetime: 'responseTime',
  method: 'method',
  url: 'url',
};

/** Words, quoted words, and /expressions/, each with an optional minus. */
const tokens =
  /\s*([-!]?)(?:"((?:[^"\\]|\\.)*)"|\/((?:[^/\\]|\\.)+)\/([imsu]*)(?=\s|$)|((?:[^\s"]|"(?:[^"\\]|\\.)*")+))/gy;
const comparing = /^([A-Za-z_][\w.-]*)(!=|=|>|<)(.*)$/s;

/** Characters; a field of the screen holds fewer. */
const longestFilter = 4000;

/** Reads a filter. It never fails: a word that it does not understand is reported and ignored. */
export function parseFilter(text: string): LogFilter {
  if (text.length > longestFilter) return { clauses: [], problems: [`longer than ${longestFilter} characters`] };
  const clauses: Clause[] = [];
  const problems: string[] = [];
  tokens.lastIndex = 0;
  for (let match = tokens.exec(text); match; match = tokens.exec(text)) {
    const [, minus, quoted, expression, flags, word] = match;
    const wanted = minus === '';
    if (expression !== undefined) {
      const pattern = compiled(expression, flags ?? '');
      if (typeof pattern === 'string') problems.push(pattern);
      else clauses.push({ kind: 'text', pattern, wanted });
    } else if (quoted !== undefined) clauses.push(containing(quoted.replace(/\\(.)/g, '$1'), wanted));
    else if (word !== undefined) {
      const [, name, comparison, value] = comparing.exec(word) ?? [];
      const clause =
        name && comparison && wanted
          ? compare(name, comparison as Comparison, unquoted(value ?? ''))
          : containing(unquoted(word), wanted);
      if (typeof clause === 'string') problems.push(clause);
      else clauses.push(clause);
    }
  }
  return { clauses, problems };
}

function compare(name: string, comparison: Comparison, value: string): Clause | string {
  const key = name.toLowerCase();
  if (key === 'level') {
    const level = levelFrom(value);
    return level === undefined
      ? `no level ${value}: trace, debug, info, warn, error, fatal, or 10 to 60`
      : { kind: 'level', comparison, level };
  }
  if (value === '') return `${name}${comparison} needs a value`;
  const digits = shorthands[key] === 'statusCode' ? value.replace(/x/gi, '?') : value;
  return { kind: 'field', name: shorthands[key] ?? name, comparison, value, pattern: wildcard(digits) };
}

function containing(text: string, wanted: boolean): Clause {
  return { kind: 'text', pattern: literal(text), wanted };
}

const unquoted = (text: string): string =>
  text.replace(/"((?:[^"\\]|\\.)*)(?:"|$)/g, (_, inner: string) => inner.replace(/\\(.)/g, '$1'));

const names = new Set<string>(Object.values(shorthands));

/** Knows which ids belong to the request that a clause asks for (request-trail.ts). */
type Trail = { follows(clause: Clause, line: LogLine, ids: readonly string[]): boolean };

/** Whether a line passes. Marks always pass: they report missing lines. `trail`: the other ids of a request. */
export function passes(filter: LogFilter, line: LogLine, fields: LogFields, trail?: Trail): boolean {
  if (line.mark || filter.clauses.length === 0) return true;
  let read: ReadLine | undefined;
  const parsed = () => {
    read ??= readLine(line.text);
    return read;
  };
  return filter.clauses.every((clause) => {
    if (clause.kind === 'text') return has(line, clause.pattern, parsed, fields) === clause.wanted;
    if (clause.kind === 'level')
      return hasLevel(clause, (read ? undefined : plainLevelOf(line.text, fields)) ?? levelOf(parsed(), fields));
    if (clause.name !== 'requestId') return hasField(clause, line, parsed, fields);
    const ids = requestIdsOf(parsed(), fields);
    return hasRequest(clause, ids) || trail?.follows(clause, line, ids) === true;
  });
}

/** Minimum level: `error` means 50 and above. */
function hasLevel({ comparison, level }: Extract<Clause, { kind: 'level' }>, is: number | undefined): boolean {
  if (is === undefined) return false;
  if (comparison === '=') return is >= level;
  if (comparison === '!=') return is < level;
  return comparison === '>' ? is > level : is < level;
}

/** The raw line, and the shown one: JSON writes quotes, line ends and colours in another way. */
function has(line: LogLine, pattern: Matcher, parsed: () => ReadLine, fields: LogFields): boolean {
  return (
    pattern.test(line.text) ||
    (line.text.includes('\\') && pattern.test(stripControl(messageOf(parsed(), line.text, fields), longestShown))) ||
    (line.more?.some((more) => pattern.test(more)) ?? false)
  );
}

type FieldClause = Extract<Clause, { kind: 'field' }>;

/** Any of a line's ids matches. */
function hasRequest({ comparison, pattern }: FieldClause, ids: readonly string[]): boolean {
  const found = ids.some((id) => pattern.test(id));
  return comparison === '=' ? found : comparison === '!=' && !found;
}

function hasField(clause: FieldClause, line: LogLine, parsed: () => ReadLine, fields: LogFields): boolean {
  const value = fieldValue(line, clause.name, parsed, fields);
  const { comparison } = clause;
  if (comparison === '=' || comparison === '!=')
    return (value !== undefined && clause.pattern.test(value)) === (comparison === '=');
  const number = Number(value ?? Number.NaN);
  return comparison === '>' ? number > Number(clause.value) : number < Number(clause.value);
}

function fieldValue(line: LogLine, name: string, parsed: () => ReadLine, fields: LogFields): string | undefined {
  if (name === 'pod') return line.pod;
  if (name === 'container') return line.container;
  const read = parsed();
  const value = names.has(name) ? namedField(read, name as LogFieldName, fields) : fieldAt(read.record, name);
  if (value === undefined || value === null) return undefined;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** Whether a text contains one of the words or expressions. */
export function mentions({ clauses }: LogFilter, text: string): boolean {
  return clauses.some((clause) => clause.kind === 'text' && clause.wanted && clause.pattern.test(text));
}

/** Where a shown text matches what the filter asks for, to be highlighted: start and end of each place, in order. */
export function hitsOf(filter: LogFilter, text: string): readonly (readonly [number, number])[] {
  const hits: (readonly [number, number])[] = [];
  for (const clause of filter.clauses) {
    if (clause.kind !== 'text' || !clause.wanted) continue;
    hits.push(...clause.pattern.places(text));
  }
  return hits.sort((a, b) => a[0] - b[0]);
}

/** A clause for the filter, quoted where it must be: `study=study_abc123`. */
export function fieldClause(name: string, value: string): string {
  return /[\s"]/.test(value) ? `${name}="${value.replace(/(["\\])/g, '\\$1')}"` : `${name}=${value}`;
}
