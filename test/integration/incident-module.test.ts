// The incident's part of a whole engine: no backend, a real journal, and a receiver for messages.
import { spawn } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { restartDeployment } from '../../src/actions/deployments/restart-deployment.ts';
import { profiles } from '../../src/config/profiles.ts';
import { type Settings, settingsSchema } from '../../src/config/settings.ts';
import type { IncidentCommand, IncidentContext } from '../../src/core/incident/context.ts';
import { isInControl, isResumable } from '../../src/core/incident/context.ts';
import type { Incident } from '../../src/core/incident/incident.ts';
import { pageKey } from '../../src/core/incident/page.ts';
import { verifyJournal } from '../../src/data/journal/verify.ts';
import type { Source } from '../../src/data/source.ts';
import { actionContextOf } from '../../src/engine/action-context.ts';
import { createEngine } from '../../src/engine/engine.ts';
import { incidentModule } from '../../src/engine/incident/module.ts';
import { Recorder, recordRun } from '../../src/engine/incident/recorder.ts';
import { timelineOf } from '../../src/runbook/timeline.ts';
import { bound } from '../support/bound.ts';
import { eventually } from '../support/eventually.ts';
import { calm } from '../support/worlds.ts';

let root: string;
let directory: string;
let receiver: Server | undefined;
let cockpits: Cockpit[] = [];
const received: { url: string; body: Record<string, unknown> }[] = [];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'incident-'));
  directory = join(root, 'journal');
});
afterEach(async () => {
  await Promise.all(cockpits.map((one) => one.engine.stop()));
  cockpits = [];
  received.length = 0;
  receiver?.closeAllConnections();
  receiver?.close();
  receiver = undefined;
  rmSync(root, { recursive: true, force: true });
});

class Cockpit {
  readonly engine: ReturnType<typeof createEngine>;
  incidentContext: IncidentContext | undefined;
  incident: Incident | undefined;
  readonly recorder: Recorder;

  constructor(settings: Settings, sources: readonly Source[]) {
    this.recorder = new Recorder(settings);
    this.engine = createEngine({ settings, sources, modules: [incidentModule(this.recorder)] });
    this.engine.subscribe((update) => {
      if (update.incidentContext) this.incidentContext = update.incidentContext;
      if (update.incident !== undefined) this.incident = update.incident ?? undefined;
    });
  }

  do(what: IncidentCommand): this {
    this.engine.send({ kind: 'incident', what });
    return this;
  }
}

function settings(name: string, more: Partial<Settings> = {}): Settings {
  const parsed = settingsSchema.parse({ profile: 'production', ...profiles.production });
  return { ...parsed, journal: { directory, name }, ...more };
}

async function cockpit(name = 'ops1', more: Partial<Settings> = {}, sources: readonly Source[] = []): Promise<Cockpit> {
  const made = new Cockpit(settings(name, more), sources);
  cockpits.push(made);
  await eventually(() => expect(made.incidentContext).toBeDefined());
  return made;
}

const opens: IncidentCommand = { do: 'open', severity: 1, why: 'all requests answer 5xx' };

test('an incident can be opened and recorded while every backend is unreachable', async () => {
  const one = await cockpit();
  one.do(opens);
  await eventually(() => expect(one.incident).toMatchObject({ severity: 1, title: 'Complete API outage' }));
  expect(one.incident?.roles.commander).toEqual(['ops1']);
  one.do({ do: 'step', step: 'sev1/redis', mark: 'done' }).do({ do: 'severity', severity: 2, why: 'some get through' });
  await eventually(() => expect(one.incident?.severity).toBe(2));
  expect(one.incident?.steps['sev1/redis']).toMatchObject({ mark: 'done', found: { state: 'unknown' } });
  const outcome = await verifyJournal(directory);
  expect(outcome.ok && outcome.value.files.flatMap((f) => f.problems)).toEqual([]);
});

