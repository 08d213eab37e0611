// The one description of every option. Defaults here are what both profiles share; profiles.ts holds the runbook's
// hosts. Environment names, flags, the JSON schema, `config` and `config check` derive from it.
import * as z from 'zod';
import { type MetricId, metricIds, runbookThresholds } from '../core/world/thresholds.ts';
import { logLevels } from '../disk/log-level.ts';

// Settings are checked once: compiling a checker first takes longer than checking.
z.config({ jitless: true });

const text = z.string().min(1);
const ms = z.number().int().positive();
const anyUrl = z.url({ protocol: /^https?$/, error: 'a URL that begins with http:// or https://' });
const url = anyUrl.refine((text) => !hasLogin(text), 'a URL without a user name and password in it');
/** A file or directory. `~/` is the home directory; relative to the configuration file, or to where one stands. */
const path = text.meta({ path: true });

function hasLogin(text: string): boolean {
  const parsed = URL.parse(text);
  return parsed !== null && (parsed.username !== '' || parsed.password !== '');
}

const threshold = ({ warning, critical, about }: (typeof runbookThresholds)[MetricId]) =>
  z
    .object({
      warning: z.number().nonnegative().default(warning).describe('above it: a warning'),
      critical: z.number().nonnegative().default(critical).describe('above it: critical'),
    })
    .refine((t) => t.warning <= t.critical, 'warning must not be above critical')
    .prefault({})
    .describe(`${about} (runbook, Key Metrics)`);

const thresholds = Object.fromEntries(metricIds.map((id) => [id, threshold(runbookThresholds[id])])) as Record<
  MetricId,
  ReturnType<typeof threshold>
>;

const webhook = url.optional().meta({ secret: true }).describe('incoming webhook of the channel');

const sslMode = z.enum(['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full']);

/** One PostgreSQL server. Secrets never come from flags. */
const server = z.object({
  host: text
    .regex(/^[^\s,]+$/, 'one host only: a name or address, or the directory of a Unix socket')
    .describe('host name, or the directory of a Unix socket'),
  port: z.number().int().min(1).max(65535).default(5432).describe('TCP port'),
  database: text.default('bentham').describe('database to connect to'),
  user: text.default('bentham').describe('role to log in as'),
  password: z.string().optional().meta({ secret: true }).describe('better in ~/.pgpass or PGPASSWORD'),
  sslMode: sslMode
    .default('prefer')
    .describe('as libpq’s sslmode; at least require in a guarded environment, unless disable is said'),
  sslRootCert: path.optional().describe('file with the certificate authority; `system`: the ones Node knows'),
  sslCert: path.optional().describe('file with the client’s certificate'),
  sslKey: path.optional().describe('file with the client’s key'),
});

