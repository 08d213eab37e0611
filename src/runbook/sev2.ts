import type { Checklist, Offer } from '../core/incident/checklist.ts';
import { uncapitalized } from '../core/text/text.ts';
import { formOf } from '../core/world/world.ts';
import { causes } from './causes.ts';
import { failingSurfaces, mostlyFailing, surfaces, workload } from './evidence.ts';
import { failureMessages, failurePatterns } from './failure-patterns.ts';
import { deployment, kubectl, psql } from './manual-commands.ts';
import { failuresByMessage, failuresBySurface } from './statements.ts';

const fixes: readonly Offer[] = [
  {
    action: 'scale-deployment',
    title: 'reduce concurrency',
    target: (world) => ({ deployment: world.scope.deployments.executor }),
  },
  { action: 'cleanup-sessions', title: 'clean up old sessions' },
  { action: 'refresh-sessions', title: 'refresh all sessions' },
  { action: 'retry-jobs', title: 'retry failed jobs' },
];

export const sev2: Checklist = {
  id: 'sev2',
  title: 'High study failure rate',
  from: 'runbook',
  section: 'Incident Response',
  severity: 2,
  about: 'Studies run, but most of them end with more failures than results.',
  symptoms: [
    {
      id: 'sev2/studies',
      say: 'Studies completing with >50% failure rate',
      check: mostlyFailing,
      counts: 'studies',
    },
    {
      id: 'sev2/surfaces',
      say: 'Specific surfaces consistently failing',
      check: (world) => surfaces(world, 1)[0] ?? { state: 'unknown', because: 'not measured' },
      counts: 'surfaces',
    },
  ],
  steps: [
    {
      id: 'sev2/failure-patterns',
      say: 'Check failure patterns',
      more: [
        'Which surfaces fail, and in how many studies? One surface: see SEV3. All of them: check what they share.',
      ],
      evidence: (world) => [mostlyFailing(world), ...failurePatterns(world)],
      byHand: (t, world) => [psql(t.primary, failuresBySurface(formOf(world)))],
      goes: { screen: 'surfaces', title: 'the surfaces' },
    },
    {
      id: 'sev2/error-messages',
      say: 'Check error messages',
      more: causes.map((c) => `“${c.pattern}”: ${uncapitalized(c.cause)} → ${uncapitalized(c.fix)}`),
      evidence: failureMessages,
      offers: fixes,
      byHand: (t, world) => [psql(t.primary, failuresByMessage(formOf(world)))],
      goes: { screen: 'surfaces', title: 'the surfaces' },
    },
    {
      id: 'sev2/adapter-logs',
      say: 'Check surface adapter logs',
      evidence: (world) => [workload(world, 'executor'), ...surfaces(world, 2)],
      byHand: (t, world) => [
        `${kubectl(t, `logs ${deployment(t.deployments.executor)}`)} | grep "${failingSurfaces(world)[0]?.id.replace(/^-|[^\w.-]/g, '.') ?? 'surface_id'}"`,
      ],
      goes: { screen: 'logs', of: ({ scope }) => ({ deployment: scope.deployments.executor }), title: 'the logs' },
    },
  ],
};