test('an invalid command is refused with a message', async () => {
  const one = await cockpit();
  one.do({ do: 'note', text: 'x' });
  await eventually(() => expect(one.incidentContext?.said?.says).toBe('no incident is open: press i to open one'));
  one.do(opens).do({ do: 'open', severity: 2, why: '' });
  await eventually(() => expect(one.incidentContext?.said?.says).toBe('SEV1 Complete API outage is already open'));
  one.do({ do: 'step', step: 'sev1/redis', mark: 'skipped' });
  await eventually(() => expect(one.incidentContext?.said?.says).toBe('a skipped step needs a reason'));
});

test('a decision is recorded with its recommendation: yes, once its action has run', async () => {
  const one = await cockpit();
  one.do(opens);
  await eventually(() => expect(one.incident).toBeDefined());
  const decide: IncidentCommand = { do: 'decide', step: 'sev1/restart-gateway', answer: 'yes', why: 'it hangs' };
  const decided = () =>
    [...(one.incident?.entries ?? [])].flatMap(({ event }) => (event.kind === 'decision' ? [event.recommended] : []));
  one.do(decide);
  await eventually(() => expect(decided()).toEqual(['unsure']));
  const target = restartDeployment.object(
    { action: 'restart-deployment', deployment: 'api-gateway' },
    actionContextOf(settings('ops1')),
  );
  await recordRun(one.recorder, { run: 'r1', action: 'restart-deployment', target, phase: 'verified' });
  one.do(decide);
  await eventually(() => expect(decided()).toEqual(['unsure', 'yes']));
});

test('of two cockpits one is in control, and the other sees everything live and takes control', async () => {
  const one = await cockpit('ops1');
  const two = await cockpit('ops2');
  one.do(opens);
  await eventually(() => expect(two.incident?.id).toBe(one.incident?.id));
  await eventually(() =>
    expect(two.incidentContext?.here.map((h) => [h.name, h.driving])).toEqual([
      ['ops2', false],
      ['ops1', true],
    ]),
  );
  expect(two.recorder.mayAct()).toBe('ops1 controls this incident: take control first');
  expect(one.recorder.mayAct()).toBeUndefined();
  two.do({ do: 'step', step: 'sev1/redis', mark: 'done' });
  await eventually(() => expect(two.incidentContext?.said?.says).toBe('ops1 is in control: take control first'));
  two.do({ do: 'note', text: 'I see it too' });
  await eventually(() => expect(one.incident?.notes).toBe(1));
  two.do({ do: 'control', why: 'ops1 eats' });
  await eventually(() => expect(one.incident?.control.person).toBe('ops2'));
  expect(one.recorder.mayAct()).toBe('ops2 controls this incident: take control first');
  expect(two.recorder.mayAct()).toBeUndefined();
});

test('a cockpit on a resolved incident follows the next one, and cannot act without control of it', async () => {
  const one = await cockpit('ops1');
  const two = await cockpit('ops2');
  one.do(opens);
  await eventually(() => expect(two.incident).toBeDefined());
  one.do({ do: 'resolve', why: 'calm' });
  await eventually(() => expect(two.incident?.resolvedAt).toBeDefined());
  expect(two.recorder.mayAct()).toBeUndefined();
  one.do({ do: 'open', severity: 3, why: 'one surface' });
  await eventually(() => expect(two.incident).toMatchObject({ severity: 3 }));
  expect(two.recorder.mayAct()).toBe('ops1 controls this incident: take control first');
});

test('`run` beside a cockpit in control is allowed only to the same user', async () => {
  const one = await cockpit('ops1');
  one.do(opens);
  await eventually(() => expect(one.incident?.control.person).toBe('ops1'));
  const [own, other, watching] = [
    await cockpit('ops1'),
    await cockpit('ops2'),
    await cockpit('ops1', { environment: { ...settings('ops1').environment, observe: true } }),
  ];
  for (const each of [own, other, watching]) await eventually(() => expect(each.incident?.id).toBe(one.incident?.id));
  expect(own.recorder.mayAct(true)).toBeUndefined();
  expect(own.recorder.mayAct()).toBe('ops1 controls this incident: take control first');
  expect(other.recorder.mayAct(true)).toBe('ops1 controls this incident: take control first');
  expect(watching.recorder.mayAct(true)).toBe('this cockpit only observes');
});

