// The primary and the replica as facts. Each part degrades alone: what may not be asked is named with its grant.
import type { DatabaseServer, Settings } from '../../config/settings.ts';
import type { Connections, Database } from '../../core/facts.ts';
import { door } from '../../core/text.ts';
import { type Ms, second } from '../../core/time.ts';
import { poll, type Source } from '../source.ts';
import { grantFor, sqlState } from './faults.ts';
import * as sql from './queries/server.ts';
import type { AskSql, Session } from './session.ts';
import { sessionsFor } from './sessions.ts';

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
    timeout,
    from: `postgres ${session.where}`,
    where: session.where,
    read: (signal) => lookAtServer(session, timeout, signal),
    close: () => session.close(),
  });
}

/** One look at one server, within `timeout`. */
export function lookAtServer(session: Session, timeout: Ms, signal: AbortSignal) {
  const limit = statementLimit(timeout);
  return session.read(signal, limit, (ask) => lookWith(ask, session.server, session.where));
}

/** What one statement may take, so that the server gives up before we do. */
export function statementLimit(timeout: Ms): Ms {
  return Math.max(50, timeout * 0.8);
}

async function lookWith(ask: AskSql, server: DatabaseServer, where: string): Promise<Database> {
  // The first statement may have to connect; the latency is that of a statement on an open connection.
  const [me] = await ask<sql.WhoRow>(sql.who);
  if (!me) throw new Error('the server does not say who it is');
  const begun = performance.now();
  const missing: { what: string; grant: string }[] = [];
  const part = async <Row extends object>(what: string, statement: string): Promise<Row[] | undefined> => {
    try {
      return await ask<Row>(statement);
    } catch (error) {
      if (sqlState(error) !== '42501') throw error;
      missing.push({ what, grant: grantFor(error instanceof Error ? error.message : '', server.user) });
      return undefined;
    }
  };
  const hidden = `GRANT pg_read_all_stats TO ${door(me.role, 64)}; (or pg_monitor)`;
  const counted = (await part<sql.ConnectionsRow>('connections', sql.connections))?.[0];
  const latency = Math.round((performance.now() - begun) * 10) / 10;
  const lag = (await part<sql.LagRow>('replication lag', me.inRecovery ? sql.lagOfReplica : sql.lagOfPrimary))?.[0];
  const longest = await part<sql.TransactionRow>('longest transaction', sql.longestTransaction);
  const blocked = await part<sql.BlockedRow>('blocked sessions', sql.blocked);
  if (!me.seesAll) {
    missing.push({ what: 'states, transactions and queries of other roles', grant: hidden });
    if (lag && lag.peers > 0 && lag.bytes === null) missing.push({ what: 'replication lag', grant: hidden });
  }
  return {
    where,
    database: door(me.database, 100),
    version: door(me.version, 60),
    latency,
    inRecovery: me.inRecovery,
    ...(counted ? { connections: counted satisfies Connections } : {}),
    ...(lag && (me.inRecovery || lag.peers > 0) ? { lag: lagFrom(lag) } : {}),
    ...(longest?.[0] ? { longestTransaction: transactionFrom(longest[0]) } : {}),
    ...(blocked
      ? {
          blocked: blocked.map(({ pid, blockedBy, seconds, query }) => ({
            pid,
            blockedBy,
            waiting: Math.max(0, (seconds ?? 0) * second),
            query: door(query ?? 'not shown to us', shortQuery),
          })),
        }
      : {}),
    missing,
  };
}

function lagFrom({ bytes, seconds, streaming }: sql.LagRow): NonNullable<Database['lag']> {
  return {
    ...(bytes === null ? {} : { bytes: Math.max(0, bytes) }),
    ...(seconds === null ? {} : { ms: Math.max(0, seconds * second) }),
    streaming: streaming ?? false,
  };
}

function transactionFrom({ pid, seconds, user, query }: sql.TransactionRow) {
  return { pid, age: Math.max(0, seconds * second), user: door(user ?? '', 64), query: door(query ?? '', shortQuery) };
}
