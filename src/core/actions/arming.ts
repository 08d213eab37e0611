// Production starts read-only. Arming needs a reason, is shown, expires, and ends early without a key press.
import { formatAge, formatElapsed } from '../text/format.ts';
import { type Instant, type Ms, minute } from '../time.ts';

/** How long arming lasts, and how long without a key press. */
export const armedFor: Ms = 15 * minute;
export const idleFor: Ms = 10 * minute;

export type Arming =
  /** Not guarded: staging. */
  | { state: 'open' }
  | { state: 'read-only' }
  /** --read-only, or an observer: nothing opens it. */
  | { state: 'locked'; why: string }
  | { state: 'armed'; reason: string; since: Instant; until: Instant; activeAt: Instant };

export type Guard = { guarded: boolean; readOnly: boolean; observe: boolean };

/** As a session starts. */
export function initialArming({ guarded, readOnly, observe }: Guard): Arming {
  if (observe) return { state: 'locked', why: 'observers cannot make changes' };
  if (readOnly) return { state: 'locked', why: 'started with --read-only' };
  return guarded ? { state: 'read-only' } : { state: 'open' };
}

/** Arms it, or extends it. A reason is needed. */
export function arm(arming: Arming, reason: string, now: Instant): { arming: Arming } | { refused: string } {
  if (arming.state === 'locked') return { refused: arming.why };
  if (arming.state === 'open') return { refused: 'nothing to arm: this environment is not read-only' };
  const why = reason.trim();
  if (why === '') return { refused: 'a reason is required (recorded in the journal)' };
  const since = arming.state === 'armed' ? arming.since : now;
  return { arming: { state: 'armed', reason: why, since, until: now + armedFor, activeAt: now } };
}

export function disarm(arming: Arming): Arming {
  return arming.state === 'armed' ? { state: 'read-only' } : arming;
}

/** A key was pressed. */
export function touch(arming: Arming, now: Instant): Arming {
  return arming.state === 'armed' ? { ...arming, activeAt: now } : arming;
}

/** When it ends, if nobody presses a key from now on. */
export function endOf(arming: Extract<Arming, { state: 'armed' }>): Instant {
  return Math.min(arming.until, arming.activeAt + idleFor);
}

/** Read-only again once the time is up. Returns the same object if nothing changed. */
export function settle(arming: Arming, now: Instant): Arming {
  return arming.state === 'armed' && now >= endOf(arming) ? { state: 'read-only' } : arming;
}

/** Why it is read-only again, for the journal and the screen. */
export function whyOver(arming: Extract<Arming, { state: 'armed' }>, now: Instant): string {
  if (now < endOf(arming)) return 'disarmed by hand';
  return arming.until <= arming.activeAt + idleFor ? 'time expired' : `no key pressed for ${formatAge(idleFor)}`;
}

/**
 * Why nothing may be changed now; undefined: changes are allowed. `how`: how to arm it here. `onlyReads`: what is to be
 * done changes nothing on the platform.
 */
export function forbids(arming: Arming, now: Instant, how = ':arm', onlyReads = false): string | undefined {
  if (onlyReads) return undefined;
  const settled = settle(arming, now);
  if (settled.state === 'locked') return `read-only: ${settled.why}`;
  return settled.state === 'read-only' ? `read-only: arm it first (${how})` : undefined;
}

/**
 * For the header: `read-only`, `armed 04:58`, or `armed 09:58 if idle` while that comes first: each key puts it off, until
 * the time is up. Empty where nothing is guarded.
 */
export function describeArming(arming: Arming, now: Instant): string {
  const settled = settle(arming, now);
  if (settled.state === 'open') return '';
  if (settled.state !== 'armed') return 'read-only';
  const left = formatElapsed(endOf(settled) - now).replace(/^00:/, '');
  return endOf(settled) < settled.until ? `armed ${left} if idle` : `armed ${left}`;
}
