// The runbook's facts, written out: nothing of it may get lost. Sources: Bentham Operations Runbook, section by section.
import { describe, expect, test } from 'vitest';
import { actionById } from '../../src/actions/index.ts';
import { profiles } from '../../src/config/profiles.ts';
import { settingsSchema } from '../../src/config/settings.ts';
import { targetsOf } from '../../src/config/targets.ts';
import { backupSchedule } from '../../src/core/health/backups.ts';
import { metrics } from '../../src/core/health/metrics.ts';
import { levelName } from '../../src/core/logs/levels.ts';
import { readHealthBody } from '../../src/data/gateway/health-body.ts';
import { causeOf, causes } from '../../src/runbook/causes.ts';
import { alertChannels, nextBusinessDay } from '../../src/runbook/channels.ts';
import { checklist, checklists } from '../../src/runbook/checklists.ts';
import { commands } from '../../src/runbook/commands.ts';
import { applies, contactsFor } from '../../src/runbook/contacts.ts';
import { severityLevels } from '../../src/runbook/severities.ts';
import { world } from '../support/world.ts';

const production = settingsSchema.parse({ profile: 'production', ...profiles.production });
const staging = settingsSchema.parse({ profile: 'staging', ...profiles.staging });
const targets = targetsOf(production);
const nothing = world({ now: Date.UTC(2026, 0, 17, 3) });

const all = [
  ...commands.map((one) => one.command(targets)),
  ...checklists.flatMap((list) => list.steps.flatMap((step) => step.byHand?.(targets, nothing) ?? [])),
];

test('service locations', () => {
  expect(production.gateway.url).toBe('https://api.bentham.io');
  expect(staging.gateway.url).toBe('https://api-staging.bentham.io');
  expect(production.database.primary).toMatchObject({ host: 'db-primary.bentham.io', port: 5432 });
  expect(production.database.replica).toMatchObject({ host: 'db-replica.bentham.io', port: 5432 });
  expect(staging.database.primary).toMatchObject({ host: 'db-staging.bentham.io', port: 5432 });
  expect(staging.database.replica).toBeUndefined();
  expect(production.redis.url).toBe('redis://redis.bentham.io:6379');
  expect(staging.redis.url).toBe('redis://redis-staging.bentham.io:6379');
  expect(targets.redis).toEqual({ host: 'redis.bentham.io', port: 6379, tls: false });
  expect(production.evidence.bucket).toBe('bentham-evidence');
  expect([production.kubernetes.namespace, staging.kubernetes.namespace]).toEqual(['bentham-prod', 'bentham-staging']);
});

test('key metrics', () => {
  const runbook = [
    ['API Response Time (p95)', 500, 2000, 'Scale API nodes'],
    ['Error Rate', 1, 5, 'Check logs, investigate'],
    ['Database Connections', 80, 95, 'Increase pool size'],
    ['Redis Memory', 80, 95, 'Evict old data'],
    ['Queue Depth', 1000, 5000, 'Scale executors'],
    ['Study Failure Rate', 5, 20, 'Check surface adapters'],
  ];
  const titles = runbook.map(([title]) => title);
  const ours = metrics.filter((m) => titles.includes(m.title));
  expect(
    ours.map((m) => [m.title, production.thresholds[m.id].warning, production.thresholds[m.id].critical, m.action]),
  ).toEqual(runbook);
});

test('alert channels and response times', () => {
  expect(alertChannels.map((c) => [c.level, c.channel, c.responseTime])).toEqual([
    ['critical', 'PagerDuty + Slack #alerts', '15 min'],
    ['warning', 'Slack #alerts', '1 hour'],
    ['info', 'Slack #ops', 'Next business day'],
  ]);
  expect(alertChannels.map((c) => c.channels)).toEqual([
    ['pagerduty', 'slack-alerts'],
    ['slack-alerts'],
    ['slack-ops'],
  ]);
  const raised = Date.UTC(2026, 0, 16, 22, 0);
  expect(alertChannels.slice(0, 2).map((c) => (c.due(raised) - raised) / 60_000)).toEqual([15, 60]);
  expect(production.channels.slackAlerts.name).toBe('#alerts');
  expect(production.channels.slackOps.name).toBe('#ops');
});

