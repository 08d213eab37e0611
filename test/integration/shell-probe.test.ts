// A kubectl that hangs, floods or speaks in escape sequences where a shell is looked for: the cockpit asks it in time, says
// what it said, and leaves nothing of it.
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { profiles } from '../../src/config/profiles.ts';
import { settingsSchema } from '../../src/config/settings.ts';
import { targetsOf } from '../../src/config/targets.ts';
import { prepareSession } from '../../src/data/shell/prepare.ts';

const root = mkdtempSync(path.join(tmpdir(), 'bentham-probe-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const settings = settingsSchema.parse({ profile: 'production', ...profiles.production });

function probed(script: string, signal = AbortSignal.timeout(60_000)) {
  const kubectl = path.join(mkdtempSync(path.join(root, 'x-')), 'kubectl');
  writeFileSync(kubectl, `#!/bin/sh\n${script}\n`);
  chmodSync(kubectl, 0o755);
  const targets = { ...targetsOf(settings, {}), kubectl };
  return prepareSession({ tool: 'exec', pod: 'api', container: '' }, { settings, targets, inherits: [], signal });
}

const runs = (pid: number): boolean => {
  // One that has ended and is not waited for by its new parent runs no more.
  const state = `/proc/${pid}/stat`;
  return existsSync(state) && !/\) Z /.test(readFileSync(state, 'utf8'));
};

test('one that ignores its end is killed, and its children with it', async () => {
  const pids = path.join(root, 'pids');
  const stop = new AbortController();
  const probing = probed(`trap "" TERM; sleep 300 & echo $$ $! > ${pids}; wait; wait; sleep 300`, stop.signal);
  await expect
    .poll(() => existsSync(pids) && readFileSync(pids, 'utf8').endsWith('\n'), { timeout: 20_000 })
    .toBe(true);
  stop.abort();
  expect(await probing).toMatchObject({ ok: false, code: 'refused' });
  const all = readFileSync(pids, 'utf8').trim().split(' ').map(Number);
  await expect.poll(() => all.filter(runs), { timeout: 20_000 }).toEqual([]);
}, 60_000);

test('one that leaves a child with its output is not waited for', async () => {
  const file = path.join(root, 'left');
  expect(await probed(`sleep 300 & echo $! > ${file}`)).toMatchObject({ ok: true });
  process.kill(Number(readFileSync(file, 'utf8')));
}, 60_000);

test.each([
  ['floods', 'yes', 'refused'],
  ['speaks in escape sequences', `printf '\\033]0;owned\\007\\033[2J\\000secret' >&2; exit 1`, 'refused'],
  ['dies', 'kill -9 $$', 'refused'],
  ['finds no shell', 'exit 126', 'no-shell'],
  ['cannot start', 'exit 127', 'no-shell'],
])('one that %s is told', async (_, script, code) => {
  const made = await probed(script);
  if (made.ok) throw new Error('a shell was found');
  expect(made.code).toBe(code);
  expect(made.why).toMatch(/^[\x20-\x7e]{3,300}$/);
});

test('a shell is a shell', async () => {
  expect(await probed('exit 0')).toMatchObject({ ok: true });
});
