// The connections that the cockpit keeps: one small one per server, and one on the primary for studies and jobs. Never
// more than two on a server, however many screens look.
import type { DatabaseServer, Settings } from '../../config/settings.ts';
import type { Result } from '../source.ts';
import type { ReadBudget } from './budgeted-query.ts';
import { Session } from './session.ts';

export type Sessions = {
  /** Facts of the server itself, sessions, tables. */
  primary: Session;
  replica?: Session;
  /** Studies, jobs, keys: what may take its time. */
  studies: Session;
  /** How dear reads of the primary are shared among the cockpits that read from it. */
  budget: ReadBudget;
};

/**
 * Learns from the primary how many sessions of cockpits it has. A cockpit that asks has two; those that are told by
 * another one have none, or one while a screen asks: each beyond the second may be a cockpit's.
 */
export function shareAmong(budget: ReadBudget, sessions: number): void {
  budget.cockpits = Math.max(1, sessions - 1);
}

/** What of a server's settings decides who answers, and what this role sees. */
export function withoutPassword({ password: _, ...server }: DatabaseServer): Omit<DatabaseServer, 'password'> {
  return server;
}

const kept = new WeakMap<Settings['database'], Sessions>();

/** The sessions of these settings, shared by sources and queries. Opened on first use. */
export function sessionsFor({ database }: Pick<Settings, 'database'>): Sessions {
  let sessions = kept.get(database);
  if (!sessions) {
    const { primary, replica } = database;
    sessions = {
      primary: new Session(primary),
      replica: replica ? new Session(replica) : undefined,
      studies: new Session(primary),
      budget: { cockpits: 1 },
    };
    kept.set(database, sessions);
  }
  return sessions;
}

/** The sessions that have a connection to this server now: what is left where it is full and gives no other. */
export function openSessions(database: Settings['database'], server: 'primary' | 'replica'): readonly Session[] {
  const { primary, replica, studies } = kept.get(database) ?? {};
  return (server === 'primary' ? [studies, primary] : [replica]).filter((one) => one?.isOpen === true) as Session[];
}

/** The answer where a replica is asked for and none is configured. */
export const noReplica = (where: string): Result<never> => ({
  ok: false,
  fault: { kind: 'unconfigured', where, what: 'no replica configured', hint: 'set database.replica.host' },
});
