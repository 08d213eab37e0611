// The one description of every option. Defaults here are what both profiles share; profiles.ts holds the runbook's
// hosts. Environment names, flags, the JSON schema, `config` and `config check` derive from it.
import * as z from 'zod';
import type { OwnCommands } from '../core/actions/own/command.ts';
import { type MetricId, metricIds, runbookThresholds } from '../core/world/thresholds.ts';
import { logLevels } from '../disk/log-level.ts';
import { channels } from './channel-settings.ts';
import { display } from './display-settings.ts';
import { journal, person } from './journal-settings.ts';
import { incident } from './relay-settings.ts';
import { logFields, traffic } from './traffic-settings.ts';
import { anyUrl, url } from './url.ts';

export { mostKept } from './relay-settings.ts';

// Settings are checked once: compiling a checker first takes longer than checking.
z.config({ jitless: true });

const text = z.string().min(1);
const ms = z.number().int().positive();
/** A file or directory. `~/` is the home directory; relative to the configuration file, or to where one stands. */
const path = text.meta({ path: true });

const threshold = ({ warning, critical, about }: (typeof runbookThresholds)[MetricId]) =>
  z
    .object({
      warning: z.number().nonnegative().default(warning).describe('warning above this value'),
      critical: z.number().nonnegative().default(critical).describe('critical above this value'),
    })
    .refine((t) => t.warning <= t.critical, 'warning must not be above critical')
    .prefault({})
    .describe(`${about} (runbook, Key Metrics)`);

const thresholds = Object.fromEntries(metricIds.map((id) => [id, threshold(runbookThresholds[id])])) as Record<
  MetricId,
  ReturnType<typeof threshold>
>;

const sslMode = z.enum(['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full']);

/** One PostgreSQL server. Secrets never come from flags. */
const server = z.object({
  host: text
    .regex(/^[^\s,]+$/, 'one host: a name, an address, or the directory of a Unix socket')
    .describe('host name, or the directory of a Unix socket'),
  port: z.number().int().min(1).max(65535).default(5432).describe('TCP port'),
  database: text.default('bentham').describe('database to connect to'),
  user: text.default('bentham').describe('role to log in as'),
  password: z.string().optional().meta({ secret: true }).describe('password; prefer ~/.pgpass or PGPASSWORD'),
  passwordFile: path.optional().meta({ derived: true }).describe('the file that the password was read from'),
  sslMode: sslMode
    .default('prefer')
    .describe('libpq sslmode; a guarded environment uses at least require, unless set to disable'),
  sslRootCert: path.optional().describe('CA certificate file; `system`: the CAs that Node trusts'),
  sslCert: path.optional().describe('client certificate file'),
  sslKey: path.optional().describe('client key file'),
});

