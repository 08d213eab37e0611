// The content of one line, whatever wrote it: a JSON object, or a text in one of the formats.

import type { Instant, Ms } from '../time.ts';
import { isDurationName, toMs, type Unit } from './duration.ts';
import { formatted, type PlainLine } from './formats.ts';
import { levelOfField } from './levels.ts';
import { headed } from './line-head.ts';
import { instantOfValue } from './line-time.ts';
import { fieldAt, type LogFieldName, type LogFields } from './log-fields.ts';
import { pairsIn } from './logfmt.ts';
import { remembered } from './remembered.ts';
import type { Named } from './request-text.ts';

/** A line that was read. `record`: its JSON object, or the pairs that stand in a text. */
export type ReadLine = { json: boolean; record: object; plain?: PlainLine };

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

/** Characters that are read of a text line. */
const longestRead = 16_384;

/** Reads a line. It never fails: at worst the line is its message. */
export function readLine(text: string): ReadLine {
  const record = recordOf(text);
  if (record) return { json: true, record };
  const cut = text.length > longestRead ? text.slice(0, longestRead) : text;
  return { json: false, record: pairsIn(cut), plain: formatted(cut) ?? headed(cut) };
}

/** Other names of the configured fields, in the order in which they are looked for. */
const levelNames =
  'level severity lvl loglevel logLevel log_level log.level levelname level_name levelName @level @l severity_text severityText SeverityText Level Severity levelno severityNumber SeverityNumber severity_number level_value error_severity syslog.severity'.split(
    ' ',
  );
const messageNames =
  'msg message error.message err.message event text short_message @m @mt body log textPayload exception.message exception reason detail description error err title Message Body'.split(
    ' ',
  );
const timeNames = 'time timestamp ts @timestamp @t t.$date asctime datetime date eventTime t Timestamp'.split(' ');

/** MongoDB's severities. */
const letters: Readonly<Record<string, number>> = { F: 60, E: 50, W: 40, I: 30 };

/** The level of a line; undefined if it has none and reports no failure. */
export function levelOf(line: ReadLine, fields: LogFields): number | undefined {
  if (line.plain) return line.plain.level;
  const { record } = line;
  const configured = fieldAt(record, fields.level);
  const level = configured === undefined ? undefined : levelOfField(configured, fields.level);
  return level ?? levelByOtherNames(record) ?? levelByContent(line, fields);
}

const levelKeys = new Map<string, string>();

/**
 * The level of a JSON line, where it can be told without parsing it: its field stands once, unescaped, and before
 * anything nested. Undefined: parse it.
 */
