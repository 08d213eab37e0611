import { day, hour, type Instant, type Ms, minute, second } from '../time.ts';

/** What a number counts; `percent` values run from 0 to 100. */
export const units = ['ms', 'percent', 'count'] as const;
export type Unit = (typeof units)[number];

/** Thousands apart by a thin gap that every terminal measures as one column: `4 210`. */
export function formatCount(n: number): string {
  return Math.round(n)
    .toString()
    .replace(/\B(?=(?:\d{3}){1,6}(?!\d))/g, ' ');
}

/** A number with what it counts: `1 job`, `312 jobs`, `2 entries`. */
export function formatCounted(n: number, one: string, many = `${one}s`): string {
  return `${formatCount(n)} ${Math.round(n) === 1 ? one : many}`;
}

/** `0.4 %`, `71 %`: one decimal below ten, none above. */
export function formatPercent(n: number): string {
  return `${n !== 0 && Math.abs(n) < 10 ? n.toFixed(1) : Math.round(n)} %`;
}

/** A metric's value with its unit: `4 210 ms`, `38 %`, `1 320`. */
export function formatMeasure(value: number, unit: Unit): string {
  if (unit === 'ms') return `${formatCount(value)} ms`;
  return unit === 'percent' ? formatPercent(value) : formatCount(value);
}

/** A threshold with its unit, without decimals that nobody set: `5 %`, `2 000 ms`. */
export function formatLimit(value: number, unit: Unit): string {
  return unit === 'percent' ? `${Number(value.toFixed(2))} %` : formatMeasure(value, unit);
}

/** At most six columns, for the axis of a chart: `500 ms`, `2.5 s`, `80 %`, `1 320`, `12k`. */
export function formatShort(value: number, unit: Unit): string {
  if (unit === 'percent') return `${Number(value.toFixed(value < 10 ? 1 : 0))} %`;
  if (unit === 'count' || value >= 600_000) return shortCount(unit === 'ms' ? value / 1000 : value, unit);
  return value < 1000 ? `${Math.round(value)} ms` : `${Number((value / 1000).toFixed(value < 10_000 ? 1 : 0))} s`;
}

/** `1 320`, `12k`, `4.5M`, `1e12`; seconds of an hour and more likewise. */
function shortCount(value: number, unit: Unit): string {
  const after = unit === 'ms' ? ' s' : '';
  if (value < 10_000) return `${unit === 'ms' ? Math.round(value) : formatCount(value)}${after}`;
  const [divisor, letter] = value < 1e6 ? [1e3, 'k'] : value < 1e9 ? [1e6, 'M'] : [1e9, 'G'];
  const scaled = value / divisor;
  if (scaled >= 1000) return `${value.toExponential(0).replace('+', '')}${after}`;
  return `${Number(scaled.toFixed(scaled < 10 ? 1 : 0))}${letter}${after}`;
}

/** How long, in the one or two units that matter: `0.4 s`, `12 s`, `3 m 10 s`, `2 h 5 m`, `4 d 3 h`. */
export function formatAge(ms: Ms): string {
  const span = Math.max(0, ms);
  if (span < 10 * second) return `${(span / second).toFixed(1)} s`;
  if (span < minute) return `${Math.floor(span / second)} s`;
  if (span < hour) return `${Math.floor(span / minute)} m ${Math.floor((span % minute) / second)} s`;
  if (span < day) return `${Math.floor(span / hour)} h ${Math.floor((span % hour) / minute)} m`;
  return `${Math.floor(span / day)} d ${Math.floor((span % day) / hour)} h`;
}

/** How long something took, also what took less than a second: `0.04 ms`, `12 ms`, `1.2 s`, `3 m 10 s`. */
export function formatTook(ms: Ms): string {
  if (ms >= second) return formatAge(ms);
  return `${ms === 0 || ms >= 10 ? Math.round(ms) : Number(ms.toFixed(ms < 1 ? 2 : 1))} ms`;
}

/** A short age in one unit, for narrow columns: `4 s`, `3 m`, `2 h`, `5 d`. */
export function shortAge(ms: Ms): string {
  const s = Math.max(0, Math.floor(ms / 1000));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} m`;
  if (s < 86_400) return `${Math.floor(s / 3600)} h`;
  return `${Math.floor(s / 86_400)} d`;
}

/** A stopwatch: `00:07:32`. */
export function formatElapsed(ms: Ms): string {
  const s = Math.max(0, Math.floor(ms / second));
  return [Math.floor(s / 3600), Math.floor((s % 3600) / 60), s % 60].map((n) => String(n).padStart(2, '0')).join(':');
}

/** `03:14:07Z`. */
export function formatClock(at: Instant): string {
  return `${new Date(at).toISOString().slice(11, 19)}Z`;
}

/** `03:14`: hours and minutes (UTC), where the seconds do not matter. */
export function shortClock(at: Instant): string {
  return formatClock(at).slice(0, 5);
}

/** `2026-01-17 03:14:07Z`. */
export function formatInstant(at: Instant): string {
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')}Z`;
}

/** Since when: `03:14:07Z`, or with its date where that was another day (UTC). */
export function formatSince(at: Instant, now: Instant): string {
  return formatInstant(at).slice(0, 10) === formatInstant(now).slice(0, 10) ? formatClock(at) : formatInstant(at);
}

/** `2026-01-17 03:14:07Z, 4m ago`; `never`. */
export function formatLast(at: Instant | undefined, now: Instant): string {
  return at === undefined ? 'never' : `${formatInstant(at)}, ${formatAge(now - at)} ago`;
}

/** `2.0 GB`, in powers of 1024. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  let value = bytes;
  let unit = 0;
  while (Math.abs(value) >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}

/** An amount of a resource by its Kubernetes name: cores of `requests.cpu`, bytes of `memory`, else a number. */
export function formatAmount(resource: string, amount: number): string {
  if (/cpu$/.test(resource)) return `${Number(amount.toFixed(2))} ${amount === 1 ? 'core' : 'cores'}`;
  return /(memory|storage)$/.test(resource) ? formatBytes(amount) : String(Number(amount.toFixed(2)));
}
