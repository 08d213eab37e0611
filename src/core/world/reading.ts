import type { Instant, Ms } from '../time.ts';

/**
 * Why a backend gave no value.
 * `refused`: it actively said no (nothing listens, no connection left): proven down.
 * `unreachable`: no route, no name, connection lost: nobody answered.
 * `forbidden`: it answered, and we may not ask. `limited`: not so often. `unconfigured`: there is nothing to ask.
 */
export const faultKinds = [
  'unreachable',
  'refused',
  'forbidden',
  'limited',
  'timeout',
  'malformed',
  'unconfigured',
] as const;
export type FaultKind = (typeof faultKinds)[number];

/** An expected failure, converted at the edge by the file that knows the backend. Already sanitized and redacted. */
export type Fault = {
  kind: FaultKind;
  /** Host, URL or file that failed, as an on-call would name it: `db-primary.bentham.io:5432`. */
  where: string;
  /** What happened, in few words: `timed out after 2 s`. */
  what: string;
  /** The same in fewer words, where `what` is long: `client certificate expired`. */
  short?: string;
  /** The operator's next move: `check the VPN, or --context`. */
  hint: string;
  /** The code of the system or the protocol: `ECONNREFUSED`, a SQLSTATE, `404`. Code decides by it, never by the words. */
  code?: string;
  /** The database session whose end lets the others go on, where a lock is why. */
  blocker?: number | undefined;
  /** The backend answers again, and what it has is on its way. */
  isLoading?: true;
};

/** No answer: nothing listens, or the timeout passed. */
const away = new Set(['ECONNREFUSED', 'ETIMEDOUT', 'EHOSTUNREACH', 'EHOSTDOWN']);

/**
 * Whether a code proves, as far as one machine can, that a server is away. Whoever refuses a login, has no connection
 * left, starts, stops, or cuts a connection lives; an unknown name and a network without a route tell of this machine.
 */
export const provesAway = (code: string | undefined): boolean => code !== undefined && away.has(code);

/** What is known of one fact: nothing yet, a value with its age, or a fault with the last good value. */
export type Reading<T> =
  | {
      state: 'pending';
      /** When it was first asked; absent before the first request. */
      since?: Instant;
    }
  | {
      state: 'live';
      value: T;
      /** When the backend answered. */
      at: Instant;
      /** Older than this it is stale, and never green. */
      staleAfter: Ms;
      /** Who measured it: `kubernetes prod-eu-1`, `gateway logs of 3 pods`. */
      from: string;
      /** Whose cockpit asked, where it was that of a colleague on another host: `ben on bastion-2`. */
      by?: string | undefined;
    }
  | {
      state: 'lost';
      fault: Fault;
      /** When it was lost. */
      at: Instant;
      /** When it will be tried again, if known. */
      retryAt?: Instant;
      last?: { value: T; at: Instant; from: string };
    };

export const pending: Reading<never> = { state: 'pending' };

/** The value, if it is live and not stale: the only values that may be called ok. */
export function known<T>(reading: Reading<T>, now: Instant): T | undefined {
  return reading.state === 'live' && now - reading.at <= reading.staleAfter ? reading.value : undefined;
}

/** The newest value there is, however old: for display (dim, with its age), not for evaluation. */
export function newest<T>(reading: Reading<T>): { value: T; at: Instant; from: string } | undefined {
  if (reading.state === 'live') return reading;
  return reading.state === 'lost' ? reading.last : undefined;
}

/** Whether a live value is older than its source promised. */
export function isStale<T>(reading: Reading<T>, now: Instant): boolean {
  return reading.state === 'live' && now - reading.at > reading.staleAfter;
}

/** The same reading of a derived value; faults pass through. */
export function derive<T, U>(reading: Reading<T>, by: (value: T) => U): Reading<U> {
  if (reading.state === 'pending') return reading;
  if (reading.state === 'live') return { ...reading, value: by(reading.value) };
  const { last, ...lost } = reading;
  return last ? { ...lost, last: { ...last, value: by(last.value) } } : lost;
}

/** What a reading becomes when its backend fails: the last good value is kept with its age. */
export function lose<T>(before: Reading<T>, fault: Fault, at: Instant, retryAt?: Instant): Reading<T> {
  const last = newest(before);
  return {
    state: 'lost',
    fault,
    at: before.state === 'lost' ? before.at : at,
    retryAt,
    last: last ? { value: last.value, at: last.at, from: last.from } : undefined,
  };
}