export const settingsSchema = z.object({
  profile: text.describe('production, staging, or a profile of the file'),
  environment: z.object({
    name: text.describe('in words, on every frame and every confirmation'),
    guarded: z.boolean().describe('starts read-only, must be armed'),
    readOnly: z.boolean().default(false).describe('read-only that cannot be armed'),
    observe: z.boolean().default(false).describe('only watches: no path to an action'),
    unencrypted: z
      .array(z.enum(['gateway', 'prometheus', 'channels', 'credentials']))
      .default([])
      .describe(
        'whose secrets may go over http:// though the environment is guarded: gateway, prometheus, channels, credentials',
      ),
    redirected: z
      .array(text)
      .default([])
      .meta({ derived: true })
      .describe('what the environment or flags lead elsewhere than the profile; found out, never given'),
  }),
  kubernetes: z.object({
    kubeconfig: text
      .meta({ pathList: true })
      .optional()
      .describe('a list as in KUBECONFIG; else the usual places, else in-cluster'),
    context: text.optional().describe('of the kubeconfig; else its current one'),
    namespace: text.describe('where Bentham runs'),
    podSelector: z.string().default('').describe('label selector for the pods to watch; empty: all of the namespace'),
    logSelector: z.string().default('app=bentham').describe('label selector for all logs (runbook, Useful Commands)'),
    deployments: z
      .object({
        gateway: text.default('api-gateway').describe('the API gateway’s deployment'),
        orchestrator: text.default('orchestrator').describe('the orchestrator’s deployment'),
        executor: text.default('executor').describe('the executor’s deployment'),
      })
      .prefault({})
      .describe('deployments by their role (runbook, Architecture)'),
    otherWorkloads: z
      .enum(['warning', 'critical'])
      .default('warning')
      .describe('what a broken workload of the namespace weighs that is none of these'),
  }),
  gateway: z.object({
    url: url.describe('without a path (runbook, Service Locations)'),
    healthPath: text.default('/health').describe('(runbook, Health Endpoints)'),
    detailedHealthPath: text.default('/v1/health').describe('health in detail (runbook, Health Endpoints)'),
    studyPath: text.default('/v1/studies').describe('where a study is asked for by its id'),
    adminApiKey: z.string().optional().meta({ secret: true }).describe('better in ADMIN_API_KEY'),
  }),
  database: z.object({
    primary: server,
    replica: server.optional(),
    schema: text.default('public').describe('schema of studies, jobs, results and api_keys'),
  }),
  redis: z
    .object({
      url: z
        .url({ protocol: /^rediss?$/, error: 'a URL that begins with redis:// or rediss://' })
        .describe('without the password, which comes from REDIS_PASSWORD or REDIS_URL'),
      tls: z
        .enum(['require', 'disable'])
        .optional()
        .describe('for redis://; rediss:// always has it. In a guarded environment require, unless disable is said'),
      username: text.optional().describe('ACL user; without one, the default user'),
      password: z.string().optional().meta({ secret: true }).describe('better in REDIS_PASSWORD'),
      caFile: path.optional().describe('file with the certificate authority, for TLS'),
    })
    .refine(
      ({ url, tls }) => !(url.startsWith('rediss:') && tls === 'disable'),
      'redis.tls is disable, and redis.url begins with rediss://: say one of them',
    ),
  evidence: z
    .object({
      bucket: text.default('bentham-evidence').describe('S3 bucket of the evidence files'),
      region: text.optional().describe('else AWS_REGION, else the AWS profile’s'),
      endpoint: url.optional().describe('another S3 server than AWS’s'),
      pathStyle: z.boolean().default(false).describe('bucket in the path of URLs; default: where an endpoint is set'),
      awsProfile: text.optional().describe('profile of AWS’s own configuration, for S3, RDS and Secrets Manager'),
      retentionDays: z
        .number()
        .int()
        .positive()
        .default(30)
        .describe('older evidence may go (runbook, Evidence Cleanup)'),
    })
    .prefault({}),
  backups: z
    .object({
      cluster: text.default('bentham-prod').describe('RDS cluster (runbook, Database Recovery)'),
      recovered: text.default('bentham-recovered').describe('name for a restored cluster (runbook, Database Recovery)'),
      rdsEndpoint: url.optional().describe('another RDS server than AWS’s'),
      redisBucket: text.optional().describe('where the daily Redis backup lies'),
      redisPrefix: z.string().default('redis/').describe('how its objects’ names begin'),
    })
    .prefault({}),
  credentials: z
    .object({
      secretId: text
        .default('bentham/db-credentials')
        .describe('secret with the database’s login (runbook, Rotating Database Credentials)'),
      endpoint: url.optional().describe('another Secrets Manager than AWS’s'),
    })
    .prefault({}),
  prometheus: z
    .object({
      url: anyUrl.describe('Prometheus server; may hold user and password'),
      p95Query: text.describe('gives milliseconds'),
      errorRateQuery: text.describe('gives a share from 0 to 1'),
      bearerToken: z.string().optional().meta({ secret: true }).describe('where it wants one instead of a login'),
    })
    .optional()
    .describe('measures API p95 and error rate instead of the gateway’s logs'),
  logFields: z
    .object({
      level: text.default('level').describe('30 info, 40 warn, 50 error (runbook, Viewing Logs)'),
      time: text.default('time').describe('milliseconds since 1970, or ISO 8601'),
      message: text.default('msg').describe('the message'),
      requestId: z.array(text).default(['requestId', 'reqId']).describe('the first one found counts'),
      tenantId: text.default('tenantId').describe('tenant'),
      studyId: text.default('studyId').describe('study'),
      surfaceId: z.array(text).default(['surfaceId', 'surface_id']).describe('surface; the first one found counts'),
      responseTime: text
        .default('responseTime')
        .describe('how long a request took: milliseconds, the unit in its name (took_s), or in its text (4.2s)'),
      durations: z
        .array(text)
        .default(
          `durationMs duration_ms duration latencyMs latency_ms latency elapsedMs elapsed_ms elapsed
                  response_time request_time http.server.request.duration http.server.duration`.split(/\s+/),
        )
        .describe('other names of responseTime; the first one found counts'),
      statusCode: z
        .array(text)
        .default(`res.statusCode statusCode status_code http.response.status_code http.status_code status`.split(' '))
        .describe('the first one found counts'),
      url: z
        .array(text)
        .default('req.url url url.path http.target path request_uri'.split(' '))
        .describe('what was asked for; the first one found counts'),
      userAgent: z
        .array(text)
        .default('req.headers.user-agent userAgent user_agent user_agent.original http.user_agent'.split(' '))
        .describe('who asked; the first one found counts'),
    })
    .prefault({})
    .describe('where the fields are in a JSON log line (Fastify and pino by default)'),
  traffic: z
    .object({
      probePaths: z
        .array(text)
        .default('/health /v1/health /healthz /livez /readyz /ready /live /status /ping /metrics'.split(' '))
        .describe('asked for by probes only; beside the gateway’s two health paths and …/health, …/healthz'),
      probeAgents: z
        .array(text)
        .default([
          'kube-probe/',
          'ELB-HealthChecker',
          'GoogleHC',
          'Amazon-Route53',
          'Azure Traffic Manager',
          'Envoy/HC',
          'Consul Health Check',
          'Prometheus/',
          'Blackbox Exporter',
          'Pingdom',
          'UptimeRobot',
          'StatusCake',
          'Datadog',
          'bentham-cockpit',
        ])
        .describe('how the user agents of probes begin'),
    })
    .prefault({})
    .describe('which requests in the gateway’s logs are probes, and count neither in p95 nor in the error rate'),
  admin: z
    .object({
      command: z.array(text).min(1).default(['pnpm']).describe('pnpm admin:*, pnpm test:surface'),
      environment: z
        .array(z.string().regex(/^[A-Za-z_]\w*\*?$/, 'names of variables, or beginnings as in PG*'))
        .default(['DATABASE_URL', 'REDIS_URL', 'NODE_ENV'])
        .describe('variables that these commands and the failover script get, beside PATH, HOME, locale and proxies'),
      directory: path.optional().describe('the Bentham checkout: package.json, scripts/, k8s/'),
      failoverScript: text.default('./scripts/db-failover.sh').describe('in the checkout (runbook, SEV1)'),
      stagingManifests: text.default('k8s/staging/').describe('in the checkout (runbook, Deploying Updates)'),
      productionManifests: text.default('k8s/production/').describe('in the checkout (runbook, Deploying Updates)'),
      kubectl: text.default('kubectl').describe('the kubectl to run'),
      stagingHealthUrl: url
        .default('https://api-staging.bentham.io/health')
        .describe('asked after a deploy to staging'),
      stagingNamespace: text.default('bentham-staging').describe('where a deploy goes first'),
    })
    .prefault({}),
  thresholds: z.object(thresholds).prefault({}),
  intervals: z
    .object({
      gateway: ms
        .min(10_000, 'at least 10000: the kubelet’s probes share the gateway’s limit of 100 requests a minute')
        .default(15_000)
        .describe('health endpoints; at most six requests a minute in all'),
      database: ms.default(5000).describe('primary and replica'),
      redis: ms.default(5000).describe('PING and INFO'),
      studies: ms.default(5000).describe('queue and active studies'),
      surfaces: ms.default(15000).describe('failures per surface'),
      traffic: ms.default(2000).describe('p95 and error rate from the logs seen so far'),
      timeout: ms.default(2000).describe('for one look at one backend'),
    })
    .prefault({})
    .describe('milliseconds from one look to the next'),
  channels: z
    .object({
      pagerDuty: z
        .object({
          routingKey: z.string().optional().meta({ secret: true }).describe('Events API v2'),
          url: url.default('https://events.pagerduty.com/v2/enqueue').describe('where events are sent'),
        })
        .prefault({}),
      slackAlerts: z.object({ name: text.default('#alerts').describe('channel'), webhook }).prefault({}),
      slackOps: z.object({ name: text.default('#ops').describe('channel'), webhook }).prefault({}),
      received: url.optional().describe('where a drill’s PagerDuty and Slack tell what arrived; set by the drill'),
    })
    .prefault({})
    .describe('(runbook, Alert Channels)'),
  contacts: z
    .array(z.strictObject({ role: text, contact: text, escalation: text }))
    .default([
      { role: 'On-Call Engineer', contact: 'PagerDuty', escalation: 'Automatic' },
      { role: 'Database Admin', contact: 'dba@bentham.io', escalation: 'SEV1/SEV2' },
      { role: 'Security', contact: 'security@bentham.io', escalation: 'Any security issue' },
      { role: 'Product Owner', contact: 'product@bentham.io', escalation: 'SEV1' },
    ])
    .describe('(runbook, Contacts)'),
  journal: z
    .object({
      directory: path.optional().describe('default: $XDG_STATE_HOME/bentham-cockpit/PROFILE'),
      group: text.optional().describe('not supported: a journal belongs to one user; remove it'),
      name: text.optional().describe('the name this person goes by; default: the OS user'),
    })
    .prefault({}),
  display: z
    .object({
      theme: z.enum(['standard', 'colour-blind', 'plain']).default('standard').describe('plain: no colours'),
      bell: z.boolean().default(true).describe('rings when the worst verdict gets worse'),
    })
    .prefault({}),
  log: z
    .object({
      file: path.optional().describe('debug log as JSON lines, for bug reports; without it none is written'),
      level: z.enum(logLevels).default('info').describe('how much of it; debug: every query and reading'),
    })
    .prefault({}),
  drill: text.optional().describe('the name of the drill’s scenario; set by the drill'),
});

/** The effective configuration. */
export type Settings = z.infer<typeof settingsSchema>;

/** What a file, the environment or flags may give: any part of it. */
export type SettingsInput = z.input<typeof settingsSchema>;

/** One PostgreSQL server. */
export type DatabaseServer = Settings['database']['primary'];

/** Whether Redis is spoken to by TLS. */
export function redisByTls({ url, tls }: Pick<Settings['redis'], 'url' | 'tls'>): boolean {
  return url.startsWith('rediss:') || tls === 'require';
}
