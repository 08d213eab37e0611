import { type Ms, second } from '../core/time.ts';

/** Retry-After (RFC 9110): seconds, or a date. */
export function retryAfterOf(header: string | undefined, now: number): Ms | undefined {
  const text = header?.trim() ?? '';
  if (/^\d{1,9}(\.\d{1,3})?$/.test(text)) return Number(text) * second;
  // Date.parse takes much for a date: -5 is a day in May 2001.
  const at = /^(mon|tue|wed|thu|fri|sat|sun)|^\d{4}-\d\d-\d\d/i.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}
