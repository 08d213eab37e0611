// Formats of log lines that are not JSON and have a shape of their own, one literal each. Whatever only puts a time and a
// level before its message is read in line-head.ts.

import type { Instant } from '../time.ts';
import { toMs } from './duration.ts';
import { levelOfSeverity, levelOfWord } from './levels.ts';
import { instantOf } from './line-time.ts';
import { pairsIn } from './logfmt.ts';
import { afterFlags, afterStatus, levelOfStatus, type Named, requestOf } from './request-text.ts';

/** The content of a text line; without a level if it has none. */
export type PlainLine = { level?: number; message: string; time?: Instant; named?: Named };

type Format = {
  name: string;
  /** Anchored at the beginning: a line is scanned once. */
  pattern: RegExp;
  read(parts: readonly (string | undefined)[]): PlainLine;
};

const klogLevels: Readonly<Record<string, number>> = { I: 30, W: 40, E: 50, F: 60 };
/** The log levels of Redis: debug, verbose, notice, warning. */
const redisLevels: Readonly<Record<string, number>> = { '.': 20, '-': 20, '*': 30, '#': 40 };
/** Severities of PostgreSQL; the lines after an error (DETAIL, STATEMENT …) have no level of their own. */
const postgresLevels: Readonly<Record<string, number>> = { PANIC: 60, FATAL: 60, ERROR: 50, WARNING: 40 };
/** Node's warnings, and what it says of a promise that nobody caught. */
const nodeWarning = /^Unhandled/;

