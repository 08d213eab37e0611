import { type Ms, second } from '../core/time.ts';

/** Retry-After (RFC 9110): seconds, or a date. */
export function retryAfterOf(header: string | undefined, now: number): Ms | undefined {
  const text = header?.trim() ?? '';
  if (/^\d{1,9}(\.\d{1,3})?$/.test(text)) return Number(text) * second;
  const at = Date.parse(text);
  return text === '' || Number.isNaN(at) ? undefined : Math.max(0, at - now);
}
