// A source, and the two ways to make one: poll or watch.

import { sanitize } from '../core/text/text.ts';
import { type Instant, type Ms, second } from '../core/time.ts';
import type { FactId, Facts } from '../core/world/facts.ts';
import type { Fault } from '../core/world/reading.ts';
import { timeLimit } from './time-limit.ts';

/** The result of one poll: a value, or an expected failure. */
export type Result<T> = { ok: true; value: T } | { ok: false; fault: Fault };

/** A result with the pause before the next poll (a backend's Retry-After), and the time of the answer. */
type Told<T> = Result<T> & { wait?: Ms; at?: Instant };

/** A source's update of one fact, for the world store. `took`: the duration of the request, if there was one. */
export type SourceUpdate = {
  [F in FactId]:
    | { fact: F; value: Facts[F]; at: Instant; staleAfter: Ms; from: string; by?: string | undefined; took?: Ms }
    | { fact: F; fault: Fault; at: Instant; retryAt?: Instant; took?: Ms };
}[FactId];

export type Emit = (news: SourceUpdate) => void;

/** A started source. */
export type Running = {
  /** Ask now, not when the next turn comes. */
  refresh(): void;
  /** Resolves when its first request can go out, or never will. Absent: at once. */
  begun?: Promise<unknown>;
  /** Resolves when the signal was aborted and nothing is held open any more. */
  ended: Promise<void>;
};

/** One backend's view of one or more facts. It only reads, lives and dies alone, and never throws. */
export type Source = {
  /** In the on-call's words: `postgres primary`, `kubernetes pods`. */
  id: string;
  facts: readonly FactId[];
  start(tell: Emit, signal: AbortSignal): Running;
};

/** Retries never end and never come closer together than this. */
export const longestPause: Ms = 30 * second;

/**
 * How long to wait after the n-th failure in a row (n from 1): from `first`, doubling up to 30 s, with a quarter of
 * jitter so that many cockpits do not knock at the same instant.
 */
export function backoff(failures: number, first: Ms, random: () => number = Math.random): Ms {
  const pause = Math.min(longestPause, first * 2 ** Math.min(failures - 1, 16));
  return Math.round(pause * (0.875 + random() * 0.25));
}

/** Waits, or ends early (without an error) when the signal aborts. */
export function pause(ms: Ms, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    // Of a negative time Node warns on the terminal.
    const timer = setTimeout(done, Math.max(0, ms));
    signal.addEventListener('abort', done, { once: true });
  });
}

/** A look of this cockpit's own. `asked`: when it began; `next`: when the next one will. */
export type OwnLook<T> = { asked: Instant; at: Instant; next: Instant; result: Result<T> };

/**
 * A look of another cockpit. `rest`: until its next one; `by`: who asked: `process 4711`, `ben on bastion-2`; `isFar`: on
 * another host.
 */
export type OthersLook<T> = { result: Result<T>; at: Instant; rest: Ms; by: string; isFar?: boolean };

/** How cockpits share the looks at one fact: one asks, the others are told. Never throws. */
export type Sharing<T> = {
  /** Another cockpit's look, once it has come; undefined: ask yourself, also once the signal aborts. */
  await(signal: AbortSignal): Promise<OthersLook<T> | undefined>;
  /** Tells the others. */
  publish(look: OwnLook<T>): Promise<void>;
  /** The others ask from now on. */
  leave(): Promise<void>;
};

export type Poll<F extends FactId> = {
  id: string;
  fact: F;
  /** From the start of one poll to the start of the next. */
  every: Ms;
  /** A longer poll is given up; its late answer is dropped. */
  timeout: Ms;
  /** Who answers: `postgres db-primary:5432`. */
  from: string;
  /** Host, URL or file, for faults. */
  where: string;
  /** Awaited before each poll of one's own, without a deadline: for a shared request budget. */
  turn?(signal: AbortSignal): Promise<unknown>;
  /** Shared with other cockpits, unless a person asks. */
  sharing?: Sharing<Facts[F]> | undefined;
  /** After the first failure in a row; a second, where nothing is said. */
  firstPause?: Ms;
  /** One poll. Honours the signal; expected failures are values. */
  read(signal: AbortSignal): Promise<Told<Facts[F]>>;
  /** A person asked for it, or acted: what is kept between polls is read again where that is affordable. */
  renew?(): void;
  /** Lets go of connections. */
  close?(): Promise<void> | void;
};

