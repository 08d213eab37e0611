// Cockpits of one user on one host share the figures of the gateway's logs: one follows them, the others are told. Each is
// a process of its own.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Traffic } from '../../src/core/world/facts.ts';
import { ApiServer, type Handler } from '../support/api-server.ts';
import { eventually } from '../support/eventually.ts';

type Told = { fact: string; value?: Traffic; fault?: { kind: string; code?: string }; at: number; from?: string };

let server: ApiServer;
let directory = '';
/** The logs that are followed now, and how often one was asked for. */
const open = new Set<ServerResponse>();
let reads = 0;
let log: Handler;
const cockpits: ChildProcess[] = [];

const pod = (name: string) => ({
  metadata: { name, uid: name, labels: { app: 'api-gateway' } },
  spec: { containers: [{ name: 'main' }] },
  status: { phase: 'Running', containerStatuses: [{ name: 'main', state: { running: {} } }] },
});
const line = (ms: number, status = 200, at = Date.now()) =>
  `${new Date(at).toISOString()} ${JSON.stringify({ time: at, res: { statusCode: status }, responseTime: ms })}\n`;
const speaks: Handler = (_, res) => void res.write(line(20) + line(40, 502));

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'bentham-traffic-'));
  mkdirSync(join(directory, 'journal'), { mode: 0o700 });
  server = new ApiServer();
  reads = 0;
  log = speaks;
  server.handle = (url, res, req) => {
    if (/\/pods\/[^/]+\/log$/.test(url.pathname)) {
      reads += 1;
      open.add(res);
      res.on('close', () => open.delete(res));
      return log(url, res, req);
    }
    if (url.pathname.endsWith('/deployments/api-gateway'))
      return res.end(JSON.stringify({ spec: { selector: { matchLabels: { app: 'api-gateway' } } } }));
    if (url.searchParams.get('watch') === 'true') return res.flushHeaders();
    return res.end(JSON.stringify({ metadata: { resourceVersion: '1' }, items: ['a', 'b'].map(pod) }));
  };
  await server.start();
});
afterEach(async () => {
  for (const one of cockpits.splice(0)) one.kill('SIGKILL');
  await server.end();
  open.clear();
  rmSync(directory, { recursive: true });
});

/** `every`: how often figures are told. */
function cockpit({ token = 'sesame', namespace = 'bentham', observe = false, every = 500, fields = {} } = {}) {
  const settings = server.settings({
    journal: { directory: join(directory, 'journal') },
    environment: { name: 'TEST', guarded: false, observe },
    intervals: { timeout: 1500, traffic: every },
    logFields: fields,
  });
  const own = join(directory, `config-${cockpits.length}`);
  const kubeconfig = JSON.parse(readFileSync(settings.kubernetes.kubeconfig ?? '', 'utf8')) as object;
  writeFileSync(own, JSON.stringify({ ...kubeconfig, users: [{ name: 'u', user: { token } }] }));
  const given = { ...settings, kubernetes: { ...settings.kubernetes, namespace, kubeconfig: own } };
  const args = ['test/support/kubernetes-asker.ts', JSON.stringify(given), 'cluster,traffic'];
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  cockpits.push(child);
  // It may have been killed.
  child.stdin.on('error', () => {});
  const news: Told[] = [];
  createInterface(child.stdout).on('line', (text) => {
    const one = JSON.parse(text) as Told;
    if (one.fact === 'traffic') news.push(one);
  });
  const tells = (count: number) => eventually(() => expect(news.length).toBeGreaterThanOrEqual(count));
  return { child, news, tells, last: () => news.at(-1), refresh: () => child.stdin.write('\n') };
}

type Cockpit = ReturnType<typeof cockpit>;
const isTold = (one: Told | undefined) => one?.from?.includes('asked by process') === true;
const follower = (all: readonly Cockpit[]) => all.filter(({ last }) => last() && !isTold(last()));
const here = () => join(directory, 'journal', 'here');
const looks = () =>
  readdirSync(here())
    .filter((name) => /^look-[0-9a-f]{32}$/.test(name))
    .map((name) => readFileSync(join(here(), name), 'utf8'))
    .filter((text) => text.includes('gateway logs'));

/** Several, of which one follows the logs and each has figures. */
async function several(count: number, every?: number): Promise<{ all: Cockpit[]; first: Cockpit; others: Cockpit[] }> {
  const all = Array.from({ length: count }, () => cockpit({ ...(every === undefined ? {} : { every }) }));
  await Promise.all(all.map(({ tells }) => tells(2)));
  await eventually(() => expect(follower(all)).toHaveLength(1));
  const [first] = follower(all);
  if (!first) throw new Error('nobody follows the logs');
  return { all, first, others: all.filter((one) => one !== first) };
}

test('cockpits follow each log once together, and all have the same figures', async () => {
  const { all } = await several(4, 2000);
  await eventually(() => expect(open.size).toBe(2));
  // A busy machine may make one late, so that another one takes over.
  expect(reads).toBeLessThan(2 * all.length);
  const figures = { p95: 40, errorRate: 0.5, samples: 4, sampling: 1, pods: { followed: 2, expected: 2 } };
  for (const { last } of all) expect(last()?.value).toMatchObject(figures);
  for (const res of open) res.write(line(900));
  for (const { last } of all) await eventually(() => expect(last()?.value).toMatchObject({ p95: 900, samples: 6 }));
  expect([open.size, looks().length]).toEqual([2, 1]);
});

