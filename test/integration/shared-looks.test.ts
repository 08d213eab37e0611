// Cockpits of one user on one host share each look at Redis: one asks, the others are told. Each is a process of its own.
import { type ChildProcess, spawn } from 'node:child_process';
import {
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  watch,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Redis } from '../../src/core/world/facts.ts';
import { processStart } from '../../src/disk/process-start.ts';
import { eventually } from '../support/eventually.ts';
import { endRedis, installed, started } from '../support/redis-server.ts';

let journal = '';
let port = 0;
let cli: (...words: string[]) => string;
const cockpits: ChildProcess[] = [];

beforeEach(async () => {
  journal = mkdtempSync(join(tmpdir(), 'bentham-looks-'));
  const server = await started();
  port = server.port;
  cli = server.cli;
});
afterEach(async () => {
  for (const one of cockpits.splice(0)) one.kill('SIGKILL');
  await endRedis();
  rmSync(journal, { recursive: true });
});

type News = { value?: Redis; fault?: { kind: string; code?: string }; at: number; from?: string };
type Changes = { redis?: object; environment?: object; every?: number; timeout?: number };

/** `timeout` in ms: no look of a server that answers takes so long, however busy the machine is. */
function cockpit({ redis = {}, environment = {}, every = 1000, timeout = 20_000 }: Changes = {}) {
  const settings = {
    profile: 'test',
    environment: { name: 'TEST', guarded: false, ...environment },
    kubernetes: { namespace: 'x' },
    gateway: { url: 'http://127.0.0.1:1' },
    database: { primary: { host: '127.0.0.1' } },
    redis: { url: `redis://127.0.0.1:${port}`, tls: 'disable', ...redis },
    intervals: { redis: every, timeout },
    journal: { directory: journal },
  };
  const child = spawn(process.execPath, ['test/support/look-asker.ts', JSON.stringify(settings)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  cockpits.push(child);
  // It may have been killed.
  child.stdin.on('error', () => {});
  const news: News[] = [];
  createInterface(child.stdout).on('line', (line) => news.push(JSON.parse(line) as News));
  const tells = (count: number) => eventually(() => expect(news.length).toBeGreaterThanOrEqual(count));
  return { child, news, tells, refresh: () => child.stdin.write('\n') };
}

const here = () => join(journal, 'here');
const files = () => readdirSync(here()).filter((name) => /^look-[0-9a-f]{32}$/.test(name));
const file = () => join(here(), files()[0] ?? 'none');
/** Who asks, as the file has it. */
const asker = () => (JSON.parse(readFileSync(file(), 'utf8').split('\n')[0] ?? '') as Written).asker?.pid;
type Written = { asker?: { pid: number; since: number }; answer?: Record<string, number> };
const isTold = (one: News | undefined) => one?.from?.includes('process') === true;
const asked = () => Number(/cmdstat_info:calls=(\d+)/.exec(cli('info', 'commandstats'))?.[1] ?? 0);

/** Replaces the answer by one that no server gave, and what is told of it. */
function forge(change: (known: Written, result: { value: { usedBytes: number } }) => void): void {
  const [first = '', second = ''] = readFileSync(file(), 'utf8').split('\n');
  const [known, result] = [JSON.parse(first) as Written, JSON.parse(second)];
  result.value.usedBytes = 424_242;
  change(known, result);
  writeFileSync(`${file()}.new`, `${JSON.stringify(known)}\n${JSON.stringify(result)}`, { mode: 0o600 });
  renameSync(`${file()}.new`, file());
}

/** A cockpit that was killed: what it left is there, and nobody asks. */
async function left(more: Changes = {}): Promise<void> {
  const first = cockpit({ every: 60_000, ...more });
  await first.tells(1);
  await eventually(() => expect(files()).toHaveLength(1));
  await eventually(() => expect(readFileSync(file(), 'utf8')).toContain('usedBytes'));
  first.child.kill('SIGKILL');
  await new Promise((ended) => first.child.once('exit', ended));
}

/** What a cockpit that comes later shows first. */
async function later(more: Changes = {}): Promise<News | undefined> {
  const second = cockpit({ every: 60_000, ...more });
  await second.tells(1);
  return second.news[0];
}

describe.runIf(installed)('cockpits of one user', () => {
  test('that look at the same ask once together, and all have each answer', async () => {
    const all = [cockpit(), cockpit(), cockpit(), cockpit()];
    await Promise.all(all.map(({ tells }) => tells(1)));
    const [shown, calls] = [all.map(({ news }) => news.length), asked()];
    await Promise.all(all.map(({ tells }) => tells(8)));
    const looks = Math.max(...all.map(({ news }, i) => news.length - (shown[i] ?? 0)));
    // Each answer was asked for once, whoever shows it.
    expect(asked() - calls).toBeLessThanOrEqual((looks + 1) * 2);
    await eventually(() => expect(all.filter(({ news }) => isTold(news.at(-1)))).toHaveLength(3));
    expect(all.flatMap(({ news }) => news).every(({ value }) => value?.role === 'master')).toBe(true);
    expect(files()).toHaveLength(1);
  });

  test.each(['SIGKILL', 'SIGSTOP', 'SIGTERM'] as const)('go on when the one that asks gets %s', async (signal) => {
    const all = [cockpit(), cockpit(), cockpit()];
    await Promise.all(all.map(({ tells }) => tells(3)));
    const first = all.find(({ child }) => child.pid === asker());
    const others = all.filter((one) => one !== first);
    first?.child.kill(signal);
    const ended = Date.now();
    for (const { news } of others) await eventually(() => expect(news.at(-1)?.at).toBeGreaterThan(ended + 2000));
    expect(asker()).not.toBe(first?.child.pid);
    // One of them asks now, the other is told.
    await eventually(() => expect(others.filter(({ news }) => isTold(news.at(-1)))).toHaveLength(1));
    // No answer is followed by an older one.
    for (const { news } of others)
      expect(news.every(({ at }, i) => i === 0 || at >= (news[i - 1]?.at ?? 0))).toBe(true);
  });

  test('take the lock once for each look, for its answer', async () => {
    const alone = cockpit({ every: 300 });
    await alone.tells(2);
    let locks = 0;
    const watcher = watch(here(), (what, name) => {
      // It comes, is written, and becomes the note.
      if (what === 'rename' && name?.endsWith('.lock')) locks += 0.5;
    });
    try {
      const before = alone.news.length;
      await alone.tells(before + 8);
      expect(locks).toBeGreaterThanOrEqual(7);
      expect(locks).toBeLessThanOrEqual((alone.news.length - before + 2) * 1.3);
    } finally {
      watcher.close();
    }
  });

  test('are told of a fault', async () => {
    const all = [cockpit(), cockpit()];
    await Promise.all(all.map(({ tells }) => tells(1)));
    cli('shutdown', 'nosave');
    for (const { news } of all)
      await eventually(() => expect(news.at(-1)).toMatchObject({ fault: { kind: 'refused' } }));
  });

  test('have each their own fault where it is about their login', async () => {
    cli('config', 'set', 'requirepass', 'right');
    const wrong = cockpit({ redis: { password: 'wrong' } });
    await wrong.tells(1);
    const right = cockpit({ redis: { password: 'right' } });
    await right.tells(1);
    expect(wrong.news[0]?.fault?.kind).toBe('forbidden');
    expect(right.news[0]?.value?.role).toBe('master');
  });

  test('ask themselves where a person asks', async () => {
    const first = cockpit({ every: 60_000 });
    await first.tells(1);
    const second = cockpit({ every: 60_000 });
    await second.tells(1);
    expect(isTold(second.news[0])).toBe(true);
    second.refresh();
    await second.tells(2);
    expect(isTold(second.news[1])).toBe(false);
    expect(second.news[1]?.at).toBeGreaterThan(second.news[0]?.at ?? 0);
  });

  test('that only observe write nothing, and read what others know', async () => {
    const observe = { environment: { observe: true } };
    const alone = cockpit(observe);
    await alone.tells(2);
    expect(readdirSync(journal)).toEqual([]);
    await left();
    const before = readFileSync(file(), 'utf8');
    const observer = cockpit({ ...observe, every: 60_000 });
    await observer.tells(1);
    expect(isTold(observer.news[0])).toBe(true);
    expect(readFileSync(file(), 'utf8')).toBe(before);
  });

  test.each<[string, Changes]>([
    ['another user', { redis: { username: 'default' } }],
    ['another name of the same host', { redis: { url: 'redis://localhost' } }],
    ['another environment', { environment: { name: 'OTHER' } }],
  ])('share nothing with those of %s', async (_, other) => {
    await left();
    const { redis } = other;
    const url = redis && 'url' in redis ? { redis: { url: `${redis.url}:${port}` } } : {};
    const second = cockpit({ every: 60_000, ...other, ...url });
    await second.tells(1);
    expect(isTold(second.news[0])).toBe(false);
    await eventually(() => expect(files()).toHaveLength(2));
  });
});

describe.runIf(installed)('a cockpit takes', () => {
  test('an answer that is young enough', async () => {
    await left();
    forge(() => {});
    expect((await later())?.value?.usedBytes).toBe(424_242);
  });

  const hour = 3_600_000;
  test.each<[string, () => void]>([
    [
      'too old',
      () =>
        forge(({ answer = {} }) => {
          Object.assign(answer, { asked: Date.now() - 61_000, at: Date.now() - 61_000 });
        }),
    ],
    [
      'from the future',
      () =>
        forge(({ answer = {}, asker }) => {
          Object.assign(answer, { asked: Date.now() + hour, at: Date.now() + hour, next: Date.now() + 2 * hour });
          Object.assign(asker ?? {}, {
            since: Date.now() + hour,
            pid: process.pid,
            born: processStart(process.pid),
          });
        }),
    ],
    ['garbled', () => writeFileSync(file(), '\0{"answer":7}\n[', { mode: 0o600 })],
    ['torn', () => writeFileSync(file(), readFileSync(file(), 'utf8').slice(0, -20), { mode: 0o600 })],
    ['of other parts', () => forge((_, { value }) => Object.assign(value, { more: 1 }))],
    ['of another type', () => forge((_, { value }) => Object.assign(value, { clients: '9' }))],
    ['huge', () => forge((_, { value }) => Object.assign(value, { policy: 'x'.repeat(2 ** 21) }))],
    [
      'open to others',
      () => {
        forge(() => {});
        chmodSync(file(), 0o666);
      },
    ],
    [
      'known by two names',
      () => {
        forge(() => {});
        linkSync(file(), join(journal, 'second'));
      },
    ],
    [
      'elsewhere, by a link',
      () => {
        forge(() => {});
        const at = file();
        renameSync(at, join(journal, 'elsewhere'));
        symlinkSync(join(journal, 'elsewhere'), at);
      },
    ],
    [
      'in a directory that is open to others',
      () => {
        forge(() => {});
        chmodSync(here(), 0o777);
      },
    ],
  ])('none that is %s, and asks itself', async (_, spoil) => {
    await left();
    spoil();
    const first = await later();
    expect(first?.value?.role).toBe('master');
    expect(first?.value?.usedBytes).not.toBe(424_242);
  });

  test.each([
    ['is gone', () => ({})],
    ['is another process with its number', () => ({ pid: process.pid })],
  ])('no turn from one that %s', async (_, changed) => {
    // Longer than the test has: who is waited for is not answered in time.
    const patient = { timeout: 300_000 };
    await left(patient);
    forge(({ answer = {}, asker }) => {
      Object.assign(answer, { asked: 1, at: 1, next: 2 });
      Object.assign(asker ?? {}, { since: Date.now(), ...changed() });
    });
    expect((await later(patient))?.value?.usedBytes).not.toBe(424_242);
  });

  test('its own answers where the file cannot be written', async () => {
    await left();
    const at = file();
    rmSync(at);
    mkdirSync(`${at}.lock`);
    const alone = cockpit({ every: 60_000 });
    await alone.tells(1);
    expect(alone.news[0]?.value?.role).toBe('master');
  });
});
