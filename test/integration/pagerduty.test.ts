// PagerDuty's REST API as the cockpit asks it: bounded, polite, and unmoved by what it answers.
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { startPagerDutyApi } from '../../simulator/pagerduty/api.ts';
import { profiles } from '../../src/config/profiles.ts';
import { type SettingsInput, settingsSchema } from '../../src/config/settings.ts';
import type { PagerCall } from '../../src/core/actions/call.ts';
import type { ExecutionContext } from '../../src/data/call-result.ts';
import { pagerProbes } from '../../src/data/pagerduty/doctor.ts';
import { executePager } from '../../src/data/pagerduty/execute.ts';
import { readPage, readPager, readUsers } from '../../src/data/pagerduty/read.ts';

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});
const { signal } = new AbortController();

const settingsFor = (pagerDuty: NonNullable<NonNullable<SettingsInput['channels']>['pagerDuty']>) =>
  settingsSchema.parse({ profile: 'production', ...profiles.production, channels: { pagerDuty } });

type Reply = { status?: number; body: string; headers?: Record<string, string> };

/** A server that answers whatever a test says; gives what it was asked. */
async function answering(reply: (request: IncomingMessage) => Reply | undefined) {
  const asked: string[] = [];
  const server: Server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    const answer = reply(request);
    if (!answer) return request.socket.destroy();
    response.writeHead(answer.status ?? 200, answer.headers).end(answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stops.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const apiUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { asked, settings: settingsFor({ apiToken: 'u+secret', apiUrl, service: 'PSERVICE' }) };
}

async function standIn() {
  const api = await startPagerDutyApi({ incident: 'API: 96 % of requests fail' });
  stops.push(api.stop);
  const settings = settingsFor({ apiToken: api.token, apiUrl: api.url, service: api.service, from: api.from });
  return { api, settings };
}

const service = JSON.stringify({
  service: { id: 'PSERVICE', summary: 'Bentham', escalation_policy: { id: 'PPOLICY', summary: 'on call' } },
});
const incident = (more: object = {}) => ({
  ...{ id: 'Q1', incident_number: 1, title: 'down', status: 'triggered', created_at: '2026-01-17T03:00:00Z' },
  ...{ service: { id: 'PSERVICE', summary: 'Bentham' }, assignments: [], acknowledgements: [], ...more },
});

describe('who is on call and what is open', () => {
  test('comes from the service, its policy and its open incidents', async () => {
    const { settings, api } = await standIn();
    const answer = await readPager(settings, signal);
    if (!answer.ok) throw new Error(answer.fault.what);
    expect(answer.value).toMatchObject({
      service: { name: 'Bentham production' },
      policy: { name: 'Bentham on-call' },
      pages: [{ title: 'API: 96 % of requests fail', status: 'triggered', key: 'bentham-monitoring/api' }],
      untold: [],
    });
    expect(answer.value.onCalls.map(({ level }) => level)).toEqual(
      answer.value.onCalls.map(({ level }) => level).sort(),
    );
    expect(api.requests()).toBe(3);
  });

  test('a list is read three pages far, and says that there is more', async () => {
    const { asked, settings } = await answering(({ url = '' }) => {
      if (url.startsWith('/services')) return { body: service };
      const of = url.startsWith('/oncalls') ? 'oncalls' : 'incidents';
      const one = of === 'incidents' ? incident() : { user: { id: 'U1', summary: 'x' }, escalation_level: 1 };
      return { body: JSON.stringify({ [of]: Array.from({ length: 100 }, () => one), more: true }) };
    });
    const answer = await readPager(settings, signal);
    expect(answer).toMatchObject({ ok: true, value: { morePages: true, moreOnCalls: true } });
    expect(asked.filter((one) => one.includes('/incidents'))).toHaveLength(3);
    expect(asked.at(-1)).toContain('offset=200');
  });

  test('each part lives alone: without on-calls the pages are shown, and what is missing is said', async () => {
    const { settings } = await answering(({ url = '' }) => {
      if (url.startsWith('/services')) return { body: service };
      if (url.startsWith('/oncalls')) return { status: 403, body: '{"error":{"message":"Access Denied"}}' };
      return { body: JSON.stringify({ incidents: [incident()], more: false }) };
    });
    const answer = await readPager(settings, signal);
    expect(answer).toMatchObject({
      ok: true,
      value: { pages: [{ id: 'Q1' }], untold: [{ what: 'on-calls', fault: { kind: 'forbidden' } }] },
    });
  });

  test('names from outside are text: no control characters, no id that would change a path', async () => {
    const evil = '\u001b]0;owned\u0007Eve\u202e\nroot';
    const page = incident({
      title: evil,
      incident_key: 'k\u0007',
      assignments: [{ assignee: { id: 'U1', summary: evil } }],
    });
    const { settings } = await answering(() => ({ body: JSON.stringify({ incident: page }) }));
    const answer = await readPage(settings, 'Q1', signal);
    expect(JSON.stringify(answer)).not.toMatch(/\\u001b|\\u202e|\\u0007|\\n/);
    expect(answer).toMatchObject({ ok: true, value: { key: undefined } });
    const { settings: other } = await answering(() => ({
      body: JSON.stringify({ incident: incident({ id: '../users' }) }),
    }));
    expect(await readPage(other, 'Q1', signal)).toMatchObject({ ok: false, fault: { kind: 'malformed' } });
  });

  test('what was not asked for is not shown: other services, pages that are over, doubles', async () => {
    const other = { service: { id: 'POTHER', summary: 'Other' } };
    const { settings } = await answering(({ url = '' }) => {
      if (url.startsWith('/services')) return { body: service };
      if (url.startsWith('/oncalls')) return { body: '{"oncalls":[]}' };
      const pages = [
        incident(),
        incident(),
        incident({ id: 'Q2', ...other }),
        incident({ id: 'Q3', status: 'resolved' }),
      ];
      return { body: JSON.stringify({ incidents: pages }) };
    });
    const answer = await readPager(settings, signal);
    if (!answer.ok) throw new Error(answer.fault.what);
    expect(answer.value.pages.map(({ id }) => id)).toEqual(['Q1']);
    const lying = await answering(() => ({ body: service.replace('PSERVICE', 'POTHER') }));
    expect(await readPager(lying.settings, signal)).toMatchObject({
      ok: false,
      fault: { kind: 'malformed', what: 'answered with the service POTHER instead of PSERVICE' },
    });
  });

  test('a page is the one that was named, or none', async () => {
    const { settings } = await answering(({ url = '' }) => ({
      body: JSON.stringify(
        url.includes('?')
          ? { incidents: [incident({ id: 'Q8', incident_key: 'other' }), incident({ incident_key: 'bentham/api' })] }
          : { incident: incident({ id: 'Q9', incident_number: 9 }) },
      ),
    }));
    expect(await readPage(settings, 'Q1', signal)).toMatchObject({ ok: false, fault: { kind: 'malformed' } });
    expect(await readPage(settings, '9', signal)).toMatchObject({ ok: true, value: { id: 'Q9' } });
    expect(await readPage(settings, 'bentham/api', signal)).toMatchObject({ ok: true, value: { id: 'Q1' } });
    expect(await readPage(settings, 'bentham/none', signal)).toEqual({ ok: true, value: undefined });
  });

  test.each([
    ['401', { status: 401, body: '' }, 'forbidden', 'apiToken'],
    [
      '404',
      { status: 404, body: '{"error":{"message":"Not Found","code":2100}}' },
      'malformed',
      'channels.pagerDuty.service',
    ],
    ['502', { status: 502, body: '<html>' }, 'unreachable', 'status.pagerduty.com'],
    ['a web page', { body: '<html>' }, 'malformed', 'apiUrl'],
    ['null', { body: 'null' }, 'malformed', 'apiUrl'],
    ['a redirect', { status: 302, body: '', headers: { location: '/x' } }, 'malformed', 'channels.pagerDuty'],
    ['a cut connection', undefined, 'unreachable', ''],
  ])('%s is a fault with a next move', async (_, reply, kind, hint) => {
    const { settings } = await answering(() => reply);
    const answer = await readPager(settings, signal);
    expect(answer).toMatchObject({ ok: false, fault: { kind } });
    expect(JSON.stringify(answer)).toContain(hint);
    expect(JSON.stringify(answer)).not.toContain('secret');
  });

  test.each([
    [{ 'ratelimit-reset': '7' }, 7000],
    [{ 'retry-after': '20' }, 20_000],
    [{}, 60_000],
    [{ 'ratelimit-reset': '999999' }, 300_000],
  ])('429 with %o: it is left alone for that long', async (headers, wait) => {
    const { settings } = await answering(() => ({ status: 429, body: '', headers: headers as Record<string, string> }));
    expect(await readPager(settings, signal)).toMatchObject({ ok: false, fault: { kind: 'limited' }, wait });
  });

  test('a token goes over http:// to this machine only', async () => {
    const settings = settingsFor({ apiToken: 'u+secret', apiUrl: 'http://pd.example', service: 'PSERVICE' });
    expect(await readUsers(settings, signal)).toMatchObject({ ok: false, fault: { kind: 'unconfigured' } });
  });
});

describe('a change', () => {
  const call = (url: string): PagerCall => ({
    tool: 'pagerduty',
    method: 'PUT',
    url: `${url}/incidents/Q1`,
    from: 'a@b.io',
    body: '{"incident":{"type":"incident_reference","status":"acknowledged"}}',
  });
  const done = (reply: Reply | undefined) =>
    answering(() => reply).then(async ({ settings, asked }) => ({
      result: await executePager(call(settings.channels.pagerDuty.apiUrl), { settings, signal } as ExecutionContext),
      asked,
    }));

  test.each([
    ['its own answer', { body: '{"incident":{"id":"Q1"}}' }, 'done', '200'],
    ['a page with 200', { body: '<html>' }, 'unknown', 'not as PagerDuty does'],
    ['an empty 200', { body: '' }, 'unknown', 'not as PagerDuty does'],
    ['500', { status: 500, body: '' }, 'unknown', 'before you retry'],
    ['a cut connection', undefined, 'unknown', 'before you retry'],
    [
      '400',
      { status: 400, body: '{"error":{"message":"Requester User Not Found","code":1008}}' },
      'failed',
      'channels.pagerDuty.from',
    ],
    ['403', { status: 403, body: '' }, 'failed', 'token'],
    ['429', { status: 429, body: '', headers: { 'ratelimit-reset': '9' } }, 'failed', 'try again in 9 s'],
  ])('%s: %s', async (_, reply, outcome, says) => {
    const { result, asked } = await done(reply);
    expect(result).toMatchObject({ outcome });
    expect(JSON.stringify(result)).toContain(says);
    expect(asked).toHaveLength(1);
  });
});

test('doctor: token, service and user; nothing without a token', async () => {
  const { settings, api } = await standIn();
  const rows = async (pagerDuty: object) => {
    const [probe] = pagerProbes({
      ...settings,
      channels: { ...settings.channels, pagerDuty: { ...settings.channels.pagerDuty, ...pagerDuty } },
    });
    return probe ? (await probe.run(signal)).map(({ verdict, answer }) => `${verdict}: ${answer}`) : undefined;
  };
  expect(await rows({})).toEqual([
    'ok: service Bentham production, 1 open page, on call at 3 levels',
    `ok: Mara Lind (${api.from})`,
  ]);
  expect(await rows({ service: 'PWRONG', from: 'who@bentham.io' })).toEqual([
    expect.stringMatching(/^warning: .*404/),
    'warning: who@bentham.io is no user of PagerDuty',
  ]);
  expect(await rows({ apiToken: 'wrong' })).toEqual([
    expect.stringMatching(/^warning: .*401/),
    expect.stringMatching(/401/),
  ]);
  expect(await rows({ apiToken: undefined })).toBeUndefined();
});
