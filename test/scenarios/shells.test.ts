// Programs that get the terminal, and port-forwards: each through a real pseudo-terminal, with the real kubectl, psql and
// redis-cli, on a drill. What was done is in the journal, and the screen is back however the program ends.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Drill } from '../../simulator/drill.ts';
import { drillOf } from '../support/drill.ts';
import { alive, TerminalUnderTest } from '../support/terminal.ts';

const launcher = fileURLToPath(new URL('../../bin/bentham-cockpit.cjs', import.meta.url));
let drill: Drill;
let home = '';
let terminal: TerminalUnderTest;

beforeAll(async () => {
  drill = await drillOf('calm');
});
afterAll(() => drill?.stop());
beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'bentham-shells-'));
});
afterEach(async () => {
  // Closing the terminal ends the cockpit, which writes its last lines then.
  const cockpits = running('bentham-cockpit');
  try {
    await terminal.close();
    await expect.poll(() => cockpits.filter(alive), { timeout: 30_000 }).toEqual([]);
  } finally {
    rmSync(home, { recursive: true, force: true, maxRetries: 10 });
  }
});

/** In a shell, which has the terminal before and after. */
async function open(more: Readonly<Record<string, string>> = {}, ...flags: string[]): Promise<void> {
  const journal = { BENTHAM_JOURNAL_DIRECTORY: path.join(home, 'journal') };
  terminal = new TerminalUnderTest({
    program: 'bash',
    args: ['--norc', '--noprofile', '-i'],
    environment: { ...drill.environment, ...journal, HOME: home, TMPDIR: home, PS1: 'shell> ', PAGER: 'cat', ...more },
    columns: 120,
    rows: 40,
  });
  await terminal.shows('shell>');
  terminal.type(`${process.execPath} ${launcher} ${flags.join(' ')}\r`);
  await terminal.shows(/✓ api-gateway {5,}3\/3/);
}

/** Staging is never read-only. */
const notGuarded = { BENTHAM_ENVIRONMENT_GUARDED: 'false' };

async function choose(entry: string): Promise<void> {
  terminal.press(':');
  await terminal.settles();
  await terminal.type(entry).shows(new RegExp(`▌ +${entry} `));
  await terminal.settles();
  terminal.press('enter');
}

/** The first pod of a deployment has the marker. */
async function markPod(deployment: string): Promise<string> {
  terminal.press('2', 'enter');
  await terminal.shows('PODS');
  terminal.press('/');
  await terminal.type(deployment).shows(`/${deployment}`);
  await terminal.settles();
  terminal.press('enter');
  await terminal.shows(new RegExp(`▌✓ +${deployment}-\\S+`));
  await terminal.settles();
  return new RegExp(`▌✓ +(${deployment}-\\S+)`).exec(terminal.text)?.[1] ?? '';
}

async function confirm(title: string): Promise<void> {
  await terminal.shows(title);
  await terminal.settles();
  terminal.press('y');
}

/** The journal's entries about programs in the terminal, as they are on the disk. */
function recorded(): readonly Record<string, unknown>[] {
  const directory = path.join(home, 'journal');
  return readdirSync(directory)
    .filter((file) => file.endsWith('.jsonl'))
    .flatMap((file) => readFileSync(path.join(directory, file), 'utf8').split('\n'))
    .filter((line) => line.includes('"kind":"shell"'))
    .map((line) => JSON.parse(line).event);
}

/** The engine's thread starts programs too: children are listed by thread. */
function childrenOf(pid: number): number[] {
  return tasksOf(pid)
    .flatMap((task) => procSays(`${pid}/task/${task}/children`).split(' '))
    .filter(Boolean)
    .map(Number);
}
/** A file below /proc; empty once its process or thread has ended. */
function procSays(file: string): string {
  try {
    return readFileSync(`/proc/${file}`, 'utf8');
  } catch {
    return '';
  }
}
function tasksOf(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}
const all = (pid: number): number[] => [pid, ...childrenOf(pid).flatMap(all)];
const commandOf = (pid: number) => procSays(`${pid}/cmdline`).replaceAll('\0', ' ');
const running = (program: string) => all(terminal.pid).filter((pid) => commandOf(pid).includes(program));

/** The shell has its terminal back: what is typed is seen. */
async function leaves(): Promise<void> {
  expect(terminal.fullScreen).toBe(true);
  await terminal.settles();
  terminal.press('q');
  await terminal.shows(/shell> *$/m);
  expect(terminal.fullScreen).toBe(false);
  await terminal.type('stty -a\r').shows(/ echo /);
  terminal.type('exit\r');
  await terminal.ends();
}