test.each(['SIGKILL', 'SIGSTOP', 'SIGTERM'] as const)(
  'nothing gets stale when the one that follows gets %s, and one other follows',
  async (signal) => {
    const every = 5000;
    const { first, others } = await several(3, every);
    first.child.kill(signal);
    const ended = Date.now();
    for (const { last } of others) await eventually(() => expect(last()?.at).toBeGreaterThan(ended + every + 4000));
    expect(follower(others)).toHaveLength(1);
    // What stood still keeps its connections.
    await eventually(() => expect(open.size).toBe(signal === 'SIGSTOP' ? 4 : 2));
    for (const { news } of others)
      for (const [i, { at, value }] of news.entries()) {
        expect(value).toMatchObject({ p95: 40, pods: { followed: 2 } });
        const before = news[i - 1]?.at ?? at;
        expect(at).toBeGreaterThanOrEqual(before);
        expect(at - before).toBeLessThan(every * 3);
      }
  },
);

test('one that stood still is told when it goes on, and follows no more', async () => {
  const { first, others } = await several(2);
  first.child.kill('SIGSTOP');
  await eventually(() => expect(follower(others)).toHaveLength(1));
  await eventually(() => expect(open.size).toBe(4));
  first.child.kill('SIGCONT');
  await eventually(() => expect(isTold(first.last())).toBe(true));
  await eventually(() => expect(open.size).toBe(2));
});

test('the logs are lost for all when the server is, and found again by all', async () => {
  const { all } = await several(3);
  await server.stop();
  for (const { last } of all) await eventually(() => expect(last()?.fault?.kind).toBe('refused'));
  await server.start();
  for (const { last } of all) await eventually(() => expect(last()?.value?.pods).toEqual({ followed: 2, expected: 2 }));
  await eventually(() => expect(follower(all)).toHaveLength(1));
  await eventually(() => expect(open.size).toBe(2));
});

test('logs that may not be read are each one’s own finding, and figures come when they may', async () => {
  log = (_, res) => res.writeHead(403).end('{"message":"no"}');
  const all = [cockpit(), cockpit()];
  for (const { last } of all) await eventually(() => expect(last()?.fault?.kind).toBe('forbidden'));
  log = speaks;
  for (const { last } of all) await eventually(() => expect(last()?.value?.pods?.followed).toBe(2));
  await eventually(() => expect(follower(all)).toHaveLength(1));
});

test('another login, namespace or way to read a line is another look', async () => {
  const fields = { durations: ['dauer'] };
  const all = [cockpit(), cockpit({ token: 'other' }), cockpit({ namespace: 'other' }), cockpit({ fields })];
  await Promise.all(all.map(({ tells }) => tells(3)));
  expect(follower(all)).toHaveLength(4);
  expect(looks()).toHaveLength(4);
  for (const text of looks()) expect(text).not.toMatch(/sesame|other/);
});

test('one that follows waits for no other that has begun to, and does not get ready', async () => {
  const { first, others } = await several(2);
  const [other] = others;
  // Reading the past takes its longest.
  log = () => {};
  first.child.kill('SIGSTOP');
  await eventually(() => expect(looks()[0]).toMatch(new RegExp(`^{"asker":{[^}]*"pid":${other?.child.pid},`)));
  other?.child.kill('SIGSTOP');
  const goesOn = Date.now();
  first.child.kill('SIGCONT');
  await eventually(() => expect(first.last()?.at).toBeGreaterThan(goesOn));
  expect(isTold(first.last())).toBe(false);
  // The other one is given 5 s.
  expect((first.last()?.at ?? 0) - goesOn).toBeLessThan(4000);
});

test('R tells what is known without reading the past again', async () => {
  const { first, others } = await several(2, 2000);
  const [other] = others;
  const [before, pressed] = [reads, 4];
  for (let i = 0; i < pressed; i += 1) {
    await eventually(() => expect(isTold(other?.last())).toBe(true));
    const shown = other?.news.length ?? 0;
    first.refresh();
    other?.refresh();
    await other?.tells(shown + 1);
  }
  expect(reads - before).toBeLessThan(2 * (pressed - 1));
});

test('an observer is told, and writes nothing', async () => {
  const observer = cockpit({ observe: true });
  await observer.tells(2);
  expect(readdirSync(join(directory, 'journal'))).toEqual([]);
  const first = cockpit();
  await first.tells(1);
  await eventually(() => expect(isTold(observer.last())).toBe(true));
  await eventually(() => expect(open.size).toBe(2));
});

test('figures that nobody can have counted are not taken', async () => {
  const { first, others } = await several(2);
  const [one] = others;
  first.child.kill('SIGSTOP');
  const name = readdirSync(here()).find((each) => readFileSync(join(here(), each), 'utf8').includes('gateway logs'));
  const file = join(here(), name ?? 'none');
  const [known = '', result = ''] = readFileSync(file, 'utf8').split('\n');
  const { answer, ...rest } = JSON.parse(known) as { answer: object };
  const now = Date.now();
  const told = JSON.stringify({ ...rest, answer: { ...answer, asked: now, at: now, next: now + 500 } });
  const forged = JSON.parse(result) as { value: object };
  writeFileSync(file, `${told}\n${JSON.stringify({ ...forged, value: { ...forged.value, p95: 7, sampling: 3 } })}`);
  await eventually(() => expect(follower(others)).toHaveLength(1));
  expect(one?.news.some(({ value }) => value?.p95 === 7)).toBe(false);
});
