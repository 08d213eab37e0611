// Log lines. A `LogLine` is raw and cheap to keep by the hundred thousand; a `LogEntry` is
// one that is shown: parsed, sanitized and redacted.

import { sanitize } from '../text/text.ts';
import type { Instant } from '../time.ts';
import { thrownAt } from './line-head.ts';
import { fieldAt, type LogFieldName, type LogFields, logFieldNames } from './log-fields.ts';
import { levelOf, messageOf, namedField, type ReadLine, readLine, recordOf, requestIdsOf } from './log-line.ts';

/** One raw line of a container. Not sanitized: it must not be shown or stored. */
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
  /** It was cut at the maximum length. */
  cut?: boolean;
  /** Not a line but something about the stream: cut, resumed, begins later than asked. */
  mark?: boolean;
};

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
  /** All ids of its request: the gateway's own, the customer's, the trace's. */
  requestIds: readonly string[];
  /** Each line of a stack. */
  more: readonly string[];
  /** The whole line, sanitized. */
  raw: string;
  /** Whether the line was a JSON object. */
  structured: boolean;
};

/** The longest line that is shown whole; more is cut. */
export const longestShown = 16_384;

/** Pods and containers are few, and named in each of their lines. */
const names = new Map<string, string>();

function named(name: string): string {
  const known = names.get(name) ?? sanitize(name, 253);
  if (names.size > 5000) names.clear();
  names.set(name, known);
  return known;
}

const none: readonly string[] = [];

/** Makes a line ready to be shown. */
export function readEntry(line: LogLine, fields: LogFields): LogEntry {
  const mark = line.mark === true;
  const read = mark ? undefined : readLine(line.text);
  const shown = (value: unknown, most: number) =>
    sanitize(typeof value === 'object' && value !== null ? JSON.stringify(value) : value, most);
  const found = read ? requestIdsOf(read, fields) : none;
  const ids = found.length > 0 ? found.map((id) => sanitize(id, 200)) : none;
  const stack = read?.json ? stackOf(read.record) : none;
  return {
    id: line.id,
    at: line.at,
    pod: named(line.pod),
    container: named(line.container),
    previous: line.previous,
    mark,
    cut: line.cut === true,
    level: read && levelOf(read, fields),
    message: shown(read ? saying(read, line, fields) : line.text, longestShown),
    fields: read ? namedFields(read, fields, ids[0], (value) => shown(value, 200)) : {},
    requestIds: ids,
    more: line.more ? [...stack, ...line.more.map(stackLine)] : stack,
    raw: sanitize(line.text, longestShown),
    structured: read?.json === true,
  };
}

/** Node writes first where an error was thrown; the error itself tells more. */
function saying(read: ReadLine, { text, more }: LogLine, fields: LogFields): string {
  const error = thrownAt.test(text) ? more?.find((each) => /^[^\s^]/.test(each)) : undefined;
  return error ?? messageOf(read, text, fields);
}

function namedFields(
  read: ReadLine,
  fields: LogFields,
  requestId: string | undefined,
  shown: (value: unknown) => string,
): LogEntry['fields'] {
  const named: Partial<Record<LogFieldName, string>> = {};
  for (const name of logFieldNames) {
    const value = name === 'requestId' ? requestId : namedField(read, name, fields);
    if (value !== undefined)
      named[name] = typeof value === 'number' || name === 'requestId' ? String(value) : shown(value);
  }
  return named;
}

/** pino's serialised error: its stack belongs to the line. */
function stackOf(record: object): readonly string[] {
  const stack = fieldAt(record, 'err.stack') ?? fieldAt(record, 'error.stack') ?? fieldAt(record, 'stack');
  return typeof stack === 'string' ? stack.slice(0, longestShown).split('\n').slice(0, 100).map(stackLine) : none;
}

/** Sanitized, and still indented. */
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