/** A source that polls at an interval, each poll with its own deadline, and after failures with growing pauses. */
export function poll<F extends FactId>(options: Poll<F>): Source {
  const {
    id,
    fact,
    every,
    timeout,
    from,
    where,
    read,
    renew,
    close,
    turn,
    sharing,
    firstPause = Math.min(every, second),
  } = options;
  return {
    id,
    facts: [fact],
    start(tell, signal) {
      let wake = new AbortController();
      let woken = AbortSignal.any([signal, wake.signal]);
      let failures = 0;
      const own = async () => {
        await turn?.(signal);
        wake = new AbortController();
        woken = AbortSignal.any([signal, wake.signal]);
        const begun = performance.now();
        const asked = Date.now();
        const outcome = await deadline(read, timeout, where, signal);
        const { at = Date.now(), wait = 0 } = outcome;
        const took = Math.round(performance.now() - begun);
        failures = outcome.ok ? 0 : failures + 1;
        const usual = outcome.ok ? Math.max(0, every - (performance.now() - begun)) : backoff(failures, firstPause);
        const rest = outcome.ok ? Math.max(usual, wait) : wait || usual;
        return { outcome, at, took, rest, wait, asked, from, by: undefined };
      };
      const others = async () => {
        const look = await sharing?.await(woken);
        if (!look || wake.signal.aborted) return undefined;
        failures = look.result.ok ? 0 : failures + 1;
        const { result: outcome, at, rest, by, isFar } = look;
        return {
          outcome,
          at,
          took: undefined,
          rest,
          wait: 0,
          asked: undefined,
          from: `${from}, asked by ${by}`,
          by: isFar ? by : undefined,
        };
      };
      const run = async () => {
        while (!signal.aborted) {
          const look = (await others()) ?? (await own());
          if (signal.aborted) break;
          const { outcome, at, took, rest, wait, asked } = look;
          const next = Date.now() + rest;
          const due = performance.now() + rest;
          const staleAfter = every + Math.max(every, wait) + timeout;
          const news = outcome.ok
            ? { fact, value: outcome.value, at, staleAfter, from: look.from, by: look.by, took }
            : { fact, fault: outcome.fault, at, retryAt: next, took };
          // The generic F hides that fact and value belong together.
          tell(news as SourceUpdate);
          if (asked !== undefined) await sharing?.publish({ asked, at, next, result: outcome });
          await pause(due - performance.now(), woken);
        }
        await sharing?.leave();
        await close?.();
      };
      const refresh = () => {
        // A person asked for a refresh: reset the backoff.
        failures = 0;
        renew?.();
        wake.abort();
      };
      return { refresh, ended: run() };
    },
  };
}

/** Runs one poll with a deadline. A poll that throws has a bug; it is reported as a malformed answer. */
export async function deadline<T>(
  read: (signal: AbortSignal) => Promise<Told<T>>,
  timeout: Ms,
  where: string,
  signal: AbortSignal,
): Promise<Told<T>> {
  const limit = timeLimit(timeout, signal);
  const both = limit.signal;
  const late = (): Result<T> => ({ ok: false, fault: timedOut(where, timeout) });
  const look = read(both).catch(
    (error: unknown): Result<T> => (limit.isOver ? late() : { ok: false, fault: unexpected(where, error) }),
  );
  const end = new Promise<Result<T>>((resolve) => {
    if (both.aborted) resolve(late());
    else both.addEventListener('abort', () => resolve(late()), { once: true });
  });
  return Promise.race([look, end]).finally(limit.end);
}

/** The fault of a backend that did not answer in time. */
export function timedOut(where: string, timeout: Ms): Fault {
  return {
    kind: 'timeout',
    where,
    what: `timed out after ${Math.round(timeout / (second / 10)) / 10} s`,
    hint: 'the host is slow, frozen or behind a firewall: try it by hand',
    code: 'ETIMEDOUT',
  };
}

function unexpected(where: string, error: unknown): Fault {
  const what = error instanceof Error ? error.message : String(error);
  return { kind: 'malformed', where, what: sanitize(what, 200), hint: 'unexpected answer: try it by hand' };
}
