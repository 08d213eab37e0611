// How far a replica is behind, asked of the replica.
import { second } from '../../core/time.ts';
import type { AskSql } from './ask.ts';
import { isRefusal } from './faults.ts';
import type * as sql from './queries/server.ts';
import { lagOfAurora, lagOfReplica, replayPassed } from './queries/server.ts';
import type { Session } from './session.ts';

/** Seconds; above it, an age is checked twice. */
const doubtful = 10;
/** When a replica was last seen to have replayed everything, on this process's clock. */
const whole = new WeakMap<Session, number>();

/**
 * Between the arrival of a change and its replay, a quiet primary's replica seems to be as old as the change before.
 * So it is asked again whether it has passed by now what it had received: then it keeps up. And what was seen to have
 * everything a minute ago is behind by a minute at most.
 */
export async function lagHere(ask: AskSql, session: Session): Promise<sql.LagRow | undefined> {
  const [lag] = await lagOf(ask);
  if (!lag?.streaming) return lag;
  const begun = performance.now();
  if (lag.seconds === 0) whole.set(session, begun);
  // Since its start it may not have replayed a transaction at all.
  const seconds = lag.seconds ?? Number.POSITIVE_INFINITY;
  if (seconds < doubtful) return lag;
  if (!lag.paused && lag.received != null) {
    const [row] = await ask<sql.ReplayRow>(replayPassed, { values: [lag.received] });
    if (row?.passed) return { ...lag, seconds: (performance.now() - begun) / second };
  }
  const since = whole.get(session);
  return since === undefined ? lag : { ...lag, seconds: Math.min(seconds, (begun - since) / second) };
}

/** Aurora's readers refuse what reads the log; where they tell their lag instead, that counts. */
async function lagOf(ask: AskSql): Promise<readonly sql.LagRow[]> {
  try {
    return await ask<sql.LagRow>(lagOfReplica);
  } catch (refusal) {
    if (!isRefusal(refusal)) throw refusal;
    return ask<sql.LagRow>(lagOfAurora).catch(() => Promise.reject(refusal));
  }
}
