// `status` as monitoring runs it: the exit code follows what is so, a backend that hangs does not hold it up, and it
// ends when it is told to.
import { type ChildProcessByStdio, execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { Agent, fetch } from 'undici';
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import type { Drill } from '../../simulator/drill.ts';
import { faultAnnotation } from '../../simulator/kubernetes/pod-faults.ts';
import type { Report } from '../../src/core/health/report.ts';
import { drillOf, launcher } from '../support/drill.ts';
import { type Backend, backends, type Manner, type Middle, standBetween } from '../support/proxy.ts';
import { TerminalUnderTest } from '../support/terminal.ts';

let drill: Drill;
let middle: Middle;
let home = '';

beforeAll(async () => {
  home = mkdtempSync(path.join(tmpdir(), 'bentham-status-'));
  drill = await drillOf('calm');
  middle = await standBetween(drill.environment);
});
afterAll(async () => {
  await middle?.stop();
  await drill?.stop();
  rmSync(home, { recursive: true, force: true });
});

afterEach(() => be('works'));

/** All of them, or one. */
const be = (manner: Manner, ...which: readonly Backend[]) =>
  Promise.all((which.length > 0 ? which : backends).map((backend) => middle.proxies[backend].be(manner)));

const environment = () => ({
  PATH: process.env.PATH ?? '',
  HOME: home,
  BENTHAM_INTERVALS_REDIS: '500',
  ...middle.environment,
});

type Ended = { code: number; stdout: string; stderr: string };

function status(...args: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, [launcher, 'status', ...args], { env: environment() }, (error, stdout, stderr) => {
      const code = error ? (typeof error.code === 'number' ? error.code : -1) : 0;
      resolve({ code, stdout, stderr });
    });
  });
}

/** The report, until it has this exit code: what was just changed takes the platform a moment. */
async function reportWith(code: number, ...args: string[]): Promise<Report> {
  let report: Report | undefined;
  await expect
    .poll(
      async () => {
        const ended = await status('--json', ...args);
        report = JSON.parse(ended.stdout) as Report;
        expect(report.exitCode).toBe(ended.code);
        return ended.code;
      },
      { timeout: 90_000 },
    )
    .toBe(code);
  if (!report) throw new Error('no report');
  return report;
}

const sourceOf = (report: Report, fact: string) => report.sources.find((one) => one.fact === fact);
const notOk = (report: Report) => report.findings.filter((one) => one.verdict !== 'ok').map((one) => one.id);