test('another open incident keeps the cockpit in control of it', async () => {
  const one = await cockpit('ops1');
  const two = await cockpit('ops2');
  one.do(opens);
  await eventually(() => expect(two.incident).toBeDefined());
  const older = two.incident?.id ?? '';
  await two.recorder.journal.append({ kind: 'opened', title: 'Low impact', severity: 4, why: 'slow' }, 'another');
  two.do({ do: 'follow', incident: 'another' });
  await eventually(() => expect(two.incident?.id).toBe('another'));
  two.do({ do: 'resolve', why: 'fast again' });
  await eventually(() => expect(two.incident).toMatchObject({ id: 'another', resolvedAt: expect.any(Number) }));
  expect(two.incidentContext?.open.map((o) => o.id)).toEqual([older]);
  expect(two.recorder.mayAct()).toBe('ops1 controls SEV1 Complete API outage: show it and take control first');
});

test('an observer changes nothing and cannot run actions', async () => {
  const base = settings('ops3');
  const one = await cockpit('ops3', { environment: { ...base.environment, observe: true } });
  one.do(opens);
  await eventually(() => expect(one.incidentContext?.said?.says).toBe('this cockpit only observes'));
  expect(one.incident).toBeUndefined();
  expect(one.recorder.mayAct()).toBe('this cockpit only observes');
});

test('after a killed cockpit the next one continues where it stopped, and its action has an unknown outcome', async () => {
  const script = new URL('../support/ended-by-force.ts', import.meta.url).pathname;
  const child = bound(spawn(process.execPath, [script, directory], { stdio: ['ignore', 'pipe', 'inherit'] }));
  await new Promise<void>((resolve) => child.stdout.once('data', () => resolve()));
  child.kill('SIGKILL');
  await new Promise((resolve) => child.once('exit', resolve));
  const one = await cockpit('ops1');
  expect(one.incident).toMatchObject({ severity: 1, steps: { 'sev1/gateway-status': { mark: 'done' } } });
  if (!one.incidentContext) throw new Error('no incidentContext');
  expect(isInControl(one.incidentContext, one.incident)).toBe(false);
  expect(isResumable(one.incidentContext, one.incident)).toBe(true);
  one.do({ do: 'control', why: 'resumed' });
  await eventually(() =>
    expect(one.incident?.runs).toMatchObject([{ action: 'restart-deployment', phase: 'unknown' }]),
  );
  expect(one.recorder.mayAct()).toBeUndefined();
});

test('while the journal cannot be written, entries are kept, and actions are refused until allowed', async () => {
  const inTheWay = join(root, 'journal');
  writeFileSync(inTheWay, '');
  directory = join(inTheWay, 'production');
  const one = await cockpit();
  one.do(opens);
  await eventually(() => expect(one.incidentContext?.said?.says).toMatch(/kept in memory only: is not a directory/));
  expect(one.incident?.severity).toBe(1);
  expect(one.incidentContext?.journal.unwritten).toBeGreaterThan(0);
  expect(one.recorder.mayAct()).toMatch(
    /the journal is unavailable \(is not a directory\).*or allow actions without it/,
  );
  one.do({ do: 'allow-unrecorded', why: 'the outage matters more' });
  await eventually(() => expect(one.recorder.mayAct()).toBeUndefined());
  rmSync(inTheWay);
  one.do({ do: 'note', text: 'made room' });
  await eventually(() => expect(one.incidentContext?.journal).toMatchObject({ unwritten: 0 }));
  expect(readdirSync(directory).filter((f) => f.endsWith('.jsonl'))).toHaveLength(1);
});