test('the next business day after a Friday is the Monday', () => {
  const day = (at: number) => new Date(at).toISOString().slice(0, 10);
  expect(day(nextBusinessDay(Date.UTC(2026, 0, 16, 22)))).toBe('2026-01-19');
  expect(day(nextBusinessDay(Date.UTC(2026, 0, 18, 1)))).toBe('2026-01-19');
  expect(day(nextBusinessDay(Date.UTC(2026, 0, 19, 1)))).toBe('2026-01-20');
});

test('severity levels', () => {
  expect(severityLevels.map((l) => [`SEV${l.severity}`, l.description, l.example])).toEqual([
    ['SEV1', 'Complete outage', 'API returning 5xx for all requests'],
    ['SEV2', 'Major degradation', 'Study execution failing >50%'],
    ['SEV3', 'Minor degradation', 'Single surface adapter failing'],
    ['SEV4', 'Low impact', 'Slow response times, cosmetic issues'],
  ]);
});

const steps = (id: Parameters<typeof checklist>[0]) =>
  checklist(id)
    .steps.filter((step) => !step.ours)
    .map((step) => step.say);
const symptoms = (id: Parameters<typeof checklist>[0]) => checklist(id).symptoms.map((s) => s.say);

describe('procedures', () => {
  test('SEV1', () => {
    expect(symptoms('sev1')).toEqual([
      'Health check failing',
      'All API requests returning 5xx',
      'No new studies being created',
    ]);
    expect(steps('sev1')).toEqual([
      'Acknowledge the alert and notify stakeholders',
      'Check API gateway status',
      'Check database connectivity',
      'Check Redis',
      'Restart API gateway if needed',
      'Fail over to the replica if the database is down',
    ]);
    expect(checklist('sev1').steps.map((s) => s.decision !== undefined)).toEqual([
      false,
      false,
      false,
      false,
      true,
      true,
    ]);
    expect(checklist('sev1').steps[5]?.more?.join()).toContain('irreversible');
  });

  test('SEV2', () => {
    expect(symptoms('sev2')).toEqual([
      'Studies completing with >50% failure rate',
      'Specific surfaces consistently failing',
    ]);
    expect(steps('sev2')).toEqual(['Check failure patterns', 'Check error messages', 'Check surface adapter logs']);
    expect(causes.map((c) => [c.pattern, c.cause, c.fix])).toEqual([
      ['Rate limited', 'Too many requests', 'Reduce concurrency'],
      ['Invalid session', 'Session expired', 'Clear session pool'],
      ['Captcha detected', 'Bot detection', 'Rotate proxies'],
      ['Connection timeout', 'Network issues', 'Check proxy provider'],
    ]);
    expect(causeOf('429: rate limited, slow down')?.id).toBe('rate-limited');
    expect(causeOf('out of cheese')).toBeUndefined();
  });

  test('SEV3', () => {
    expect(symptoms('sev3')).toEqual(['One surface adapter returning errors', 'Other surfaces working normally']);
    expect(steps('sev3')).toEqual([
      'Disable the surface temporarily',
      'Check surface-specific issues',
      'Test surface manually',
      'Re-enable when fixed',
    ]);
    expect(checklist('sev3').steps[1]?.links?.map((l) => l.url)).toEqual([
      'https://status.openai.com',
      'https://status.anthropic.com',
    ]);
  });

  test('SEV4 is ours, with a step for each metric', () => {
    expect(checklist('sev4').from).toBe('ours');
    for (const m of metrics) expect(checklist('sev4').steps.map((s) => s.id)).toContain(`sev4/${m.id}`);
    expect(checklists.filter((list) => list.from === 'ours').map((list) => list.id)).toEqual(['sev4']);
  });

  test('security incident response', () => {
    expect(steps('security')).toEqual([
      'Isolate affected systems',
      'Preserve logs and evidence',
      'Notify security team',
      'Assess scope of breach',
      'Notify affected tenants if required',
      'Remediate vulnerability',
      'Post-incident review',
    ]);
  });

  test('full system recovery', () => {
    expect(steps('full-recovery')).toEqual([
      'Provision new infrastructure (if needed)',
      'Restore database from backup',
      'Restore Redis from backup',
      'Deploy application',
      'Verify health checks',
      'Update DNS/load balancer',
      'Verify tenant access',
    ]);
  });

  test('the others', () => {
    expect(steps('api-key-rotation')).toEqual([
      'Generate new key',
      'Notify tenant of new key',
      'Wait for tenant to update their integration',
      'Revoke old key',
    ]);
    expect(checklist('api-key-rotation').steps[2]?.waits?.for).toBe('the tenant to update their integration');
    expect(steps('credential-rotation')).toEqual([
      'Update credentials in secrets manager',
      'Restart API Gateway to pick up new credentials',
    ]);
    expect(steps('deployment')).toEqual([
      'Build and test',
      'Deploy to staging',
      'Verify staging',
      'Deploy to production (rolling)',
      'Monitor rollout',
    ]);
    expect(steps('rollback')).toEqual(['Roll the API gateway back']);
    expect(steps('database-maintenance')).toEqual(['Update table statistics', 'Check for bloat', 'Vacuum if needed']);
    expect(steps('session-maintenance')).toEqual(['Clear stale sessions', 'Force refresh all sessions']);
    expect(steps('evidence-cleanup')).toEqual(['List old evidence (>30 days)', 'Delete old evidence (careful!)']);
    expect(steps('point-in-time-recovery')).toEqual(['List available backups', 'Restore to point in time']);
    expect(steps('evidence-recovery')).toEqual(['List versions of a file', 'Restore a specific version']);
  });
});

