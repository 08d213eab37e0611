// How the gateway's log lines are read, and which requests are no person's.
import * as z from 'zod';

const text = z.string().min(1);

/** Names of the fields of a log line; the first that is there counts. */
export const logFields = z
  .object({
    level: text.default('level').describe('level: 30 info, 40 warn, 50 error (runbook, Viewing Logs)'),
    time: text.default('time').describe('time: milliseconds since 1970, or ISO 8601'),
    message: text.default('msg').describe('message'),
    requestId: z
      .array(text)
      .default(['requestId', 'reqId'])
      .describe('request id; the first field found is shown, all of them are searched'),
    tenantId: text.default('tenantId').describe('tenant id'),
    studyId: text.default('studyId').describe('study id'),
    surfaceId: z.array(text).default(['surfaceId', 'surface_id']).describe('surface id; the first field found is used'),
    responseTime: text
      .default('responseTime')
      .describe('request duration: milliseconds, or a unit in the name (took_s) or in the value (4.2s)'),
    durations: z
      .array(text)
      .default(
        `durationMs duration_ms duration latencyMs latency_ms latency elapsedMs elapsed_ms elapsed
                  response_time request_time took event.duration http.server.request.duration http.server.duration
                  httpRequest.latency`.split(/\s+/),
      )
      .describe(
        'other names of responseTime; the first field found is used, then any duration, latency, elapsed or took',
      ),
    statusCode: z
      .array(text)
      .default(
        `res.statusCode statusCode status_code http.response.status_code http.status_code status response_code
                  httpRequest.status DownstreamStatus StatusCode`.split(/\s+/),
      )
      .describe('HTTP status; the first field found is used'),
    method: z
      .array(text)
      .default(
        'req.method method request.method http.request.method http.method request_method httpRequest.requestMethod RequestMethod'.split(
          ' ',
        ),
      )
      .describe('request method; the first field found is used'),
    url: z
      .array(text)
      .default(
        'req.url url url.path url.full http.target http.url path uri request.uri request_uri httpRequest.requestUrl RequestPath'.split(
          ' ',
        ),
      )
      .describe('request URL; the first field found is used'),
    userAgent: z
      .array(text)
      .default(
        'req.headers.user-agent userAgent user_agent user_agent.original http.user_agent http_user_agent request.headers.User-Agent request.headers.user-agent headers.user-agent httpRequest.userAgent'.split(
          ' ',
        ),
      )
      .describe('user agent; the first field found is used'),
  })
  .prefault({})
  .describe('field names in a JSON log line (default: Fastify and pino)');

/** Requests that are probes. */
export const traffic = z
  .object({
    probePaths: z
      .array(text)
      .default(
        '/health /v1/health /healthz /livez /readyz /ready /live /alive /up /status /ping /startup /metrics'.split(' '),
      )
      .describe('paths that only probes request, in addition to both health paths, …/health and …/healthz'),
    probeAgents: z
      .array(text)
      .default([
        'kube-probe/',
        'ELB-HealthChecker',
        'GoogleHC',
        'Amazon-Route53',
        'Azure Traffic Manager',
        'Edge Health Probe',
        'Load Balancer Agent',
        'GoogleStackdriverMonitoring',
        'CloudWatchSynthetics',
        'Cloudflare-Healthchecks',
        'Envoy/',
        'HAProxy',
        'Consul Health Check',
        'Prometheus/',
        'Blackbox Exporter',
        'Blackbox-Exporter',
        'vm_promscrape',
        'Grafana',
        'OpenTelemetry Collector',
        'Elastic-Heartbeat',
        'check_http/',
        'Zabbix',
        'Pingdom',
        'UptimeRobot',
        'Uptime-Kuma',
        'Gatus',
        'Better Uptime Bot',
        'Better Stack',
        'Site24x7',
        'StatusCake',
        'Checkly',
        'NewRelicPinger',
        'Datadog',
        'bentham-cockpit',
      ])
      .describe('user-agent prefixes of probes'),
  })
  .prefault({})
  .describe('probe requests in the gateway logs; p95 and error rate exclude them');
