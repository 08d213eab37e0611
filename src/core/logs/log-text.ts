// An entry as text: for a terminal line by line, for the clipboard and for a file.

import type { Instant } from '../time.ts';
import { levelName } from './levels.ts';
import type { LogEntry } from './log.ts';
import type { LogFieldName } from './log-fields.ts';

/** The meaning of a piece; the printer chooses its style. */
export type LogTone = 'time' | 'pod' | 'good' | 'warning' | 'bad' | 'message' | 'field' | 'stack' | 'mark';
export type LogPiece = { text: string; tone: LogTone };

export type Clock = 'utc' | 'local';

/** `03:14:07.123Z`, or `04:14:07.123` in local time. */
export function formatLogTime(at: Instant, clock: Clock): string {
  if (clock === 'utc') return `${new Date(at).toISOString().slice(11, 23)}Z`;
  const local = new Date(at);
  const two = (n: number) => String(n).padStart(2, '0');
  const ms = String(local.getMilliseconds()).padStart(3, '0');
  return `${two(local.getHours())}:${two(local.getMinutes())}:${two(local.getSeconds())}.${ms}`;
}

/** The tone of a level: errors are 50 and above. */
export function levelTone(level: number | undefined): LogTone {
  if (level === undefined) return 'message';
  return level >= 50 ? 'bad' : level >= 40 ? 'warning' : 'good';
}

const labels: Readonly<Record<LogFieldName, string>> = {
  statusCode: 'status',
  method: 'method',
  url: 'url',
  responseTime: 'ms',
  requestId: 'request',
  studyId: 'study',
  surfaceId: 'surface',
  tenantId: 'tenant',
};

/** Characters of a URL in one row. */
const longestUrl = 60;

/** `GET /v1/studies`, where the message does not say it. */
function requestOf({ fields: { method, url }, message }: LogEntry): string | undefined {
  if (url === undefined || message.includes(url)) return undefined;
  const short = url.length > longestUrl ? `${url.slice(0, longestUrl - 1)}…` : url;
  return method === undefined ? short : `${method} ${short}`;
}

/** The known fields, in the order of their use at night, by the filter's own names. */
export function fieldsOf(entry: LogEntry): readonly { name: string; value: string }[] {
  return (Object.keys(labels) as LogFieldName[]).flatMap((name) => {
    const value = entry.fields[name];
    if (value === undefined || name === 'method' || name === 'url') return [];
    const shown = name === 'responseTime' && !Number.isNaN(Number(value)) ? String(Math.round(Number(value))) : value;
    return [{ name: labels[name], value: shown }];
  });
}

/** A pod's name without the part that its deployment's pods share: `8qk5p` of `api-gateway-5d4f9c-8qk5p`. */
export function shortPod(pod: string): string {
  return pod.length > 12 ? (pod.split('-').at(-1) ?? pod) : pod;
}

const fieldPiece = ({ name, value }: { name: string; value: string }): LogPiece => ({
  text: `  ${name}=${value}`,
  tone: 'field',
});

/** The pieces of the first line of an entry. Marks stand alone. */
export function piecesOf(entry: LogEntry, clock: Clock, pod: string): readonly LogPiece[] {
  const time: LogPiece = { text: `${formatLogTime(entry.at, clock)} `, tone: 'time' };
  if (entry.mark) return [time, { text: `── ${entry.message} ──`, tone: 'mark' }];
  const word = levelName(entry.level).padEnd(5);
  const request = requestOf(entry);
  // The status first: a long URL would push it off the row.
  const fields = fieldsOf(entry);
  return [
    time,
    { text: `${pod}${entry.previous ? ' (previous)' : ''} `, tone: 'pod' },
    { text: `${word} `, tone: levelTone(entry.level) },
    { text: entry.message, tone: 'message' },
    ...fields.filter(({ name }) => name === labels.statusCode).map(fieldPiece),
    ...(request === undefined ? [] : [{ text: `  ${request}`, tone: 'field' } as const]),
    ...fields.filter(({ name }) => name !== labels.statusCode).map(fieldPiece),
    ...(entry.cut ? [{ text: '  (longer than a line may be)', tone: 'mark' } as const] : []),
  ];
}

/** The whole entry as lines of plain text. */
export function entryText(entry: LogEntry, clock: Clock): string {
  const first = piecesOf(entry, clock, entry.pod).map((piece) => piece.text);
  return [first.join('').trimEnd(), ...entry.more.map((line) => `    ${line}`)].join('\n');
}

/** The entry for programs, one object a line. */
export function entryJson(entry: LogEntry): string {
  const time = isoOf(entry.at);
  if (entry.mark) return JSON.stringify({ time, mark: entry.message });
  // Written piece by piece: an object made of all of them costs more than the rest of the line.
  let json = `{"time":"${time}","pod":${nameJson(entry.pod)},"container":${nameJson(entry.container)}`;
  if (entry.previous) json += ',"previous":true';
  if (entry.level !== undefined) json += `,"level":${JSON.stringify(entry.level)}`;
  json += `,"msg":${JSON.stringify(entry.message)}`;
  for (const name in entry.fields) {
    const value = entry.fields[name as LogFieldName];
    if (value !== undefined) json += `,"${name}":${JSON.stringify(value)}`;
  }
  if (entry.more.length > 0) json += `,"stack":${JSON.stringify(entry.more)}`;
  return `${json},"line":${JSON.stringify(entry.raw)}}`;
}

/** Many lines have the same millisecond. */
let lastTime = { at: Number.NaN, iso: '' };

function isoOf(at: Instant): string {
  if (at !== lastTime.at) lastTime = { at, iso: new Date(at).toISOString() };
  return lastTime.iso;
}

/** Pods and containers are few. */
const namesInJson = new Map<string, string>();

function nameJson(name: string): string {
  const known = namesInJson.get(name) ?? JSON.stringify(name);
  if (namesInJson.size < 5000) namesInJson.set(name, known);
  return known;
}
