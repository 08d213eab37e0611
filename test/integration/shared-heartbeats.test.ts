// Cockpits of one user on one host share the heartbeats of an API server: one asks, the others are told. Each is a
// process of its own.
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Cluster } from '../../src/core/world/facts.ts';
import { staleAfterBeat } from '../../src/data/kubernetes/connection.ts';
import { ApiServer, type Handler } from '../support/api-server.ts';
import { eventually } from '../support/eventually.ts';

type Told = { fact: string; value?: unknown; fault?: { kind: string; code?: string }; at: number; from?: string };

const answers: Handler = (_, res) => res.end('{"gitVersion":"v1.32.0"}');
let server: ApiServer;
let directory = '';
let beats = 0;
let answer: Handler;
const cockpits: ChildProcess[] = [];

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'bentham-beats-'));
  mkdirSync(join(directory, 'journal'), { mode: 0o700 });
  server = new ApiServer();
  beats = 0;
  answer = answers;
  server.version = (...asked) => {
    beats += 1;
    answer(...asked);
  };
  server.handle = ({ pathname, searchParams }, res) => {
    if (!pathname.endsWith('/pods')) res.writeHead(404).end('{}');
    else if (searchParams.get('watch') === 'true') res.flushHeaders();
    else res.end('{"metadata":{"resourceVersion":"1"},"items":[{"metadata":{"name":"a","uid":"a"}}]}');
  };
  await server.start();
});
afterEach(async () => {
  for (const one of cockpits.splice(0)) one.kill('SIGKILL');
  await server.end();
  rmSync(directory, { recursive: true });
});

/** `user`: how it logs in, instead of the token of all. */
function cockpit({ user = {}, environment = {}, observe = false } = {}) {
  const settings = server.settings({
    journal: { directory: join(directory, 'journal') },
    environment: { name: 'TEST', guarded: false, observe },
    intervals: { timeout: 1500 },
  });
  const file = settings.kubernetes.kubeconfig ?? '';
  const kubeconfig = { ...JSON.parse(readFileSync(file, 'utf8')) };
  if (Object.keys(user).length > 0) kubeconfig.users = [{ name: 'u', user }];
  const own = join(directory, `config-${cockpits.length}`);
  writeFileSync(own, JSON.stringify(kubeconfig));
  const given = { ...settings, kubernetes: { ...settings.kubernetes, kubeconfig: own } };
  const child = spawn(process.execPath, ['test/support/kubernetes-asker.ts', JSON.stringify(given)], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, ...environment },
  });
  cockpits.push(child);
  // It may have been killed.
  child.stdin.on('error', () => {});
  const news: Told[] = [];
  createInterface(child.stdout).on('line', (line) => news.push(JSON.parse(line) as Told));
  const of = (fact: string) => news.filter((one) => one.fact === fact);
  const tells = (count: number) => eventually(() => expect(of('cluster').length).toBeGreaterThanOrEqual(count));
  return { child, of, tells, last: () => of('cluster').at(-1), refresh: () => child.stdin.write('\n') };
}

const here = () => join(directory, 'journal', 'here');
const files = () => readdirSync(here()).filter((name) => /^look-[0-9a-f]{32}$/.test(name));
const asker = () => {
  const [first = '{}'] = readFileSync(join(here(), files()[0] ?? 'none'), 'utf8').split('\n');
  return (JSON.parse(first) as { asker?: { pid: number } }).asker?.pid;
};
const isTold = (one: Told | undefined) => one?.from?.includes('asked by process') === true;

test('cockpits ask for each heartbeat once together, and all show it with its age', async () => {
  const all = [cockpit(), cockpit(), cockpit(), cockpit()];
  await Promise.all(all.map(({ tells }) => tells(1)));
  const [shown, before] = [all.map(({ of }) => of('cluster').length), beats];
  await Promise.all(all.map(({ tells }) => tells(5)));
  const looks = Math.max(...all.map(({ of }, at) => of('cluster').length - (shown[at] ?? 0)));
  expect(beats - before).toBeLessThanOrEqual(looks + 2);
  await eventually(() => expect(all.filter(({ last }) => isTold(last()))).toHaveLength(3));
  expect(files()).toHaveLength(1);
  for (const { of } of all) {
    expect(of('cluster').every(({ value }) => (value as Cluster | undefined)?.version === 'v1.32.0')).toBe(true);
    // Pods are as old as the heartbeat that proves them.
    const at = of('pods').at(-1)?.at ?? 0;
    expect(of('cluster').map((one) => one.at)).toContain(at);
  }
});

test.each(['SIGKILL', 'SIGSTOP', 'SIGTERM'] as const)(
  'nothing gets stale when the one that asks gets %s',
  async (signal) => {
    const all = [cockpit(), cockpit(), cockpit()];
    await Promise.all(all.map(({ tells }) => tells(2)));
    const first = all.find(({ child }) => child.pid === asker());
    const others = all.filter((one) => one !== first);
    first?.child.kill(signal);
    const ended = Date.now();
    for (const { last } of others) await eventually(() => expect(last()?.at).toBeGreaterThan(ended + 4000));
    expect(asker()).not.toBe(first?.child.pid);
    for (const { of } of others)
      for (const [at, { at: now }] of of('cluster').entries()) {
        const before = of('cluster')[at - 1]?.at ?? now;
        expect(now).toBeGreaterThanOrEqual(before);
        expect(now - before).toBeLessThan(staleAfterBeat);
      }
  },
);

