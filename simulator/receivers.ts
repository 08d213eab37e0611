// Stand-ins of PagerDuty and Slack: they answer as the real ones do and keep what arrived, to be read at GET /received.
import { randomBytes, randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { listen, locate, readBody, sendJson, sendText } from './http.ts';

export type Channel = 'pagerduty' | '#alerts' | '#ops';

/** One message that was accepted. */
export type Received = { at: number; channel: Channel; body: unknown };

/** How a channel fails from now on: with a status, or by never answering. */
export type Failing = number | 'hang';

export type Receivers = Awaited<ReturnType<typeof startReceivers>>;

/**
 * In ms. A cockpit looks every 3 s at what was received. With Node's 5 s, of which clients leave out 2, each look would open
 * another connection, which no real platform sees.
 */
const keepAlive = 15_000;

/** Messages kept; the oldest go first. */
const kept = 1000;

type Loose = Readonly<Record<string, unknown>>;
const isLoose = (value: unknown): value is Loose =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isText = (value: unknown): value is string => typeof value === 'string' && value.trim() !== '';

/** What PagerDuty's Events API v2 would find wrong with an event; empty when nothing is. */
export function eventErrors(event: unknown, routingKey: string): string[] {
  if (!isLoose(event)) return ['Event object is not a JSON object'];
  const errors: string[] = [];
  if (!isText(event.routing_key)) errors.push("'routing_key' is missing or blank");
  else if (event.routing_key.length !== 32)
    errors.push("Length of 'routing_key' is incorrect (should be 32 characters)");
  else if (event.routing_key !== routingKey) errors.push("Invalid 'routing_key'");
  const { event_action: action, payload, dedup_key: key } = event;
  if (action !== 'trigger' && action !== 'acknowledge' && action !== 'resolve') {
    errors.push("'event_action' is missing or not one of: trigger, acknowledge, resolve");
  } else if (action !== 'trigger') {
    if (!isText(key)) errors.push("'dedup_key' is missing or blank");
  } else if (!isLoose(payload)) errors.push("'payload' is missing or blank");
  else {
    for (const name of ['summary', 'source'] as const) {
      if (!isText(payload[name])) errors.push(`'payload.${name}' is missing or blank`);
    }
    if (isText(payload.summary) && payload.summary.length > 1024)
      errors.push("'payload.summary' is too long (max 1024)");
    if (!['critical', 'warning', 'error', 'info'].includes(String(payload.severity))) {
      errors.push("'payload.severity' is not one of: critical, warning, error, info");
    }
  }
  if (isText(key) && key.length > 255) errors.push("'dedup_key' is too long (max 255)");
  return errors;
}

/** Slack's word for what is wrong with a message; undefined when nothing is. */
export function messageError(body: string): 'invalid_payload' | 'no_text' | undefined {
  let message: unknown;
  try {
    message = JSON.parse(body);
  } catch {
    return 'invalid_payload';
  }
  if (!isLoose(message)) return 'invalid_payload';
  return isText(message.text) || Array.isArray(message.blocks) || Array.isArray(message.attachments)
    ? undefined
    : 'no_text';
}

/** What an accepted event does at PagerDuty. */
export type OnEvent = (action: string, key: string, summary: string) => void;

export async function startReceivers(onEvent: OnEvent = () => {}) {
  const received: Received[] = [];
  const failing = new Map<Channel, Failing>();
  const routingKey = randomBytes(16).toString('hex');
  const hooks: Readonly<Record<string, Channel>> = {
    [`/services/T0BENTHAM/B0ALERTS/${randomBytes(12).toString('hex')}`]: '#alerts',
    [`/services/T0BENTHAM/B0OPS/${randomBytes(12).toString('hex')}`]: '#ops',
  };
  const keep = (channel: Channel, body: unknown) => {
    received.push({ at: Date.now(), channel, body });
    if (received.length > kept) received.shift();
  };

  const pagerDuty = async (request: IncomingMessage, response: ServerResponse) => {
    let event: unknown;
    try {
      event = JSON.parse((await readBody(request)).toString());
    } catch {
      event = undefined;
    }
    const errors = eventErrors(event, routingKey);
    if (errors.length > 0) {
      return sendJson(response, 400, { status: 'invalid event', message: 'Event object is invalid', errors });
    }
    const { dedup_key: given } = event as { dedup_key?: unknown };
    const dedup_key = isText(given) ? given : randomUUID().replaceAll('-', '');
    // The key is a secret: what is kept can be read by anyone on this machine.
    keep('pagerduty', { ...(event as Loose), routing_key: '•••', dedup_key });
    const { event_action: action, payload } = event as Loose;
    onEvent(String(action), dedup_key, isLoose(payload) ? String(payload.summary) : '');
    sendJson(response, 202, { status: 'success', message: 'Event processed', dedup_key });
  };
  const slack = async (request: IncomingMessage, response: ServerResponse, channel: Channel) => {
    const body = (await readBody(request)).toString();
    const error = messageError(body);
    if (error) return sendText(response, 400, error);
    keep(channel, JSON.parse(body));
    sendText(response, 200, 'ok');
  };

  /** True if it failed as configured. */
  const failed = (channel: Channel, response: ServerResponse): boolean => {
    const how = failing.get(channel);
    if (how === undefined) return false;
    // A hanging receiver keeps the connection open and sends nothing until the client gives up.
    if (how !== 'hang') {
      if (channel === 'pagerduty') sendJson(response, how, { status: 'error', message: 'told to fail', errors: [] });
      else sendText(response, how, how === 404 ? 'no_service' : how === 403 ? 'action_prohibited' : 'rollup_error');
    }
    return true;
  };

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const { pathname, searchParams } = locate(request);
    if (pathname === '/received') {
      if (request.method === 'DELETE') received.length = 0;
      return sendJson(response, 200, received);
    }
    if (pathname === '/fail' && request.method === 'POST') {
      // ?channel=%23alerts&how=500, hang, or nothing for: works again.
      const channel = searchParams.get('channel') as Channel | null;
      const how = searchParams.get('how');
      if (!channel) return sendText(response, 400, 'which channel?');
      if (!how) failing.delete(channel);
      else failing.set(channel, how === 'hang' ? how : Number(how) || 500);
      return sendText(response, 200, 'ok');
    }
    const channel = pathname === '/v2/enqueue' ? 'pagerduty' : hooks[pathname];
    if (!channel) return sendText(response, 404, pathname.startsWith('/services/') ? 'no_service' : 'not found');
    if (request.method !== 'POST') return sendText(response, 405, 'method not allowed');
    if (failed(channel, response)) return;
    await (channel === 'pagerduty' ? pagerDuty(request, response) : slack(request, response, channel));
  };
  const server = await listen(answer, { keepAlive });
  const hookOf = (channel: Channel) => Object.entries(hooks).find(([, one]) => one === channel)?.[0] ?? '';
  return {
    url: server.url,
    pagerDutyUrl: `${server.url}/v2/enqueue`,
    routingKey,
    slackAlerts: server.url + hookOf('#alerts'),
    slackOps: server.url + hookOf('#ops'),
    received: (): readonly Received[] => received,
    /** Without `how` it works again. */
    fail(channel: Channel, how?: Failing): void {
      if (how === undefined) failing.delete(channel);
      else failing.set(channel, how);
    },
    stop: server.stop,
  };
}
