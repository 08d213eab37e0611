// What becomes of a message, against receivers on loopback that answer, refuse, break and never answer.
import { execFile } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcp, type Server as TcpServer } from 'node:net';
import { promisify } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import { acknowledgePage } from '../../src/actions/channels.ts';
import type { Settings } from '../../src/config/settings.ts';
import type { Preflight } from '../../src/core/actions/preflight.ts';
import { toShellCommand } from '../../src/core/actions/shell-command.ts';
import type { Targets } from '../../src/core/world/targets.ts';
import type { ExecutionContext } from '../../src/data/call-result.ts';
import { readAnswer } from '../../src/data/channels/answer.ts';
import { channelStates, deliver, type Message } from '../../src/data/channels/channels.ts';
import { executeChannel } from '../../src/data/channels/execute.ts';

let server: Server | TcpServer | undefined;
afterEach(() => {
  if (server && 'closeAllConnections' in server) server.closeAllConnections();
  server?.close();
  server = undefined;
});

const bodies: unknown[] = [];
async function receiver(status: number, says = ''): Promise<string> {
  bodies.length = 0;
  const made = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk) => {
      text += chunk;
    });
    request.on('end', () => {
      bodies.push(JSON.parse(text));
      if (status > 0) response.writeHead(status).end(says);
    });
  });
  server = made;
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(made.address() as AddressInfo).port}/x`;
}

const channels = (url: string) => ({
  pagerDuty: { routingKey: 'k'.repeat(32), url },
  slackAlerts: { name: '#alerts', webhook: url },
  slackOps: { name: '#ops' },
});
const guarded = { guarded: true, unencrypted: [] };
const platform = (url: string) => ({ channels: channels(url), environment: guarded });
const message: Message = {
  channel: 'slack-alerts',
  purpose: 'notify',
  text: 'SEV1: we are on it',
  dedupKey: 'bentham/PRODUCTION/01',
  severity: 'critical',
  source: 'PRODUCTION bentham-prod',
};

test('sent', async () => {
  const url = await receiver(200, 'ok');
  expect(await deliver(platform(url), message)).toEqual({ delivery: 'sent', detail: '200 ok' });
  expect(bodies).toEqual([{ text: 'SEV1: we are on it', mrkdwn: false, unfurl_links: false, unfurl_media: false }]);
});

test('PagerDuty: trigger carries a summary of at most 1024 characters, resolve only the key', async () => {
  const url = await receiver(202, '{"status":"success"}');
  const long = `${'x'.repeat(2000)}\nmore`;
  await deliver(platform(url), { ...message, channel: 'pagerduty', purpose: 'trigger', text: long });
  await deliver(platform(url), { ...message, channel: 'pagerduty', purpose: 'resolve' });
  expect(bodies).toMatchObject([
    {
      event_action: 'trigger',
      dedup_key: 'bentham/PRODUCTION/01',
      payload: { summary: 'x'.repeat(1024), source: 'PRODUCTION bentham-prod', severity: 'critical' },
    },
    { event_action: 'resolve', dedup_key: 'bentham/PRODUCTION/01' },
  ]);
});

test('a refusal is a failure; a server error may have accepted the message', async () => {
  expect(await deliver(platform(await receiver(404, 'no_service')), message)).toEqual({
    delivery: 'failed',
    detail: '404 no_service; check webhook and routing key',
  });
  expect((await deliver(platform(await receiver(502)), message)).delivery).toBe('unknown');
});

test('an endless answer is cut, and does not count as the channel’s', async () => {
  const made = createServer((_, response) => {
    response.writeHead(200);
    const more = Buffer.alloc(64 * 1024, 'x');
    const pour = () => {
      while (!response.destroyed) if (!response.write(more)) return;
    };
    response.on('drain', pour);
    pour();
  });
  server = made;
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve));
  const delivered = await deliver(platform(`http://127.0.0.1:${(made.address() as AddressInfo).port}/x`), message);
  expect(delivered).toMatchObject({
    delivery: 'unknown',
    detail: expect.stringMatching(/^200 x+…: not an answer of the channel/),
  });
});

