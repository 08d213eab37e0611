// What becomes of a message, against receivers on loopback that answer, refuse, break and never answer.
import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcp, type Server as TcpServer } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { channelStates, deliver, type Message } from '../../src/data/channels/channels.ts';

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
  expect(bodies).toEqual([{ text: 'SEV1: we are on it' }]);
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

test('a no is a failure, a broken server may have taken it', async () => {
  expect(await deliver(platform(await receiver(404, 'no_service')), message)).toEqual({
    delivery: 'failed',
    detail: '404 no_service',
  });
  expect((await deliver(platform(await receiver(502)), message)).delivery).toBe('unknown');
});

test('an answer without end is not read to its end: what its head says is so', async () => {
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
  expect(delivered).toMatchObject({ delivery: 'sent', detail: expect.stringMatching(/^200 x+…$/) });
});

test('no answer in time: it may have arrived', async () => {
  const url = await receiver(0);
  expect(await deliver(platform(url), message, 300)).toMatchObject({
    delivery: 'unknown',
    detail: expect.stringContaining('it may have arrived'),
  });
  expect(bodies).toHaveLength(1);
});

test('a connection that is cut: it may have arrived', async () => {
  const made = createTcp((socket) => socket.once('data', () => socket.destroy()));
  server = made;
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(made.address() as AddressInfo).port}/`;
  expect((await deliver(platform(url), message)).delivery).toBe('unknown');
});

test('nobody listens: it was never sent', async () => {
  expect(await deliver(platform('http://127.0.0.1:1/'), message)).toMatchObject({
    delivery: 'failed',
    detail: expect.stringContaining('connection refused'),
  });
});

test('what is not configured is not sent, and said to be so', async () => {
  const ops = { ...message, channel: 'slack-ops' as const };
  expect(await deliver(platform('http://127.0.0.1:1/'), ops)).toMatchObject({ delivery: 'not-sent' });
  expect(channelStates(channels('http://127.0.0.1:1/')).map((one) => [one.name, one.configured])).toEqual([
    ['PagerDuty', true],
    ['Slack #alerts', true],
    ['Slack #ops', false],
  ]);
});

test('a secret in an answer or an address does not come back', async () => {
  const url = await receiver(400, 'routing_key=abcdefabcdef is invalid');
  expect((await deliver(platform(url), message)).detail).not.toContain('abcdefabcdef');
});
