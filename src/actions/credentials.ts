// The database's credentials (runbook: Rotating Database Credentials).
import type { Action } from '../core/actions/action.ts';
import type { KubernetesCall } from '../core/actions/call.ts';
import type { Preflight } from '../core/actions/preflight.ts';
import { formatInstant } from '../core/text/format.ts';
import { quoted } from '../core/text/sql.ts';
import { minute, second } from '../core/time.ts';
import { dryRunOf } from './deployments/dry-run.ts';
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
  unknownName,
} from './plan.ts';

declare module '../core/actions/action.ts' {
  interface ActionIds {
    'rotate-database-credentials': true;
  }
}

/** PostgreSQL 16 and later require the ADMIN option, too; every role may change its own password. */
const mayAlterSql = `SELECT r.rolname::text AS name,
    r.rolname = current_user OR me.rolsuper OR (me.rolcreaterole AND NOT r.rolsuper AND
      (current_setting('server_version_num')::int < 160000 OR pg_has_role(current_user, r.oid, 'MEMBER WITH ADMIN OPTION'))) AS may
  FROM pg_roles r, pg_roles me WHERE r.rolname = $1 AND me.rolname = current_user`;

/** The cockpit's own sessions end with the cockpit. */
const olderSessionsSql = `SELECT pid, application_name::text AS application FROM pg_stat_activity
  WHERE usename = $1 AND backend_start < to_timestamp($2::float8) AND application_name NOT LIKE 'bentham-cockpit%'
  ORDER BY backend_start LIMIT 1000`;

/** Roles that may log in. */
async function rolesOf(preflight: Preflight): Promise<readonly string[]> {
  const text = 'SELECT rolname::text AS name FROM pg_roles WHERE rolcanlogin ORDER BY 1 LIMIT 200';
  const found = await preflight.rows('primary', text, []);
  return found.ok ? found.value.map(({ name }) => String(name)) : [];
}

