// The primary and the replica as facts. Each part degrades alone: what may not be asked is named with its grant.

import type { Settings } from '../../config/settings.ts';
import { memoizeText } from '../../core/memoize-each.ts';
import type { IdAge, Slot } from '../../core/queries/database.ts';
import type { DatabasePart, MissingPart } from '../../core/queries/missing.ts';
import { quoted } from '../../core/text/sql.ts';
import { statementSays } from '../../core/text/statement.ts';
import { sanitize } from '../../core/text/text.ts';
import { type Ms, second } from '../../core/time.ts';
import type { Connections, Database, ReplicaWal, Writes } from '../../core/world/facts.ts';
import { database } from '../shared-looks/schemas.ts';
import { shareLooks } from '../shared-looks/shared-looks.ts';
import { poll, type Source } from '../source.ts';
import { timeLimit } from '../time-limit.ts';
import type { AskSql } from './ask.ts';
import type { ReadBudget } from './budgeted-query.ts';
import { busiestStatement } from './busiest.ts';
import { isLate, isLostConnection, isRefusal, remedyOf, retried } from './faults.ts';
import { identityOf } from './identity.ts';
import { lagHere } from './lag.ts';
import * as sql from './queries/server.ts';
import * as care from './queries/upkeep.ts';
import { type WritersRow, writers } from './queries/writers.ts';
import { type WritesRow, writes } from './queries/writes.ts';
import { RollbackHistory } from './rollbacks.ts';
import type { Session } from './session.ts';
import { sessionsFor, shareAmong, withoutPassword } from './sessions.ts';
import { upkeepFrom } from './upkeep.ts';
import { writesFrom } from './writes.ts';

/** A query as it is shown in passing. */
const shortQuery = 200;
/** What sessions run is mostly what others ran before. */
const shortStatement = memoizeText((query) => statementSays(query, shortQuery), 100);

export function serverSource(settings: Settings, fact: 'primary' | 'replica', shared: boolean): Source | undefined {
  const sessions = sessionsFor(settings);
  const session = sessions[fact];
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
    read: (signal) => readServer(session, timeout, signal, fact === 'primary' ? sessions.budget : undefined),
    sharing: shared
      ? shareLooks(settings, {
          fact,
          parts: withoutPassword(session.server),
          value: database,
          every,
          timeout: timeout + second / 2,
          taken: () => void session.hold(timeout),
          identity: () => identityOf(session, timeout),
          aside: fact === 'primary' ? cockpitsOf(sessions.budget) : undefined,
        })
      : undefined,
    close: () => session.close(),
  });
}

/** How many cockpits read from the primary, for those that are told of it. */
const cockpitsOf = (budget: ReadBudget) => ({
  give: () => budget.cockpits,
  take: (cockpits: number) => {
    budget.cockpits = Math.max(1, cockpits);
  },
});

/** One poll of one server, within `timeout`. */
export function readServer(session: Session, timeout: Ms, signal: AbortSignal, budget?: ReadBudget) {
  const limit = statementLimit(timeout);
  const time = timeLimit(timeout, signal);
  return session.read(time.signal, limit, (ask) => lookWith(ask, session, budget)).finally(time.end);
}

/** What one statement may take, so that the server gives up before we do. */
export function statementLimit(timeout: Ms): Ms {
  return Math.max(50, timeout * 0.8);
}

/** Whether it was a replica when it was looked at last: decides what is asked together with who it is. */
const recovering = new WeakMap<Session, boolean>();

async function lookWith(ask: AskSql, session: Session, budget: ReadBudget | undefined): Promise<Database> {
  const { where } = session;
  const remembered = recovering.get(session);
  let inRecovery = remembered ?? (await whoAnswers(ask)).inRecovery;
  for (let again = false; ; again = true) {
    const look = await lookAt(ask, session, inRecovery).catch(async (error: unknown) => {
      if (again || remembered === undefined || isLostConnection(error)) throw error;
      // What a primary answers a replica refuses.
      const me = await whoAnswers(ask);
      if (me.inRecovery === inRecovery) throw error;
      return { me };
    });
    if ('missing' in look && look.me.inRecovery === inRecovery) {
      recovering.set(session, inRecovery);
      if (budget && look.counted) shareAmong(budget, look.counted.cockpits);
      return databaseFrom(look, where, failingOf(session, look));
    }
    // It was promoted, or another server answers at its address.
    inRecovery = look.me.inRecovery;
  }
}

