// Times as people type them: relative, of the clock, or with a date.
import { day, hour, type Instant, type Ms, minute, second } from '../time.ts';
import { formatAge, formatInstant } from './format.ts';

const units: Readonly<Record<string, Ms>> = { s: second, m: minute, h: hour, d: day };

/** What a field for a time in the past takes; clock times and dates without a zone are UTC. */
export const pastForms = '15m, 1h (ago), 14:30 or 2026-01-17 14:30 (UTC)';
/** The same for a time to come. */
export const futureForms = '15m, 1h (from now), 14:30 or 2026-01-17 14:30 (UTC)';

/** A span: `90s`, `15m`, `1h30m`, `2d`. Undefined where it is none. */
export function parseSpan(text: string): Ms | undefined {
  const given = text.trim();
  if (!/^(?:\d+(?:\.\d+)?[smhd])+$/.test(given)) return undefined;
  let span = 0;
  for (const [, amount, unit] of given.matchAll(/(\d+(?:\.\d+)?)([smhd])/gy))
    span += Number(amount) * (units[unit ?? ''] ?? 0);
  return Number.isFinite(span) ? span : undefined;
}

/**
 * A point in the past, as typed: `90s`, `15m`, `1h30m`, `2d`, `03:05` (UTC, the latest one that is past),
 * `2026-01-17T03:05Z`, `2026-01-17 03:05:00` (UTC). Undefined where it is none of these.
 */
export const parseSince = (text: string, now: Instant): Instant | undefined => parseMoment(text, now, 'past');

/** A point to come, in the same forms: a clock time is the next one. */
export const parseUntil = (text: string, now: Instant): Instant | undefined => parseMoment(text, now, 'future');

/** What a field for an age takes: a span, or since when. */
export const ageForms = '90m, 24h, 7d, or since 14:30 or 2026-01-17 14:30 (UTC)';

/** No age is longer. */
const oldest: Ms = 36_500 * day;

/** An age as typed: a span, or the time at which it began. Undefined where it is neither, is nothing, or is over a century. */
export function parseAge(text: string, now: Instant): Ms | undefined {
  const span = parseSpan(text);
  const at = span === undefined ? parseSince(text, now) : undefined;
  const age = at === undefined ? span : now - at;
  // Without a clock every time is past: then only its form is known.
  return age !== undefined && age > 0 && (age <= oldest || at !== undefined) ? age : undefined;
}

/** As programs take it, in one unit; rounded up to minutes, so that nothing younger is old enough: `90m`, `24h`, `7d`. */
export function ageText(age: Ms): string {
  for (const [unit, length] of [
    ['d', day],
    ['h', hour],
  ] as const)
    if (age % length === 0) return `${age / length}${unit}`;
  const minutes = Math.ceil(age / minute);
  return minutes < 100_000 ? `${minutes}m` : `${Math.ceil(age / hour)}h`;
}

function parseMoment(text: string, now: Instant, where: 'past' | 'future'): Instant | undefined {
  const given = text.trim();
  const [sign, fits] =
    where === 'past' ? ([-1, (at: Instant) => at <= now] as const) : ([1, (at: Instant) => at >= now] as const);
  const span = parseSpan(given);
  if (span !== undefined) return now + sign * span >= 0 ? now + sign * span : undefined;
  const clock = /^(\d{1,2}):(\d\d)(?::(\d\d))?Z?$/.exec(given);
  if (clock) {
    const [, hours, minutes, seconds] = clock.map(Number) as [number, number, number, number | undefined];
    if (hours > 23 || minutes > 59 || (seconds ?? 0) > 59) return undefined;
    const today = Math.floor(now / day) * day + hours * hour + minutes * minute + (seconds || 0) * second;
    return fits(today) ? today : today + sign * day;
  }
  const [, year = 0, month = 0, date = 0] = (/^(\d{4})-(\d\d)-(\d\d)/.exec(given) ?? []).map(Number);
  // 31 February would be read as a day of March.
  if (date < 1 || date > new Date(Date.UTC(year, month, 0)).getUTCDate()) return undefined;
  const iso = given.replace(' ', 'T');
  const zoned = /(?:Z|[+-]\d\d:?\d\d)$/.test(iso) || !iso.includes('T') ? iso : `${iso}Z`;
  const at = Date.parse(zoned);
  return Number.isNaN(at) || !fits(at) ? undefined : at;
}

/** `2026-01-17 02:30:00Z, 44 m 7 s ago`; of a time to come `in 15 m`. */
export function momentSays(at: Instant | undefined, now: Instant): string | undefined {
  if (at === undefined) return undefined;
  return `${formatInstant(at)}, ${at > now ? `in ${formatAge(at - now)}` : `${formatAge(now - at)} ago`}`;
}
