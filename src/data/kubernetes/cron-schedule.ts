// When a cron job is due next, by Kubernetes' rules (robfig/cron, standard parser): five fields, macros, @every.
import { day, hour, type Instant, type Ms, minute, second } from '../../core/time.ts';

const macros: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};
const months = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ');
const weekdays = 'sun mon tue wed thu fri sat'.split(' ');

/** A schedule that names 29 February may be due only after eight years. */
const horizon = 366 * 8;

/** Its values in order; `any`: it restricts nothing. */
type Field = { values: readonly number[]; any: boolean };
type Clock = { year: number; month: number; date: number; hour: number; minute: number };

/**
 * The first time after `after` at which a schedule is due; undefined where it is not understood or never due.
 * `zone`: spec.timeZone; without it the controller manager's own, which is UTC.
 */
export function nextDue(schedule: string, after: Instant, zone = 'UTC'): Instant | undefined {
  const text = schedule.trim().toLowerCase();
  const every = /^@every\s+(.+)$/.exec(text)?.[1];
  if (every !== undefined) {
    const span = durationOf(every);
    return span === undefined ? undefined : Math.floor(after / second) * second + span;
  }
  const fields = fieldsOf(macros[text] ?? text);
  const clock = fields && clockOf(zone);
  return fields && clock && firstMatch(fields, after, clock);
}

/** Go's durations: `1h30m`. */
function durationOf(text: string): Ms | undefined {
  if (!/^(\d+(\.\d+)?(h|m|s))+$/.test(text)) return undefined;
  const units: Readonly<Record<string, Ms>> = { h: hour, m: minute, s: second };
  const parts = [...text.matchAll(/(?<![\d.])(\d+(?:\.\d+)?)(h|m|s)/g)];
  const span = parts.reduce((sum, [, number, unit]) => sum + Number(number) * (units[unit ?? ''] ?? 0), 0);
  return span >= second ? span : undefined;
}

type Fields = { minutes: Field; hours: Field; dates: Field; months: Field; weekdays: Field };

function fieldsOf(text: string): Fields | undefined {
  const parts = text.split(/\s+/);
  if (parts.length !== 5) return undefined;
  const [minutes, hours, dates, inMonths, onWeekdays] = [
    fieldOf(parts[0], 0, 59),
    fieldOf(parts[1], 0, 23),
    fieldOf(parts[2], 1, 31),
    fieldOf(parts[3], 1, 12, months, 1),
    fieldOf(parts[4], 0, 7, weekdays, 0),
  ];
  if (!minutes || !hours || !dates || !inMonths || !onWeekdays) return undefined;
  return { minutes, hours, dates, months: inMonths, weekdays: onWeekdays };
}

function fieldOf(text = '', low: number, high: number, names: readonly string[] = [], first = 0): Field | undefined {
  const number = (word: string | undefined) => {
    const named = names.indexOf(word ?? '');
    const value = named >= 0 ? named + first : /^\d+$/.test(word ?? '') ? Number(word) : undefined;
    return value !== undefined && value >= low && value <= high ? value : undefined;
  };
  const values = new Set<number>();
  let any = false;
  for (const part of text.split(',')) {
    const [, range = '', step] = /^([^/]+)(?:\/(\d+))?$/.exec(part) ?? [];
    const stride = step === undefined ? 1 : Number(step);
    if (range === '' || stride < 1) return undefined;
    const whole = range === '*' || range === '?';
    any ||= whole && stride === 1;
    const [from, to = step === undefined ? from : String(high)] = range.split('-');
    const [begin, end] = whole ? [low, high] : [number(from), number(to)];
    if (begin === undefined || end === undefined || begin > end) return undefined;
    for (let value = begin; value <= end; value += stride) values.add(value);
  }
  return { values: [...values].toSorted((a, b) => a - b), any };
}

/** How far a zone is from UTC at an instant; undefined for an unknown zone. */
function clockOf(zone: string): ((at: Instant) => Clock) | undefined {
  try {
    const format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      calendar: 'iso8601',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
    });
    return (at) => {
      const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
      const of = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? 0;
      return { year: of('year'), month: of('month'), date: of('day'), hour: of('hour'), minute: of('minute') };
    };
  } catch {
    return undefined;
  }
}

const asUtc = ({ year, month, date, hour: h, minute: m }: Clock) => Date.UTC(year, month - 1, date, h, m);

/** Day by day, as a schedule may be years apart. */
function firstMatch(fields: Fields, after: Instant, clock: (at: Instant) => Clock): Instant | undefined {
  const begin = clock(after);
  const today = Date.UTC(begin.year, begin.month - 1, begin.date);
  for (let days = 0; days <= horizon; days += 1) {
    const midnight = today + days * day;
    if (!isDay(fields, new Date(midnight))) continue;
    for (const h of fields.hours.values)
      for (const m of fields.minutes.values) {
        const at = instantOf(midnight + h * hour + m * minute, clock);
        if (at !== undefined && at > after) return at;
      }
  }
  return undefined;
}

/** Where both date and weekday are restricted, one of them is enough. */
function isDay({ dates, months: inMonths, weekdays: on }: Fields, utc: Date): boolean {
  if (!inMonths.values.includes(utc.getUTCMonth() + 1)) return false;
  const date = dates.values.includes(utc.getUTCDate());
  const weekday = on.values.includes(utc.getUTCDay()) || (utc.getUTCDay() === 0 && on.values.includes(7));
  return dates.any || on.any ? date && weekday : date || weekday;
}

/** The instant of a time on a zone's clocks; undefined where the clocks jump over it, as the job does not run then. */
function instantOf(wall: number, clock: (at: Instant) => Clock): Instant | undefined {
  const guess = wall - (asUtc(clock(wall)) - wall);
  const at = wall - (asUtc(clock(guess)) - guess);
  return asUtc(clock(at)) === wall ? at : undefined;
}