export function plainLevelOf(text: string, fields: LogFields): number | undefined {
  if (text.charCodeAt(0) !== 123 || text.charCodeAt(text.length - 1) !== 125) return undefined;
  const key = levelKeys.get(fields.level) ?? `${JSON.stringify(fields.level)}:`;
  if (levelKeys.size < 100) levelKeys.set(fields.level, key);
  const at = text.indexOf(key);
  if (at < 1 || text.indexOf(key, at + 1) >= 0) return undefined;
  const before = text.charCodeAt(at - 1);
  // A comma or the first brace: within a string a quote would be escaped.
  if (at === 1 ? before !== 123 : before !== 44 || /[{[]/.test(text.slice(1, at))) return undefined;
  if (text.includes('\\u') || text.includes(`${key.slice(0, -1)} `)) return undefined;
  plainValue.lastIndex = at + key.length;
  const [, number, word] = plainValue.exec(text) ?? [];
  if (number !== undefined) return levelOfField(Number(number), fields.level);
  return word === undefined ? undefined : levelOfField(word, fields.level);
}

const plainValue = /(?:(\d{1,5})|"([A-Za-z]{1,12})")[,}]/y;

function levelByOtherNames(record: object): number | undefined {
  for (const name of levelNames) {
    const value = fieldAt(record, name);
    const level = value === undefined ? undefined : levelOfField(value, name);
    if (level !== undefined) return level;
  }
  const { s, c } = record as { s?: unknown; c?: unknown };
  if (typeof s !== 'string' || typeof c !== 'string') return undefined;
  return letters[s] ?? (/^D\d?$/.test(s) ? 20 : undefined);
}

function levelByContent(line: ReadLine, fields: LogFields): number | undefined {
  const error = ['err', 'error', 'exception'].map((name) => fieldAt(line.record, name)).find(Boolean);
  if (typeof error === 'string' || typeof error === 'object') return 50;
  if (Number(namedField(line, 'statusCode', fields)) >= 500) return 50;
  // A collector wraps the lines of others: the level stands in the text.
  const said = saidIn(line.record, fields);
  const isWrapped = said !== undefined && (said.startsWith('{') || said === fieldAt(line.record, 'log'));
  return isWrapped ? levelOf(readLine(said), fields) : undefined;
}

/** The message, else the most telling field, else the whole line. */
export function messageOf(line: ReadLine, text: string, fields: LogFields): string {
  if (line.plain) return line.plain.message;
  const said = saidIn(line.record, fields);
  if (said !== undefined) return said;
  const configured = fieldAt(line.record, fields.message);
  if (typeof configured === 'object' && configured !== null) return JSON.stringify(configured);
  return requestSays(line, fields) ?? text;
}

function saidIn(record: object, fields: LogFields): string | undefined {
  const configured = fieldAt(record, fields.message);
  if (typeof configured === 'number') return String(configured);
  const told = textOf(configured);
  if (told !== undefined) return told;
  for (const name of messageNames) {
    const said = textOf(fieldAt(record, name));
    if (said !== undefined) return said;
  }
  return undefined;
}

/** A text that says something; of an error, its message; of OpenTelemetry's values, the text. */
function textOf(value: unknown): string | undefined {
  const isObject = typeof value === 'object' && value !== null;
  const said = isObject ? (fieldAt(value, 'message') ?? fieldAt(value, 'stringValue')) : value;
  return typeof said === 'string' && said.trim() !== '' ? said : undefined;
}

function requestSays(line: ReadLine, fields: LogFields): string | undefined {
  const [method, url, status] = (['method', 'url', 'statusCode'] as const).map((name) =>
    namedField(line, name, fields),
  );
  if (url === undefined && status === undefined) return undefined;
  return [method, url, status].filter((one) => one !== undefined).join(' ');
}

/** The time in the line. */
export function timeOf(line: ReadLine, fields: LogFields): Instant | undefined {
  if (line.plain) return line.plain.time;
  const configured = instantOfValue(fieldAt(line.record, fields.time));
  if (configured !== undefined) return configured;
  for (const name of timeNames) {
    const at = instantOfValue(fieldAt(line.record, name));
    if (at !== undefined) return at;
  }
  return undefined;
}

/** One of the named fields; the first of its names that is there. Durations are milliseconds. */
export function namedField(line: ReadLine, name: LogFieldName, fields: LogFields): unknown {
  const placed = line.plain?.named?.[name as keyof Named];
  if (placed !== undefined) return placed;
  if (name === 'responseTime') return durationOf(line, fields);
  if (name === 'requestId') return requestIdsOf(line, fields)[0];
  const paths = fields[name];
  for (const path of typeof paths === 'string' ? [paths] : paths) {
    const value = fieldAt(line.record, path);
    if (value !== undefined && value !== null && value !== '' && typeof value !== 'object') return value;
  }
  return undefined;
}

/** Go's loggers write durations as zap does, in seconds beside a time in seconds, or as slog and Traefik do, in nanoseconds. */
function unitOfLogger(record: object): Unit {
  const { ts, time, DownstreamStatus } = record as { ts?: unknown; time?: unknown; DownstreamStatus?: unknown };
  if (DownstreamStatus !== undefined) return 'ns';
  if (typeof ts === 'number' && ts < 1e11) return 's';
  return typeof time === 'string' && /\.\d{7,9}(?:Z|[+-]\d\d:\d\d)$/.test(time) ? 'ns' : 'ms';
}

/** How long the request took: by a configured name, else by a name that says so. */
export function durationOf({ record, plain }: ReadLine, fields: LogFields): Ms | undefined {
  if (plain?.named?.responseTime !== undefined) return plain.named.responseTime;
  const msOf = (name: string): Ms | undefined => {
    const value = fieldAt(record, name);
    return value === undefined ? undefined : toMs(value, name, unitOfLogger(record));
  };
  const configured = msOf(fields.responseTime);
  if (configured !== undefined) return configured;
  for (const name of fields.durations) {
    const ms = msOf(name);
    if (ms !== undefined) return ms;
  }
  for (const [name, value] of Object.entries(record)) {
    const ms = isDurationName(name) ? toMs(value, name, unitOfLogger(record)) : undefined;
    if (ms !== undefined) return ms;
  }
  return undefined;
}

/** A placeholder for a missing id. */
const nothing = /^(?:-|0+|0+-[0-]+|null|none|undefined|unknown|n\/a)?$/i;
const longestId = 200;

/** The names that loggers, proxies and tracers give to it, wherever it stands in the record: `x-request-id`, `traceId`. */
const idName = /^(?:x[-_]?)?(?:amzn[-_]?)?(?:req(?:uest)?|correlation|trace|transaction)[-_.]?id$/i;
/** Objects whose `id` it is. */
const idOwner = /^(?:req|request|trace|transaction|correlation)$/i;
/** Whether a field of this name is the id of a request, wherever it stands. */
export const isIdName = remembered((key) => idName.test(key));
const isIdOwner = remembered((key) => idOwner.test(key));

/** A value as the id of a request; undefined where it is none, or stands for a missing one. */
function requestIdIn(value: unknown): string | undefined {
  if (typeof value === 'number') return requestIdIn(String(value));
  if (typeof value !== 'string') return undefined;
  const id = value.trim();
  return id.length <= longestId && !nothing.test(id) ? id : undefined;
}

/** All ids of the request that a line belongs to, those with configured names first. */
export function requestIdsOf({ plain, record }: ReadLine, fields: LogFields): readonly string[] {
  const found: string[] = [];
  const take = (value: unknown) => {
    // The same value stands under several names in most lines.
    if (value === undefined || found.includes(value as string)) return;
    const id = requestIdIn(value);
    if (id !== undefined && !found.includes(id)) found.push(id);
  };
  take(plain?.named?.requestId);
  for (const name of fields.requestId) take(fieldAt(record, name));
  const walk = (part: object, depth: number) => {
    for (const key in part) {
      // Each line of a log comes by here: no arrays of entries are made.
      if (!Object.hasOwn(part, key)) continue;
      const value: unknown = (part as Readonly<Record<string, unknown>>)[key];
      if (isIdName(key)) take(value);
      else if (depth > 0 && typeof value === 'object' && value !== null && !Array.isArray(value)) {
        if (isIdOwner(key)) take((value as { id?: unknown }).id);
        walk(value, depth - 1);
      }
    }
  };
  walk(record, 3);
  return found;
}

/**
 * At least these ids, of a line of JSON that was not read: what stands deeper or in a list is found, too. Undefined where one
 * may be missed: a line with escapes or with blanks between names and values, an id that is a number.
 */
export function idsWrittenIn(line: string): readonly string[] | undefined {
  // Names in capitals are rare.
  if (line.charAt(0) !== '{' || line.includes('\\') || line.includes('D"')) return undefined;
  const found: string[] = [];
  // Such a name ends so: to look for that is quicker than to look for names.
  for (let end = line.indexOf('d"'); end > 0; end = line.indexOf('d"', end + 2)) {
    const behind = line.charAt(end + 2);
    if (behind === ',' || behind === '}' || behind === ']') continue;
    if (behind !== ':') return undefined;
    const name = line.slice(line.lastIndexOf('"', end) + 1, end + 1);
    // Of the object of a request it is its id.
    if (name === 'id') return undefined;
    if (!idName.test(name)) continue;
    if (line.charAt(end + 3) !== '"') return undefined;
    const value = line.slice(end + 4, line.indexOf('"', end + 4));
    const id = found.includes(value) ? undefined : requestIdIn(value);
    if (id !== undefined && !found.includes(id)) found.push(copyOf(id));
  }
  return found;
}

/** A part of a text keeps all of it in memory; a copy does not. */
const copyOf = (part: string): string => Buffer.from(part).toString();
