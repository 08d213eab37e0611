import { day, hour, type Instant, type Ms, minute, second } from '../time.ts';

const units: Readonly<Record<string, Ms>> = { s: second, m: minute, h: hour, d: day };

/**
 * A point in the past, as typed: `90s`, `15m`, `1h30m`, `2d`, `03:05` (UTC, the latest one that is past),
 * `2026-01-17T03:05Z`, `2026-01-17 03:05:00` (UTC). Undefined where it is none of these.
 */
export function parseSince(text: string, now: Instant): Instant | undefined {
  const given = text.trim();
  if (/^(?:\d+(?:\.\d+)?[smhd])+$/.test(given)) {
    let span = 0;
    for (const [, amount, unit] of given.matchAll(/(\d+(?:\.\d+)?)([smhd])/gy))
      span += Number(amount) * (units[unit ?? ''] ?? 0);
    return now - span >= 0 ? now - span : undefined;
  }
  const clock = /^(\d{1,2}):(\d\d)(?::(\d\d))?Z?$/.exec(given);
  if (clock) {
    const [, hours, minutes, seconds] = clock.map(Number) as [number, number, number, number | undefined];
    if (hours > 23 || minutes > 59 || (seconds ?? 0) > 59) return undefined;
    const today = Math.floor(now / day) * day + hours * hour + minutes * minute + (seconds || 0) * second;
    return today > now ? today - day : today;
  }
  if (!/^\d{4}-\d\d-\d\d/.test(given)) return undefined;
  const iso = given.replace(' ', 'T');
  const zoned = /(?:Z|[+-]\d\d:?\d\d)$/.test(iso) || !iso.includes('T') ? iso : `${iso}Z`;
  const at = Date.parse(zoned);
  return Number.isNaN(at) || at > now ? undefined : at;
}
