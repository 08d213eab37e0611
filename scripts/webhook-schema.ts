// The schema of what a generic webhook gets; the compiler checks it against the message's type.
import * as z from 'zod';
import { type WebhookMessage, webhookStatuses, webhookVersion } from '../src/core/incident/webhook.ts';

const instant = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  .describe('UTC');

export const webhookMessageSchema = z
  .strictObject({
    version: z.literal(webhookVersion).describe('additions keep the version; any other change makes it 2'),
    id: z.string().describe('of this message, as in the header webhook-id; the same when it is sent again'),
    key: z.string().describe('of the alert; the same key and status, sent by several cockpits, is the same news'),
    status: z.enum(webhookStatuses).describe('worse: its level rose; test: no alert, sent by doctor --send'),
    level: z.enum(['critical', 'warning', 'info']),
    at: instant,
    environment: z.string().describe('the name shown on every frame'),
    namespace: z.string(),
    drill: z.string().optional().describe("the drill's scenario; only in a drill"),
    subject: z.string().describe('what it is about: API p95'),
    summary: z.string().describe('the finding, as text'),
    incident: z
      .strictObject({ id: z.string(), severity: z.string(), title: z.string() })
      .optional()
      .describe('the open incident, if there is one'),
    sender: z.strictObject({ program: z.literal('bentham-cockpit'), host: z.string() }),
  })
  .meta({ title: `bentham-cockpit alert, version ${webhookVersion}` }) satisfies z.ZodType<WebhookMessage>;

/** docs/webhook.schema.json. */
export const webhookSchema = (): string => `${JSON.stringify(z.toJSONSchema(webhookMessageSchema), null, 2)}\n`;
