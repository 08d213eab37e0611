// Levels of log lines. All loggers' levels become pino's: 10 trace, 20 debug, 30 info, 40 warn, 50 error, 60 fatal
// (runbook, Structured Log Fields).

const names: readonly (readonly [number, string])[] = [
  [60, 'fatal'],
  [50, 'error'],
  [40, 'warn'],
  [30, 'info'],
  [20, 'debug'],
  [10, 'trace'],
];

/** Words of pino, winston, log4j, zap, zerolog, syslog, java.util.logging, .NET, PostgreSQL, Google Cloud, Python. */
const words: Readonly<Record<string, number>> = {
  trace: 10,
  trc: 10,
  trce: 10,
  silly: 10,
  finest: 10,
  finer: 10,
  debug: 20,
  dbg: 20,
  dbug: 20,
  debu: 20,
  verbose: 20,
  fine: 20,
  info: 30,
  inf: 30,
  information: 30,
  informational: 30,
  notice: 30,
  http: 30,
  log: 30,
  warn: 40,
  wrn: 40,
  warning: 40,
  error: 50,
  err: 50,
  erro: 50,
  eror: 50,
  fail: 50,
  severe: 50,
  fatal: 60,
  fata: 60,
  ftl: 60,
  critical: 60,
  crit: 60,
  alert: 60,
  emerg: 60,
  emergency: 60,
  panic: 60,
  pnc: 60,
  dpanic: 60,
};

/** `error` for 50 to 59; '' where a line has no level. */
export function levelName(level: number | undefined): string {
  if (level === undefined) return '';
  return names.find(([from]) => level >= from)?.[1] ?? 'trace';
}

/** The level of a word, whatever its case: `ERROR`, `wrn`; Go's slog adds an offset: `ERROR+2`. */
export function levelOfWord(word: string): number | undefined {
  const plain = word.toLowerCase();
  return Object.hasOwn(words, plain) ? words[plain] : undefined;
}

/** A level as a person types it: a name, or 1 to 100. Undefined where it is neither. */
export function levelFrom(value: unknown): number | undefined {
  if (typeof value === 'number') return value > 0 && value <= 100 ? value : undefined;
  if (typeof value !== 'string') return undefined;
  const word = value.trim();
  return /^\d{1,3}$/.test(word) ? levelFrom(Number(word)) : levelOfWord(word);
}

/** Of syslog's severities, from 0 emergency to 7 debug (RFC 5424). */
export function levelOfSeverity(severity: number): number {
  return severity <= 2 ? 60 : severity === 3 ? 50 : severity === 4 ? 40 : severity <= 6 ? 30 : 20;
}

/** A number in a level field: syslog's 0 to 7, pino's and bunyan's 10 to 60, Monolog's 100 to 600, logback's 5000 to 50000. */
function levelOfNumber(value: number): number | undefined {
  if (value < 0 || !Number.isFinite(value)) return undefined;
  if (value < 8) return levelOfSeverity(value);
  if (value <= 100 && value !== 100) return value;
  if (value < 1000) return value >= 500 ? 60 : value >= 400 ? 50 : value >= 300 ? 40 : value >= 200 ? 30 : 20;
  return value >= 5000 && value <= 50_000 ? Math.round(value / 1000) + 10 : undefined;
}

/** OpenTelemetry's severity numbers come in fours, from 1 trace to 24 fatal. */
const severityNumber = /^severity_?number$/i;

/** The level in the field of a log line; `name`: of the field, which tells the scale of some numbers. */
export function levelOfField(value: unknown, name: string): number | undefined {
  if (typeof value === 'object' && value !== null) {
    const { levelStr, name: named, label } = value as { levelStr?: unknown; name?: unknown; label?: unknown };
    return [levelStr, named, label]
      .map((one) => (typeof one === 'string' ? levelOfWord(one) : undefined))
      .find(Boolean);
  }
  if (typeof value === 'string') {
    const word = value.trim();
    if (/^\d{1,5}$/.test(word)) return levelOfField(Number(word), name);
    return levelOfWord(word.replace(/[+-]\d{1,3}$/, ''));
  }
  if (typeof value !== 'number') return undefined;
  if (severityNumber.test(name)) return value >= 1 && value <= 24 ? Math.ceil(value / 4) * 10 : undefined;
  // Python's numbers are ten below pino's.
  if (name === 'levelno') return value > 0 ? Math.min(60, value + 10) : undefined;
  return levelOfNumber(value);
}