test('a server that gives no answer is lost for all of them, and found again by all', async () => {
  const all = [cockpit(), cockpit(), cockpit()];
  await Promise.all(all.map(({ tells }) => tells(2)));
  answer = () => {};
  const isLost = ({ of }: (typeof all)[number]) => of('pods').at(-1)?.fault?.kind === 'timeout';
  const before = beats;
  await eventually(() => expect(all.every(isLost)).toBe(true));
  expect(beats - before).toBeLessThan(3 * all.length);
  answer = answers;
  await eventually(() => expect(all.filter(isLost)).toEqual([]));
});

/** A credential plugin that gives each cockpit the token in its environment. */
function plugin(): string {
  const file = join(directory, 'plugin');
  writeFileSync(
    file,
    '#!/bin/sh\necho "{\\"apiVersion\\":\\"client.authentication.k8s.io/v1\\",\\"kind\\":\\"ExecCredential\\",\\"status\\":{\\"token\\":\\"$LOGIN\\"}}"\n',
  );
  chmodSync(file, 0o700);
  return file;
}
const loginOf = (command: string) => ({
  exec: { apiVersion: 'client.authentication.k8s.io/v1', command, interactiveMode: 'Never' },
});

test('a 401 is said to the one alone whose login it refuses, whoever asks first', async () => {
  const user = loginOf(plugin());
  const pass = server.handle;
  const isBad = (authorization = '') => authorization.includes('expired');
  server.handle = (url, res, req) =>
    isBad(req.headers.authorization) ? res.writeHead(401).end('{}') : pass(url, res, req);
  answer = (url, res, req) =>
    isBad(req.headers.authorization) ? res.writeHead(401).end('{}') : answers(url, res, req);
  const refused = cockpit({ user, environment: { LOGIN: 'expired' } });
  await refused.tells(1);
  expect(refused.last()?.fault).toMatchObject({ kind: 'forbidden', code: '401' });
  const right = cockpit({ user, environment: { LOGIN: 'fresh' } });
  await right.tells(3);
  expect(right.of('cluster').every(({ fault }) => fault === undefined)).toBe(true);
  expect(right.of('pods').at(-1)?.value).toEqual(['a']);
  // That the server lives says nothing of its login: it goes on asking itself.
  await refused.tells(refused.of('cluster').length + 2);
  for (const fact of ['cluster', 'pods'])
    for (const { fault } of refused.of(fact)) expect(fault).toMatchObject({ kind: 'forbidden', code: '401' });
  expect(files()).toHaveLength(1);
});

/** A token that says when it ends. */
const ending = (at: number) =>
  `e30.${Buffer.from(JSON.stringify({ exp: Math.round(at / 1000) })).toString('base64url')}.x`;

test('whose login has run out by its own words asks itself, whatever others are told', async () => {
  const user = loginOf(plugin());
  const right = cockpit({ user, environment: { LOGIN: 'fresh' } });
  await right.tells(1);
  const lasting = cockpit({ user, environment: { LOGIN: ending(Date.now() + 3_600_000) } });
  const ended = cockpit({ user, environment: { LOGIN: ending(Date.now() - 60_000) } });
  await eventually(() => expect(isTold(lasting.last())).toBe(true));
  await ended.tells(4);
  expect(ended.of('cluster').some(isTold)).toBe(false);
});

test('who is refused a list asks itself for the next heartbeat', async () => {
  const user = loginOf(plugin());
  const pass = server.handle;
  server.handle = (url, res, req) =>
    req.headers.authorization === 'Bearer poor' ? res.writeHead(401).end('{}') : pass(url, res, req);
  await cockpit({ user, environment: { LOGIN: 'fresh' } }).tells(1);
  const poor = cockpit({ user, environment: { LOGIN: 'poor' } });
  await eventually(() => {
    const told = poor.of('cluster').map(isTold);
    expect(told.slice(told.indexOf(true))).toContain(false);
    expect(told).toContain(true);
  });
});

test('another login is another look', async () => {
  const all = [cockpit({ user: { token: 'one' } }), cockpit({ user: { token: 'two' } })];
  await Promise.all(all.map(({ tells }) => tells(2)));
  expect(files()).toHaveLength(2);
  expect(all.some(({ of }) => of('cluster').some(isTold))).toBe(false);
  // No part of a login is written.
  for (const name of files()) expect(readFileSync(join(here(), name), 'utf8')).not.toMatch(/one|two|token/);
});

test('who presses R asks itself, and is told the server’s clock otherwise', async () => {
  answer = (_, res) =>
    res.setHeader('date', new Date(Date.now() + 3_600_000).toUTCString()).end('{"gitVersion":"v1.32.0"}');
  const first = cockpit();
  await first.tells(1);
  const second = cockpit();
  await eventually(() => expect(isTold(second.last())).toBe(true));
  const offset = (second.last()?.value as Cluster | undefined)?.clockOffset ?? 0;
  expect(Math.round(offset / 60_000)).toBe(60);
  const shown = second.of('cluster').length;
  second.refresh();
  await second.tells(shown + 1);
  expect(isTold(second.of('cluster')[shown])).toBe(false);
});

test('an observer is told, and writes nothing', async () => {
  const observer = cockpit({ observe: true });
  await observer.tells(2);
  expect(readdirSync(join(directory, 'journal'))).toEqual([]);
  const first = cockpit();
  await first.tells(1);
  await eventually(() => expect(isTold(observer.last())).toBe(true));
  expect(asker()).toBe(first.child.pid);
});
