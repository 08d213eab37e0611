// Times as loggers write them in a line. The time of an entry is the kubelet's; these are for lines without it.
import type { Instant } from '../time.ts';

const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

/** The instant of a time that says its zone, or of one that servers write in UTC by default; undefined for others. */
export function instantOf(text: string): Instant | undefined {
  // 28/Nov/2026:10:00:00 +0000, 28 Nov 2026 10:00:00.123
  const [, day = '', month = '', year = '', clock = '', zone = 'Z'] =
    /^(\d{1,2})[ /]([A-Z][a-z]{2})[ /](\d{4})[: ](\d\d:\d\d:\d\d(?:\.\d{1,6})?)(?: ([+-]\d{4}))?$/.exec(text) ?? [];
  if (day !== '') {
    const number = String(months.indexOf(month) + 1).padStart(2, '0');
    return parsed(`${year}-${number}-${day.padStart(2, '0')}T${clock}${zone.replace(/(\d\d)$/, ':$1')}`);
  }
  // 2026-11-28T10:00:00.123Z, 2026-11-28 10:00:00,123 UTC, 2026/11/28 10:00:00, 2026-11-28 10:00:00.123 +0000
  const [, date, time, offset = 'Z'] =
    /^(\d{4}[-/]\d\d[-/]\d\d)[T ](\d\d:\d\d:\d\d(?:[.,]\d{1,9})?) ?(Z|UTC|GMT|[+-]\d\d:?\d\d)?$/.exec(text) ?? [];
  if (date === undefined || time === undefined) return undefined;
  const at = /^[A-Z]/.test(offset) ? 'Z' : offset.replace(/^([+-]\d\d):?(\d\d)$/, '$1:$2');
  return parsed(`${date.replaceAll('/', '-')}T${time.replace(',', '.').slice(0, 12)}${at}`);
}

function parsed(text: string): Instant | undefined {
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : at;
}

/** A time as a number: seconds, or milli-, micro- or nanoseconds, since 1970; or as a text. */
export function instantOfValue(value: unknown): Instant | undefined {
  if (typeof value === 'string')
    return /^\d{9,19}(\.\d+)?$/.test(value) ? instantOfValue(Number(value)) : textual(value);
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) return undefined;
  // Below this, a number of milliseconds would be of 1973, and one of seconds of after the year 5000.
  if (value < 1e11) return value < 1e8 ? value : value * 1000;
  return value < 1e14 ? value : value < 1e17 ? value / 1e3 : value / 1e6;
}

const textual = (text: string): Instant | undefined => instantOf(text.trim()) ?? parsed(text);