async function whoAnswers(ask: AskSql): Promise<sql.WhoRow> {
  const [me] = await ask<sql.WhoRow>(sql.who);
  if (!me) throw new Error('the server did not identify itself');
  return me;
}

type Look = Awaited<ReturnType<typeof lookAt>>;

/** What is asked of it, in one turn: it goes together. */
async function lookAt(ask: AskSql, session: Session, inRecovery: boolean) {
  const { server } = session;
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
  const rowOf = <Row extends object>(what: DatabasePart, statement: string): Promise<Row | undefined> =>
    part(what, async () => (await ask<Row>(statement))[0]);
  const ofPrimary = <Row extends object>(what: DatabasePart, statement: string): Promise<Row | undefined> =>
    inRecovery ? Promise.resolve(undefined) : rowOf(what, statement);
  const [
    { me, latency },
    counted,
    lag,
    writable,
    unable,
    ended,
    slots,
    ids,
    archiver,
    damage,
    prepared,
    sequence,
    longest,
    blocked,
    busy,
  ] = await Promise.all([
    whoAnswers(ask).then((me) => ({ me, latency: Math.round((performance.now() - begun) * 10) / 10 })),
    rowOf<sql.ConnectionsRow>('connections', sql.connections),
    inRecovery
      ? part('replication lag', () => lagHere(ask, session))
      : rowOf<sql.LagRow>('replication lag', sql.lagOfPrimary),
    ofPrimary<WritesRow>('writes', writes),
    ofPrimary<WritersRow>('privileges', writers),
    ofPrimary<care.TransactionsRow>('transactions', care.transactions),
    part('replication slots', () => ask<sql.SlotRow>(sql.slots)),
    inRecovery ? undefined : part('age of ids', () => ask<sql.IdAgeRow>(sql.idAges)),
    ofPrimary<care.ArchiverRow>('archiver', care.archiver),
    ofPrimary<care.DamageRow>('checksums', care.damage),
    ofPrimary<care.PreparedRow>('prepared transactions', care.prepared),
    ofPrimary<care.SequenceRow>('sequences', care.sequences),
    rowOf<sql.TransactionRow>('longest transaction', sql.longestTransaction),
    part('blocked sessions', () => ask<sql.BlockedRow>(sql.blocked)),
    inRecovery ? undefined : busiestStatement(ask, session),
  ]);
  const upkeep = inRecovery ? undefined : upkeepFrom({ archiver, damage, prepared, sequence });
  return { me, latency, counted, lag, writable, unable, ended, slots, ids, upkeep, longest, blocked, busy, missing };
}

const histories = new WeakMap<Session, RollbackHistory>();

function failingOf(session: Session, { ended, counted, missing }: Look): Writes['failing'] {
  if (!ended) return undefined;
  const history = histories.get(session) ?? new RollbackHistory();
  histories.set(session, history);
  return history.add(ended, missing.length * Math.max(1, counted?.cockpits ?? 1));
}

function databaseFrom(look: Look, where: string, failing: Writes['failing']): Database {
  const { me, latency, counted, lag, writable, unable, slots, ids, upkeep, longest, blocked, busy, missing } = look;
  if (!me.seesAll) {
    const hidden = `GRANT pg_read_all_stats TO ${quoted(sanitize(me.role, 64))}; (or pg_monitor)`;
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
    writes: writable && { ...writesFrom(writable, me.role, unable), failing },
    writesUnasked: !writable && !me.inRecovery ? true : undefined,
    connections: counted ? connectionsFrom(counted) : undefined,
    lag: lag && (me.inRecovery || lag.peers > 0) ? lagFrom(lag, me.inRecovery) : undefined,
    wal: lag && me.inRecovery ? walFrom(lag) : undefined,
    slots: slots ? slots.map(slotFrom) : undefined,
    idAges: ids ? ids.map(idAgeFrom) : undefined,
    upkeep,
    busiest: busy?.found,
    busiestUnread: busy?.unread,
    longestTransaction: longest && transactionFrom(longest),
    blocked: blocked
      ? blocked.map(({ pid, blockedBy, seconds, query }) => ({
          pid,
          blockedBy,
          waiting: Math.max(0, (seconds ?? 0) * second),
          query: query === null ? 'hidden from our role' : shortStatement(query),
        }))
      : undefined,
    missing,
  };
}

function connectionsFrom({
  nearest,
  nearestUsed,
  nearestLimit,
  cockpits: _,
  ...counted
}: sql.ConnectionsRow): Connections {
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
    query: shortStatement(query ?? ''),
  };
}
