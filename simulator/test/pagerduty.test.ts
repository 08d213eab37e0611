import { afterEach, beforeEach, expect, test } from 'vitest';
import { type PagerDutyApi, startPagerDutyApi } from '../pagerduty/api.ts';
import { type Receivers, startReceivers } from '../receivers.ts';

let api: PagerDutyApi;
let receivers: Receivers;
beforeEach(async () => {
  api = await startPagerDutyApi({ incident: 'API: 96 % of requests fail' });
  receivers = await startReceivers(api.event);
});
afterEach(async () => {
  await Promise.all([api.stop(), receivers.stop()]);
});

const ask = async (
  path: string,
  {
    method = 'GET',
    body,
    token = api.token,
    from = api.from,
  }: {
    method?: string;
    body?: unknown;
    token?: string;
    from?: string;
  } = {},
) => {
  const answer = await fetch(`${api.url}${path}`, {
    method,
    headers: { authorization: `Token token=${token}`, from, accept: 'application/vnd.pagerduty+json;version=2' },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  return { status: answer.status, headers: answer.headers, body: JSON.parse(await answer.text()) };
};
const only = async () => (await ask('/incidents?statuses[]=triggered&statuses[]=acknowledged')).body.incidents[0];

test('a token is needed, and who changes something has to be a user', async () => {
  expect((await ask('/oncalls', { token: 'other' })).status).toBe(401);
  const { id } = await only();
  const body = { incident: { type: 'incident_reference', status: 'acknowledged' } };
  const answer = await ask(`/incidents/${id}`, { method: 'PUT', body, from: 'who@bentham.io' });
  expect(answer).toMatchObject({ status: 400, body: { error: { message: 'Requester User Not Found' } } });
  expect((await only()).status).toBe('triggered');
});

test('on-calls come in pages, now and later, with a person who is always on call', async () => {
  const since = new Date().toISOString();
  const until = new Date(Date.now() + 14 * 86_400_000).toISOString();
  const path = `/oncalls?escalation_policy_ids[]=PPOLICY&since=${since}&until=${until}&include[]=users`;
  const first = (await ask(`${path}&limit=5`)).body;
  expect(first).toMatchObject({ limit: 5, offset: 0, more: true });
  expect(first.oncalls[0]).toMatchObject({ escalation_level: 1, user: { type: 'user', email: 'mara@bentham.io' } });
  const all = (await ask(`${path}&limit=100`)).body.oncalls;
  expect(all.find((one: { escalation_level: number }) => one.escalation_level === 3)).toMatchObject({
    start: null,
    end: null,
  });
  expect((await ask('/oncalls?escalation_policy_ids[]=OTHER')).body.oncalls).toEqual([]);
});

test('acknowledge, escalate, reassign and note change the incident, a resolved one refuses', async () => {
  const { id } = await only();
  const put = (incident: object) =>
    ask(`/incidents/${id}`, { method: 'PUT', body: { incident: { type: 'incident_reference', ...incident } } });
  await put({ status: 'acknowledged' });
  expect(await only()).toMatchObject({
    status: 'acknowledged',
    acknowledgements: [{ acknowledger: { summary: 'Mara Lind' } }],
  });
  await put({ escalation_level: 2 });
  expect(await only()).toMatchObject({ status: 'triggered', assignments: [{ assignee: { summary: 'Sofia Costa' } }] });
  await put({ assignments: [{ assignee: { id: 'PJONAS1', type: 'user_reference' } }] });
  expect(await only()).toMatchObject({ assignments: [{ assignee: { id: 'PJONAS1' } }] });
  expect((await put({ escalation_level: 9 })).status).toBe(400);
  const note = await ask(`/incidents/${id}/notes`, { method: 'POST', body: { note: { content: 'rolled back' } } });
  expect(note.status).toBe(201);
  expect((await ask(`/incidents/${id}/notes`)).body.notes).toMatchObject([{ content: 'rolled back' }]);
  await put({ status: 'resolved' });
  expect(await put({ status: 'acknowledged' })).toMatchObject({
    body: { error: { message: 'Incident Already Resolved' } },
  });
});

test('what comes as an event is an incident', async () => {
  const event = { routing_key: receivers.routingKey, dedup_key: 'bentham/1' };
  const send = (body: object) =>
    fetch(receivers.pagerDutyUrl, { method: 'POST', body: JSON.stringify({ ...event, ...body }) });
  await send({ event_action: 'trigger', payload: { summary: 'SEV1', source: 'x', severity: 'critical' } });
  const found = async () => (await ask('/incidents?incident_key=bentham/1')).body.incidents;
  expect(await found()).toMatchObject([{ title: 'SEV1', status: 'triggered' }]);
  await send({ event_action: 'resolve' });
  expect(await found()).toMatchObject([{ status: 'resolved' }]);
});

test('it fails as it is told: a rate limit, an error, silence, and a lost answer', async () => {
  api.fail(429, 7);
  const limited = await ask('/oncalls');
  expect([limited.status, limited.headers.get('ratelimit-reset')]).toEqual([429, '7']);
  api.fail(500);
  expect((await ask('/oncalls')).status).toBe(500);
  api.fail('lost');
  const [one] = api.incidents();
  const lost = fetch(`${api.url}/incidents/${one?.id}`, {
    method: 'PUT',
    headers: { authorization: `Token token=${api.token}`, from: api.from },
    body: JSON.stringify({ incident: { type: 'incident_reference', status: 'acknowledged' } }),
    signal: AbortSignal.timeout(300),
  });
  await expect(lost).rejects.toThrow();
  expect(one?.status).toBe('acknowledged');
  api.fail();
  expect((await ask('/oncalls')).status).toBe(200);
});