export const settingsSchema = z.object({
  profile: text.describe('production, staging, or a profile in the file'),
  environment: z.object({
    name: text.describe('name shown on every screen and confirmation'),
    guarded: z.boolean().describe('starts read-only and must be armed'),
    readOnly: z.boolean().default(false).describe('read-only; cannot be armed'),
    observe: z.boolean().default(false).describe('observe only: actions are disabled'),
    unencrypted: z
      .array(z.enum(['gateway', 'prometheus', 'channels', 'credentials']))
      .default([])
      .describe(
        'connections that may send secrets over http:// in a guarded environment: gateway, prometheus, channels, credentials',
      ),
    redirected: z
      .array(text)
      .default([])
      .meta({ derived: true })
      .describe('options that the environment or flags redirect away from the profile (computed)'),
  }),
  kubernetes: z.object({
    kubeconfig: text
      .meta({ pathList: true })
      .optional()
      .describe('kubeconfig files, as in KUBECONFIG (default: KUBECONFIG, ~/.kube/config, then in-cluster)'),
    context: text.optional().describe('kubeconfig context (default: the current context)'),
    namespace: text.describe('namespace of Bentham'),
    podSelector: z
      .string()
      .default('')
      .describe('label selector of the pods to watch (empty: all pods in the namespace)'),
    logSelector: z.string().default('app=bentham').describe('label selector for all logs (runbook, Useful Commands)'),
    deployments: z
      .object({
        gateway: text.default('api-gateway').describe('deployment of the API gateway'),
        orchestrator: text.default('orchestrator').describe('deployment of the orchestrator'),
        executor: text.default('executor').describe('deployment of the executor'),
      })
      .prefault({})
      .describe('deployments by role (runbook, Architecture)'),
    debugImage: z
      .string()
      .regex(/^[a-zA-Z0-9][\w./:@-]*$/, 'an image reference')
      .default('busybox:1.37')
      .describe('image of a debug container, for pods without a shell'),
    otherWorkloads: z
      .enum(['warning', 'critical'])
      .default('warning')
      .describe('severity of any other broken workload in the namespace'),
  }),
  gateway: z.object({
    url: url.describe('base URL, without a path (runbook, Service Locations)'),
    healthPath: text.default('/health').describe('health path (runbook, Health Endpoints)'),
    detailedHealthPath: text.default('/v1/health').describe('detailed health path (runbook, Health Endpoints)'),
    studyPath: text.default('/v1/studies').describe('path of a study by its id'),
    adminApiKey: z.string().optional().meta({ secret: true }).describe('admin API key; prefer ADMIN_API_KEY'),
  }),
  platform: z
    .object({
      checkpoint: ms.default(30_000).describe('time between two checkpoints of the orchestrator, in milliseconds'),
      jobTimeout: ms.default(600_000).describe('a job that runs longer is stuck, in milliseconds'),
    })
    .prefault({})
    .describe('orchestrator and executors'),
  database: z.object({
    primary: server,
    replica: server.optional(),
    schema: text.default('public').describe('schema of studies, jobs, results and api_keys'),
  }),
  redis: z
    .object({
      url: z
        .url({ protocol: /^rediss?$/, error: 'a redis:// or rediss:// URL' })
        .describe('URL without a password; set that in REDIS_PASSWORD or REDIS_URL'),
      tls: z
        .enum(['require', 'disable'])
        .optional()
        .describe(
          'TLS for redis:// (rediss:// always uses it); a guarded environment uses require, unless set to disable',
        ),
      username: text.optional().describe('ACL user (default: the default user)'),
      password: z.string().optional().meta({ secret: true }).describe('password; prefer REDIS_PASSWORD'),
      caFile: path.optional().describe('CA certificate file for TLS'),
    })
    .refine(
      ({ url, tls }) => !(url.startsWith('rediss:') && tls === 'disable'),
      'redis.tls=disable contradicts a rediss:// URL: change one of them',
    ),
  evidence: z
    .object({
      bucket: text.default('bentham-evidence').describe('S3 bucket of the evidence files'),
      region: text.optional().describe('AWS region (default: AWS_REGION, then the AWS profile)'),
      endpoint: url.optional().describe('S3 endpoint, if not AWS'),
      pathStyle: z.boolean().default(false).describe('path-style URLs (default: true if an endpoint is set)'),
      awsProfile: text.optional().describe('AWS profile for S3, RDS and Secrets Manager'),
      retentionDays: z
        .number()
        .int()
        .positive()
        .default(30)
        .describe('days to keep evidence (runbook, Evidence Cleanup)'),
    })
    .prefault({}),
  backups: z
    .object({
      cluster: text.default('bentham-prod').describe('RDS cluster (runbook, Database Recovery)'),
      recovered: text
        .default('bentham-recovered')
        .describe('name of the restored cluster (runbook, Database Recovery)'),
      rdsEndpoint: url.optional().describe('RDS endpoint, if not AWS'),
      redisBucket: text.optional().describe('S3 bucket of the daily Redis backup'),
      redisPrefix: z.string().default('redis/').describe('key prefix of the Redis backups'),
    })
    .prefault({}),
  credentials: z
    .object({
      secretId: text
        .default('bentham/db-credentials')
        .describe('secret with the database login (runbook, Rotating Database Credentials)'),
      endpoint: url.optional().describe('Secrets Manager endpoint, if not AWS'),
    })
    .prefault({}),
  prometheus: z
    .object({
      url: anyUrl.describe('Prometheus URL; may contain user and password'),
      p95Query: text.describe('PromQL query for p95 in milliseconds'),
      errorRateQuery: text.describe('PromQL query for the error rate, from 0 to 1'),
      bearerToken: z.string().optional().meta({ secret: true }).describe('bearer token, instead of user and password'),
    })
    .optional()
    .describe('source of API p95 and error rate instead of the gateway logs'),
  logFields,
  traffic,
  admin: z
    .object({
      command: z.array(text).min(1).default(['pnpm']).describe('command for admin:* and test:surface'),
      environment: z
        .array(z.string().regex(/^[A-Za-z_]\w*\*?$/, 'variable names, or prefixes as in PG*'))
        .default(['DATABASE_URL', 'REDIS_URL', 'NODE_ENV'])
        .describe(
          'variables passed to these commands and the failover script, in addition to PATH, HOME, locale and proxies',
        ),
      directory: path.optional().describe('Bentham checkout with package.json, scripts/ and k8s/'),
      failoverScript: text
        .default('./scripts/db-failover.sh')
        .describe('failover script in the checkout (runbook, SEV1)'),
      stagingManifests: text
        .default('k8s/staging/')
        .describe('staging manifests in the checkout (runbook, Deploying Updates)'),
      productionManifests: text
        .default('k8s/production/')
        .describe('production manifests in the checkout (runbook, Deploying Updates)'),
      kubectl: text.default('kubectl').describe('kubectl command'),
      stagingHealthUrl: url
        .default('https://api-staging.bentham.io/health')
        .describe('health URL to check after a deploy to staging'),
      stagingNamespace: text.default('bentham-staging').describe('namespace of staging, deployed first'),
    })
    .prefault({}),
  thresholds: z.object(thresholds).prefault({}),
  intervals: z
    .object({
      gateway: ms
        .min(10_000, 'at least 10000: the kubelet probes share the gateway limit of 100 requests a minute')
        .default(15_000)
        .describe('health endpoints; at most six requests a minute from one host; shared like intervals.database'),
      database: ms
        .default(5000)
        .describe(
          'primary and replica; shared by your cockpits on one host, and by those of an incident over its relay',
        ),
      redis: ms.default(5000).describe('PING and INFO; shared like intervals.database'),
      studies: ms.default(5000).describe('queue and active studies; shared like intervals.database'),
      surfaces: ms.default(15000).describe('failures per surface; shared like intervals.database'),
      traffic: ms
        .default(2000)
        .describe('p95 and error rate from the logs read so far; shared by your cockpits on one host'),
      timeout: ms.default(2000).describe('timeout of one request to one backend'),
    })
    .prefault({})
    .describe('poll intervals, in milliseconds'),
  channels,
  contacts: z
    .array(z.strictObject({ role: text, contact: text, escalation: text }))
    .default([
      { role: 'On-Call Engineer', contact: 'PagerDuty', escalation: 'Automatic' },
      { role: 'Database Admin', contact: 'dba@bentham.io', escalation: 'SEV1/SEV2' },
      { role: 'Security', contact: 'security@bentham.io', escalation: 'Any security issue' },
      { role: 'Product Owner', contact: 'product@bentham.io', escalation: 'SEV1' },
    ])
    .describe('contacts (runbook, Contacts)'),
  commands: z
    .object({
      file: path
        .optional()
        .describe('your own commands (default: commands.yaml beside the configuration file; in a drill: none)'),
    })
    .prefault({}),
  journal,
  person,
  incident,
  display,
  log: z
    .object({
      file: path.optional().describe('debug log file as JSON lines, for bug reports (default: none)'),
      level: z.enum(logLevels).default('info').describe('log level; debug: every query and reading'),
    })
    .prefault({}),
  drill: text.optional().describe('name of the drill scenario; set by the drill'),
});

/** The effective configuration. `own`: what commands.yaml declares, for the commands that offer it. */
export type Settings = z.infer<typeof settingsSchema> & { own?: OwnCommands };

/** What a file, the environment or flags may give: any part of it. */
export type SettingsInput = z.input<typeof settingsSchema>;

/** One PostgreSQL server. */
export type DatabaseServer = Settings['database']['primary'];

/** Whether Redis is spoken to by TLS. */
export function redisByTls({ url, tls }: Pick<Settings['redis'], 'url' | 'tls'>): boolean {
  return url.startsWith('rediss:') || tls === 'require';
}
