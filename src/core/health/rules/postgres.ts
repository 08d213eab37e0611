import { formatCount } from '../../text/format.ts';
import { day, minute, second } from '../../time.ts';
import { declare, inWords } from './rule.ts';

/** Statements may wait this long for a lock. */
export const mayBlock = minute;
/** How far a replica may be behind. */
export const lag = { warning: 30 * second, critical: 5 * minute };
/** Commits that wait longer hang (src/data/postgres/queries/writes.ts). */
export const commitsHangAfter = 5 * second;
/** Four segments of log: what a replica leaves behind while it restarts. */
export const passingLog = 4 * 16 * 1024 ** 2;
/** Ten times PostgreSQL's max_wal_size as it comes: no server keeps so much log without a reason. */
export const muchLog = 10 * 1024 ** 3;
/** PostgreSQL reserves the last three million for the repair. */
export const writesStopAt = 2 ** 31 - 3_000_000;
/** vacuum_failsafe_age as it comes: from here on PostgreSQL drops all else to freeze. */
export const failsafeAge = 1_600_000_000;
/** At autovacuum_freeze_max_age a vacuum is forced; half as much again, and it does not get through. */
export const lateVacuum = 1.5;

/** How long a wrong checksum counts as new. */
export const damageIsNews = day;
/** An older prepared transaction counts as forgotten. */
export const oldPrepared = 5 * minute;
/** Of a sequence's values (check_postgres, sequence). */
export const sequenceShare = { warning: 0.85, critical: 0.95 };

export const primaryRules = declare({
  'primary/ok': { verdict: 'ok', when: 'it answers, and nothing known stops writes', from: 'the queries below' },
  'primary/in-recovery': { verdict: 'critical', when: 'it is in recovery: a replica', from: 'pg_is_in_recovery()' },
  'primary/read-only': {
    verdict: 'critical',
    when: 'sessions start read-only: set on the server, in the database, or for a connected role',
    from: 'pg_settings, pg_db_role_setting (default_transaction_read_only)',
  },
  'primary/commits-wait-standby': {
    verdict: 'critical',
    when: `commits have waited ${inWords(commitsHangAfter)} for a standby`,
    from: 'pg_stat_activity (SyncRep)',
  },
  'primary/standby-missing': {
    verdict: 'critical',
    when: 'fewer synchronous standbys stream than synchronous_standby_names requires',
    from: 'pg_stat_replication',
  },
  'primary/commits-wait-disk': {
    verdict: 'critical',
    when: `commits have waited ${inWords(commitsHangAfter)} for the disk`,
    from: 'pg_stat_activity (WALSync, WALWrite)',
  },
  'primary/no-permission': {
    verdict: 'warning',
    when: 'no role that works here may insert and update studies and jobs: a grant, USAGE of the schema or a policy of row-level security is missing; or applications use our role, and it may not',
    from: 'has_any_column_privilege(), has_schema_privilege(), pg_policy',
  },
  'primary/rollbacks': {
    verdict: 'warning',
    when: 'of its transactions within the last minute 10 or more, and more than a quarter, rolled back, where at most one in twenty did before; it takes looks 10 s apart',
    from: 'pg_stat_database (xact_rollback, xact_commit)',
    source: 'check_postgres, commitratio',
  },
  'primary/locked-out': {
    verdict: 'warning',
    when: 'a role that works here cannot log in again: NOLOGIN, VALID UNTIL is over, CONNECTION LIMIT 0 (its own or the database’s), ALLOW_CONNECTIONS false, no CONNECT',
    from: 'pg_roles, pg_database',
  },
  'primary/blocked': {
    verdict: 'warning',
    when: `a statement has waited ${inWords(mayBlock)} for a lock`,
    from: 'pg_locks',
    source: 'check_postgres, locks',
  },
  'primary/writes-unknown': {
    verdict: 'unknown',
    when: 'the settings that can stop writes are not readable',
    from: 'pg_settings',
  },
  'primary/part-unknown': {
    verdict: 'unknown',
    when: 'its blocked sessions, privileges or transactions are not readable, or not in time',
    from: 'pg_locks, has_any_column_privilege(), pg_stat_database',
  },
  'primary/standbys-hidden': {
    verdict: 'unknown',
    when: 'commits wait for standbys, and the standbys are hidden from our role',
    from: 'pg_stat_replication',
  },
});

