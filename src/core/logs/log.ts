// Log lines as an on-call reads them. A `LogLine` is as it came, cheap to keep by the hundred thousand; a `LogEntry` is
// one that is shown: parsed, neutralised and without secrets.

import { sanitize } from '../text/text.ts';
import type { Instant } from '../time.ts';
import { fieldAt } from './log-fields.ts';

/** Where the fields are in a JSON line (settings, logFields). */
export type LogFields = {
  level: string;
  time: string;
  message: string;
  requestId: readonly string[];
  tenantId: string;
  studyId: string;
  surfaceId: readonly string[];
  responseTime: string;
  statusCode: readonly string[];
};

/** One line as it came from a container. Not neutralised: it must not be shown or kept as it is. */
export type LogLine = {
  /** Rising in the order shown; unique in one view. */
  id: number;
  /** The kubelet's time, or when it arrived. */
  at: Instant;
  pod: string;
  container: string;
  /** Of the instance before the last restart. */
  previous: boolean;
  text: string;
  /** Lines that belong to it: a stack. */
  more?: string[];
  /** It was longer than a line may be. */
  cut?: boolean;
  /** Not a line but something about the stream: cut, resumed, begins later than asked. */
  mark?: boolean;
};

export const logFieldNames = ['requestId', 'tenantId', 'studyId', 'surfaceId', 'responseTime', 'statusCode'] as const;
export type LogFieldName = (typeof logFieldNames)[number];

/** One line, ready to be shown. */
export type LogEntry = {
  id: number;
  at: Instant;
  pod: string;
  container: string;
  previous: boolean;
  mark: boolean;
  cut: boolean;
  /** pino's: 10 trace, 20 debug, 30 info, 40 warn, 50 error, 60 fatal (runbook, Structured Log Fields). */
  level?: number;
  message: string;
  fields: { readonly [F in LogFieldName]?: string };
  /** Each line of a stack. */
  more: readonly string[];
  /** The whole line, as it came but neutralised. */
  raw: string;
  /** Whether the line was a JSON object. */
  structured: boolean;
};

const levels: readonly (readonly [number, string])[] = [
  [60, 'fatal'],
  [50, 'error'],
  [40, 'warn'],
  [30, 'info'],
  [20, 'debug'],
  [10, 'trace'],
];
const aliases: Readonly<Record<string, number>> = {
  warning: 40,
  err: 50,
  critical: 60,
  crit: 60,
  emergency: 60,
  alert: 60,
  notice: 30,
  information: 30,
  verbose: 20,
  silly: 10,
};

/** `error` for 50 to 59; '' where a line has no level. */
export function levelName(level: number | undefined): string {
  if (level === undefined) return '';
  return levels.find(([from]) => level >= from)?.[1] ?? 'trace';
}

/** A level from its number or name; undefined where it is neither. */
export function levelFrom(value: unknown): number | undefined {
  if (typeof value === 'number') return value > 0 && value <= 100 ? value : undefined;
  if (typeof value !== 'string') return undefined;
  const word = value.trim().toLowerCase();
  if (/^\d{1,3}$/.test(word)) return levelFrom(Number(word));
  return levels.find(([, name]) => name === word)?.[0] ?? aliases[word];
}

/** The JSON object of a line; undefined where it is none. */
export function recordOf(text: string): object | undefined {
  if (text.charCodeAt(0) !== 123 && text.trimStart().charCodeAt(0) !== 123) return undefined;
  try {
    const record: unknown = JSON.parse(text);
    return typeof record === 'object' && record !== null ? record : undefined;
  } catch {
    return undefined;
  }
}

// A line that is not JSON may still say how bad it is: an uncaught error must not be missed among the errors.
const plainLevels: readonly (readonly [RegExp, number])[] = [
  [/^\s*(?:panic:|fatal\b|FATAL\b)|\bFATAL\b/, 60],
  [/^\s*(?:Uncaught\b|Unhandled\b|Traceback\b|(?:[\w.$]+)?(?:Error|Exception)\b)|\b(?:ERROR|ERR)\b/, 50],
  [/\bWARN(?:ING)?\b/, 40],
];