describe('a shell in a pod', () => {
  test('is entered after arming, and its start, end, exit code and command are recorded', async () => {
    await open();
    const pod = await markPod('api-gateway');
    terminal.press('S');
    await terminal.shows('read-only: arm it first (a)');
    await terminal.settles();
    terminal.press('y');
    await terminal.shows('read-only: arm it first (a)');
    terminal.press('a');
    await terminal.shows('reason (recorded in the journal)');
    await terminal.type('look at the heap').shows('look at the heap');
    await terminal.settles();
    terminal.press('enter');
    await confirm('y open');
    await terminal.shows('/app #');
    expect(terminal.fullScreen).toBe(false);
    await terminal.shows(`PRODUCTION: exec pod ${pod}`);
    expect(recorded()).toMatchObject([{ tool: 'exec', phase: 'started' }]);
    // Each of them would be a key of the cockpit.
    await terminal.type('hostname\r').shows(new RegExp(`^${pod}$`, 'm'));
    terminal.type('exit 3\r');
    await terminal.shows('exec ended: exit code 3');
    expect(recorded()).toMatchObject([
      { tool: 'exec', phase: 'started', target: expect.stringContaining(pod) },
      { tool: 'exec', phase: 'ended', exit: 3, command: expect.stringContaining(`exec -it pod/${pod}`) },
    ]);
    await leaves();
  });

  test.each(['SIGKILL', 'SIGTERM'] as const)('gives the screen back after %s of kubectl', async (signal) => {
    await open(notGuarded);
    await markPod('api-gateway');
    terminal.press('S');
    await confirm('y open');
    await terminal.shows('/app #');
    const [kubectl = 0] = running(' exec -it ');
    process.kill(kubectl, signal);
    // By SIGTERM kubectl ends in its own way.
    await terminal.shows(signal === 'SIGKILL' ? 'exec ended: killed by SIGKILL' : 'exec ended: ');
    expect(alive(kubectl)).toBe(false);
    expect(recorded().at(-1)).toMatchObject({ phase: 'ended', detail: expect.stringMatching(/SIG|exit/) });
    await leaves();
  });

  test('a cockpit that is ended meanwhile leaves no kubectl, and records its end', async () => {
    await open(notGuarded);
    await markPod('api-gateway');
    terminal.press('S');
    await confirm('y open');
    await terminal.shows('/app #');
    const [kubectl = 0] = running(' exec -it ');
    terminal.hangUp();
    await expect.poll(() => alive(kubectl), { timeout: 30_000 }).toBe(false);
    await expect.poll(recorded, { timeout: 30_000 }).toHaveLength(2);
  });

  test('where the container has none, a debug container is offered', async () => {
    await open(notGuarded);
    const pod = await markPod('executor');
    terminal.press('S');
    await confirm('y open');
    await terminal.shows(`Debug container in ${pod}`);
    await terminal.settles();
    terminal.press('enter');
    await terminal.shows('--target=executor');
    await confirm('y start it');
    await terminal.shows("If you don't see a command prompt");
    terminal.press('enter');
    await terminal.shows('/app #');
    terminal.press('ctrl-d');
    await terminal.shows('debug ended: exit code 0');
    expect(recorded()).toMatchObject([
      { tool: 'debug', phase: 'started' },
      { tool: 'debug', phase: 'ended', exit: 0 },
    ]);
    const ephemeral = drill.kubernetes.store.get('pods', 'bentham-prod', pod)?.spec.ephemeralContainers;
    expect(ephemeral).toMatchObject([{ image: 'busybox:1.37', targetContainerName: 'executor' }]);
    await leaves();
  });

  test('without kubectl it says so, and records nothing', async () => {
    await open({ ...notGuarded, BENTHAM_ADMIN_KUBECTL: 'no-such-kubectl' });
    await markPod('api-gateway');
    terminal.press('S');
    await confirm('y open');
    await terminal.shows('no-such-kubectl: not found; install kubectl');
    expect(recorded()).toEqual([]);
    await leaves();
  });
});