test('a journal that others can reach refuses actions until its mode is fixed; no override exists', async () => {
  mkdirSync(directory);
  chmodSync(directory, 0o755);
  const one = await cockpit();
  one.do(opens);
  await eventually(() =>
    expect(one.incidentContext?.said?.says).toMatch(
      /kept in memory only: is accessible to all users; restrict it: chmod go-rwx/,
    ),
  );
  one.do({ do: 'allow-unrecorded', why: 'the outage matters more' });
  await eventually(() =>
    expect(one.incidentContext?.said?.says).toMatch(/^not allowed: is accessible to all users; restrict it: chmod/),
  );
  expect(one.recorder.mayAct()).toMatch(
    /^the journal is unavailable \(is accessible to all users\): restrict it: chmod go-rwx \S+$/,
  );
  chmodSync(directory, 0o700);
  one.do({ do: 'note', text: 'closed it' });
  await eventually(() => expect(one.incidentContext?.journal).toMatchObject({ unwritten: 0 }));
  expect(one.recorder.mayAct()).toBeUndefined();
});

async function listen(answer: (url: string) => number): Promise<string> {
  receiver = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      received.push({ url: request.url ?? '', body: JSON.parse(body) as Record<string, unknown> });
      const status = answer(request.url ?? '');
      if (status > 0)
        response.writeHead(status).end(status === 202 ? '{"ok":true,"status":"success"}' : 'invalid_token');
    });
  });
  await new Promise<void>((resolve) => receiver?.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
}

const channels = (url: string): Settings['channels'] => ({
  pagerDuty: { routingKey: 'R0UTINGKEY', url: `${url}/pd`, apiUrl: url },
  slackAlerts: { name: '#alerts', webhook: `${url}/slack` },
  slackOps: { name: '#ops' },
  webhooks: { urls: [], level: 'warning' },
});

test('a shared account has no name until one is given; then all that follows has it, and what the cockpit does has none', async () => {
  const shared = { journal: { directory }, person: {} };
  const first = new Recorder({ ...settings('x'), ...shared });
  await first.ready;
  const { user } = first.journal.writer;
  for (const name of ['ada', 'grace']) {
    const other = new Recorder({ ...settings('x'), ...shared, person: { name } });
    expect(other.asksName).toBe(false);
    await other.record({ kind: 'note', text: 'x' });
    await other.journal.close();
  }
  await first.journal.close();
  const one = await cockpit('x', shared);
  expect(one.incidentContext).toMatchObject({ asksName: true, self: { name: user } });
  one.do({ do: 'name', name: 'cockpit' });
  await eventually(() => expect(one.incidentContext?.said?.says).toMatch(/^cockpit is the name of what/));
  one.do({ do: 'name', name: ' Ada Byron ' }).do(opens);
  await eventually(() => expect(one.incident?.openedBy).toBe('Ada Byron'));
  expect(one.incidentContext?.asksName).toBeUndefined();
  expect(one.incident?.keys).toMatchObject([{ person: 'Ada Byron', user, state: 'opener' }]);
  const news = { run: 'r1', action: 'restart-deployment', target: 'deployment/x', phase: 'unknown' } as const;
  await recordRun(one.recorder, news, true);
  await eventually(() => expect(one.incident?.runs).toHaveLength(1));
  expect(one.incident && timelineOf(one.incident).map(({ who, entry: { event } }) => [who, event.kind])).toEqual([
    ['Ada Byron', 'opened'],
    ['cockpit', 'action'],
  ]);
  one.do({ do: 'name', name: 'Grace' });
  await eventually(() => expect(one.incidentContext?.said?.says).toMatch(/^already recorded under another name/));
});