const psql = (sql: string) => `psql -h db-primary.bentham.io -U bentham -c "${sql}"`;

test.each([
  'curl https://api.bentham.io/health',
  'curl https://api.bentham.io/v1/health',
  'kubectl logs -f deployment/api-gateway -n bentham-prod',
  `kubectl logs deployment/api-gateway -n bentham-prod | grep '"level":50'`,
  'curl -H "Authorization: Bearer $ADMIN_API_KEY" https://api.bentham.io/v1/studies/<study>',
  psql(
    "SELECT id, tenant_id, status, progress->>'completionPercentage' as progress, created_at, updated_at FROM studies WHERE id = '<study>'",
  ),
  psql("SELECT id, error_message, attempt_count FROM jobs WHERE study_id = '<study>' AND status = 'failed'"),
  psql(
    "UPDATE jobs SET status = 'pending', attempt_count = 0, error_message = NULL WHERE study_id = '<study>' AND status = 'failed'",
  ),
  psql(
    "SELECT id, tenant_id, name, permissions, rate_limit, last_used_at, created_at FROM api_keys WHERE tenant_id = '<tenant>'",
  ),
  'pnpm admin:apikey revoke --key-id <key-id>',
  psql("UPDATE api_keys SET revoked = true, revoked_at = NOW() WHERE id = '<key-id>'"),
  'kubectl get pods -n bentham-prod -l app=api-gateway',
  'kubectl describe pod <pod-name> -n bentham-prod',
  psql('SELECT 1'),
  'redis-cli -h redis.bentham.io ping',
  'kubectl rollout restart deployment/api-gateway -n bentham-prod',
  './scripts/db-failover.sh',
  psql(
    "SELECT surface_id, COUNT(*) as failures, COUNT(DISTINCT study_id) as affected_studies FROM jobs WHERE status = 'failed' AND created_at > NOW() - INTERVAL '1 hour' GROUP BY surface_id ORDER BY failures DESC",
  ),
  psql(
    "SELECT error_message, COUNT(*) FROM jobs WHERE status = 'failed' AND created_at > NOW() - INTERVAL '1 hour' GROUP BY error_message ORDER BY COUNT(*) DESC LIMIT 10",
  ),
  'kubectl logs deployment/executor -n bentham-prod | grep "surface_id"',
  'pnpm admin:surface disable openai-api',
  'pnpm test:surface openai-api --live',
  'pnpm admin:surface enable openai-api',
  psql('ANALYZE jobs'),
  psql('ANALYZE studies'),
  psql('ANALYZE results'),
  psql(
    'SELECT relname, pg_size_pretty(pg_total_relation_size(relid)) as total_size, n_dead_tup as dead_tuples FROM pg_stat_user_tables ORDER BY n_dead_tup DESC LIMIT 10',
  ),
  psql('VACUUM ANALYZE jobs'),
  `aws s3 ls s3://bentham-evidence --recursive | awk '{if ($1 < "2025-12-18") print $4}'`,
  'aws s3 rm s3://bentham-evidence/<study>/ --recursive',
  'pnpm admin:sessions cleanup --older-than 24h',
  'pnpm admin:sessions refresh --all',
  'pnpm build',
  'pnpm test',
  'kubectl apply -f k8s/staging/ -n bentham-staging',
  'curl https://api-staging.bentham.io/health',
  'kubectl apply -f k8s/production/ -n bentham-prod',
  'kubectl rollout status deployment/api-gateway -n bentham-prod',
  'kubectl rollout undo deployment/api-gateway -n bentham-prod',
  'aws rds describe-db-cluster-snapshots --db-cluster-identifier bentham-prod',
  'aws rds restore-db-cluster-to-point-in-time --source-db-cluster-identifier bentham-prod --db-cluster-identifier bentham-recovered --restore-to-time "2026-01-17T02:00:00Z"',
  'aws s3api list-object-versions --bucket bentham-evidence --prefix <study>/',
  'aws s3api copy-object --bucket bentham-evidence --copy-source bentham-evidence/<study>/<file>?versionId=<version> --key <study>/<file>',
  'pnpm admin:apikey create --tenant-id <tenant-id> --name "Production Key (rotated)" --permissions "*"',
  'pnpm admin:apikey revoke --key-id <old-key-id>',
  'aws secretsmanager update-secret --secret-id bentham/db-credentials --secret-string file://<credentials.json>',
  'kubectl get pods -n bentham-prod',
  'kubectl logs -f -l app=bentham -n bentham-prod --all-containers',
  psql("SELECT count(*) FROM pg_stat_activity WHERE datname='bentham'"),
  'redis-cli -h redis.bentham.io INFO memory | grep used_memory_human',
  psql("SELECT id, tenant_id, status FROM studies WHERE status IN ('executing', 'queued')"),
  psql("UPDATE studies SET status='cancelled' WHERE id='<study>'"),
])('%s', (command) => {
  expect(all).toContain(command);
});

