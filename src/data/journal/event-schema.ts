// What an entry must be before anything is made of it. A line that another program, or another
// version of this one, wrote must not bring down the cockpits of all who read it.
import * as z from 'zod';
import type { ActionId } from '../../core/actions/action.ts';
import { healthStatuses } from '../../core/health/status.ts';
import { channelIds } from '../../core/incident/channel.ts';
import { procedureIds, severities } from '../../core/incident/checklist.ts';
import {
  type Event,
  type EventKind,
  type EventOf,
  incidentTypes,
  roles,
  runPhases,
} from '../../core/incident/event.ts';
import { shellTools } from '../../core/shell/session.ts';
import { metricIds } from '../../core/world/thresholds.ts';
import { lastInstant, ulidText } from './plausible.ts';
import { publicKeyText } from './signature.ts';

/** The id of a key: 130 bits of a hash in Crockford's base32. */
export const keyId = /^[0-9A-HJKMNP-TV-Z]{26}$/;

const text = z.string();
const texts = z.array(text);
const instant = z.number().min(0).max(lastInstant);
const count = z.number().min(0);
const severity = z.literal(severities);
const verdict = z.enum(healthStatuses);
const alertLevel = z.enum(['critical', 'warning', 'info']);
const procedure = z.enum(procedureIds);
const reason = z.object({ state: z.enum(['pass', 'fail', 'unknown']), because: text });
/** Any action, a newer cockpit's too; but nothing that an export could take for more than a name. */
const action = z.custom<ActionId>((id) => typeof id === 'string' && /^[a-z][a-z0-9-]{0,60}$/.test(id));

/** Every field of every kind: one that is not named here would not be read. */
type Shapes = { [K in EventKind]: { [F in Exclude<keyof EventOf<K>, 'kind'>]-?: z.ZodType<EventOf<K>[F]> } };

const requestCounts = { seen: count, failed: count, limited: count, refused: count };

const kinds = {
  opened: { title: text, severity, why: text, evidence: texts.optional(), procedure: procedure.optional() },
  severity: { severity, why: text },
  type: { type: z.enum(incidentTypes), title: text, why: text },
  procedure: { procedure, change: z.enum(['added', 'retired']), why: text.optional() },
  acknowledged: { alert: text.optional(), subject: text.optional() },
  snoozed: { alert: text, subject: text.optional(), level: alertLevel, until: instant },
  step: {
    step: text,
    mark: z.enum(['done', 'skipped', 'reopened']),
    why: text.optional(),
    found: reason.optional(),
  },
  decision: {
    step: text,
    answer: z.enum(['yes', 'no']),
    why: text,
    recommended: z.enum(['yes', 'no', 'unsure']).optional(),
  },
  action: {
    run: text,
    action,
    target: text,
    phase: z.enum(runPhases),
    calls: texts.optional(),
    detail: text.optional(),
  },
  verdict: { finding: text, subject: text, from: verdict, to: verdict, says: text, value: z.number().optional() },
  alert: {
    alert: text,
    subject: text,
    change: z.enum(['raised', 'worse', 'cleared']),
    level: alertLevel,
    says: text,
    since: instant.optional(),
  },
  role: {
    role: z.enum(roles),
    change: z.enum(['taken', 'handed', 'left']),
    person: text,
    from: text.optional(),
  },
  note: { text },
  pin: { entry: text, pinned: z.boolean() },
  notified: {
    message: text,
    channel: z.enum(channelIds),
    to: text.optional(),
    purpose: z.enum(['trigger', 'acknowledge', 'notify', 'update', 'resolve']),
    delivery: z.enum(['sending', 'sent', 'failed', 'unknown', 'not-sent']),
    text,
    key: text.optional(),
    detail: text.optional(),
  },
  update: { text },
  armed: { until: instant, why: text },
  disarmed: { why: text },
  wheel: { session: text, person: text, why: text.optional(), fence: z.number().int().min(0).optional() },
  key: {
    key: z.string().regex(keyId),
    person: text,
    change: z.enum(['admitted', 'removed']),
    why: text.optional(),
  },
  reminder: { step: text.optional(), about: text, due: instant },
  reminded: { about: text },
  mitigated: { why: text, open: texts.optional() },
  resolved: { why: text, open: texts.optional(), notNeeded: texts.optional() },
  cancelled: { why: text },
  reopened: { why: text },
  sample: {
    values: z.partialRecord(z.enum(metricIds), z.number()),
    margins: z.partialRecord(z.enum(metricIds), z.number()).optional(),
    measuredAt: instant.optional(),
    requests: z.object({ window: count, ...requestCounts, margins: z.object(requestCounts).optional() }).optional(),
  },
  measured: {
    since: instant,
    jobs: z.object({ failed: count, studies: count, tenants: count }).optional(),
    why: text.optional(),
  },
  shell: {
    session: text,
    tool: z.enum(shellTools),
    target: text,
    phase: z.enum(['started', 'ended']),
    command: text,
    pid: z.number().int().min(1).optional(),
    exit: z.number().int().min(0).max(255).optional(),
    detail: text.optional(),
  },
  journal: { what: z.enum(['written-late', 'clock-back', 'unrecorded-allowed', 'closed']), says: text },
} satisfies Shapes;

const known: ReadonlyMap<string, z.ZodType> = new Map(
  Object.entries(kinds).map(([kind, shape]) => [kind, z.object({ kind: z.literal(kind), ...shape })]),
);

const anyKind = z.object({ kind: z.string().regex(/^[a-z][a-z-]{0,40}$/) });

/** Everything of a line but its event. The id is a ULID: what is written next must be able to sort after it. */
export const lineSchema = z.object({
  v: z.literal([1, 2]),
  id: z.string().regex(ulidText),
  at: z
    .string()
    .max(40)
    .refine((at) => !Number.isNaN(Date.parse(at))),
  seq: z.number().int().min(1),
  session: text.min(1),
  user: text.default(''),
  name: text.default(''),
  host: text.default(''),
  key: text.regex(publicKeyText).optional(),
  environment: text.default(''),
  drill: text.optional(),
  incident: text.optional(),
  automatic: z.boolean().optional(),
  event: anyKind.loose(),
  seen: z.record(z.string(), z.tuple([z.number(), z.string()])).default({}),
  part: z
    .tuple([z.number().int().min(1), text])
    .readonly()
    .optional(),
  prev: text,
});

/**
 * A valid event; undefined for one that is not what its kind says. Of a kind that this version
 * does not know, only the kind is kept.
 */
export function readEvent(event: { kind: string }): Event | undefined {
  const schema = known.get(event.kind) ?? anyKind;
  const read = schema.safeParse(event);
  return read.success ? (read.data as Event) : undefined;
}
