// The primary and the replica as facts. Each part degrades alone: what may not be asked is named with its grant.

import type { Settings } from '../../config/settings.ts';
import type { IdAge, Slot } from '../../core/queries/database.ts';
import type { DatabasePart, MissingPart } from '../../core/queries/missing.ts';
import { quoted } from '../../core/text/sql.ts';
import { statementSays } from '../../core/text/statement.ts';
import { sanitize } from '../../core/text/text.ts';
import { type Ms, second } from '../../core/time.ts';
import type { Connections, Database, ReplicaWal } from '../../core/world/facts.ts';
import { poll, type Source } from '../source.ts';
import { isLate, isRefusal, remedyOf, retried } from './faults.ts';
import * as sql from './queries/server.ts';
import * as care from './queries/upkeep.ts';
import { type WritesRow, writes } from './queries/writes.ts';
import type { AskSql, Session } from './session.ts';
import { sessionsFor } from './sessions.ts';
import { upkeepFrom } from './upkeep.ts';
import { writesFrom } from './writes.ts';

/** A query as it is shown in passing. */
const shortQuery = 200;

export function serverSource(settings: Settings, fact: 'primary' | 'replica'): Source | undefined {
  const session = sessionsFor(settings)[fact];
  if (!session) return undefined;
  const { database: every, timeout } = settings.intervals;
  return poll({
    id: `postgres ${fact}`,
    fact,
    every,
    // A poll has its own deadline, which distinguishes silence from slowness; this one is the safety net.
    timeout: timeout + second / 2,
    from: `postgres ${session.where}`,
    where: session.where,
    read: (signal) => readServer(session, timeout, signal),
    close: () => session.close(),
  });
}

/** One poll of one server, within `timeout`. */
export function readServer(session: Session, timeout: Ms, signal: AbortSignal) {
  const limit = statementLimit(timeout);
  return session.read(AbortSignal.any([signal, AbortSignal.timeout(timeout)]), limit, (ask) => lookWith(ask, session));
}

/** What one statement may take, so that the server gives up before we do. */
export function statementLimit(timeout: Ms): Ms {
  return Math.max(50, timeout * 0.8);
}

async function lookWith(ask: AskSql, session: Session): Promise<Database> {
  const { server, where } = session;
  // The first statement may have to connect; the latency is that of a statement on an open connection.
  const [me] = await ask<sql.WhoRow>(sql.who);
  if (!me) throw new Error('the server did not identify itself');
  const begun = performance.now();
  const missing: MissingPart[] = [];
  const part = async <Found>(what: DatabasePart, look: () => Promise<Found>): Promise<Found | undefined> => {
    try {
      return await look();
    } catch (error) {
      if (!isRefusal(error) && !isLate(error)) throw error;
      missing.push({ part: what, grant: isLate(error) ? retried : remedyOf(error, server.user) });
      return undefined;
    }
  };
  const hidden = `GRANT pg_read_all_stats TO ${quoted(sanitize(me.role, 64))}; (or pg_monitor)`;
  const counted = (await part('connections', () => ask<sql.ConnectionsRow>(sql.connections)))?.[0];
  const latency = Math.round((performance.now() - begun) * 10) / 10;
  const lag = me.inRecovery
    ? await part('replication lag', () => lagHere(ask, session))
    : await part('replication lag', async () => (await ask<sql.LagRow>(sql.lagOfPrimary))[0]);
  const writable = me.inRecovery ? undefined : (await part('writes', () => ask<WritesRow>(writes)))?.[0];
  const slots = await part('replication slots', () => ask<sql.SlotRow>(sql.slots));
  const ids = me.inRecovery ? undefined : await part('age of ids', () => ask<sql.IdAgeRow>(sql.idAges));
  const upkeep = me.inRecovery
    ? undefined
    : upkeepFrom({
        archiver: (await part('archiver', () => ask<care.ArchiverRow>(care.archiver)))?.[0],
        damage: (await part('checksums', () => ask<care.DamageRow>(care.damage)))?.[0],
        prepared: (await part('prepared transactions', () => ask<care.PreparedRow>(care.prepared)))?.[0],
        sequence: (await part('sequences', () => ask<care.SequenceRow>(care.sequences)))?.[0],
      });
  const longest = await part('longest transaction', () => ask<sql.TransactionRow>(sql.longestTransaction));
  const blocked = await part('blocked sessions', () => ask<sql.BlockedRow>(sql.blocked));
  if (!me.seesAll) {
    missing.push({ part: 'states, transactions and queries of other roles', grant: hidden });
    if (lag && lag.peers > 0 && lag.bytes === null) missing.push({ part: 'replication lag', grant: hidden });
  }
  return {
    where,
    database: sanitize(me.database, 100),
    version: sanitize(me.version, 60),
    latency,
    inRecovery: me.inRecovery,
    startedAt: me.started * second,
    writes: writable && writesFrom(writable, me.role),
    writesUnasked: !writable && !me.inRecovery ? true : undefined,
    connections: counted ? connectionsFrom(counted) : undefined,
    lag: lag && (me.inRecovery || lag.peers > 0) ? lagFrom(lag, me.inRecovery) : undefined,
    wal: lag && me.inRecovery ? walFrom(lag) : undefined,
    slots: slots ? slots.map(slotFrom) : undefined,
    idAges: ids ? ids.map(idAgeFrom) : undefined,
    upkeep,
    longestTransaction: longest?.[0] ? transactionFrom(longest[0]) : undefined,
    blocked: blocked
      ? blocked.map(({ pid, blockedBy, seconds, query }) => ({
          pid,
          blockedBy,
          waiting: Math.max(0, (seconds ?? 0) * second),
          query: query === null ? 'hidden from our role' : statementSays(query, shortQuery),
        }))
      : undefined,
    missing,
  };
}

