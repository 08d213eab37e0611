// Several cockpits of one user on one host ask a gateway once together: each is a process of its own here.
import { type ChildProcess, spawn } from 'node:child_process';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Gateway } from '../../src/core/world/facts.ts';
import { SharedNote } from '../../src/disk/shared-note.ts';
import { fileRequestsOf } from '../support/file-requests.ts';

let journal = '';
let server: Server | undefined;
let asked: string[] = [];
const cockpits: ChildProcess[] = [];

beforeEach(() => {
  asked = [];
  journal = mkdtempSync(join(tmpdir(), 'bentham-shared-'));
});
afterEach(async () => {
  for (const one of cockpits.splice(0)) one.kill('SIGKILL');
  server?.closeAllConnections();
  await new Promise((done) => server?.close(done) ?? done(undefined));
  server = undefined;
  rmSync(journal, { recursive: true });
});

async function serve(handle: RequestListener): Promise<string> {
  server = createServer((request, response) => {
    asked.push(request.url ?? '');
    handle(request, response);
  });
  await new Promise<void>((done) => server?.listen(0, '127.0.0.1', done));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

type News = { value?: Gateway; from?: string; fault?: { kind: string }; at: number };

function cockpit(url: string, ...flags: string[]) {
  const child = spawn(process.execPath, ['test/support/health-asker.ts', url, journal, ...flags], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  cockpits.push(child);
  const news: News[] = [];
  createInterface(child.stdout).on('line', (line) => news.push(JSON.parse(line) as News));
  const answers = (count: number) => expect.poll(() => news.length, { timeout: 60_000 }).toBeGreaterThanOrEqual(count);
  // It may have been killed.
  child.stdin.on('error', () => {});
  return { child, news, answers, refresh: () => child.stdin.write('\n') };
}

const healthy: RequestListener = (_, response) => response.end('{"status":"healthy"}');
const files = () => readdirSync(join(journal, 'here')).filter((name) => name.startsWith('gateway-'));

describe('cockpits of one user', () => {
  it('that start together ask each path once, and all have its answer', async () => {
    const url = await serve((_, response) => {
      // Long enough that all of them request it.
      setTimeout(() => response.end('{"status":"degraded","checks":{"database":"error"}}'), 300);
    });
    const all = [1, 2, 3, 4].map(() => cockpit(url));
    await Promise.all(all.map(({ answers }) => answers(1)));
    expect(asked.toSorted()).toEqual(['/health', '/v1/health']);
    for (const { news } of all)
      expect(news[0]?.value?.detailed).toMatchObject({ status: 'degraded', services: [{ name: 'database' }] });
    expect(new Set(all.map(({ news }) => news[0]?.value?.health.at)).size).toBe(1);
    // Each but the one that asked says who did.
    const asker = all.find(({ news }) => !news[0]?.from?.includes(', asked by '));
    const told = all.filter((one) => one !== asker).map(({ news }) => news[0]?.from?.split(', asked by ')[1]);
    expect(new Set(told)).toEqual(new Set([`process ${asker?.child.pid}`]));
    expect(files()).toEqual([expect.stringMatching(/^gateway-[0-9a-f]{24}\.health$/)]);
  });

  it('stay together below six requests a minute, whoever presses R', async () => {
    const url = await serve(healthy);
    const all = [1, 2, 3].map(() => cockpit(url));
    await Promise.all(all.map(({ answers }) => answers(1)));
    const hammer = setInterval(() => {
      for (const { refresh } of all) refresh();
    }, 20);
    await expect.poll(() => asked.length, { timeout: 60_000 }).toBe(6);
    // Without a turn they read what the one that had the last turn was answered.
    const newest = () => new Set(all.map(({ news }) => news.at(-1)?.value?.detailed.at)).size;
    await expect.poll(newest, { timeout: 60_000 }).toBe(1);
    clearInterval(hammer);
    expect(asked).toHaveLength(6);
  });

  it('wait together for a Retry-After that one of them was told', async () => {
    const url = await serve((_, response) => response.writeHead(429, { 'retry-after': '60' }).end());
    const first = cockpit(url);
    await first.answers(1);
    const second = cockpit(url);
    await second.answers(1);
    expect(second.news[0]?.fault).toMatchObject({ kind: 'limited' });
    expect(asked).toHaveLength(2);
  });

  it('go on when the one that asks is killed', async () => {
    const url = await serve(() => {});
    const first = cockpit(url);
    await expect.poll(() => asked.length, { timeout: 60_000 }).toBe(2);
    first.child.kill('SIGKILL');
    server?.removeAllListeners('request').on('request', healthy);
    const second = cockpit(url);
    await second.answers(1);
    expect(second.news[0]?.value?.health).toMatchObject({ healthy: true });
  });

  it('share nothing if they only observe, but read what others know', async () => {
    const url = await serve(healthy);
    const observer = cockpit(url, '--observe');
    await observer.answers(1);
    expect(readdirSync(journal)).toEqual([]);
    const other = cockpit(url);
    await other.answers(1);
    expect(asked).toHaveLength(4);
    await cockpit(url, '--observe').answers(1);
    expect(asked).toHaveLength(4);
  });

  it.each<[string, (here: string) => void]>([
    ['a journal that is open to others', () => chmodSync(journal, 0o777)],
    ['a directory that is open to others', (here) => chmodSync(here, 0o777)],
    [
      'a file that is no answer',
      (here) => {
        for (const name of readdirSync(here)) writeFileSync(join(here, name), '{"answers":7}', { mode: 0o600 });
      },
    ],
    [
      'a file from the future',
      (here) => {
        const far = Date.now() + 3_600_000;
        for (const path of readdirSync(here).map((name) => join(here, name))) {
          const ahead = readFileSync(path, 'utf8').replace(/"at":\d+/g, `"at":${far}`);
          const sent = `"sent":${JSON.stringify(Array(6).fill(far))}`;
          writeFileSync(path, ahead.replace(/"sent":\[[^\]]*\]/, sent), { mode: 0o600 });
        }
      },
    ],
  ])('ask alone beside %s', async (_, spoil) => {
    const url = await serve(healthy);
    const first = cockpit(url);
    await first.answers(1);
    first.child.kill('SIGKILL');
    spoil(join(journal, 'here'));
    const second = cockpit(url);
    await second.answers(1);
    expect(second.news[0]?.value?.health).toMatchObject({ healthy: true });
    expect(asked).toHaveLength(4);
  });
});

describe('a shared note', () => {
  it('loses no change of many at once', async () => {
    const path = join(journal, 'note');
    const count = () => new SharedNote(path, 100).change((text = '0') => String(Number(text) + 1));
    const done = await Promise.all(Array.from({ length: 20 }, count));
    expect(new SharedNote(path, 100).read()).toBe(String(done.filter((one) => one === 'done').length));
    expect(done).toContain('done');
    expect(readdirSync(journal)).toEqual(['note']);
  });

  it('that stays as it is, is not written', async () => {
    const path = join(journal, 'note');
    const note = new SharedNote(path, 100);
    expect(await note.change(() => 'x')).toBe('done');
    const { ino } = lstatSync(path);
    expect(await note.change(() => undefined)).toBe('done');
    expect(lstatSync(path).ino).toBe(ino);
    expect(await note.change(() => 'y')).toBe('done');
    expect(lstatSync(path).ino).not.toBe(ino);
    expect(readdirSync(journal)).toEqual(['note']);
  });

  it('that was read before is read anew where it is another, or is not trusted any more', async () => {
    const path = join(journal, 'note');
    const [mine, other] = [new SharedNote(path, 100), new SharedNote(path, 100)];
    await mine.change(() => 'one');
    expect([mine.read(), other.read()]).toEqual(['one', 'one']);
    await other.change((text) => `${text}+two`);
    expect([mine.read(), other.read()]).toEqual(['one+two', 'one+two']);
    expect(await mine.change((text) => `${text}+three`)).toBe('done');
    expect(other.read()).toBe('one+two+three');
    // In its place, of the same length.
    writeFileSync(path, 'one+two+thrEE');
    utimesSync(path, 2, 2);
    expect([mine.read(), other.read()]).toEqual(['one+two+thrEE', 'one+two+thrEE']);
    chmodSync(path, 0o666);
    expect([mine.read(), other.read()]).toEqual([undefined, undefined]);
    rmSync(path);
    expect([mine.read(), other.read()]).toEqual([undefined, undefined]);
    await mine.change(() => 'x'.repeat(101));
    expect([mine.read(), other.read()]).toEqual([undefined, undefined]);
  });

  it.each([
    // Made without blocking; written, renamed and closed at once.
    { disk: 'quick', within: Number.POSITIVE_INFINITY, calls: 1 },
    // The thread waits for nothing.
    { disk: 'slow', within: -1, calls: 4 },
  ])(
    'costs $calls calls that do not block for a change on a $disk disk, and none to be read',
    async ({ within, calls }) => {
      const path = join(journal, 'note');
      const [mine, other] = [new SharedNote(path, 100, within), new SharedNote(path, 100)];
      await mine.change(() => 'one');
      expect(await fileRequestsOf(() => mine.change((text) => `${text}+two`))).toBe(calls);
      expect(await fileRequestsOf(async () => expect(other.read()).toBe('one+two'))).toBe(0);
      expect(await fileRequestsOf(async () => mine.change(() => 'x'.repeat(101)))).toBe(calls);
      expect([mine.read(), other.read()]).toEqual([undefined, undefined]);
      expect(readdirSync(journal)).toEqual(['note']);
    },
  );

  it('is not replaced by a change whose lock another process took over as too old', async () => {
    const path = join(journal, 'note');
    const [slow, quick] = [new SharedNote(path, 100), new SharedNote(path, 100)];
    const outcome = await slow.change(() => {
      renameSync(`${path}.lock`, `${path}.gone`);
      writeFileSync(`${path}.lock`, '', { mode: 0o600 });
      return 'slow';
    });
    expect(outcome).toBe('impossible');
    expect(readdirSync(journal).toSorted()).toEqual(['note.gone', 'note.lock']);
    rmSync(`${path}.lock`);
    expect(await quick.change(() => 'quick')).toBe('done');
    expect(slow.read()).toBe('quick');
  });

  it('is changed beside the lock of a process that is gone, not beside a fresh one', async () => {
    const note = new SharedNote(join(journal, 'note'), 100);
    const lock = join(journal, 'note.lock');
    writeFileSync(lock, '', { mode: 0o600 });
    expect(await note.change(() => 'x')).toBe('busy');
    utimesSync(lock, 1, 1);
    expect(await note.change(() => 'x')).toBe('done');
    expect(readdirSync(journal)).toEqual(['note']);
    mkdirSync(lock);
    expect(await note.change(() => 'y')).toBe('impossible');
  });
});
