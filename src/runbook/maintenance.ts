import type { Checklist } from '../core/incident/checklist.ts';
import { quote } from '../core/text/shell.ts';
import { formOf } from '../core/world/world.ts';
import { health, workload } from './evidence.ts';
import { aws, deployment, kubectl, psql, retentionDate } from './manual-commands.ts';
import { tablesOf } from './statements.ts';

export const databaseMaintenance: Checklist = {
  id: 'database-maintenance',
  title: 'Weekly database maintenance',
  from: 'runbook',
  section: 'Maintenance Procedures',
  about: 'Once a week, at a quiet hour.',
  symptoms: [],
  steps: [
    {
      id: 'database-maintenance/analyze',
      say: 'Update table statistics',
      offers: [{ action: 'analyze-tables', title: 'analyze tables' }],
      byHand: (t, world) => tablesOf(formOf(world)).map((table) => psql(t.primary, `ANALYZE ${table}`)),
      goes: { screen: 'tables', title: 'the tables' },
    },
    {
      id: 'database-maintenance/bloat',
      say: 'Check for bloat',
      byHand: (t) => [
        psql(
          t.primary,
          'SELECT relname, pg_size_pretty(pg_total_relation_size(relid)) as total_size, n_dead_tup as dead_tuples FROM pg_stat_user_tables ORDER BY n_dead_tup DESC LIMIT 10',
        ),
      ],
      goes: { screen: 'tables', title: 'the tables' },
    },
    {
      id: 'database-maintenance/vacuum',
      say: 'Vacuum if needed',
      decision: {
        question: 'does a table need vacuum?',
        recommend: () => ({ answer: 'unsure', because: 'yes if dead tuples are many compared with live ones' }),
      },
      offers: [{ action: 'vacuum-table', title: 'vacuum a table', target: () => ({ table: 'jobs' }) }],
      byHand: (t, world) => [psql(t.primary, `VACUUM ANALYZE ${tablesOf(formOf(world))[0]}`)],
    },
  ],
};

export const evidenceCleanup: Checklist = {
  id: 'evidence-cleanup',
  title: 'Evidence cleanup',
  from: 'runbook',
  section: 'Maintenance Procedures',
  about: 'Old evidence is deleted automatically, except under legal hold. This is the manual cleanup.',
  symptoms: [],
  steps: [
    {
      id: 'evidence-cleanup/list',
      say: 'List old evidence (>30 days)',
      byHand: (t, world) => [
        `${aws(t, 's3', `s3 ls ${quote(`s3://${t.bucket}`)} --recursive`)} | awk '{if ($1 < "${retentionDate(world.now, t.retentionDays)}") print $4}'`,
      ],
      goes: { screen: 'evidence', title: 'the evidence' },
    },
    {
      id: 'evidence-cleanup/delete',
      say: 'Delete old evidence (careful!)',
      offers: [{ action: 'cleanup-evidence', title: 'clean up old evidence' }],
      byHand: (t) => [aws(t, 's3', `s3 rm ${quote(`s3://${t.bucket}`)}/<study>/ --recursive`)],
    },
  ],
};

export const sessionMaintenance: Checklist = {
  id: 'session-maintenance',
  title: 'Session pool maintenance',
  from: 'runbook',
  section: 'Maintenance Procedures',
  about: 'Surfaces answer “Invalid session”, or sessions are old.',
  symptoms: [],
  steps: [
    {
      id: 'session-maintenance/cleanup',
      say: 'Clear stale sessions',
      offers: [{ action: 'cleanup-sessions', title: 'clean up old sessions' }],
      byHand: (t) => [`${t.admin} admin:sessions cleanup --older-than 24h`],
    },
    {
      id: 'session-maintenance/refresh',
      say: 'Force refresh all sessions',
      offers: [{ action: 'refresh-sessions', title: 'refresh all sessions' }],
      byHand: (t) => [`${t.admin} admin:sessions refresh --all`],
    },
  ],
};

export const standardDeployment: Checklist = {
  id: 'deployment',
  title: 'Standard deployment',
  from: 'runbook',
  section: 'Maintenance Procedures',
  about: 'A new version: staging first, then production, rolling.',
  symptoms: [],
  steps: [
    {
      id: 'deployment/build',
      say: 'Build and test',
      byHand: (t) => [`${t.admin} build`, `${t.admin} test`],
      inOrder: true,
    },
    {
      id: 'deployment/staging',
      say: 'Deploy to staging',
      offers: [{ action: 'deploy', title: 'deploy' }],
      byHand: (t) => [kubectl(t, `apply -f ${quote(t.staging.manifests)}`, [], t.staging.namespace)],
    },
    {
      id: 'deployment/verify-staging',
      say: 'Verify staging',
      byHand: (t) => [`curl ${quote(t.staging.healthUrl)}`],
    },
    {
      id: 'deployment/production',
      say: 'Deploy to production (rolling)',
      evidence: (world) => [workload(world, 'gateway'), health(world)],
      offers: [{ action: 'deploy', title: 'deploy' }],
      byHand: (t) => [kubectl(t, `apply -f ${quote(t.manifests)}`)],
    },
    {
      id: 'deployment/rollout',
      say: 'Monitor rollout',
      evidence: (world) => [
        workload(world, 'gateway'),
        workload(world, 'orchestrator'),
        workload(world, 'executor'),
        health(world),
      ],
      byHand: (t) => [kubectl(t, `rollout status ${deployment(t.deployments.gateway)}`)],
      goes: { screen: 'pods', title: 'the pods' },
    },
  ],
};
