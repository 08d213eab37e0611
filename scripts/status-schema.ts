// The schema of `status --json`; the compiler checks it against the report's type.
import * as z from 'zod';
import { areas, findingCodes } from '../src/core/health/finding.ts';
import { type Report, reportVersion } from '../src/core/health/report.ts';
import { ruleIds } from '../src/core/health/rules/index.ts';
import { healthStatuses } from '../src/core/health/status.ts';
import { units } from '../src/core/text/format.ts';
import { factIds } from '../src/core/world/facts.ts';
import { faultKinds } from '../src/core/world/reading.ts';
import { type MetricId, metricIds } from '../src/core/world/thresholds.ts';

const instant = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  .meta({ id: 'instant', description: 'UTC' });
const verdict = z.enum(healthStatuses).meta({ id: 'verdict' });
const count = z.int().min(0).meta({ id: 'count' });
const metricId = z.enum(metricIds as [MetricId, ...MetricId[]]).meta({ id: 'metricId' });

const finding = z
  .strictObject({
    id: z.string().describe('stable: gateway/health, pods/api-gateway, metric/p95'),
    area: z.enum(areas),
    subject: z.string(),
    verdict,
    rule: z.enum(ruleIds).describe('the rule that decided it: docs/verdicts.md'),
    says: z.string().describe('the finding, as text'),
    short: z.string().optional().describe('its first part, if it has several'),
    figure: z.string().optional().describe('its figure for large display: 1/3'),
    code: z.enum(findingCodes).optional().describe('why it could not be evaluated; absent if it could'),
    remedy: z.string().optional().describe("the runbook's action, or the next step"),
    metric: metricId.optional(),
    state: z
      .array(z.string())
      .readonly()
      .optional()
      .describe('what else about it is news while the verdict stays: ready replicas, reasons, status codes'),
    told: z.literal(true).optional().describe('shown beside the problems though it is none'),
    unanswered: z.literal(true).optional().describe('its source gives no answer; nothing else is evaluated from it'),
  })
  .meta({ id: 'finding' });

const metric = z
  .strictObject({
    id: metricId,
    title: z.string(),
    unit: z.enum(units),
    value: z.number().optional().describe('absent if there is no data or no answer'),
    basis: z.string().optional().describe('what it is based on'),
    exact: z.boolean().optional().describe('false: a lower bound or an estimate'),
    margin: z.number().optional().describe('of an estimate: how far off it may be either way, in 95 of 100 samples'),
    warning: z.number().describe('a value above it is a warning'),
    critical: z.number().describe('a value above it is critical'),
    verdict,
  })
  .meta({ id: 'metric' });

const source = z
  .strictObject({
    fact: z.enum(factIds),
    state: z.enum(['live', 'lost', 'pending']),
    at: instant.optional(),
    from: z.string().optional().describe('the backend that answered'),
    fault: z
      .strictObject({ kind: z.enum(faultKinds), where: z.string(), what: z.string(), hint: z.string() })
      .optional(),
  })
  .meta({ id: 'source' });

const incident = z
  .strictObject({
    id: z.string().describe('as incident show ID takes it'),
    title: z.string(),
    severity: z.enum(['SEV1', 'SEV2', 'SEV3', 'SEV4']),
    environment: z.string(),
    openedAt: instant,
    mitigatedAt: instant.optional().describe('absent while the impact lasts'),
    commander: z.array(z.string()).readonly(),
    control: z.string().describe('who is in control'),
  })
  .meta({ id: 'incident' });

export const reportSchema = z
  .strictObject({
    version: z.literal(reportVersion).describe('additions keep the version; any other change makes it 2'),
    at: instant,
    profile: z.string().describe('production, staging, or a profile of the configuration file'),
    environment: z.string().describe('the name shown on every frame'),
    drill: z.string().optional().describe("the drill's scenario; only in a drill"),
    verdict: verdict.describe('the worst of all findings'),
    exitCode: z
      .union([z.literal(0), z.literal(1), z.literal(2), z.literal(3)])
      .describe('0 ok, 1 warning, 2 critical, 3 unknown'),
    counts: z.strictObject({ ok: count, unknown: count, warning: count, critical: count }),
    incidents: z
      .array(incident)
      .readonly()
      .optional()
      .describe("open incidents of the account's journal, newest first; they do not change the exit code"),
    journalFault: z
      .strictObject({ what: z.string(), hint: z.string() })
      .optional()
      .describe('why the journal could not be read: then open incidents are unknown'),
    findings: z.array(finding).readonly().describe('worst first'),
    metrics: z.array(metric).readonly().describe('the six metrics of the runbook, in its order'),
    sources: z.array(source).readonly(),
  })
  .meta({ title: `bentham-cockpit status --json, version ${reportVersion}` }) satisfies z.ZodType<Report>;

/** docs/status.schema.json. */
export const statusSchema = (): string => `${JSON.stringify(z.toJSONSchema(reportSchema), null, 2)}\n`;
