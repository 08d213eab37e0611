// Generic webhooks for alerts: what is posted, when, by whom, and that one that hangs holds up nothing.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { webhookMessageSchema } from '../../scripts/webhook-schema.ts';
import { startWebhook } from '../../simulator/webhook.ts';
import { profiles } from '../../src/config/profiles.ts';
import { type SettingsInput, settingsSchema } from '../../src/config/settings.ts';
import type { DueAlert } from '../../src/core/incident/context.ts';
import type { EventOf } from '../../src/core/incident/event.ts';
import { webhookProbes } from '../../src/data/channels/webhook-doctor.ts';
import { signature } from '../../src/data/channels/webhook-post.ts';
import { createAlertWebhooks } from '../../src/engine/incident/alert-webhooks.ts';
import { eventually } from '../support/eventually.ts';
import { alert } from '../support/every-screen.ts';
import { now, scope } from '../support/worlds.ts';

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

type Webhooks = NonNullable<NonNullable<SettingsInput['channels']>['webhooks']>;
const settingsFor = (webhooks: Webhooks) =>
  settingsSchema.parse({ profile: 'production', ...profiles.production, channels: { webhooks } });

async function receiver() {
  const one = await startWebhook();
  stops.push(one.stop);
  return one;
}
const of = ({ url, authorization, signingKey }: Awaited<ReturnType<typeof receiver>>): Webhooks => ({
  urls: [url],
  authorization,
  signingKey,
});

function posting(webhooks: Webhooks, { leads = () => true }: { leads?: () => boolean } = {}) {
  const said: string[] = [];
  const made = createAlertWebhooks({
    settings: settingsFor(webhooks),
    scope,
    host: 'bastion',
    leads,
    incident: () => undefined,
    say: (says) => said.push(says),
    pauses: [20, 20],
  });
  stops.push(made.stop);
  return { ...made, said, take: made.take, states: () => made.states };
}

const change = (more: Partial<EventOf<'alert'>> = {}): EventOf<'alert'> => ({
  ...{ kind: 'alert', alert: 'metric/p95', subject: 'API p95', change: 'raised', level: 'critical', says: '4 210 ms' },
  ...more,
});

/** What a receiver accepted, as `status key`. */
const told = (one: Awaited<ReturnType<typeof receiver>>) =>
  one.received().map(({ body }) => {
    const { status, key } = webhookMessageSchema.parse(body);
    return `${status} ${key.split('/').slice(3).join('/')}`;
  });

test('the signature is the one of Standard Webhooks', () => {
  const key = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
  const signed = signature(key, 'msg_p5jXN8AQM9LWM0D4loKWxJek', 1_614_265_330, '{"test": 2432232314}');
  expect(signed).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
});

describe('an alert', () => {
  test('is posted as its schema says, signed and authorized, and its end too', async () => {
    const one = await receiver();
    const { take } = posting(of(one));
    take([change()], [], now);
    take([change({ change: 'cleared' })], [], now);
    await eventually(() => expect(told(one)).toEqual(['raised metric/p95', 'cleared metric/p95']));
    expect(one.received()[0]).toMatchObject({
      id: expect.stringMatching(/^[0-9A-Z]{26}$/),
      body: { environment: 'production', key: 'bentham/production/bentham-prod/metric/p95', summary: '4 210 ms' },
    });
  });

  test('below the level is not posted; the end of a posted one is, at whatever level it ended', async () => {
    const one = await receiver();
    const { take } = posting({ ...of(one), level: 'critical' });
    take([change({ level: 'warning', alert: 'small' }), change()], [], now);
    take(
      [
        change({ change: 'cleared', level: 'warning' }),
        change({ change: 'cleared', level: 'warning', alert: 'small' }),
      ],
      [],
      now,
    );
    take([change({ alert: 'last' })], [], now);
    await eventually(() => expect(told(one)).toEqual(['raised metric/p95', 'cleared metric/p95', 'raised last']));
  });

  test('that is snoozed is not posted', async () => {
    const one = await receiver();
    const { take } = posting(of(one));
    const snoozed: DueAlert = { ...alert, snoozed: { by: 'ops1', until: now + 1e6, level: 'critical' } };
    take([change()], [snoozed], now);
    take([change({ alert: 'other' })], [snoozed], now);
    await eventually(() => expect(told(one)).toEqual(['raised other']));
  });

  test('carries no secret that stood in a text of the platform', async () => {
    const one = await receiver();
    const { take } = posting(of(one));
    take([change({ says: 'login failed: postgres://bentham:hunter2-secret@db/x' })], [], now);
    await eventually(() => expect(one.received()).toHaveLength(1));
    expect(JSON.stringify(one.received())).not.toContain('hunter2');
  });

  test('is posted by one cockpit of a journal; when that one is gone, by the next, with what came meanwhile', async () => {
    const one = await receiver();
    let leads = false;
    const { take } = posting(of(one), { leads: () => leads });
    take([change({ alert: 'old' })], [], now);
    take([change({ alert: 'late' })], [], now + 16_000);
    leads = true;
    take([], [], now + 20_000);
    take([change({ change: 'cleared', alert: 'old', level: 'warning' })], [], now + 20_000);
    await eventually(() => expect(told(one)).toEqual(['raised late', 'cleared old']));
  });
});