/** The level of a line, by its field or by its words. */
export function levelOf(record: object | undefined, text: string, fields: LogFields): number | undefined {
  if (record) return levelFrom(fieldAt(record, fields.level));
  return plainLevels.find(([pattern]) => pattern.test(text))?.[1];
}

/** One of the named fields; the first of its names that is there. */
export function namedField(record: object, name: LogFieldName, fields: LogFields): unknown {
  const paths = fields[name];
  for (const path of typeof paths === 'string' ? [paths] : paths) {
    const value = fieldAt(record, path);
    if (value !== undefined && value !== null) return value;
  }
  return undefined;
}

const continuations =
  /^(?:\s+\S|\s*$|\s*at\s|Caused by:|\.\.\. \d+ (?:more|lines)|\s*[}\])]+[,;]?$|goroutine \d|Node\.js v\d)/;

/** Whether a line goes on with the one before it: a stack, an indented block. JSON never does. */
export function continues(text: string): boolean {
  return text.charCodeAt(0) !== 123 && continuations.test(text);
}

/** The longest line that is shown whole; more is cut. */
export const longestShown = 16_384;

/** Makes a line ready to be shown. */
export function readEntry(line: LogLine, fields: LogFields): LogEntry {
  const record = line.mark ? undefined : recordOf(line.text);
  const level = line.mark ? undefined : levelOf(record, line.text, fields);
  const message = record ? fieldAt(record, fields.message) : line.text;
  const stack = record ? stackOf(record) : [];
  const named = record
    ? logFieldNames.flatMap((name) => {
        const value = namedField(record, name, fields);
        return value === undefined
          ? []
          : [[name, sanitize(typeof value === 'object' ? JSON.stringify(value) : value, 200)]];
      })
    : [];
  return {
    id: line.id,
    at: line.at,
    pod: sanitize(line.pod, 253),
    container: sanitize(line.container, 253),
    previous: line.previous,
    mark: line.mark === true,
    cut: line.cut === true,
    level,
    message: sanitize(typeof message === 'object' ? JSON.stringify(message) : message, longestShown),
    fields: Object.fromEntries(named),
    more: [...stack, ...(line.more ?? []).map(stackLine)],
    raw: sanitize(line.text, longestShown),
    structured: record !== undefined,
  };
}

/** pino's serialised error: its stack belongs to the line. */
function stackOf(record: object): readonly string[] {
  const stack = fieldAt(record, 'err.stack') ?? fieldAt(record, 'error.stack') ?? fieldAt(record, 'stack');
  return typeof stack === 'string' ? stack.slice(0, longestShown).split('\n').slice(0, 100).map(stackLine) : [];
}

/** Neutralised, and still indented. */
function stackLine(text: string): string {
  const indent = /^[ \t]*/.exec(text)?.[0].replaceAll('\t', '  ').slice(0, 16) ?? '';
  return indent + sanitize(text.trim(), 2000);
}

/** The record of a line as a tree: one row for each field, indented by its depth. */
export type TreeRow = { depth: number; key: string; value: string };

const manyRows = 500;

/** The details of one line, as a tree. A line that is not JSON is one row. */
export function treeOf(raw: string): readonly TreeRow[] {
  const record = recordOf(raw);
  if (!record) return [{ depth: 0, key: 'line', value: raw }];
  const rows: TreeRow[] = [];
  const walk = (value: unknown, key: string, depth: number) => {
    if (rows.length >= manyRows) return;
    if (typeof value === 'object' && value !== null && depth < 8) {
      const entries = Object.entries(value);
      rows.push({ depth, key, value: entries.length === 0 ? (Array.isArray(value) ? '[]' : '{}') : '' });
      for (const [k, v] of entries) walk(v, k, depth + 1);
    } else rows.push({ depth, key, value: sanitize(typeof value === 'object' ? JSON.stringify(value) : value, 4000) });
  };
  for (const [key, value] of Object.entries(record)) walk(value, sanitize(key, 100), 0);
  return rows;
}
