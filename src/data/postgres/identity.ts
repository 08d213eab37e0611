// Who a server says it is: cockpits on several hosts share looks at it, whatever name each has for it.
import { type Ms, minute } from '../../core/time.ts';
import * as sql from './queries/server.ts';
import type { Session } from './session.ts';

/** How long an identity is believed: another server may answer at the same address. */
const believed: Ms = 5 * minute;
/** How soon a server that did not say is asked again. */
const again: Ms = minute / 2;

type Known = { identity?: string; askedAt: Ms; isAsking: boolean };

const known = new WeakMap<Session, Known>();

/**
 * The server's start (in microseconds), its cluster, the database and the role; undefined while it is being asked for the
 * first time. Asked behind what waits already, within `timeout`, so that nobody waits for it.
 */
export function identityOf(session: Session, timeout: Ms): string | undefined {
  const one = known.get(session) ?? { askedAt: Number.NEGATIVE_INFINITY, isAsking: false };
  known.set(session, one);
  const isDue = performance.now() - one.askedAt > (one.identity === undefined ? again : believed);
  if (isDue && !one.isAsking && session.isOpen) void renew(session, one, timeout);
  return one.identity;
}

async function renew(session: Session, one: Known, timeout: Ms): Promise<void> {
  one.isAsking = true;
  const signal = AbortSignal.timeout(timeout);
  const found = await session.read(signal, timeout * 0.8, (ask) => ask<sql.IdentityRow>(sql.identity));
  // A server that does not answer is still who it was, for as long as that was believed.
  one.identity = found.ok ? found.value[0]?.identity : undefined;
  one.askedAt = performance.now();
  one.isAsking = false;
}