export const rotateDatabaseCredentials: Action = {
  id: 'rotate-database-credentials',
  title: 'Rotate the database credentials',
  also: 'password secret',
  risk: 'irreversible',
  about: {
    does: 'sets a new password for the database role, stores it in the secret, restarts the deployments that use it',
    looksAt: 'the secret’s versions, the deployments that reference it',
    calls: 'ALTER ROLE … (generated, never shown); aws secretsmanager update-secret …; kubectl rollout restart …',
    proof: 'the secret’s password logs in to the database; the deployments are available; no older session remains',
    undo: 'none: rotate again; the previous version of the secret stays as AWSPREVIOUS until the next rotation',
    runbook: 'Rotating Database Credentials',
  },
  fields: [{ name: 'role', ask: 'which database role?', kind: 'text', preset: 'bentham' }],
  names: (_, { targets }) => targets.secretId,
  object: (_, { targets }) => `secret/${targets.secretId}`,
  needs: (_, { targets: { namespace } }) => [
    { kind: 'kubernetes', verb: 'patch', group: 'apps', resource: 'deployments', namespace },
  ],
  async plan(target, preflight) {
    const { targets } = preflight.context;
    const role = given(target, 'role');
    const [cluster, database, secret, found] = await Promise.all([
      answeredByCluster(preflight),
      answeredByDatabase(preflight),
      preflight.secret(targets.secretId),
      preflight.rows('primary', mayAlterSql, [role]),
    ]);
    for (const answer of [cluster, database, secret, found]) if (!answer.ok) return refusedBy(answer.fault);
    if (!cluster.ok || !database.ok || !secret.ok || !found.ok)
      return refuse('the preflight is incomplete', 'try again');
    if (!found.value[0]) return unknownName('role', role, await rolesOf(preflight));
    if (found.value[0].may !== true)
      return refuse(
        `${targets.primary.user} lacks permission to set the password of ${role}`,
        `as an administrator: GRANT ${quoted(role)} TO ${quoted(targets.primary.user)} WITH ADMIN OPTION, and CREATEROLE`,
      );
    const using = await preflight.mentioning(targets.secretId);
    if (!using.ok) return refusedBy(using.fault);
    const names = [...new Set([targets.deployments.gateway, ...using.value])];
    const states = await Promise.all(names.map((name) => preflight.deployment(name)));
    const deployments = states.flatMap((state) => (state.ok ? [state.value] : []));
    const restarts = deployments.map(
      (d): KubernetesCall => ({
        tool: 'kubernetes',
        do: { verb: 'restart', deployment: d.name },
        namespace: targets.namespace,
        when: { uid: d.uid, generation: d.generation },
      }),
    );
    const tried = await dryRunOf(preflight, restarts);
    if ('planned' in tried) return tried.planned;
    return planned({
      impact: [
        `The role ${role} gets a generated password, stored in ${targets.secretId}.`,
        `Restarted afterwards: ${deployments.map((d) => d.name).join(', ')}. Until then, new connections from old pods fail.`,
        onlyWhenDone('secretsmanager:UpdateSecret', 'by then the role already has its new password'),
        `The secret has ${counted(secret.value.versions.length, 'version')}${secret.value.changedAt ? `, changed ${formatInstant(secret.value.changedAt)}` : ''}.`,
      ],
      warnings: [
        ...(role === targets.primary.user
          ? [
              `The cockpit logs in as this role too. This session switches to the new password; other cockpits and the next start must read it from ${targets.secretId} (PGPASSWORD, ~/.pgpass).`,
            ]
          : []),
        ...(using.value.length === 0
          ? ['No deployment references the secret by name: only the gateway is restarted.']
          : []),
        ...tried.warnings,
      ],
      calls: [
        { tool: 'secrets', do: { verb: 'rotate-password', secretId: targets.secretId, username: role } },
        ...restarts,
      ],
      instead: `rotate again; ${targets.secretId} keeps the old password as AWSPREVIOUS until the next rotation`,
      answered: [cluster.says, database.says, ...tried.answered],
      preconditions: deployments.map((d) => `${d.name} ${d.uid} ${d.generation}`).join(),
      baseline: {
        role,
        secret: targets.secretId,
        deployments: JSON.stringify(deployments.map((d) => [d.name, d.generation])),
      },
    });
  },
  async verify({ plan, startedAt }, preflight) {
    const { role = '', secret = '' } = plan.baseline ?? {};
    const opens = await preflight.secretOpens(secret, role);
    if (!opens.ok) return notYetBy(opens.fault);
    if (!opens.value.opens)
      return disproven(
        `the password in ${secret} does not log in to the database (${opens.value.why}): rotate again now`,
      );
    for (const [name, generation] of JSON.parse(plan.baseline?.deployments ?? '[]') as [string, number][]) {
      const found = await preflight.deployment(name);
      if (!found.ok) return notYetBy(found.fault);
      const d = found.value;
      if (d.stuck && d.generation > generation) return disproven(`${name} is stuck: ${d.stuck}`);
      if (d.generation <= generation || d.updated < d.desired || d.available < d.desired || d.replicas > d.updated)
        return notYet(`${name}: ${d.available} of ${d.desired} available after the restart`);
    }
    const old = await preflight.rows('primary', olderSessionsSql, [role, startedAt / second]);
    if (!old.ok) return notYetBy(old.fault);
    const [first] = old.value;
    const says = `the password in ${secret} logs in to the database, all deployments that use it are available`;
    // Old sessions stay open after the password changed, until their application is restarted.
    if (first)
      return notYet(
        `${says}; ${counted(old.value.length, 'session')} older than the rotation, such as pid ${first.pid} (${first.application || 'unnamed'}): restart their applications or end them`,
      );
    return proven(`${says}, no older session remains`);
  },
  within: 10 * minute,
};
