// Whatever lies where a file was named: nothing hangs, no more is read than such a file holds, and what is wrong is said.
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadSettings } from '../../src/config/load.ts';
import { describeProblem } from '../../src/config/problem.ts';
import { settingsSchema } from '../../src/config/settings.ts';
import { obtain } from '../../src/data/kubernetes/credentials.ts';
import { loadTarget } from '../../src/data/kubernetes/kubeconfig.ts';
import { tlsAttempts } from '../../src/data/postgres/tls.ts';
import { connectRedis } from '../../src/data/redis/connect.ts';
import { readBounded, readBoundedSync } from '../../src/disk/bounded-file.ts';

let home = '';
let socket: Server;
const at = (name: string) => path.join(home, name);

beforeAll(async () => {
  home = mkdtempSync(path.join(tmpdir(), 'bentham-files-'));
  execFileSync('mkfifo', [at('pipe')]);
  mkdirSync(at('directory'));
  writeFileSync(at('huge'), '');
  truncateSync(at('huge'), 64 * 1024 ** 3);
  symlinkSync('loop', at('loop'));
  socket = createServer();
  await new Promise<void>((done) => socket.listen(at('socket'), done));
});
afterAll(() => {
  socket.close();
  rmSync(home, { recursive: true, force: true });
});

const odd: readonly (readonly [name: string, file: () => string, says: RegExp])[] = [
  ['a pipe without a writer', () => at('pipe'), /is an empty pipe/],
  ['a directory', () => at('directory'), /is a directory, not a file/],
  ['a socket', () => at('socket'), /is a socket, not a file/],
  ['a device that never ends', () => '/dev/zero', /is a device, not a file/],
  ['a terminal', () => '/dev/ptmx', /is a device, not a file/],
  ['64 GB', () => at('huge'), /is longer than \d MB: check that this is the right file/],
  ['a link to itself', () => at('loop'), /ELOOP|too many links/],
];

describe.each(odd)('%s', (_, file, says) => {
  test('is refused by the reader, with a message', async () => {
    await expect(readBounded(file())).rejects.toThrow(says);
    expect(() => readBoundedSync(file())).toThrow(says);
  });

  test('as --config', async () => {
    const loaded = await loadSettings({ flags: { config: file() }, environment: {}, home, cwd: '/' });
    expect(loaded.ok ? [] : loaded.problems.map(describeProblem)).toEqual([expect.stringMatching(says)]);
  });

  test('as PGPASSFILE and PGSERVICEFILE', async () => {
    const environment = { PGPASSFILE: file(), PGSERVICEFILE: file(), PGSERVICE: 'bentham' };
    const loaded = await loadSettings({ flags: {}, environment, home, cwd: '/' });
    expect(loaded.ok ? [] : loaded.problems.map(describeProblem)).toEqual([expect.stringMatching(says)]);
    const ignored = new RegExp(`${says.source}|other users can read it`);
    expect(loaded.warnings.map(describeProblem)).toEqual([expect.stringMatching(ignored)]);
  });

  test('as KUBECONFIG', async () => {
    const found = await loadTarget({ kubeconfig: file() });
    expect(found).toMatchObject({ ok: false, fault: { what: expect.stringMatching(says) } });
  });

  test('as a certificate or a token of the cluster', async () => {
    const cluster = { name: 'c', server: 'https://127.0.0.1:1', skipTLSVerify: false };
    const target = { context: 'c', cluster, user: { name: 'u', tokenFile: file() } };
    await expect(obtain(target)).rejects.toThrow(says);
    const untrusted = { ...target, cluster: { ...cluster, caFile: file() }, user: { name: 'u' } };
    await expect(obtain(untrusted)).rejects.toThrow(says);
  });

  test('as PostgreSQL’s authority, and as Redis’', async () => {
    const server = { host: 'db', sslMode: 'verify-full', sslRootCert: file() } as const;
    expect(() => tlsAttempts(server)).toThrow(says);
    const redis = settingsSchema.shape.redis.parse({ url: 'rediss://127.0.0.1:1', caFile: file() });
    await expect(connectRedis(redis, 1000, AbortSignal.timeout(60_000))).rejects.toThrow(says);
  });
});

test('/dev/null is an empty file', async () => {
  expect(await readBounded('/dev/null')).toHaveLength(0);
  expect(await loadSettings({ flags: { config: '/dev/null' }, environment: {}, home, cwd: '/' })).toMatchObject({
    ok: true,
  });
});

/** How many descriptors this process has on a file. */
const timesOpen = (file: string) =>
  readdirSync('/proc/self/fd').filter((fd) => readlinkOf(`/proc/self/fd/${fd}`) === file).length;

/** Nothing for a descriptor that was closed meanwhile. */
function readlinkOf(link: string): string | undefined {
  try {
    return readlinkSync(link);
  } catch {
    return undefined;
  }
}

test('a pipe of a command, as in `--config <(…)`, is read to its end', async () => {
  execFileSync('mkfifo', [at('slow')]);
  const writer = openSync(at('slow'), 'r+');
  writeSync(writer, 'kubernetes:\n');
  const reading = readBounded(at('slow'));
  // What is in a pipe is lost when nobody has it open: the writer closes it once the reader has opened it too.
  await expect.poll(() => timesOpen(at('slow'))).toBe(2);
  writeSync(writer, '  namespace: x');
  closeSync(writer);
  expect(String(await reading)).toBe('kubernetes:\n  namespace: x');
});

test('a pipe that is never closed ends at the deadline', async () => {
  execFileSync('mkfifo', [at('endless')]);
  const writer = openSync(at('endless'), 'r+');
  writeSync(writer, 'kubernetes:\n');
  await expect(readBounded(at('endless'))).rejects.toThrow('is a pipe whose writer did not finish in 5 s');
  closeSync(writer);
});
