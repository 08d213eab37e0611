// A primary that answers and takes no writes is down for those who use it.
import { formatAge, formatCount, formatCounted } from '../text/format.ts';
import { quoted } from '../text/sql.ts';
import type { Database } from '../world/facts.ts';
import { type Decision, decide } from './rules/index.ts';

export type WriteProblem = Decision & { says: string; remedy: string };

type LockedOut = NonNullable<NonNullable<Database['writes']>['lockedOut']>[number]['why'];

const outSays: Readonly<Record<LockedOut, string>> = {
  login: 'it has no LOGIN',
  expired: 'its password has expired (VALID UNTIL)',
  limit: 'its CONNECTION LIMIT is 0',
  full: 'the CONNECTION LIMIT of the database is 0',
  closed: 'the database has ALLOW_CONNECTIONS false',
  connect: 'it may not CONNECT to the database',
};

/** `role`: quoted. */
function outCure(why: LockedOut, role: string): string {
  switch (why) {
    case 'login':
      return `unless someone locked it on purpose: ALTER ROLE ${role} LOGIN;`;
    case 'expired':
      return `unless it was meant to end: ALTER ROLE ${role} VALID UNTIL '…';`;
    case 'limit':
      return `unless someone locked it on purpose: ALTER ROLE ${role} CONNECTION LIMIT -1;`;
    case 'full':
      return 'ALTER DATABASE … CONNECTION LIMIT -1;';
    case 'closed':
      return 'from another database: ALTER DATABASE … ALLOW_CONNECTIONS true;';
    case 'connect':
      return `GRANT CONNECT ON DATABASE … TO ${role};`;
  }
}

type Unable = NonNullable<NonNullable<Database['writes']>['unable']>;

/** With the statement that gives it back: to the first of the roles. */
function unableSays({ op, table, schema, why, roles }: Unable): { says: string; remedy: string } {
  const [first = ''] = roles;
  const who = roles.length > 1 ? `${first} and ${roles.length - 1} more` : first;
  switch (why) {
    case 'schema':
      return {
        says: `no role that works here may use schema ${schema}: ${who} lost USAGE`,
        remedy: `GRANT USAGE ON SCHEMA ${schema} TO ${quoted(first)};`,
      };
    case 'grant':
      return {
        says: `no role that works here may ${op} ${table}: ${who} lacks the grant`,
        remedy: `GRANT ${op} ON ${quoted(table)} TO ${quoted(first)};`,
      };
    case 'policy':
      return {
        says: `row-level security lets no role that works here ${op} ${table}: ${who}`,
        remedy: `find who turned it on; then CREATE POLICY … ON ${quoted(table)} FOR ${op} TO ${quoted(first)} …`,
      };
  }
}

/** What keeps a primary from taking writes, the worst first; undefined where nothing is known to. */
export function evaluateWrites({
  inRecovery,
  writes,
  writesUnasked,
}: Pick<Database, 'inRecovery' | 'writes' | 'writesUnasked'>): WriteProblem | undefined {
  if (inRecovery)
    return {
      ...decide('primary/in-recovery'),
      says: 'in recovery: it is a replica',
      remedy: 'after a failover, point database.primary at the new primary',
    };
  if (writesUnasked)
    return {
      ...decide('primary/writes-unknown'),
      says: 'whether it takes writes is unknown',
      remedy: 'pg_settings and pg_stat_activity must be readable',
    };
  if (!writes) return undefined;
  const { readOnly, standbys, waiting, refused, unable, failing, lockedOut } = writes;
  const whole = readOnly.find(({ by }) => by !== 'role') ?? readOnly[0];
  if (whole) {
    const [says, remedy] =
      whole.by === 'server'
        ? [
            'read-only: it takes no writes',
            'ALTER SYSTEM RESET default_transaction_read_only; SELECT pg_reload_conf();',
          ]
        : whole.by === 'database'
          ? [
              'the database is set read-only: it takes no writes',
              'ALTER DATABASE … RESET default_transaction_read_only;',
            ]
          : [
              `read-only for ${whole.role}: it takes no writes`,
              `ALTER ROLE ${quoted(whole.role)} RESET default_transaction_read_only;`,
            ];
    return {
      ...decide('primary/read-only'),
      says,
      remedy: `${remedy} new sessions only; find out why first (a full disk?)`,
    };
  }
  if (waiting && waiting.on === 'standby')
    return {
      ...decide('primary/commits-wait-standby'),
      says: `commits hang: ${formatCounted(waiting.commits, 'session waits', 'sessions wait')} for a standby, the longest for ${formatAge(waiting.longest)}`,
      remedy: 'bring the standby back, or remove it from synchronous_standby_names and reload',
    };
  if (standbys?.there !== undefined && standbys.there < standbys.needed)
    return {
      ...decide('primary/standby-missing'),
      says: `commits hang: ${standbys.there} of ${standbys.needed} synchronous standbys are connected`,
      remedy: 'bring the standby back, or remove it from synchronous_standby_names and reload',
    };
  if (waiting)
    return {
      ...decide('primary/commits-wait-disk'),
      says: `commits hang: ${formatCounted(waiting.commits, 'session waits', 'sessions wait')} for the disk, the longest for ${formatAge(waiting.longest)}`,
      remedy: 'check the disk of pg_wal: full, slow or read-only?',
    };
  if (refused)
    return {
      ...decide('primary/no-permission'),
      says: `${refused} has no permission to change studies or jobs`,
      remedy: `GRANT SELECT, INSERT, UPDATE ON them TO ${quoted(refused)}`,
    };
  if (unable) return { ...decide('primary/no-permission'), ...unableSays(unable) };
  if (failing)
    return {
      ...decide('primary/rollbacks'),
      says: `${formatCount(failing.rollbacks)} of ${formatCount(failing.of)} transactions rolled back within ${formatAge(failing.within)}`,
      remedy: 'its log names the error: a full disk, a lost grant, a trigger, a time limit, a release',
    };
  const [out] = lockedOut ?? [];
  if (out)
    return {
      ...decide('primary/locked-out'),
      says: `new sessions of ${out.role} are refused: ${outSays[out.why]}`,
      remedy: outCure(out.why, quoted(out.role)),
    };
  if (standbys && standbys.there === undefined)
    return {
      ...decide('primary/standbys-hidden'),
      says: 'its synchronous standbys are not visible',
      remedy: 'GRANT pg_read_all_stats to the role',
    };
  return undefined;
}
