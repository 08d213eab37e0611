// The runbook's queries and its appendix with the current targets, to copy.
import type { ActionId } from '../core/actions/action.ts';
import { type Form, runbookForm } from '../core/platform/form.ts';
import { quote } from '../core/text/shell.ts';
import type { Targets } from '../core/world/targets.ts';
import { deployment, kubectl, literal, psql, redisCli } from './manual-commands.ts';
import { activeStudies, cancelStudy, failedJobs, keysOfTenant, oneStudy, retryJobs, revokeKey } from './statements.ts';

export type RunbookCommand = {
  id: string;
  /** The runbook's heading: `Viewing Logs`. */
  section: string;
  title: string;
  /** `form`: the tables of this database; the runbook's until they are known. */
  command(targets: Targets, form?: Form): string;
  /** The action that does the same, for commands that change something. */
  action?: ActionId;
};

const health = 'Health Endpoints';
const logs = 'Viewing Logs';
const studies = 'Checking Study Status';
const retry = 'Manually Retrying Failed Jobs';
const keys = 'API Keys';
const appendix = 'Useful Commands';

export const commands: readonly RunbookCommand[] = [
  {
    id: 'health',
    section: health,
    title: 'API gateway health',
    command: (t) => `curl ${quote(t.gatewayUrl + t.healthPath)}`,
  },
  {
    id: 'detailed-health',
    section: health,
    title: 'Detailed health',
    command: (t) => `curl ${quote(t.gatewayUrl + t.detailedHealthPath)}`,
  },
  {
    id: 'gateway-logs',
    section: logs,
    title: 'Follow the API gateway’s logs',
    command: (t) => kubectl(t, `logs -f ${deployment(t.deployments.gateway)}`),
  },
  {
    id: 'gateway-errors',
    section: logs,
    title: 'Errors only',
    command: (t) => `${kubectl(t, `logs ${deployment(t.deployments.gateway)}`)} | grep '"level":50'`,
  },
  {
    id: 'study-api',
    section: studies,
    title: 'A study, by the API',
    command: (t) => `curl -H "Authorization: Bearer $ADMIN_API_KEY" ${quote(t.gatewayUrl + t.studyPath)}/<study>`,
  },
  {
    id: 'study-database',
    section: studies,
    title: 'A study, by the database',
    command: (t, form = runbookForm) => psql(t.primary, oneStudy(form)),
  },
  {
    id: 'failed-jobs',
    section: retry,
    title: 'Find failed jobs for a study',
    command: (t, form = runbookForm) => psql(t.primary, failedJobs(form)),
  },
  {
    id: 'retry-jobs',
    section: retry,
    title: 'Mark jobs for retry',
    command: (t, form = runbookForm) => psql(t.primary, retryJobs(form)),
    action: 'retry-jobs',
  },
  {
    id: 'key-status',
    section: keys,
    title: 'API keys of a tenant',
    command: (t, form = runbookForm) => psql(t.primary, keysOfTenant(form)),
  },
  {
    id: 'revoke-key',
    section: keys,
    title: 'Revoke an API key',
    command: (t) => `${t.admin} admin:apikey revoke --key-id <key-id>`,
    action: 'revoke-api-key',
  },
  {
    id: 'revoke-key-sql',
    section: keys,
    title: 'Revoke an API key, by SQL',
    command: (t, form = runbookForm) => psql(t.primary, revokeKey(form)),
    action: 'revoke-api-key',
  },
  { id: 'pods', section: appendix, title: 'Check all pod status', command: (t) => kubectl(t, 'get pods') },
  {
    id: 'all-logs',
    section: appendix,
    title: 'Tail all logs',
    command: (t) => `${kubectl(t, `logs -f -l ${quote(t.logSelector)}`, ['--all-containers'])}`,
  },
  {
    id: 'connections',
    section: appendix,
    title: 'Get database connection count',
    command: (t) =>
      psql(t.primary, `SELECT count(*) FROM pg_stat_activity WHERE datname=${literal(t.primary.database)}`),
  },
  {
    id: 'redis-memory',
    section: appendix,
    title: 'Check Redis memory',
    command: (t) => `${redisCli(t, 'INFO memory')} | grep used_memory_human`,
  },
  {
    id: 'active-studies',
    section: appendix,
    title: 'List active studies',
    command: (t, form = runbookForm) => psql(t.primary, activeStudies(form)),
  },
  {
    id: 'force-completion',
    section: appendix,
    title: 'Force study completion (emergency)',
    command: (t, form = runbookForm) => {
      const statement = cancelStudy(form);
      if (statement !== undefined) return psql(t.primary, statement);
      return `curl -X DELETE -H "Authorization: Bearer $ADMIN_API_KEY" ${t.gatewayUrl}${t.studyPath}/<study>`;
    },
    action: 'cancel-study',
  },
];
