// What sessions wait for, sampled once a second (as pg_stat_activity tells it): average active sessions by wait event and
// by statement.
import { type Instant, type Ms, minute, second } from '../time.ts';
import type { Lack } from './lack.ts';

/** One sampled active session. */
export type Sampled = {
  pid: number;
  /** Lock, LWLock, IO …; `CPU` where it waits for nothing. */
  type: string;
  event: string;
  user: string;
  /** Its statement's kind, without literals. */
  text: string;
};

/** Not waiting: it computes, or nothing tells what it waits for. */
export const onCpu = 'CPU';

export type WaitRow = { type: string; event: string; count: number };
export type WaitingStatement = {
  text: string;
  user: string;
  count: number;
  /** What it waits for, most first; at most three. */
  events: readonly WaitRow[];
  /** A session that ran it in the newest sample that had one. */
  pid: number;
};

export type WaitSamples = {
  where: string;
  begun: Instant;
  /** The newest sample. */
  at: Instant;
  samples: number;
  wanted: number;
  /** Active sessions of all samples together: divided by `samples`, the average active sessions. */
  active: number;
  events: readonly WaitRow[];
  statements: readonly WaitingStatement[];
  /** Sampled sessions whose state is hidden from us. */
  hidden: number;
  /** A sample had more active sessions than are read at once. */
  cut: boolean;
  lacks: readonly Lack[];
};

export const sampleEvery: Ms = second;
/** How long a screen samples: sixty samples. */
export const sampleFor: Ms = minute;
export const fullSamples = sampleFor / sampleEvery;

/** Statements and wait events that are kept; the rest is one row. */
export const mostKinds = 200;
export const mostShownStatements = 50;

/** What is counted while samples come. */
export type Tally = { events: Map<string, WaitRow>; statements: Map<string, Kept>; active: number; samples: number };
type Kept = { text: string; user: string; count: number; pid: number; events: Map<string, WaitRow> };

export const newTally = (): Tally => ({ events: new Map(), statements: new Map(), active: 0, samples: 0 });

/** Adds one sample. Beyond `mostKinds` kinds, more are counted as `other statements`: memory is bounded. */
export function addSample(tally: Tally, sessions: readonly Sampled[]): void {
  tally.samples += 1;
  for (const one of sessions) {
    tally.active += 1;
    count(tally.events, one);
    const key = `${one.user} ${one.text}`;
    const full = tally.statements.size >= mostKinds && !tally.statements.has(key);
    const kept = tally.statements.get(full ? '' : key) ?? {
      text: full ? 'other statements' : one.text,
      user: full ? '' : one.user,
      count: 0,
      pid: one.pid,
      events: new Map<string, WaitRow>(),
    };
    kept.count += 1;
    kept.pid = one.pid;
    count(kept.events, one);
    tally.statements.set(full ? '' : key, kept);
  }
}

function count(events: Map<string, WaitRow>, { type, event }: Sampled): void {
  const key = `${type} ${event}`;
  const row = events.get(key) ?? { type, event, count: 0 };
  row.count += 1;
  events.set(key, row);
}

const mostFirst = (a: { count: number }, b: { count: number }) => b.count - a.count;

/** The histogram so far, most first. */
export function talliedOf({
  events,
  statements,
  active,
  samples,
}: Tally): Pick<WaitSamples, 'events' | 'statements' | 'active' | 'samples'> {
  return {
    active,
    samples,
    events: [...events.values()].map((row) => ({ ...row })).toSorted(mostFirst),
    statements: [...statements.values()]
      .toSorted(mostFirst)
      .slice(0, mostShownStatements)
      .map(({ events: each, ...rest }) => ({
        ...rest,
        events: [...each.values()]
          .map((row) => ({ ...row }))
          .toSorted(mostFirst)
          .slice(0, 3),
      })),
  };
}

/** Average active sessions: how many of them there were at a time. */
export const averageActive = (count: number, samples: number): number => (samples > 0 ? count / samples : 0);