export const formats: readonly Format[] = [
  {
    name: 'klog',
    pattern: /^([IWEF])\d{4} \d\d:\d\d:\d{2,10}\.\d{6} +\d+ [^\s\]]{1,200}\] (.*)$/s,
    read: ([, letter = '', message = '']) => ({ level: klogLevels[letter], message }),
  },
  {
    name: 'redis',
    pattern: /^(?:\d+:[XCSM]|\[\d+\]) (\d{1,2} [A-Z][a-z]{2}(?: \d{4})? [\d:.]{8,15}) ([.\-*#]) (.*)$/s,
    read: ([, at = '', mark = '', message = '']) => ({ level: redisLevels[mark], message, time: instantOf(at) }),
  },
  {
    name: 'postgresql',
    pattern:
      /^((?:[\d[<][^"]{0,200}?[ :\]>])?)(LOG|ERROR|FATAL|PANIC|WARNING|NOTICE|INFO|DEBUG[1-5]?|STATEMENT|DETAIL|HINT|CONTEXT|QUERY|LOCATION): {2}(?! )(.*)$/s,
    read: ([, prefix = '', word = '', message = '']) => ({
      level: word.startsWith('DEBUG') ? 20 : (postgresLevels[word] ?? 30),
      message: /^(?:STATEMENT|DETAIL|HINT|CONTEXT|QUERY|LOCATION)$/.test(word) ? `${word}: ${message}` : message,
      time: instantOf(/^\d{4}-\d\d-\d\d [\d:.]{8,12} (?:UTC|GMT)/.exec(prefix)?.[0] ?? ''),
    }),
  },
  {
    name: 'nginx error',
    pattern: /^(\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d) \[([a-z]{4,6})\] (?:\d+#\d+: )?(?:\*\d+ )?(.*)$/s,
    read: ([, at = '', word = '', message = '']) => ({
      level: levelOfWord(word),
      message,
      time: instantOf(at),
      named: requestOf(/, request: "([^"]{1,4000})"/.exec(message)?.[1] ?? ''),
    }),
  },
  {
    name: 'access',
    pattern: /^[^[\]"{]{1,300}\[([^[\]"]{10,40})\] "((?:[^"\\]|\\.)*)" (\d{3}) (?:\d+|-)(.*)$/s,
    read: ([, at = '', request = '', status = '', rest = '']) => access(at, request, Number(status), afterStatus(rest)),
  },
  {
    name: 'uvicorn access',
    pattern: /^(?:INFO: +)?([^\s"]{1,100}:\d{1,5} - "((?:[^"\\]|\\.)*)" (\d{3})(?: [A-Za-z' -]{1,60})?)$/s,
    read: ([, message = '', request = '', status = '']) => ({
      level: levelOfStatus(Number(status)),
      message,
      named: { ...requestOf(request), statusCode: Number(status) },
    }),
  },
  {
    name: 'envoy access',
    pattern: /^\[(\d{4}-\d\d-\d\dT[\d:.]{8,15}Z)\] "((?:[^"\\]|\\.)*)" (\d{1,3}) (\S+) (.*)$/s,
    read: ([, at = '', request = '', status = '', flags = '', rest = '']) => {
      const line = access(at, request, Number(status), afterFlags(rest));
      // DC: the client disconnected.
      return flags.split(',').includes('DC') ? { ...line, named: { ...line.named, gaveUp: true } } : line;
    },
  },
  {
    name: 'morgan',
    pattern: /^(GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS) (\S+) (\d{3}|-) (.*)$/s,
    read: ([message = '', method, url, status = '', rest = '']) => {
      const responseTime = toMs(/(?:^|- )(\d+(?:\.\d+)?) ms\b/.exec(rest)?.[1], 'ms');
      // morgan writes a dash where the connection closed before an answer.
      if (status === '-') return { level: 40, message, named: { method, url, responseTime, gaveUp: true } };
      const statusCode = Number(status);
      return { level: levelOfStatus(statusCode), message, named: { method, url, statusCode, responseTime } };
    },
  },
  {
    name: 'gin',
    pattern: /^\[GIN\] (\d{4}\/\d\d\/\d\d) - (\d\d:\d\d:\d\d) \| *(\d{3}) \| *(\S+) \| *(\S+) \| *([A-Z]+) +"([^"]*)"/s,
    read: ([message = '', date, clock, status, took, , method, url]) => ({
      level: levelOfStatus(Number(status)),
      message,
      time: instantOf(`${date} ${clock}`),
      named: { method, url, statusCode: Number(status), responseTime: toMs(took, 'ms') },
    }),
  },
  {
    name: 'syslog',
    pattern: /^<(\d{1,3})>(.*)$/s,
    read: ([, priority, message = '']) => ({ level: levelOfSeverity(Number(priority) % 8), message }),
  },
  {
    name: 'ruby',
    pattern: /^[DIWEFA], \[([^\s\]]{10,40})[^\]]{0,40}\] +([A-Z]{3,7}) -- [^:]{0,100}: (.*)$/s,
    read: ([, at = '', word = '', message = '']) => ({ level: levelOfWord(word), message, time: instantOf(`${at}Z`) }),
  },
  {
    name: 'chrome',
    pattern: /^\[(?:\d{1,7}:){0,2}\d{4}\/\d{6}(?:\.\d{1,6})?:([A-Z]{3,7})\d?:[^\]]{1,200}\] (.*)$/s,
    read: ([, word = '', message = '']) => ({ level: levelOfWord(word), message }),
  },
  {
    name: 'npm',
    pattern: /^npm (ERR!|error|WARN|warn|notice|info) (.*)$/s,
    read: ([message = '', word = '']) => ({ level: levelOfWord(word.replace('!', '')), message }),
  },
  {
    name: 'prisma',
    pattern: /^prisma:(error|warn|info|query)\b.*$/s,
    read: ([message = '', word = '']) => ({ level: word === 'query' ? 20 : levelOfWord(word), message }),
  },
  {
    name: 'node warning',
    pattern: /^\(node:\d+\) (?:\[[^\]]{1,40}\] )?([A-Za-z]{0,60}Warning): .*$/s,
    read: ([message = '', word = '']) => ({ level: nodeWarning.test(word) ? 50 : 40, message }),
  },
  {
    // Heroku's router, Traefik and Go servers: pairs, with a level or a status.
    name: 'logfmt',
    pattern: /^[A-Za-z_@][\w.@/-]{0,60}=(?:"|\S).*$/s,
    read: ([text = '']) => readPairs(text),
  },
];

/** The line in the first format that knows it. */
export function formatted(text: string): (PlainLine & { format: string }) | undefined {
  for (const { name, pattern, read } of formats) {
    const parts = pattern.exec(text);
    if (parts) return { format: name, ...read(parts) };
  }
  return undefined;
}

function access(at: string, request: string, statusCode: number, more: Named): PlainLine {
  const named = { ...requestOf(request), statusCode, ...more };
  return { level: levelOfStatus(statusCode), message: request, time: instantOf(at), named };
}

/** Names of the level and the message in logfmt. */
const levelNames = ['level', 'lvl', 'severity', 'at', 'loglevel'];
const messageNames = ['msg', 'message', 'event', 'err', 'error', 'desc'];
const timeNames = ['time', 'ts', 'timestamp', 't'];

function readPairs(text: string): PlainLine {
  const pairs = pairsIn(text);
  const first = (names: readonly string[]) => names.map((name) => pairs[name]).find((value) => value !== undefined);
  const level = levelNames.map((name) => levelOfWord((pairs[name] ?? '').replace(/[+-]\d{1,3}$/, ''))).find(Boolean);
  return { level, message: first(messageNames) || text, time: instantOf(first(timeNames) ?? '') };
}