describe('the exit code', () => {
  test('0: everything works', async () => {
    expect(notOk(await reportWith(0))).toEqual([]);
  });

  test('1: one pod of several fails', async () => {
    const { executor } = drill.conditions.deployments;
    Object.assign(executor, { failing: 1, reasons: ['CrashLoopBackOff'] });
    const report = await reportWith(1);
    expect(notOk(report)).toContain('pods/executor');
    Object.assign(executor, { failing: 0, reasons: [] });
    // A pod that crashed more than once, as on a busy machine, is a warning for a while: new ones have not.
    for (const { metadata } of drill.kubernetes.podsOf('executor'))
      drill.kubernetes.store.remove('pods', metadata.namespace, metadata.name);
    await reportWith(0);
  });

  test('2: a refused connection is down', async () => {
    await be('refuses', 'gateway');
    const report = await reportWith(2);
    expect(notOk(report)).toEqual(['gateway/health']);
    expect(sourceOf(report, 'gateway')?.fault).toMatchObject({ kind: 'refused' });
  });

  test('3: evidence that cannot be read is unknown', async () => {
    await be('refuses', 's3');
    const report = await reportWith(3);
    expect(notOk(report).length).toBeGreaterThan(0);
    for (const id of notOk(report)) expect(id).toMatch(/^backups\//);
  });

  test.each(['resets', 'babbles'] as const)('3: %s cannot be read', async (manner) => {
    await be(manner, 'redis');
    const report = await reportWith(3);
    expect(notOk(report).sort()).toEqual(['metric/redisMemory', 'redis']);
    expect(sourceOf(report, 'redis')?.state).toBe('lost');
  });

  test('64: an unknown option, and not a word on standard output', async () => {
    expect(await status('--jsonn')).toMatchObject({ code: 64, stdout: '', stderr: expect.stringContaining('--json') });
  });
});

describe('--timeout', () => {
  // They hang for good: that it ends at all is the proof. The time counts from the start of the process.
  test.each(['kubernetes', 'primary', 'redis'] as const)('%s hangs', async (frozen) => {
    await be('freezes', frozen);
    const fact = frozen === 'kubernetes' ? 'cluster' : frozen;
    const others = ['gateway', 'cluster', 'primary', 'replica', 'redis'].filter((one) => one !== fact);
    const looked = async (seconds: string) => {
      const { code, stdout, stderr } = await status('--json', '--timeout', seconds);
      const report = JSON.parse(stdout) as Report;
      expect({ code, stderr }).toEqual({ code: 3, stderr: '' });
      expect(sourceOf(report, fact)?.fault).toMatchObject({ kind: 'timeout' });
      return others.filter((other) => sourceOf(report, other)?.state !== 'live');
    };
    // A busy machine needs longer for what does answer.
    if ((await looked('4')).length > 0) expect(await looked('30')).toEqual([]);
  });

  test('all hang: every row says so, and --line prints one line', async () => {
    await be('freezes');
    const [text, line] = await Promise.all([status('--timeout', '1.5'), status('--line', '--timeout', '1.5')]);
    expect(text).toMatchObject({ code: 3, stdout: expect.stringMatching(/^UNKNOWN|\? UNKNOWN/m), stderr: '' });
    for (const name of ['gateway', 'primary', 'replica', 'redis', 'kubernetes']) expect(text.stdout).toContain(name);
    expect(line).toMatchObject({ code: 3, stderr: '' });
    expect(line.stdout.trimEnd().split('\n')).toHaveLength(1);
  });
});

type Running = ChildProcessByStdio<null, Readable, Readable>;

/** Starts one that goes on, and tells what it has printed. */
function start(...args: string[]) {
  const child: Running = spawn(process.execPath, [launcher, 'status', ...args], {
    env: environment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (data) => {
    stdout += data;
  });
  child.stderr.on('data', (data) => {
    stderr += data;
  });
  const exited = new Promise<number | string>((resolve) =>
    child.once('exit', (code, signal) => resolve(code ?? signal ?? '')),
  );
  const says = (what: RegExp) => expect.poll(() => stdout + stderr, { timeout: 60_000 }).toMatch(what);
  return { child, exited, says, printed: () => stdout, complained: () => stderr };
}

/** One that has begun with OK. On a busy machine a first line may come before the last answer: then another is started. */
async function watching() {
  for (;;) {
    const watch = start('--watch');
    await watch.says(/\n/);
    if (/OK/.test(watch.printed())) return watch;
    watch.child.kill('SIGKILL');
    await watch.exited;
  }
}

describe('--watch', () => {
  test('prints changes, and SIGINT ends it with the last exit code', async () => {
    const watch = await watching();
    await be('refuses', 'redis');
    await watch.says(/redis.*connection refused/);
    watch.child.kill('SIGINT');
    expect(await watch.exited).toBe(2);
    expect(watch.complained()).toBe('');
  });

  test.each(['SIGTERM', 'SIGHUP'] as const)('%s ends it too', async (signal) => {
    const watch = await watching();
    watch.child.kill(signal);
    expect(await watch.exited).toBe(0);
    expect(watch.complained()).toBe('');
  });

  test('a closed pipe ends it at the next line', async () => {
    const watch = start('--watch');
    // On a busy machine the first line comes before the last answer.
    await watch.says(/OK|UNKN/);
    watch.child.stdout.destroy();
    await be('refuses', 'redis');
    expect([0, 2, 3]).toContain(await watch.exited);
    expect(watch.complained()).toBe('');
  });

  test('a terminal that is stopped (ctrl-s) stops neither it nor SIGTERM', async () => {
    const terminal = new TerminalUnderTest({ args: ['status', '--watch'], environment: environment() });
    onTestFinished(() => terminal.close());
    await terminal.shows(/OK|UNKN/);
    terminal.press('ctrl-s');
    await be('resets', 'redis');
    const { redis } = middle.proxies;
    const before = redis.asked;
    // It has a line to write after the first.
    await expect.poll(() => redis.asked - before, { timeout: 60_000 }).toBeGreaterThan(5);
    process.kill(terminal.pid, 'SIGTERM');
    const { code, signal } = await terminal.ends();
    expect([2, 3]).toContain(code);
    expect(signal).toBe(0);
  });

  test('SIGINT ends it while everything hangs', async () => {
    await be('freezes');
    const watch = start('--watch');
    await watch.says(/UNKN/);
    watch.child.kill('SIGINT');
    expect(await watch.exited).toBe(3);
  });
});

describe('--rollout', () => {
  test('follows a deploy to its end', async () => {
    const before = start('--rollout', 'executor');
    expect(await before.exited).toBe(0);
    expect(before.printed()).toContain('complete');
    // Its pods do not get ready before it was seen to be under way.
    await restart('executor', 'NotReady');
    const rollout = start('--rollout', 'executor');
    await rollout.says(/ updated, /);
    await restart('executor');
    expect(await rollout.exited).toBe(0);
    expect(rollout.printed()).toMatch(/complete, 6 of 6 available\n$/);
  });

  test('3: no such deployment, or a cluster that hangs', async () => {
    expect(await status('--rollout', 'nothing')).toMatchObject({
      code: 3,
      stdout: expect.stringContaining('found: api-gateway'),
    });
    await be('freezes', 'kubernetes');
    const hanging = await status('--rollout', 'executor', '--timeout', '1.5');
    expect(hanging).toMatchObject({ code: 3, stdout: expect.stringContaining('not complete after 1.5 s') });
  });
});

/** As `kubectl rollout restart` does it; into pods with this fault, if one is given. */
async function restart(deployment: string, fault: string | null = null): Promise<void> {
  const { clusters, users } = parse(readFileSync(drill.environment.KUBECONFIG ?? '', 'utf8')) as {
    clusters: { cluster: { server: string; 'certificate-authority-data': string } }[];
    users: { user: { token: string } }[];
  };
  const { server = '', 'certificate-authority-data': ca = '' } = clusters[0]?.cluster ?? {};
  const dispatcher = new Agent({ connect: { ca: Buffer.from(ca, 'base64') } });
  const annotations = { 'kubectl.kubernetes.io/restartedAt': new Date().toISOString(), [faultAnnotation]: fault };
  const answer = await fetch(`${server}/apis/apps/v1/namespaces/bentham-prod/deployments/${deployment}`, {
    method: 'PATCH',
    dispatcher,
    headers: {
      authorization: `Bearer ${users[0]?.user.token}`,
      'content-type': 'application/strategic-merge-patch+json',
    },
    body: JSON.stringify({ spec: { template: { metadata: { annotations } } } }),
  });
  await answer.text();
  await dispatcher.close();
  if (!answer.ok) throw new Error(`the restart was answered ${answer.status}`);
}
