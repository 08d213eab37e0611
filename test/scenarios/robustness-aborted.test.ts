// A drill that is killed in the middle of its start, at whatever moment, leaves no process, no directory and no shared
// memory: the guard makes the directory, and a server that is being set up ends by itself.
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { remains, type Served, serveDrill } from '../support/drill.ts';

let temporary = '';
let served: Served | undefined;

beforeEach(() => {
  temporary = mkdtempSync(path.join(tmpdir(), 'bentham-aborted-'));
  chmodSync(temporary, 0o777);
});
afterEach(() => {
  served?.child.kill('SIGKILL');
  rmSync(temporary, { recursive: true, force: true });
});

/** Segments of shared memory that nobody uses. */
const orphans = () =>
  readFileSync('/proc/sysvipc/shm', 'utf8')
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .flatMap(([, id = '', , , , , attached]) => (attached === '0' ? [id] : []));

/** Whether this lies in the drill's directory. */
const there = (name: string) => () =>
  readdirSync(temporary).some((one) => one.startsWith('bentham-drill-') && existsSync(path.join(temporary, one, name)));

test.each<[string, () => boolean]>([
  ['its directory has just been made', there('')],
  ['initdb has begun', there('primary/PG_VERSION')],
  ['a server writes the catalogue', there('primary/postmaster.pid')],
  ['the primary has been started', there('primary.log')],
  ['the replica is being copied', there('replica')],
])('when %s', async (_, seen) => {
  const before = new Set(orphans());
  served = serveDrill('calm', { env: { TMPDIR: temporary } });
  await expect.poll(seen, { timeout: 60_000, interval: 2 }).toBe(true);
  served.child.kill('SIGKILL');
  await expect.poll(() => remains(temporary), { timeout: 30_000 }).toEqual([]);
  // Those of other programs, which have just been made or are just going, do not stay.
  await expect.poll(() => orphans().filter((id) => !before.has(id)), { timeout: 60_000 }).toEqual([]);
});
