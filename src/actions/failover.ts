// Promote the replica (runbook: SEV1 step 6). Irreversible: refused unless the primary is down from here and, as far as
// it can be asked, from the platform too.
import type { Action } from '../core/actions/action.ts';
import type { Survey } from '../core/actions/preflight.ts';
import { formatAge, formatBytes } from '../core/text/format.ts';
import { minute, second } from '../core/time.ts';
import {
  answeredByDatabase,
  commandWithin,
  kubectlInherits,
  notYet,
  notYetBy,
  planned,
  proven,
  refuse,
  refusedBy,
} from './plan.ts';

/** What the replica has, and how old it is. */
async function replicaState(survey: Survey) {
  return survey.rows(
    'replica',
    `SELECT pg_is_in_recovery() AS recovering, pg_last_wal_replay_lsn()::text AS replayed,
       pg_wal_lsn_diff(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())::float8 AS waiting,
       extract(epoch FROM now() - pg_last_xact_replay_timestamp())::float8 AS age,
       current_setting('transaction_read_only') AS readonly`,
    [],
  );
}

export const failoverDatabase: Action = {
  id: 'failover-database',
  title: 'Fail over the database to the replica',
  risk: 'irreversible',
  about: {
    does: 'promotes the replica to be the primary',
    looksAt:
      'the primary is unreachable from here and from the platform’s own health; the replica is in recovery, its lag and what would be lost; the script is there and executable',
    calls: './scripts/db-failover.sh',
    proof: 'the former replica is no longer in recovery and takes writes',
    undo: 'none: the old primary has to be made anew as a replica',
    runbook: 'SEV1 step 6',
  },
  fields: [],
  names: (_, { targets }) => targets.replica?.host ?? 'replica',
  object: () => 'database',
  unavailable(world) {
    if (!world.scope.hasReplica) return 'there is no replica here';
    const { primary } = world.readings;
    return primary.state === 'live' ? 'the primary answers' : undefined;
  },
  needs: (_, { targets, admin }) => [
    { kind: 'script', path: targets.failoverScript, ...(admin.directory ? { directory: admin.directory } : {}) },
  ],
  async plan(_, survey) {
    const { targets, admin } = survey.ground;
    if (!targets.replica) return refuse('no replica is configured', 'set database.replica');
    const [primary, replica, health] = await Promise.all([
      survey.database('primary'),
      answeredByDatabase(survey, 'replica'),
      survey.health(`${targets.gatewayUrl}${targets.healthPath}`),
    ]);
    if (primary.ok)
      return primary.value.inRecovery
        ? refuse(
            'the configured primary is itself in recovery',
            'was there a failover already? compare the configuration',
          )
        : refuse('the primary answers: a failover would make two of them', 'if it must be, stop the primary first');
    if (primary.fault.kind === 'forbidden' || primary.fault.kind === 'unconfigured')
      return refuse(`the primary could not be asked: ${primary.fault.what}`, primary.fault.hint);
    const database = health.ok ? health.value.services.database : undefined;
    if (database === true)
      return refuse(
        'the platform’s own health says that its database is healthy',
        'only this machine’s way to the primary may be down',
      );
    if (!replica.ok) return refusedBy(replica.fault);
    if (!replica.inRecovery)
      return refuse('the replica is not in recovery: it was promoted already', 'point the platform at it');
    const found = await replicaState(survey);
    if (!found.ok) return refusedBy(found.fault);
    const [row] = found.value;
    const age = Number(row?.age ?? Number.NaN);
    const waiting = Number(row?.waiting ?? 0);
    const lost = Number.isFinite(age)
      ? `What was written within the last ${formatAge(age * second)} before now may be lost: its newest transaction is that old.`
      : 'How old its newest transaction is could not be seen: what is lost is not known.';
    return planned({
      impact: [
        `${targets.replica.host} becomes the primary. There is no way back: the old primary must be made anew.`,
        lost,
        `${formatBytes(waiting)} have been received and are still to be replayed.`,
        `The primary: ${primary.fault.what}.`,
      ],
      warnings: [
        ...(health.ok && database === undefined ? ['The platform’s health does not tell of its database.'] : []),
        ...(health.ok ? [] : [`The platform’s own health could not be asked: ${health.fault.what}.`]),
        ...(primary.fault.kind === 'refused'
          ? []
          : [
              'The primary is not proven down, only not reachable: if it lives, there will be two. Make sure it is stopped.',
            ]),
        'Applications must be pointed at the new primary, by DNS or by their configuration.',
      ],
      calls: [
        {
          tool: 'command',
          argv: [targets.failoverScript],
          // It may go by SQL, by AWS, by kubectl or by ssh.
          inherits: ['PG*', 'SSH_AUTH_SOCK', ...kubectlInherits, ...admin.environment],
          ...(admin.directory ? { directory: admin.directory } : {}),
          within: 2 * commandWithin,
        },
      ],
      answered: [`replica ${replica.says}`],
      rests: `${targets.replica.host} recovering`,
      memo: { replayed: String(row?.replayed ?? '') },
    });
  },
  async verify(_, survey) {
    const found = await replicaState(survey);
    if (!found.ok) return notYetBy(found.fault);
    const [row] = found.value;
    if (row?.recovering !== false) return notYet('the replica is still in recovery');
    // The session that asks is read-only by itself; the server's own default is what counts.
    const mode = await survey.rows(
      'replica',
      `SELECT setting FROM pg_settings WHERE name = 'default_transaction_read_only'`,
      [],
    );
    if (mode.ok && mode.value[0]?.setting === 'on') return notYet('it is promoted, and still read-only by default');
    return proven('the former replica is not in recovery any more and takes writes');
  },
  within: 2 * minute,
};