describe('a receiver', () => {
  test('that hangs holds up no other, and neither the caller nor the end', async () => {
    const [slow, quick] = [await receiver(), await receiver()];
    slow.fail('hang');
    const settings = of(quick);
    const { take, stop } = posting({ ...settings, urls: [slow.url, quick.url] });
    for (let at = 0; at < 150; at += 1) take([change({ alert: `a${at}` })], [], now);
    await eventually(() => expect(told(quick).length).toBeGreaterThan(100));
    stop();
    expect(slow.received()).toEqual([]);
  });

  test('that fails is asked again with the same id, is said once, and said to work again', async () => {
    const ids: string[] = [];
    const server = createServer((request, response) => {
      ids.push(String(request.headers['webhook-id']));
      response.writeHead(ids.length < 3 ? 503 : 204).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    stops.push(() => server.close());
    const { take, said } = posting({ urls: [`http://127.0.0.1:${(server.address() as AddressInfo).port}/x`] });
    take([change()], [], now);
    await eventually(() => expect(said).toHaveLength(2));
    expect(new Set(ids).size).toBe(1);
    expect(ids).toHaveLength(3);
    expect(said).toEqual([
      expect.stringMatching(/alert not delivered: answered 503$/),
      expect.stringMatching(/works again$/),
    ]);
  });

  test.each([301, 400, 401, 404])('that answers %i has not taken it, and is not asked again', async (status) => {
    let asked = 0;
    const server = createServer((_request, response) => {
      asked += 1;
      response.writeHead(asked === 1 ? status : 204, { location: '/elsewhere' }).end('<html>');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    stops.push(() => server.close());
    const { take, states } = posting({ urls: [`http://127.0.0.1:${(server.address() as AddressInfo).port}/x`] });
    take([change()], [], now);
    await eventually(() => expect(states()?.[0]?.last).toMatchObject({ ok: false }));
    take([change({ alert: 'next' })], [], now);
    await eventually(() => expect(states()?.[0]?.last).toMatchObject({ ok: true }));
    expect(asked).toBe(2);
  });

  test('with a wrong key is told by doctor --send; without it nothing is sent', async () => {
    const one = await receiver();
    const { signal } = new AbortController();
    const rows = async (webhooks: Webhooks, send: boolean) =>
      (await webhookProbes(settingsFor(webhooks), send)[0]?.run(signal))?.map(
        ({ verdict, answer }) => `${verdict}: ${answer}`,
      );
    expect(await rows(of(one), false)).toEqual([expect.stringMatching(/^ok: configured/)]);
    expect(one.received()).toEqual([]);
    expect(await rows({ ...of(one), signingKey: 'another key of mine' }, true)).toEqual([
      'warning: test message not delivered: answered 401: wrong signature',
    ]);
    expect(await rows(of(one), true)).toEqual(['ok: took the test message: answered 204']);
    expect(told(one)).toEqual(['test test']);
  });

  test('over http:// in production gets nothing', async () => {
    const { take, said } = posting({ urls: ['http://hooks.example/x'] });
    take([change()], [], now);
    await eventually(() => expect(said).toEqual([expect.stringContaining('http:// is not encrypted')]));
    expect(webhookProbes(settingsFor({ urls: [] }), true)).toEqual([]);
  });
});
