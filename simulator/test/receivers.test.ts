import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Receivers, startReceivers } from '../receivers.ts';

let receivers: Receivers;
beforeEach(async () => {
  receivers = await startReceivers();
});
afterEach(() => receivers.stop());

const post = async (url: string, body: unknown) => {
  const answer = await fetch(url, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) });
  return { status: answer.status, body: await answer.text() };
};
const payload = { summary: 'API p95 4 210 ms', source: 'bentham-cockpit', severity: 'critical' };

test('PagerDuty accepts trigger, acknowledge and resolve under one key, and keeps no routing key', async () => {
  const event = { routing_key: receivers.routingKey, dedup_key: 'bentham/p95' };
  const sent = await post(receivers.pagerDutyUrl, { ...event, event_action: 'trigger', payload });
  expect(sent.status).toBe(202);
  expect(JSON.parse(sent.body)).toEqual({ status: 'success', message: 'Event processed', dedup_key: 'bentham/p95' });
  for (const event_action of ['acknowledge', 'resolve']) {
    expect((await post(receivers.pagerDutyUrl, { ...event, event_action })).status).toBe(202);
  }
  const kept = await (await fetch(`${receivers.url}/received`)).text();
  expect(JSON.parse(kept)).toMatchObject([
    { channel: 'pagerduty', body: { event_action: 'trigger', payload } },
    { body: { event_action: 'acknowledge' } },
    { body: { event_action: 'resolve' } },
  ]);
  expect(kept).not.toContain(receivers.routingKey);
});

test('PagerDuty gives a key to an event without one', async () => {
  const { body } = await post(receivers.pagerDutyUrl, {
    routing_key: receivers.routingKey,
    event_action: 'trigger',
    payload,
  });
  expect(JSON.parse(body).dedup_key).toMatch(/^[0-9a-f]{32}$/);
});

test.each([
  ['no JSON', '{', 'not a JSON object'],
  ['another key', { routing_key: 'x'.repeat(32), event_action: 'trigger', payload }, "Invalid 'routing_key'"],
  ['no severity', { event_action: 'trigger', payload: { ...payload, severity: 'SEV1' } }, 'payload.severity'],
  ['resolve what?', { event_action: 'resolve' }, 'dedup_key'],
])('PagerDuty refuses an invalid event: %s', async (_, body, reason) => {
  const sent = await post(receivers.pagerDutyUrl, body);
  expect(sent.status).toBe(400);
  expect(JSON.parse(sent.body)).toMatchObject({ status: 'invalid event', message: 'Event object is invalid' });
  expect(sent.body).toContain(reason);
  expect(receivers.received()).toEqual([]);
});

test('each Slack webhook has its channel; unknown webhooks and empty messages are refused', async () => {
  expect(await post(receivers.slackAlerts, { text: 'SEV1' })).toEqual({ status: 200, body: 'ok' });
  expect(await post(receivers.slackOps, { text: 'info' })).toEqual({ status: 200, body: 'ok' });
  expect(receivers.received().map((one) => one.channel)).toEqual(['#alerts', '#ops']);
  expect(await post(receivers.slackAlerts, {})).toEqual({ status: 400, body: 'no_text' });
  expect(await post(receivers.slackAlerts, 'text')).toEqual({ status: 400, body: 'invalid_payload' });
  expect(await post(`${receivers.url}/services/T/B/x`, { text: 'a' })).toEqual({ status: 404, body: 'no_service' });
});

test('a channel fails as configured, and recovers', async () => {
  await post(`${receivers.url}/fail?channel=%23alerts&how=500`, '');
  expect((await post(receivers.slackAlerts, { text: 'a' })).status).toBe(500);
  expect((await post(receivers.slackOps, { text: 'a' })).status).toBe(200);
  receivers.fail('#alerts', 'hang');
  const asked = fetch(receivers.slackAlerts, {
    method: 'POST',
    body: '{"text":"a"}',
    signal: AbortSignal.timeout(100),
  });
  await expect(asked).rejects.toThrow();
  receivers.fail('#alerts');
  expect((await post(receivers.slackAlerts, { text: 'b' })).status).toBe(200);
});

test('a connection is kept until a cockpit looks again, three seconds later', async () => {
  const answer = await fetch(`${receivers.url}/received`);
  await answer.json();
  const [, lasts] = /timeout=(\d+)/.exec(answer.headers.get('keep-alive') ?? '') ?? [];
  // undici lets it go 2 s before the server does.
  expect(Number(lasts)).toBeGreaterThan(3 + 2);
});