describe('psql', () => {
  test('reads on the primary, and is refused to write', async () => {
    await open();
    await choose('psql');
    await terminal.shows('bentham=>');
    await terminal.shows('SET can turn it off');
    terminal.type('CREATE TABLE made (a int);\r');
    await terminal.shows('cannot execute CREATE TABLE in a read-only transaction');
    const secret = drill.environment.PGPASSWORD ?? 'none';
    for (const pid of all(terminal.pid)) expect(commandOf(pid)).not.toContain(secret);
    terminal.type('\\q\r');
    await terminal.shows('psql ended: exit code 0');
    expect(recorded()).toMatchObject([
      { tool: 'psql', target: expect.stringContaining('read-only') },
      { tool: 'psql', phase: 'ended', exit: 0 },
    ]);
    expect(JSON.stringify(recorded())).not.toContain(secret);
    await leaves();
  });

  test.each([
    ['margins', '\\033[5;10r'],
    ['margins and their origin', '\\033[5;10r\\033[?6h'],
    ['inserting, and no wrapping', '\\033[4h\\033[?7l'],
    ['another character set', '\\033)0\\016'],
    ['another screen', '\\033[?1049h\\033[20;10r'],
  ])('%s that it leaves behind are gone from the screen', async (_, modes) => {
    await open();
    await choose('psql');
    await terminal.shows('bentham=>');
    terminal.type(`\\! printf '${modes}'; kill -9 $PPID\r`);
    await terminal.shows('psql ended: killed by SIGKILL');
    await terminal.settles();
    const rows = terminal.text.split('\n');
    expect(rows[0]).toMatch(/^ DRILL calm +PRODUCTION +read-only/);
    expect(rows[3]).toMatch(/^▸1 HEALTH .* 2 PODS /);
    expect(rows.findIndex((row) => row.includes('3 METRICS'))).toBeGreaterThan(15);
    expect(rows.findLast((row) => row.trim() !== '')).toMatch(/\? help/);
    await leaves();
  });

  test('on the replica nothing turns writes on', async () => {
    await open();
    await choose('psql replica');
    await terminal.shows('bentham=>');
    terminal.type('SET default_transaction_read_only = off; CREATE TABLE made (a int);\r');
    await terminal.shows(/ERROR: +cannot execute CREATE TABLE in a read-only transaction/);
    terminal.press('ctrl-d');
    await terminal.shows('psql ended: exit code 0');
    await leaves();
  });

  test('writes where the environment is not guarded', async () => {
    await open(notGuarded);
    await choose('psql');
    await confirm('It can change data.');
    await terminal.shows('bentham=>');
    await terminal.type('CREATE TEMP TABLE made (a int);\r').shows('CREATE TABLE');
    terminal.press('ctrl-c');
    await terminal.settles();
    expect(terminal.fullScreen).toBe(false);
    terminal.type('\\q\r');
    await terminal.shows('psql ended: exit code 0');
    await leaves();
  });
});

test.each([
  ['psql', 'psql', /bentham=> *$/m, 'psql -h'],
  ['redis-cli', 'redis-cli', /redis.sock> *$/m, 'redis-cli -s'],
])(
  '%s does not stay after kill -9 of the cockpit, and the shell has the terminal',
  async (_, entry, prompt, program) => {
    await open();
    await choose(entry);
    await terminal.shows(prompt);
    const [child = 0] = running(program);
    expect(alive(child)).toBe(true);
    for (const pid of running('bentham-cockpit')) process.kill(pid, 'SIGKILL');
    await terminal.shows(/shell> *$/m);
    await expect.poll(() => alive(child), { timeout: 30_000 }).toBe(false);
    await terminal.type('echo $((40 + 2))\r').shows(/^42$/m);
    const left = () => readdirSync(home).filter((name) => name.startsWith('bentham-'));
    await expect.poll(left, { timeout: 30_000 }).toEqual([]);
  },
);

test('redis-cli reads through the filter, and no password is in its environment', async () => {
  await open();
  await choose('redis-cli');
  await terminal.shows(/redis.sock> *$/m);
  await terminal.type('set a b\r').shows('NOPERM this session is read-only');
  await terminal.type('dbsize\r').shows(/\(integer\) \d+/);
  const [cli = 0] = running('redis-cli -s ');
  const [, secret = 'none'] = /:\/\/:([^@]+)@/.exec(drill.environment.REDIS_URL ?? '') ?? [];
  expect(readFileSync(`/proc/${cli}/environ`, 'utf8')).not.toContain(secret);
  terminal.type('exit\r');
  await terminal.shows('redis-cli ended: exit code 0');
  await leaves();
});

