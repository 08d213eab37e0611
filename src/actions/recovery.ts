// Backups and credentials (runbook: Database Recovery; Rotating Database Credentials).
import type { Action } from '../core/actions/action.ts';
import type { KubernetesCall } from '../core/actions/call.ts';
import { formatAge, formatInstant } from '../core/text/format.ts';
import { minute, second } from '../core/time.ts';
import { tryOut } from './deployments/try-out.ts';
import {
  answeredByCluster,
  answeredByDatabase,
  counted,
  disproven,
  given,
  notYet,
  notYetBy,
  onlyWhenDone,
  planned,
  proven,
  refuse,
  refusedBy,
} from './plan.ts';

/** PostgreSQL 16 and later want the ADMIN option, too; everybody may change the own password. */
const mayAlterSql = `SELECT r.rolname::text AS name,
    r.rolname = current_user OR me.rolsuper OR (me.rolcreaterole AND NOT r.rolsuper AND
      (current_setting('server_version_num')::int < 160000 OR pg_has_role(current_user, r.oid, 'MEMBER WITH ADMIN OPTION'))) AS may
  FROM pg_roles r, pg_roles me WHERE r.rolname = $1 AND me.rolname = current_user`;

/** The cockpit's own sessions end with the cockpit. */
const olderSessionsSql = `SELECT pid, application_name::text AS application FROM pg_stat_activity
  WHERE usename = $1 AND backend_start < to_timestamp($2::float8) AND application_name NOT LIKE 'bentham-cockpit%'
  ORDER BY backend_start LIMIT 1000`;

export const restoreDatabase: Action = {
  id: 'restore-database',
  title: 'Restore the database to a point in time',
  risk: 'irreversible',
  about: {
    does: 'makes a new RDS cluster as the old one was at a time; never touches the old one',
    looksAt: 'the newest restorable time, the snapshots, that the target’s name is free; names the cost',
    calls: 'aws rds restore-db-cluster-to-point-in-time …',
    proof: 'the new cluster’s progress',
    undo: 'delete the new cluster',
    runbook: 'Point-in-Time Recovery',
  },
  fields: [
    { name: 'at', ask: 'to which time? (2026-01-17T02:00:00Z)', kind: 'text' },
    { name: 'as', ask: 'name of the new cluster? (empty: as configured)', kind: 'text', optional: true },
  ],
  names: (target, { targets }) => given(target, 'as') || targets.recovered,
  object: (target, { targets }) => `rds/${given(target, 'as') || targets.recovered}`,
  needs: () => [],
  async plan(target, survey) {
    const { targets } = survey.ground;
    const name = given(target, 'as') || targets.recovered;
    if (!/^[a-z](-?[a-z0-9])*$/i.test(name) || name.length > 63)
      return refuse(`${name.slice(0, 70)} is no name of a cluster`, 'letters, digits and single dashes');
    const at = given(target, 'at');
    const time = Date.parse(at);
    if (!/Z$|[+-]\d\d:\d\d$/.test(at) || Number.isNaN(time))
      return refuse(`${at.slice(0, 40)} is no time in UTC`, 'such as 2026-01-17T02:00:00Z');
    const [found, taken] = await Promise.all([survey.snapshots(), survey.rdsCluster(name)]);
    if (!found.ok) return refusedBy(found.fault);
    if (!taken.ok) return refusedBy(taken.fault);
    if (taken.value)
      return refuse(`there is a cluster ${name} already (${taken.value.status})`, 'choose another name with --as');
    const { newestRestorable: newest, oldestRestorable: oldest } = found.value;
    if (newest !== undefined && time > newest)
      return refuse(`it can be restored up to ${formatInstant(newest)}`, 'choose an earlier time');
    if (oldest !== undefined && time < oldest)
      return refuse(`it can be restored from ${formatInstant(oldest)} on`, 'choose a later time, or a snapshot');
    return planned({
      impact: [
        `A new cluster ${name} is made as ${targets.cluster} was at ${formatInstant(time)}. The old one is not touched.`,
        `What was written in the ${formatAge(survey.now() - time)} since is not in it.`,
        newest === undefined
          ? 'The newest restorable time was not told.'
          : `It can be restored up to ${formatInstant(newest)}.`,
        'It costs what a cluster of that size costs, until it is deleted. It has no instances yet: add one to connect.',
        onlyWhenDone('rds:RestoreDBClusterToPointInTime'),
      ],
      calls: [
        {
          tool: 'rds',
          do: {
            verb: 'restore-to-point-in-time',
            source: targets.cluster,
            target: name,
            at: new Date(time).toISOString().replace('.000', ''),
          },
        },
      ],
      undo: `delete the cluster ${name}`,
      answered: [`RDS cluster ${targets.cluster}, ${counted(found.value.snapshots.length, 'snapshot')}`],
      rests: `${name} free`,
      memo: { name },
    });
  },
  async verify({ plan }, survey) {
    const found = await survey.rdsCluster(plan.memo?.name ?? '');
    if (!found.ok) return notYetBy(found.fault);
    if (!found.value) return notYet('the new cluster is not listed yet');
    const { status, percent } = found.value;
    if (status === 'available') return proven('the new cluster is available');
    if (/fail|incompatible/.test(status)) return disproven(`the new cluster is ${status}`);
    return notYet(`the new cluster is ${status}${percent ? ` (${percent} %)` : ''}`);
  },
  within: 30 * minute,
};