/** Seconds; above it, an age is checked twice. */
const doubtful = 10;
/** When a replica was last seen to have replayed everything, on this process's clock. */
const whole = new WeakMap<Session, number>();

/**
 * Between the arrival of a change and its replay, a quiet primary's replica seems to be as old as the change before.
 * So it is asked again whether it has passed by now what it had received: then it keeps up. And what was seen to have
 * everything a minute ago is behind by a minute at most.
 */
async function lagHere(ask: AskSql, session: Session): Promise<sql.LagRow | undefined> {
  const [lag] = await lagOf(ask);
  if (!lag?.streaming) return lag;
  const begun = performance.now();
  if (lag.seconds === 0) whole.set(session, begun);
  // Since its start it may not have replayed a transaction at all.
  const seconds = lag.seconds ?? Number.POSITIVE_INFINITY;
  if (seconds < doubtful) return lag;
  if (!lag.paused && lag.received != null) {
    const [row] = await ask<sql.ReplayRow>(sql.replayPassed, { values: [lag.received] });
    if (row?.passed) return { ...lag, seconds: (performance.now() - begun) / second };
  }
  const since = whole.get(session);
  return since === undefined ? lag : { ...lag, seconds: Math.min(seconds, (begun - since) / second) };
}

/** Aurora's readers refuse what reads the log; where they tell their lag instead, that counts. */
async function lagOf(ask: AskSql): Promise<readonly sql.LagRow[]> {
  try {
    return await ask<sql.LagRow>(sql.lagOfReplica);
  } catch (refusal) {
    if (!isRefusal(refusal)) throw refusal;
    return ask<sql.LagRow>(sql.lagOfAurora).catch(() => Promise.reject(refusal));
  }
}

function connectionsFrom({ nearest, nearestUsed, nearestLimit, ...counted }: sql.ConnectionsRow): Connections {
  if (nearest === null || nearestUsed === null || nearestLimit === null) return counted;
  return { ...counted, nearest: { whose: sanitize(nearest, 80), used: nearestUsed, limit: nearestLimit } };
}

/** A slot for evaluation. */
export function slotFrom({ name, kind, active, bytes, state, most }: sql.SlotRow): Slot {
  return {
    name: sanitize(name, 80),
    kind: sanitize(kind, 20),
    active,
    state: sanitize(state ?? '', 40),
    bytes: bytes === null ? undefined : Math.max(0, bytes),
    most: most ?? undefined,
  };
}

/** The age of the oldest id, for evaluation. */
export const idAgeFrom = ({ database, kind, age, freezeAt }: sql.IdAgeRow): IdAge => ({
  database: sanitize(database, 64),
  kind: kind === 'multixacts' ? kind : 'transactions',
  age,
  freezeAt,
});

function lagFrom(
  { bytes, seconds, streaming, paused, peers }: sql.LagRow,
  inRecovery: boolean,
): NonNullable<Database['lag']> {
  return {
    bytes: bytes === null ? undefined : Math.max(0, bytes),
    ms: seconds === null ? undefined : Math.max(0, seconds * second),
    streaming: streaming ?? false,
    paused: paused || undefined,
    replicas: inRecovery ? undefined : peers,
  };
}

/** What a replica has of its primary's log, and whether more of it arrives. */
function walFrom({ received, replayed, waiting, streaming, peers, silence, sender }: sql.LagRow): ReplicaWal {
  return {
    receiving: streaming ?? false,
    receiver:
      peers > 0
        ? {
            from: sender == null ? undefined : sanitize(sender, 120),
            silence: silence == null ? undefined : Math.max(0, silence * second),
          }
        : undefined,
    received: received == null ? undefined : sanitize(received, 40),
    replayed: replayed == null ? undefined : sanitize(replayed, 40),
    waiting: waiting == null ? undefined : Math.max(0, waiting),
  };
}

function transactionFrom({ pid, seconds, user, query }: sql.TransactionRow) {
  return {
    pid,
    age: Math.max(0, seconds * second),
    user: sanitize(user ?? '', 64),
    query: statementSays(query, shortQuery),
  };
}
