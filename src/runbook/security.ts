import type { Checklist } from '../core/incident/checklist.ts';
import { quote } from '../core/text/shell.ts';
import { formOf } from '../core/world/world.ts';
import { deployment, kubectl, literal, psql } from './manual-commands.ts';
import { allKeys } from './statements.ts';

export const security: Checklist = {
  id: 'security',
  title: 'Security incident response',
  from: 'runbook',
  section: 'Security Procedures',
  about: 'Possible unauthorized access. Preserve evidence before you clean up.',
  symptoms: [],
  steps: [
    {
      id: 'security/isolate',
      say: 'Isolate affected systems',
      more: ['Revoke keys that may be compromised, end their sessions, take affected systems out of service.'],
      offers: [
        { action: 'revoke-api-key', title: 'revoke a key' },
        { action: 'disable-surface', title: 'disable a surface', asIs: true },
        { action: 'end-session', title: 'end a session', asIs: true },
        { action: 'scale-deployment', title: 'scale a deployment down', asIs: true },
      ],
      byHand: (t) => [
        `${t.admin} admin:apikey revoke --key-id <key-id>`,
        kubectl(t, `scale ${deployment(t.deployments.gateway)} --replicas=0`),
      ],
      goes: { screen: 'api-keys', title: 'the API keys' },
    },
    {
      id: 'security/preserve',
      say: 'Preserve logs and evidence',
      more: ['Save logs before any restart: a new pod has no old logs. Object Lock protects the evidence.'],
      offers: [{ action: 'preserve-evidence', title: 'preserve evidence' }],
      byHand: (t) => [
        `${kubectl(t, `logs -l ${quote(t.logSelector)} --all-containers --timestamps --tail=-1 --prefix`)} > incident-logs.txt`,
        `${kubectl(t, `logs ${deployment(t.deployments.gateway)} --previous --timestamps`)} > gateway-previous.txt`,
        `${kubectl(t, 'get events --sort-by=.lastTimestamp')} > incident-events.txt`,
      ],
      goes: { screen: 'logs', title: 'the logs' },
    },
    {
      id: 'security/notify-security',
      say: 'Notify security team',
      more: ['The contacts have the address: m there writes a mail. Slack and PagerDuty reach many more people.'],
      offers: [{ action: 'notify', title: 'notify' }],
      goes: { screen: 'contacts', title: 'the contacts' },
    },
    {
      id: 'security/scope',
      say: 'Assess scope of breach',
      more: ['Which keys, tenants, studies and hosts? Since when? Write down what is known and what is not.'],
      byHand: (t, world) => [
        psql(t.primary, allKeys(formOf(world))),
        psql(
          t.primary,
          `SELECT usename, client_addr, application_name, backend_start FROM pg_stat_activity WHERE datname=${literal(t.primary.database)}`,
        ),
      ],
      goes: { screen: 'api-keys', title: 'the API keys' },
    },
    {
      id: 'security/notify-tenants',
      say: 'Notify affected tenants if required',
      decision: {
        question: 'must affected tenants be notified?',
        recommend: () => ({
          answer: 'unsure',
          because: 'security and the product owner decide: was tenant data read or changed?',
        }),
      },
      goes: { screen: 'contacts', title: 'the contacts' },
    },
    {
      id: 'security/remediate',
      say: 'Remediate vulnerability',
      offers: [
        { action: 'rotate-api-key', title: 'rotate a key' },
        { action: 'rotate-database-credentials', title: 'rotate database credentials' },
        { action: 'deploy', title: 'deploy the fix' },
      ],
    },
    {
      id: 'security/review',
      say: 'Post-incident review',
      more: ['After the incident is resolved, export the report: bentham-cockpit incident export --format markdown'],
      waits: { for: 'the review to be held', remind: 24 * 3_600_000 },
    },
  ],
};