test('without an answer in time the message may have arrived', async () => {
  const url = await receiver(0);
  expect(await deliver(platform(url), message, 300)).toMatchObject({
    delivery: 'unknown',
    detail: expect.stringContaining('it may have arrived'),
  });
  expect(bodies).toHaveLength(1);
});

test('after a cut connection the message may have arrived', async () => {
  const made = createTcp((socket) => socket.once('data', () => socket.destroy()));
  server = made;
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(made.address() as AddressInfo).port}/`;
  expect((await deliver(platform(url), message)).delivery).toBe('unknown');
});

test('after a refused connection the message was not sent', async () => {
  expect(await deliver(platform('http://127.0.0.1:1/'), message)).toMatchObject({
    delivery: 'failed',
    detail: expect.stringContaining('connection refused'),
  });
});

test('a channel that is not configured sends nothing, and says so', async () => {
  const ops = { ...message, channel: 'slack-ops' as const };
  expect(await deliver(platform('http://127.0.0.1:1/'), ops)).toMatchObject({ delivery: 'not-sent' });
  expect(channelStates(channels('http://127.0.0.1:1/')).map((one) => [one.name, one.configured])).toEqual([
    ['PagerDuty', true],
    ['Slack #alerts', true],
    ['Slack #ops', false],
  ]);
});

test('a secret in an answer or an address is redacted', async () => {
  const url = await receiver(400, 'routing_key=abcdefabcdef is invalid');
  expect((await deliver(platform(url), message)).detail).not.toContain('abcdefabcdef');
});

test('foreign text in a message notifies nobody and links nowhere', async () => {
  const url = await receiver(200, 'ok');
  const text = 'studies: <!channel> @here <https://evil.example|runbook> R&D';
  await deliver(platform(url), { ...message, text });
  expect(bodies).toMatchObject([
    { text: 'studies: &lt;!channel&gt; @ here &lt;https://evil.example|runbook&gt; R&amp;D', unfurl_links: false },
  ]);
});

test('PagerDuty gets no mention, tag, link or formula to hand on', async () => {
  const url = await receiver(202, '{"status":"success"}');
  const text = '=studies: <!channel> @here <img src=x> [runbook](https://evil.example)\nmore <@U1>';
  await deliver(platform(url), { ...message, channel: 'pagerduty', purpose: 'trigger', text });
  const summary = ' =studies: < !channel> @ here < img src=x> [runbook] (https://evil.example)';
  const details = `${summary}\nmore < @ U1>`;
  expect(bodies).toMatchObject([{ payload: { summary, custom_details: { text: details } } }]);
});

describe('only the channel’s own answer is a success', () => {
  const html = { 'content-type': 'text/html' };
  const slack = new URL('https://hooks.slack.com/services/T/B/x');
  const other = new URL('https://chat.example/hooks/x');
  const read = (
    channel: 'pagerduty' | 'webhook',
    url: URL,
    statusCode: number,
    text: string | undefined,
    headers: Readonly<Record<string, string>> = {},
  ) => readAnswer(channel, url, { statusCode, headers, text }, Date.UTC(2026, 0, 17, 3, 14)).delivery;

  test.each([
    // Slack itself sends its ok as text/html.
    ['sent', slack, 200, 'ok', html],
    ['sent', slack, 200, '{"ok":true,"ts":"1"}', {}],
    ['failed', slack, 200, '{"ok":false,"error":"channel_not_found"}', {}],
    ['failed', slack, 200, '<!DOCTYPE html><title>Sign in</title>', html],
    ['failed', slack, 200, 'Please sign in', html],
    ['unknown', slack, 200, '', {}],
    ['unknown', slack, 200, 'okay then', {}],
    ['unknown', slack, 200, undefined, {}],
    ['failed', slack, 302, '', { location: 'https://login.example/' }],
    ['failed', slack, 429, 'rate_limited', { 'retry-after': '30' }],
    ['unknown', slack, 502, 'ok', {}],
    ['sent', other, 204, '', {}],
    ['sent', other, 200, '1', {}],
    ['sent', other, 200, '{"success":true}', {}],
    ['failed', other, 200, '{"success":false}', {}],
    ['failed', other, 200, '{"error":"no such hook"}', {}],
    ['failed', other, 200, ' <html><body>captive portal</body></html>', {}],
    ['unknown', other, 200, 'Hello from nginx', {}],
  ] as const)('%s: %s %d %s', (delivery, url, status, text, headers) => {
    expect(read('webhook', url, status, text, headers)).toBe(delivery);
  });

  test.each([
    ['sent', 202, '{"status":"success","message":"Event processed","dedup_key":"k"}'],
    ['failed', 200, '{"status":"invalid event","message":"Event object is invalid"}'],
    ['failed', 202, '<html>Sign in</html>'],
    ['unknown', 202, 'ok'],
    ['unknown', 200, '[]'],
  ] as const)('PagerDuty, %s: %d %s', (delivery, status, text) => {
    expect(read('pagerduty', other, status, text)).toBe(delivery);
  });

  test('a rate limit says when to send again', () => {
    const answer = { statusCode: 429, headers: { 'retry-after': '30' }, text: 'rate_limited' };
    expect(readAnswer('webhook', slack, answer, Date.UTC(2026, 0, 17, 3, 14))).toEqual({
      delivery: 'failed',
      detail: '429 rate_limited: rate limited',
      hint: 'not delivered: send it again after 03:14:31Z',
    });
  });

  test('a redirect is not followed', async () => {
    const made = createServer((request, response) => {
      bodies.push(request.url);
      response.writeHead(request.url === '/x' ? 302 : 200, { location: '/login' }).end('ok');
    });
    server = made;
    bodies.length = 0;
    await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(made.address() as AddressInfo).port}/x`;
    expect((await deliver(platform(url), message)).delivery).toBe('failed');
    expect(bodies).toEqual(['/x']);
  });
});