test('commands use the configuration, and quote what a shell would interpret', () => {
  const odd = targetsOf({
    ...production,
    kubernetes: { ...production.kubernetes, context: 'eu 1', namespace: "x';rm" },
    database: { ...production.database, primary: { ...production.database.primary, port: 6432, database: 'b' } },
    redis: { url: 'rediss://r:7000' },
  });
  const text = (id: string) => commands.find((one) => one.id === id)?.command(odd);
  expect(text('pods')).toBe(`kubectl get pods -n 'x'\\'';rm' --context 'eu 1'`);
  expect(text('connections')).toBe(
    `psql -h db-primary.bentham.io -p 6432 -U bentham -d b -c "SELECT count(*) FROM pg_stat_activity WHERE datname='b'"`,
  );
  expect(text('redis-memory')).toBe('redis-cli -h r -p 7000 --tls INFO memory | grep used_memory_human');
});

test('kubectl gets the configured kubeconfig, unless the environment names the same', () => {
  const chosen = { ...production, kubernetes: { ...production.kubernetes, kubeconfig: '/etc/kube/a b:/etc/kube/c' } };
  const pods = commands.find((one) => one.id === 'pods');
  const text = (environment: Record<string, string>) => pods?.command(targetsOf(chosen, environment));
  expect(text({})).toBe(`KUBECONFIG='/etc/kube/a b:/etc/kube/c' kubectl get pods -n bentham-prod`);
  expect(text({ KUBECONFIG: '/etc/kube/a b:/etc/kube/c' })).toBe('kubectl get pods -n bentham-prod');
});