export const replicaRules = declare({
  'replica/ok': {
    verdict: 'ok',
    when: `it streams, and is at most ${inWords(lag.warning)} behind`,
    from: 'replay lag',
  },
  'replica/second-primary': {
    verdict: 'critical',
    when: 'it is not in recovery, and is another server than the primary, which is not either: the data diverge',
    from: 'pg_is_in_recovery(), pg_postmaster_start_time()',
    source: 'Patroni (split brain)',
  },
  'replica/promoted': { verdict: 'warning', when: 'it is not in recovery', from: 'pg_is_in_recovery()' },
  'replica/not-streaming': {
    verdict: 'critical',
    when: 'it receives no WAL from its primary',
    from: 'pg_stat_wal_receiver',
    source: 'check_postgres, hot_standby_delay',
  },
  'replica/far-behind': { verdict: 'critical', when: `more than ${inWords(lag.critical)} behind`, from: 'replay lag' },
  'replica/behind': { verdict: 'warning', when: `more than ${inWords(lag.warning)} behind`, from: 'replay lag' },
  'replica/paused': { verdict: 'warning', when: 'its replay is paused', from: 'pg_is_wal_replay_paused()' },
  'replica/lag-unknown': { verdict: 'unknown', when: 'its lag is not visible', from: 'replay lag' },
});

const gib = (bytes: number) => `${bytes / 1024 ** 3} GiB`;

export const upkeepRules = declare({
  'part/unread': {
    verdict: 'unknown',
    when: 'slots, ids, archiver, checksums, prepared transactions or sequences are not readable, or not in time',
    from: 'their views',
  },
  'archive/failing': {
    verdict: 'warning',
    when: 'archiving failed after it last succeeded',
    from: 'pg_stat_archiver',
    source: 'check_postgres, archive_ready',
  },
  'archive/idle': { verdict: 'warning', when: 'archive_mode is on without a command or library', from: 'pg_settings' },
  'damage/fresh': {
    verdict: 'critical',
    when: `a page had a wrong checksum within ${inWords(damageIsNews)}`,
    from: 'pg_stat_database (checksum_failures)',
  },
  'damage/old': { verdict: 'warning', when: 'a page had a wrong checksum before', from: 'pg_stat_database' },
  'prepared/old': {
    verdict: 'warning',
    when: `a prepared transaction waits for ${inWords(oldPrepared)}`,
    from: 'pg_prepared_xacts',
    source: 'check_postgres, prepared_txns',
  },
  'sequence/out': {
    verdict: 'critical',
    when: `a sequence has used ${sequenceShare.critical * 100} % of its values`,
    from: 'pg_sequences',
    source: 'check_postgres, sequence',
  },
  'sequence/near': {
    verdict: 'warning',
    when: `a sequence has used ${sequenceShare.warning * 100} % of its values`,
    from: 'pg_sequences',
    source: 'check_postgres, sequence',
  },
});

export const postgresRules = declare({
  'slot/ok': { verdict: 'ok', when: 'its consumer reads', from: 'pg_replication_slots' },
  'slot/lost': {
    verdict: 'warning',
    when: 'its WAL is gone: the consumer must be recreated',
    from: 'wal_status',
    source: 'check_postgres, replication_slots',
  },
  'slot/unreserved': { verdict: 'warning', when: 'its WAL is about to be removed', from: 'wal_status' },
  'slot/unread': {
    verdict: 'warning',
    when: `it has no consumer and retains more than ${passingLog / 1024 ** 2} MiB of WAL`,
    from: 'restart_lsn',
    source: 'check_postgres, replication_slots',
  },
  'slot/fills-disk': {
    verdict: 'critical',
    when: `it has no consumer and retains more than ${gib(muchLog)} of WAL, without a limit`,
    from: 'restart_lsn, max_slot_wal_keep_size',
  },
  'slot/slow': { verdict: 'warning', when: `its consumer is more than ${gib(muchLog)} behind`, from: 'restart_lsn' },
  'ids/ok': { verdict: 'ok', when: 'the oldest id is frozen in time', from: 'age(datfrozenxid), mxid_age(datminmxid)' },
  'ids/out': {
    verdict: 'critical',
    when: `the oldest id is ${formatCount(writesStopAt / 1e6)} M old: writes stop`,
    from: 'age(datfrozenxid), mxid_age(datminmxid)',
    source: 'PostgreSQL, Preventing Transaction ID Wraparound Failures',
  },
  'ids/failsafe': {
    verdict: 'critical',
    when: `the oldest id is ${formatCount(failsafeAge / 1e6)} M old`,
    from: 'age(datfrozenxid), mxid_age(datminmxid)',
    source: 'PostgreSQL, vacuum_failsafe_age',
  },
  'ids/late': {
    verdict: 'warning',
    when: `the oldest id is ${lateVacuum} × autovacuum_freeze_max_age old, or half of all are used`,
    from: 'age(datfrozenxid), mxid_age(datminmxid)',
    source: 'check_postgres, txn_wraparound',
  },
});