test('an action sends the message that it showed to the address that it showed', async () => {
  const url = await receiver(202, '{"status":"success"}');
  const settings = platform(url) as unknown as Settings;
  const context = { targets: { channels: { pagerDuty: url } }, environment: 'STAGING' };
  const preflight = { context, incident: () => undefined } as unknown as Preflight;
  const made = await acknowledgePage.plan({ page: 'k1' }, preflight);
  if (!('plan' in made)) throw new Error('there is a plan');
  const [call] = made.plan.calls;
  if (call?.tool !== 'channel') throw new Error('it is a message');
  const shown = toShellCommand(call, context.targets as unknown as Targets);
  expect(shown).toContain(url);
  const script = shown.replace('curl -fsS', 'cat #');
  const { stdout } = await promisify(execFile)('/bin/sh', ['-c', script], {
    env: { BENTHAM_CHANNELS_PAGER_DUTY_ROUTING_KEY: 'k'.repeat(32), PATH: process.env.PATH },
  });
  const done = await executeChannel(call, { settings, signal: AbortSignal.timeout(60_000) } as ExecutionContext);
  expect(done).toEqual({ outcome: 'done', says: 'pagerduty answered 202 {"status":"success"}' });
  expect(bodies).toEqual([JSON.parse(stdout)]);
});

test('a login page that answers an action with 200 is a failure', async () => {
  const url = await receiver(200, '<!doctype html><title>Sign in</title>');
  const means = { settings: platform(url), signal: AbortSignal.timeout(60_000) } as unknown as ExecutionContext;
  const call = { tool: 'channel', channel: 'slack-alerts', body: '{"text":"x"}' } as const;
  expect(await executeChannel(call, means)).toMatchObject({
    outcome: 'failed',
    says: expect.stringContaining('200 with a web page'),
  });
});