test('key ports', () => {
  // The runbook's 3000 is the pods' port; every command of it asks api.bentham.io without one, by HTTPS.
  expect(new URL(production.gateway.url)).toMatchObject({ protocol: 'https:', port: '' });
  expect([production.database.primary.port, new URL(production.redis.url).port]).toEqual([5432, '6379']);
});

test('health: paths, and what healthy looks like', () => {
  expect([targets.healthPath, targets.detailedHealthPath]).toEqual(['/health', '/v1/health']);
  const services = { database: 'healthy', redis: 'healthy', orchestrator: 'healthy' };
  expect(readHealthBody(JSON.stringify({ status: 'healthy', services }))).toMatchObject({
    status: 'healthy',
    healthy: true,
    services: ['database', 'redis', 'orchestrator'].map((name) => ({ name, healthy: true })),
  });
});

test('structured log fields: 30 is info, 40 warn, 50 error; requestId, tenantId, studyId, msg', () => {
  expect([30, 40, 50].map(levelName)).toEqual(['info', 'warn', 'error']);
  expect(production.logFields).toMatchObject({
    level: 'level',
    message: 'msg',
    requestId: expect.arrayContaining(['requestId']),
    tenantId: 'tenantId',
    studyId: 'studyId',
  });
});

test('backup schedule', () => {
  expect(backupSchedule.map((b) => [b.data, b.frequency, b.retention, b.location])).toEqual([
    ['Database', 'Hourly', '7 days', 'S3 (cross-region)'],
    ['Database', 'Daily', '30 days', 'S3 (cross-region)'],
    ['Redis', 'Daily', '7 days', 'S3'],
    ['Evidence', 'Real-time', 'Per retention policy', 'S3 (Object Lock)'],
  ]);
});

test('contacts, those that apply first', () => {
  expect(production.contacts.map((c) => [c.role, c.contact, c.escalation])).toEqual([
    ['On-Call Engineer', 'PagerDuty', 'Automatic'],
    ['Database Admin', 'dba@bentham.io', 'SEV1/SEV2'],
    ['Security', 'security@bentham.io', 'Any security issue'],
    ['Product Owner', 'product@bentham.io', 'SEV1'],
  ]);
  const now = (severity: 1 | 2 | 3 | 4 | undefined, isSecurity = false) =>
    contactsFor(production.contacts, severity, isSecurity)
      .filter((one) => one.now)
      .map((one) => one.contact.role);
  expect(now(1)).toEqual(['On-Call Engineer', 'Database Admin', 'Product Owner']);
  expect(now(2)).toEqual(['On-Call Engineer', 'Database Admin']);
  expect(now(3)).toEqual(['On-Call Engineer']);
  expect(now(3, true)).toEqual(['On-Call Engineer', 'Security']);
  expect(contactsFor(production.contacts, undefined)).toHaveLength(4);
});

test.each([
  ['SEV1/SEV2', [1, 2]],
  ['SEV1, SEV3', [1, 3]],
  ['SEV1-3', [1, 2, 3]],
  ['SEV2 to SEV4', [2, 3, 4]],
  ['SEV2+', [1, 2]],
  ['Always', [1, 2, 3, 4]],
  ['by phone', []],
])('a contact with the rule %s applies at %j', (escalation, at) => {
  const contact = { role: 'x', contact: 'x', escalation };
  expect(([1, 2, 3, 4] as const).filter((severity) => applies(contact, severity, false))).toEqual(at);
});

test('every step has a unique id in its checklist, and offers actions that exist', () => {
  const ids = checklists.flatMap((list) => list.steps.map((step) => step.id));
  expect(new Set(ids).size).toBe(ids.length);
  for (const list of checklists)
    for (const step of list.steps) {
      expect(step.id.startsWith(`${list.id}/`)).toBe(true);
      for (const offer of step.offers ?? []) expect(actionById).toHaveProperty(offer.action);
    }
});
