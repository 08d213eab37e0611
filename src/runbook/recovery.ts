import type { Checklist } from '../core/incident/checklist.ts';
import { quote } from '../core/text/shell.ts';
import { formOf } from '../core/world/world.ts';
import { health, newStudies, primary, redis, replica, workload } from './evidence.ts';
import { aws, deployment, kubectl, psql } from './manual-commands.ts';
import { newestStudy } from './statements.ts';

/** An hour ago, to the second, for a point in time that a person replaces. */
const hourAgo = (now: number): string => `${new Date(now - 3_600_000).toISOString().slice(0, 19)}Z`;

const listSnapshots = 'rds describe-db-cluster-snapshots --db-cluster-identifier';

export const fullRecovery: Checklist = {
  id: 'full-recovery',
  title: 'Full system recovery',
  from: 'runbook',
  section: 'Disaster Recovery',
  about: 'The platform must be rebuilt from its backups.',
  symptoms: [],
  steps: [
    {
      id: 'full-recovery/infrastructure',
      say: 'Provision new infrastructure (if needed)',
      decision: {
        question: 'is new infrastructure needed?',
        recommend: (world) => {
          const cluster = workload(world, 'gateway');
          return cluster.state === 'unknown'
            ? { answer: 'unsure', because: `Kubernetes: ${cluster.because}` }
            : { answer: 'no', because: 'Kubernetes answers' };
        },
      },
      byHand: (t) => [kubectl(t, 'get nodes,pods')],
    },
    {
      id: 'full-recovery/database',
      say: 'Restore database from backup',
      evidence: (world) => [primary(world), ...replica(world)],
      check: primary,
      offers: [
        { action: 'list-snapshots', title: 'list snapshots' },
        { action: 'restore-database', title: 'restore database' },
      ],
      byHand: (t) => [aws(t, 'rds', `${listSnapshots} ${quote(t.cluster)}`)],
      goes: { screen: 'backups', title: 'the backups' },
    },
    {
      id: 'full-recovery/redis',
      say: 'Restore Redis from backup',
      evidence: (world) => [redis(world)],
      goes: { screen: 'backups', title: 'the backups' },
    },
    {
      id: 'full-recovery/application',
      say: 'Deploy application',
      evidence: (world) => [workload(world, 'gateway'), workload(world, 'orchestrator'), workload(world, 'executor')],
      offers: [{ action: 'deploy', title: 'deploy' }],
      byHand: (t) => [kubectl(t, `apply -f ${quote(t.manifests)}`)],
    },
    {
      id: 'full-recovery/health',
      say: 'Verify health checks',
      evidence: (world) => [health(world)],
      byHand: (t) => [
        `curl ${quote(t.gatewayUrl + t.healthPath)}`,
        `curl ${quote(t.gatewayUrl + t.detailedHealthPath)}`,
      ],
    },
    {
      id: 'full-recovery/dns',
      say: 'Update DNS/load balancer',
      more: ['Compare the DNS records with the current addresses of the platform.'],
      evidence: (world) => [health(world)],
      byHand: (t) => [`getent hosts ${quote(new URL(t.gatewayUrl).hostname)} ${quote(t.primary.host)}`],
    },
    {
      id: 'full-recovery/tenants',
      say: 'Verify tenant access',
      evidence: (world) => [health(world), newStudies(world)],
      byHand: (t) => [`curl -H "Authorization: Bearer $ADMIN_API_KEY" ${quote(t.gatewayUrl + t.studyPath)}`],
    },
  ],
};

export const pointInTimeRecovery: Checklist = {
  id: 'point-in-time-recovery',
  title: 'Database point-in-time recovery',
  from: 'runbook',
  section: 'Disaster Recovery',
  about: 'Data was lost or damaged. The restore creates a new cluster; the old one is not changed.',
  symptoms: [],
  steps: [
    {
      id: 'point-in-time-recovery/list',
      say: 'List available backups',
      offers: [{ action: 'list-snapshots', title: 'list snapshots' }],
      byHand: (t) => [aws(t, 'rds', `${listSnapshots} ${quote(t.cluster)}`)],
      goes: { screen: 'backups', title: 'the backups' },
    },
    {
      id: 'point-in-time-recovery/restore',
      say: 'Restore to point in time',
      more: [
        'Choose the last moment before the damage, in UTC.',
        'aws takes --db-cluster-identifier here; it refuses the runbook’s --target-db-cluster-identifier.',
      ],
      offers: [{ action: 'restore-database', title: 'restore database' }],
      byHand: (t, world) => [
        aws(
          t,
          'rds',
          `rds restore-db-cluster-to-point-in-time --source-db-cluster-identifier ${quote(t.cluster)} --db-cluster-identifier ${quote(t.recovered)} --restore-to-time "${hourAgo(world.now)}"`,
        ),
      ],
      waits: { for: 'the new cluster to become available', remind: 10 * 60_000 },
    },
    {
      id: 'point-in-time-recovery/verify',
      ours: true,
      say: 'Check the restored data before you point anything at it',
      byHand: (t, world) => [psql({ ...t.primary, host: '<recovered-host>' }, newestStudy(formOf(world)))],
    },
  ],
};

export const evidenceRecovery: Checklist = {
  id: 'evidence-recovery',
  title: 'Evidence recovery',
  from: 'runbook',
  section: 'Disaster Recovery',
  about: 'An evidence file was deleted or overwritten. Versions and Object Lock keep it.',
  symptoms: [],
  steps: [
    {
      id: 'evidence-recovery/versions',
      say: 'List versions of a file',
      byHand: (t) => [aws(t, 's3', `s3api list-object-versions --bucket ${quote(t.bucket)} --prefix <study>/`)],
      goes: { screen: 'evidence', title: 'the evidence' },
    },
    {
      id: 'evidence-recovery/restore',
      say: 'Restore a specific version',
      offers: [
        { action: 'restore-evidence', title: 'restore a version' },
        { action: 'restore-deleted-evidence', title: 'restore all that was deleted under a prefix' },
      ],
      byHand: (t) => [
        aws(
          t,
          's3',
          `s3api copy-object --bucket ${quote(t.bucket)} --copy-source ${quote(t.bucket)}/<study>/<file>?versionId=<version> --key <study>/<file>`,
        ),
      ],
      goes: { screen: 'evidence', title: 'the evidence' },
    },
  ],
};

export const rollback: Checklist = {
  id: 'rollback',
  title: 'Emergency rollback',
  from: 'runbook',
  section: 'Maintenance Procedures',
  about: 'The current revision is bad, the previous one was good.',
  symptoms: [],
  steps: [
    {
      id: 'rollback/undo',
      say: 'Roll the API gateway back',
      evidence: (world) => [workload(world, 'gateway'), health(world)],
      offers: [
        {
          action: 'rollback-deployment',
          title: 'roll back gateway',
          target: (world) => ({ deployment: world.scope.deployments.gateway }),
        },
      ],
      byHand: (t) => [kubectl(t, `rollout undo ${deployment(t.deployments.gateway)}`)],
    },
    {
      id: 'rollback/verify',
      ours: true,
      say: 'Check that the previous revision is up and the health check passes',
      evidence: (world) => [workload(world, 'gateway'), health(world)],
      byHand: (t) => [kubectl(t, `rollout status ${deployment(t.deployments.gateway)}`)],
    },
  ],
};