test('a message is sent once, recorded before and after, and acknowledges', async () => {
  const url = await listen(() => 202);
  const one = await cockpit('ops1', { channels: channels(url) });
  one.do(opens).do({ do: 'notify', channel: 'pagerduty', purpose: 'acknowledge', text: 'mine' });
  await eventually(() => expect(one.incident?.acknowledged?.by).toBe('ops1'));
  expect(one.incident?.messages[0]?.key).toBe(`bentham/PRODUCTION/${one.incident?.id}`);
  one.do({ do: 'notify', channel: 'slack-alerts', purpose: 'notify', text: 'SEV1: we are on it' });
  await eventually(() =>
    expect(one.incident?.messages.at(-1)).toMatchObject({
      channel: 'slack-alerts',
      delivery: 'sent',
      detail: '202 {"ok":true,"status":"success"}',
    }),
  );
  expect(received.map((r) => r.url)).toEqual(['/pd', '/slack']);
  expect(received[0]?.body).toEqual({
    routing_key: 'R0UTINGKEY',
    event_action: 'acknowledge',
    dedup_key: `bentham/PRODUCTION/${one.incident?.id}`,
  });
  expect(received[1]?.body).toMatchObject({ text: 'SEV1: we are on it' });
  const told = one.incident?.entries.flatMap(({ event }) => (event.kind === 'notified' ? [event.delivery] : []));
  expect(told).toEqual(['sending', 'sent', 'sending', 'sent']);
  expect(JSON.stringify(one.incident)).not.toContain('R0UTINGKEY');
});

test('the dedup_key of another page is used after it was entered', async () => {
  const url = await listen(() => 202);
  const one = await cockpit('ops1', { channels: channels(url) });
  one.do(opens).do({ do: 'notify', channel: 'pagerduty', purpose: 'acknowledge', text: 'mine', key: 'srv01/HTTP' });
  one.do({ do: 'notify', channel: 'pagerduty', purpose: 'resolve', text: 'over' });
  await eventually(() => expect(received).toHaveLength(2));
  expect(received.map((r) => [r.body.event_action, r.body.dedup_key])).toEqual([
    ['acknowledge', 'srv01/HTTP'],
    ['resolve', 'srv01/HTTP'],
  ]);
});

test('lines removed from the journal are restored automatically, and the screen says so', async () => {
  const one = await cockpit();
  one.do(opens);
  // Said after the last line of the opening was written.
  await eventually(() => expect(one.incidentContext?.said?.says).toContain('is open'));
  const [name = ''] = readdirSync(directory).filter((each) => each.endsWith('.jsonl'));
  truncateSync(join(directory, name), 100);
  await eventually(() =>
    expect(one.incidentContext?.said?.says).toMatch(/^journal: another process (truncated|changed) the journal file: /),
  );
  const outcome = await verifyJournal(directory);
  expect(outcome.ok && outcome.value.files.flatMap((f) => f.problems)).toEqual([]);
});

test('the dedup_key of a page that an action acknowledged or resolved is used afterwards', async () => {
  const url = await listen(() => 202);
  const one = await cockpit('ops1', { channels: channels(url) });
  one.do(opens);
  await eventually(() => expect(one.incident).toBeDefined());
  const news = { run: 'r1', action: 'acknowledge-page', target: 'page/srv01/HTTP' } as const;
  await recordRun(one.recorder, { ...news, phase: 'started' });
  expect(pageKey(one.recorder.incident as Incident)).toBe(`bentham/PRODUCTION/${one.incident?.id}`);
  await recordRun(one.recorder, { ...news, phase: 'verified' });
  one.do({ do: 'notify', channel: 'pagerduty', purpose: 'resolve', text: 'over' });
  await eventually(() => expect(received).toHaveLength(1));
  expect(received[0]?.body).toMatchObject({ event_action: 'resolve', dedup_key: 'srv01/HTTP' });
});

/** Redis at 61 % of its memory, for ever. */
const redis: Source = {
  id: 'redis',
  facts: ['redis'],
  start(tell) {
    const reading = calm.readings.redis;
    if (reading.state === 'live')
      tell({ fact: 'redis', value: reading.value, at: Date.now(), staleAfter: 3_600_000, from: 'redis' });
    return { refresh: () => undefined, ended: Promise.resolve() };
  },
};