describe('a port-forward', () => {
  async function forwarded(): Promise<string> {
    const pod = await markPod('api-gateway');
    terminal.press('F');
    await terminal.shows('3000');
    await terminal.settles();
    await terminal.type('3000').shows('port in the pod  3000');
    await terminal.settles();
    terminal.press('enter');
    await terminal.shows('▸ port on this host');
    await terminal.settles();
    terminal.press('enter');
    await confirm('y forward');
    await terminal.shows(new RegExp(`127.0.0.1:\\d+ +${pod}`));
    return /127\.0\.0\.1:\d+/.exec(terminal.text)?.[0] ?? '';
  }
  const answers = (address: string) =>
    new Promise<boolean>((resolve) => {
      const socket = connect(Number(address.split(':')[1]), '127.0.0.1');
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });

  test('carries requests, and a key stops it', async () => {
    await open(notGuarded);
    const address = await forwarded();
    const health = await fetch(`http://${address}/health`);
    expect(await health.json()).toMatchObject({ status: 'healthy' });
    const large = await Promise.all([1, 2, 3].map(async () => (await fetch(`http://${address}/v1/health`)).text()));
    expect(new Set(large).size).toBe(1);
    await terminal.settles();
    terminal.press('x');
    await terminal.shows('no port-forward is open');
    expect(await answers(address)).toBe(false);
    await expect.poll(recorded).toMatchObject([
      { tool: 'port-forward', phase: 'started' },
      { tool: 'port-forward', phase: 'ended', detail: expect.stringContaining('4 connections') },
    ]);
    await leaves();
  });

  test('ends with the cockpit, and that is recorded', async () => {
    await open(notGuarded);
    const address = await forwarded();
    await leaves();
    expect(await answers(address)).toBe(false);
    expect(recorded()).toMatchObject([{ phase: 'started' }, { phase: 'ended' }]);
  });

  test('is gone after kill -9 of the cockpit', async () => {
    await open(notGuarded);
    const address = await forwarded();
    expect(await answers(address)).toBe(true);
    for (const pid of running('bentham-cockpit')) process.kill(pid, 'SIGKILL');
    await expect.poll(() => answers(address), { timeout: 30_000 }).toBe(false);
    expect(recorded()).toMatchObject([{ phase: 'started' }]);
    await terminal.shows(/shell> *$/m);
    terminal.type(`stty sane; ${process.execPath} ${launcher}\r`);
    await expect
      .poll(recorded, { timeout: 30_000 })
      .toMatchObject([
        { phase: 'started' },
        { phase: 'ended', detail: expect.stringContaining('the cockpit was killed') },
      ]);
  });

  test('says why a connection fails', async () => {
    await open(notGuarded);
    await markPod('executor');
    terminal.press('F');
    await terminal.shows('port in the pod');
    await terminal.settles();
    await terminal.type('9999').shows('9999');
    await terminal.settles();
    terminal.press('enter');
    await terminal.shows('▸ port on this host');
    await terminal.settles();
    terminal.press('enter');
    await confirm('y forward');
    await terminal.shows(/127\.0\.0\.1:\d+/);
    const address = /127\.0\.0\.1:\d+/.exec(terminal.text)?.[0] ?? '';
    await expect(fetch(`http://${address}/`)).rejects.toThrow();
    await terminal.shows('connection refused');
    await leaves();
  });
});

test('an observer opens nothing', async () => {
  await open({}, '--observe');
  await markPod('api-gateway');
  terminal.press('S');
  await terminal.shows('this cockpit only observes');
  await terminal.settles();
  terminal.press('F');
  await terminal.shows('this cockpit only observes');
  terminal.press(':');
  await terminal.type('psql').shows(/psql .*this cockpit only observes/);
  terminal.press('enter');
  await terminal.settles();
  expect(terminal.fullScreen).toBe(true);
  expect(running('psql -h')).toEqual([]);
});

test('an object is described and shown as YAML, a secret without its values', async () => {
  await open();
  await choose('YAML of an object');
  await terminal.shows('▸ kind');
  await terminal.type('Secret').shows('kind  Secret');
  await terminal.settles();
  terminal.press('enter');
  await terminal.shows('▸ name');
  await terminal.type('db-credentials').shows('name  db-credentials');
  await terminal.settles();
  terminal.press('enter');
  await terminal.shows('YAML  Secret db-credentials');
  await terminal.shows(/password: \d+ bytes, hidden/);
  expect(terminal.text).not.toContain(Buffer.from('bentham').toString('base64'));
  await terminal.settles();
  terminal.press('v');
  await terminal.shows('DESCRIBE  Secret db-credentials');
  await leaves();
});
