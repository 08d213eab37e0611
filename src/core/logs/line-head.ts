// Lines that begin with a time, a level, names of threads and modules in any order, and then the message: winston, pino-pretty,
// log4j, logback, Spring, Python, slog, tracing, env_logger, zap, zerolog, .NET, NestJS, Serilog, Celery, Istio, PgBouncer.
// A level counts only there: a URL or a sentence may name one too.

import type { PlainLine } from './formats.ts';
import { levelOfWord } from './levels.ts';
import { instantOf } from './line-time.ts';

/** Characters in which a level may stand, and pieces that may come before it. */
const longestHead = 240;
const mostPieces = 14;

const gap = /[\s|]*(?:-{1,3}(?=\s))?[\s|]*/y;
const bracket = /[[(<]([^[\]()<>]{0,100})[\])>]:?/y;
const clock =
  /\d{1,2}:\d\d(?::\d\d)?[AP]M(?=\s)|\d[\dT:.,/Z+-]{3,40}(?=[\s:\]|]|$)|(?:AM|PM|UTC|GMT|Z|[+-]\d{4})(?=[\s,:]|$)|(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[,a-z]* +\d{0,2}|\d{1,7}(?=[\s:])/y;
const levelWord = /([A-Za-z]{3,13})([:\s|,/(\]]|$)/y;
/** Syslog's time, host and program. */
const syslogHead = /^[A-Z][a-z]{2} +\d{1,2} \d\d:\d\d:\d\d \S{1,100} [^\s:]{1,100}: /;
/** A thread, a logger or a host: not a word of a sentence. */
const name = /(?:[A-Za-z_$][\w$]{0,60}(?:[-.:/#@]{1,3}[\w$]{1,60}){1,12}|[A-Za-z_][\w$]{0,60}(?= - | \| |: )):?(?=\s)/y;

type Head = { level?: number; at: number; timed: boolean };

function at(pattern: RegExp, text: string, from: number): RegExpExecArray | null {
  pattern.lastIndex = from;
  return pattern.exec(text);
}

/** The level in brackets: `[ERROR]`, `[core:error]`, `[2026-11-28T10:00:00Z WARN api]`. */
function levelInside(inner: string): number | undefined {
  const words = inner.split(/[\s:/|,]+/, 10);
  if (words.length > 9) return undefined;
  // A name in lower case beside others is a module, unless it stands at the end: Apache's `core:error`.
  return words
    .map((word, index) =>
      word === word.toUpperCase() || words.length === 1 || (words.length === 2 && index === 1)
        ? levelOfWord(word)
        : undefined,
    )
    .find((level) => level !== undefined);
}

/** Walks over what stands before the message until a level is found. */
function headOf(text: string): Head | undefined {
  let from = syslogHead.exec(text)?.[0].length ?? 0;
  let timed = from > 0;
  for (let pieces = 0; pieces < mostPieces && from < Math.min(text.length, longestHead); pieces += 1) {
    from += at(gap, text, from)?.[0].length ?? 0;
    const group = at(bracket, text, from);
    if (group) {
      const [whole, inner = ''] = group;
      const level = levelInside(inner);
      from += whole.length;
      timed ||= /^\d[\d:T/. -]{4}/.test(inner);
      if (level !== undefined) return { level, at: from, timed };
      continue;
    }
    const word = at(levelWord, text, from);
    const level = word?.[1] === undefined ? undefined : levelOfWord(word[1]);
    if (word && level !== undefined && isLevel(word[1] ?? '', word[2] ?? '', timed))
      return { level, at: from + (word[1]?.length ?? 0), timed };
    const time = at(clock, text, from);
    if (time) {
      timed ||= /^\d+[-:/]\d/.test(time[0]);
      from += time[0].length;
      continue;
    }
    const named = at(name, text, from);
    if (!named || (!timed && pieces > 1) || levelOfCry(text.slice(from, longestHead)) !== undefined)
      return { at: from, timed };
    from += named[0].length;
  }
  return { at: from, timed };
}

/** Words that sentences begin with, too. */
const ambiguous = new Set([
  'http',
  'log',
  'fine',
  'fail',
  'alert',
  'panic',
  'silly',
  'notice',
  'severe',
  'verbose',
  'trace',
]);

/** In capitals anywhere in the head; in lower case before a colon or a tab, or after the time. */
function isLevel(word: string, after: string, timed: boolean): boolean {
  const isProse = ambiguous.has(word.toLowerCase());
  if (word === word.toUpperCase()) return !isProse || timed || after === ':';
  // `Error: boom` is the error itself, and stays whole.
  if (word !== word.toLowerCase()) return after === ':' && (timed || word !== 'Error');
  return after === ':' || after === '\t' || after === '|' || (timed && after === ' ' && !isProse);
}

/** What stands between a level and its message: a bracket's end, colons, a pid in brackets, dashes. */
const between = /^[\]):|,]*(?:\s*\([^()]{0,80}\):?)?(?:\/[\w-]{1,60}[\]:]+)?\s*(?:\d{1,7} --- )?(?:-{1,3}\s|:\s)?\s*/;

/** How programs report uncaught errors. */
const fatalWords =
  /^(?:panic: |fatal error: |FATAL ERROR: |Fatal\b|Segmentation fault|thread '[^']{0,100}' panicked|<--- Last few GCs)/;
const errorWords =
  /^(?:Uncaught\b|Unhandled\b|\[?UnhandledPromise|Traceback \(most|Exception in thread|(?:Failed|Cannot|Could not|Unable) (?:to )?[a-z]|[\w.$]{0,200}(?:Error|Exception)(?: \[[\w-]{1,60}\])?(?::|$)|error (?=[A-Z])|Error (?:while|when|in|on|during|at|from|\d|(?!handl|report|logg|track|monitor)[a-z]{2,12}ing\b))/;
/** Where Node says first where an error was thrown, and then which. */
export const thrownAt = /^(?:node:internal\/|file:\/\/|\/|[A-Z]:\\)\S{1,300}:\d{1,7}$/;
/** A level in capitals with a colon, a few words into the line. */
const spoken = /^(?:[^\s/?"'=]{1,40} ){1,4}(FATAL|CRITICAL|ERROR|WARNING|WARN): /;
/** How programs put it that have no logger: `Job failed: timeout`. A count of failures is none. */
const spokenLow = /^((?:[^\s/?"'=:,]{1,40} ){1,4})(?:error|failed): (?!\d|none|null|no\b|false|undefined)\S/;
/** Signs in the place of a level. */
const sign = /^(?:(❌|✖|✗|✘|⨯|🚨|💥|🛑)|⚠)\uFE0F? /u;
const denies = /\b(?:0|no|zero|without)\b/i;

/** The level that a message has by its words alone; undefined for what is no cry. */
export function levelOfCry(text: string): number | undefined {
  if (fatalWords.test(text)) return 60;
  if (errorWords.test(text) || thrownAt.test(text)) return 50;
  const signed = sign.exec(text);
  if (signed) return signed[1] === undefined ? 40 : 50;
  const low = spokenLow.exec(text)?.[1];
  if (low !== undefined) return denies.test(low) ? undefined : 50;
  const [before, word] = spoken.exec(text) ?? [];
  return before === undefined || word === undefined || denies.test(before) ? undefined : levelOfWord(word);
}

const leadingTime = /^\[?(\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?: ?(?:Z|UTC|GMT|[+-]\d\d:?\d\d))?)/;

/** A line by its head. Where there is no level, the message is the whole line. */
export function headed(text: string): PlainLine {
  const time = instantOf(leadingTime.exec(text)?.[1] ?? '');
  if (fatalWords.test(text)) return { level: 60, message: text, time };
  const head = headOf(text);
  if (head?.level === undefined) {
    const level = levelOfCry(text) ?? levelOfCry(text.slice(head?.at ?? 0).trimStart());
    return { level, message: text, time };
  }
  const rest = text.slice(head.at);
  const message = rest.slice(between.exec(rest)?.[0].length ?? 0).trimStart();
  return { level: head.level, message: message || text, time };
}