test('metrics are recorded at the start and the end, and the end names channels without a message', async () => {
  const url = await listen(() => 202);
  const one = await cockpit('ops1', { channels: channels(url) }, [redis]);
  await eventually(() => expect(one.engine.world().readings.redis.state).toBe('live'));
  one.do(opens).do({ do: 'notify', channel: 'slack-alerts', purpose: 'notify', text: 'we are on it' });
  await eventually(() => expect(one.incident?.messages[0]?.delivery).toBe('sent'));
  one.do({ do: 'resolve', why: 'calm' });
  await eventually(() => expect(one.incidentContext?.said?.says).toBe('resolved; press m to notify Slack #alerts'));
  const kinds = one.incident?.entries.map(({ event }) => event.kind);
  expect(kinds?.slice(0, 2)).toEqual(['opened', 'sample']);
  expect(kinds?.filter((kind) => kind !== 'measured').slice(-2)).toEqual(['sample', 'resolved']);
  // No database listens here: how many jobs failed is unknown, and the record says why.
  await eventually(() =>
    expect(one.incident?.entries.at(-1)?.event).toMatchObject({
      kind: 'measured',
      why: expect.stringMatching(/^the database gave no answer/),
    }),
  );
});

test('a report is written on request: private, beside others, and its path is told', async () => {
  const one = await cockpit('ops1');
  const before = process.cwd();
  const place = mkdtempSync(join(tmpdir(), 'written-report-'));
  process.chdir(place);
  try {
    one.do(opens).do({ do: 'report' }).do({ do: 'report' });
    await eventually(() => expect(readdirSync(place)).toHaveLength(2));
    await eventually(() => expect(one.incidentContext?.report?.path).toMatch(/-2\.md$/));
    const path = one.incidentContext?.report?.path ?? '';
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readFileSync(path, 'utf8')).toContain('## Impact');
  } finally {
    process.chdir(before);
    rmSync(place, { recursive: true, force: true });
  }
});

test('a channel that refuses, one that fails and one that is not configured have different outcomes', async () => {
  const url = await listen((path) => (path === '/pd' ? 400 : 503));
  const one = await cockpit('ops1', { channels: channels(url) });
  one.do(opens);
  for (const channel of ['pagerduty', 'slack-alerts', 'slack-ops'] as const)
    one.do({ do: 'notify', channel, purpose: 'notify', text: 'hello' });
  await eventually(() => expect(one.incident?.messages).toHaveLength(3));
  await eventually(() =>
    expect(Object.fromEntries((one.incident?.messages ?? []).map((m) => [m.channel, [m.delivery, m.detail]]))).toEqual({
      pagerduty: ['failed', '400 invalid_token; check webhook and routing key'],
      'slack-alerts': ['unknown', '503 invalid_token; check whether it arrived before you send it again'],
      'slack-ops': ['not-sent', 'the channel is not configured: copy the text'],
    }),
  );
  expect(received).toHaveLength(2);
});

test('a channel that hangs holds up neither commands nor other channels, and shows that it is under way', async () => {
  const url = await listen((path) => (path === '/pd' ? 0 : 202));
  const one = await cockpit('ops1', { channels: channels(url) });
  one.do(opens);
  for (const channel of ['pagerduty', 'slack-alerts'] as const)
    one.do({ do: 'notify', channel, purpose: 'notify', text: 'hello' });
  one.do({ do: 'note', text: 'meanwhile' });
  await eventually(() =>
    expect(Object.fromEntries((one.incident?.messages ?? []).map((m) => [m.channel, m.delivery]))).toEqual({
      pagerduty: 'sending',
      'slack-alerts': 'sent',
    }),
  );
  expect(one.incident?.notes).toBe(1);
});