export const listSnapshots: Action = {
  id: 'list-snapshots',
  title: 'List database snapshots',
  risk: 'reversible',
  about: {
    does: 'shows what can be restored; the plan itself is the answer',
    looksAt: 'the cluster’s snapshots and its newest restorable time',
    calls: 'aws rds describe-db-cluster-snapshots',
    proof: 'nothing is changed',
    undo: 'nothing is changed',
    runbook: 'Point-in-Time Recovery',
  },
  reads: true,
  fields: [],
  names: (_, { targets }) => targets.cluster,
  object: (_, { targets }) => `rds/${targets.cluster}`,
  needs: () => [],
  async plan(_, survey) {
    const found = await survey.snapshots();
    if (!found.ok) return refusedBy(found.fault);
    const { snapshots, newestRestorable } = found.value;
    return planned({
      impact: [
        newestRestorable === undefined
          ? 'The newest restorable time was not told.'
          : `Any time up to ${formatInstant(newestRestorable)} can be restored.`,
        ...snapshots.slice(0, 30).map((s) => `${s.id}  ${formatInstant(s.at)}  ${s.status}`),
      ],
      calls: [],
      undo: 'nothing is changed',
      answered: [`RDS cluster ${survey.ground.targets.cluster}`],
      rests: 'read',
    });
  },
  verify: async () => proven('nothing was changed'),
  within: second,
};

