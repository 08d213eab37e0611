// What a clock or a person may have written, and what not: an entry from the far future would come after everything that
// is ever written, and its incident could never be taken over or ended.
import { decodeTime } from 'ulid';
import type { Entry } from '../../core/incident/event.ts';
import { formatInstant } from '../../core/text/format.ts';
import { day, type Instant, type Ms, minute } from '../../core/time.ts';

/** The last instant that a Date can hold, in ms since 1970 (ECMAScript, Time Values and Time Range). */
export const lastInstant = 8.64e15;

/** The form of a ULID (https://github.com/ulid/spec): its first digit is at most 7, so that its time fits. */
export const ulidText = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;

/** By how much clocks of two hosts may differ; Kerberos' limit. */
export const clockSkew: Ms = 5 * minute;
/** How far ahead a reminder may be set. */
const longestReminder: Ms = 366 * day;
/** Longer than any environment is ever open for changes. */
const longestArming: Ms = day;

/** The time in an id; 0 for what is no ULID. */
export function timeOf(id: string): Instant {
  try {
    return decodeTime(id);
  } catch {
    return 0;
  }
}

/** Why an entry has no effect; undefined: it may have been written by now. */
export function implausible({ id, at, event }: Entry, now: Instant): string | undefined {
  const latest = Math.max(at, timeOf(id));
  if (latest > now + clockSkew) return `is from the future (${formatInstant(latest)}): compare the clocks`;
  if (event.kind === 'alert' && event.since !== undefined && event.since > now + clockSkew)
    return 'has an alert from the future';
  if (event.kind === 'reminder' && event.due > now + longestReminder) return 'has a reminder too far in the future';
  if (event.kind === 'armed' && event.until > now + longestArming) return 'arms for longer than allowed';
  return undefined;
}
