// The options of the alert channels: PagerDuty, Slack, webhooks.
import * as z from 'zod';
import { url } from './url.ts';

const text = z.string().min(1);
const webhook = url.optional().meta({ secret: true }).describe('incoming webhook URL of the channel');

/** PagerDuty: events with a routing key; people and pages with a token of the REST API. */
const pagerDuty = z
  .object({
    routingKey: z.string().optional().meta({ secret: true }).describe('routing key (Events API v2)'),
    url: url.default('https://events.pagerduty.com/v2/enqueue').describe('events URL'),
    apiToken: z
      .string()
      .optional()
      .meta({ secret: true })
      .describe('token of the REST API: who is on call, open pages, reassign, escalate, note'),
    apiUrl: url
      .default('https://api.pagerduty.com')
      .describe('URL of the REST API; in the EU region https://api.eu.pagerduty.com'),
    service: z
      .string()
      .regex(/^[A-Za-z0-9]{1,40}$/, 'the id of a service, as in its URL: PABC123')
      .optional()
      .describe('id of the PagerDuty service of Bentham, for the REST API'),
    from: z
      .email('an e-mail address')
      .optional()
      .describe('e-mail address of the PagerDuty user in whose name the REST API changes pages'),
  })
  .prefault({});

const webhooks = z
  .object({
    urls: z
      .array(url)
      .max(10, 'at most ten URLs')
      .default([])
      .meta({ secret: true })
      .describe('URLs that each alert is posted to as JSON (docs/webhook.schema.json)'),
    level: z
      .enum(['critical', 'warning', 'info'])
      .default('warning')
      .describe('least level of an alert that is posted'),
    authorization: z
      .string()
      .regex(/^[\x21-\x7e][\x20-\x7e]*$/, 'the value of a header: `Bearer …`')
      .optional()
      .meta({ secret: true })
      .describe('value of the Authorization header'),
    signingKey: z
      .string()
      .min(16, 'at least 16 characters')
      .optional()
      .meta({ secret: true })
      .describe('key of the signature, as of Standard Webhooks (HMAC-SHA256): whsec_ and base64, or any text'),
  })
  .prefault({});

export const channels = z
  .object({
    pagerDuty,
    slackAlerts: z.object({ name: text.default('#alerts').describe('channel'), webhook }).prefault({}),
    slackOps: z.object({ name: text.default('#ops').describe('channel'), webhook }).prefault({}),
    webhooks,
    received: url
      .optional()
      .describe('where the PagerDuty and Slack of a drill report received messages; set by the drill'),
  })
  .prefault({})
  .describe('alert channels (runbook, Alert Channels)');