export const rotateDatabaseCredentials: Action = {
  id: 'rotate-database-credentials',
  title: 'Rotate the database credentials',
  risk: 'irreversible',
  about: {
    does: 'gives the database role a new password, writes it into the secret, restarts what uses it',
    looksAt: 'the secret’s versions, the deployments that refer to it',
    calls: 'ALTER ROLE … (generated, never shown); aws secretsmanager update-secret …; kubectl rollout restart …',
    proof: 'the secret’s password opens the database; the deployments are available; no session from before is left',
    undo: 'rotate again; the former version of the secret stays as AWSPREVIOUS',
    runbook: 'Rotating Database Credentials',
  },
  fields: [{ name: 'role', ask: 'which database role?', kind: 'text', preset: 'bentham' }],
  names: (_, { targets }) => targets.secretId,
  object: (_, { targets }) => `secret/${targets.secretId}`,
  needs: (_, { targets: { namespace } }) => [
    { kind: 'kubernetes', verb: 'patch', group: 'apps', resource: 'deployments', namespace },
  ],
  async plan(target, survey) {
    const { targets } = survey.ground;
    const role = given(target, 'role');
    const [cluster, database, secret, found] = await Promise.all([
      answeredByCluster(survey),
      answeredByDatabase(survey),
      survey.secret(targets.secretId),
      survey.rows('primary', mayAlterSql, [role]),
    ]);
    for (const answer of [cluster, database, secret, found]) if (!answer.ok) return refusedBy(answer.fault);
    if (!cluster.ok || !database.ok || !secret.ok || !found.ok)
      return refuse('not everything could be asked', 'look again');
    if (!found.value[0])
      return refuse(`there is no role ${role.slice(0, 60)}`, 'name the role that the applications use');
    if (found.value[0].may !== true)
      return refuse(
        `${targets.primary.user} may not set the password of ${role}`,
        `as an administrator: GRANT ${role} TO ${targets.primary.user} WITH ADMIN OPTION, and CREATEROLE`,
      );
    const using = await survey.mentioning(targets.secretId);
    if (!using.ok) return refusedBy(using.fault);
    const names = [...new Set([targets.deployments.gateway, ...using.value])];
    const states = await Promise.all(names.map((name) => survey.deployment(name)));
    const deployments = states.flatMap((state) => (state.ok ? [state.value] : []));
    const restarts = deployments.map(
      (d): KubernetesCall => ({
        tool: 'kubernetes',
        do: { verb: 'restart', deployment: d.name },
        namespace: targets.namespace,
        when: { uid: d.uid, generation: d.generation },
      }),
    );
    const tried = await tryOut(survey, restarts);
    if ('planned' in tried) return tried.planned;
    return planned({
      impact: [
        `The role ${role} gets a generated password; ${targets.secretId} holds it from then on.`,
        `Restarted after it: ${deployments.map((d) => d.name).join(', ')}. Until then new connections of old pods fail.`,
        onlyWhenDone('secretsmanager:UpdateSecret', 'the role has its new password by then'),
        `The secret has ${counted(secret.value.versions.length, 'version')}${secret.value.changedAt ? `, changed ${formatInstant(secret.value.changedAt)}` : ''}.`,
      ],
      warnings: [
        ...(role === targets.primary.user
          ? [
              `The cockpit itself logs in as that role. This one goes on with the new password until it ends; its next start, and other cockpits, need it from ${targets.secretId} (PGPASSWORD, ~/.pgpass).`,
            ]
          : []),
        ...(using.value.length === 0
          ? ['No deployment mentions the secret by its name: only the gateway is restarted.']
          : []),
        ...tried.warnings,
      ],
      calls: [
        { tool: 'secrets', do: { verb: 'rotate-password', secretId: targets.secretId, username: role } },
        ...restarts,
      ],
      answered: [cluster.says, database.says, ...tried.answered],
      rests: deployments.map((d) => `${d.name} ${d.uid} ${d.generation}`).join(),
      memo: {
        role,
        secret: targets.secretId,
        deployments: JSON.stringify(deployments.map((d) => [d.name, d.generation])),
      },
    });
  },
  async verify({ plan, startedAt }, survey) {
    const { role = '', secret = '' } = plan.memo ?? {};
    const opens = await survey.secretOpens(secret, role);
    if (!opens.ok) return notYetBy(opens.fault);
    if (!opens.value.opens)
      return disproven(
        `the password in ${secret} does not open the database (${opens.value.why}): rotate again at once`,
      );
    for (const [name, generation] of JSON.parse(plan.memo?.deployments ?? '[]') as [string, number][]) {
      const found = await survey.deployment(name);
      if (!found.ok) return notYetBy(found.fault);
      const d = found.value;
      if (d.stuck && d.generation > generation) return disproven(`${name} is stuck: ${d.stuck}`);
      if (d.generation <= generation || d.updated < d.desired || d.available < d.desired || d.replicas > d.updated)
        return notYet(`${name}: ${d.available} of ${d.desired} available with it`);
    }
    const old = await survey.rows('primary', olderSessionsSql, [role, startedAt / second]);
    if (!old.ok) return notYetBy(old.fault);
    const [first] = old.value;
    const says = `the password in ${secret} opens the database, all deployments that use it are available`;
    // They live on whatever the password is, until what holds them is restarted.
    if (first)
      return notYet(
        `${says}; ${counted(old.value.length, 'session')} from before still open, such as pid ${first.pid} (${first.application || 'no name'}): restart what holds them, or end them`,
      );
    return proven(`${says}, no session from before is left`);
  },
  within: 10 * minute,
};
