// `support-bundle`: what it packs, that no secret is in it, and that nothing that hangs or fails keeps it from being made.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { profiles } from '../../src/config/profiles.ts';
import { settingsSchema } from '../../src/config/settings.ts';
import { Recorder } from '../../src/engine/incident/recorder.ts';
import { launcher } from '../support/drill.ts';
import { nowhere } from '../support/terminal.ts';

let home = '';
let output = '';

beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'bentham-bundle-'));
  output = path.join(home, 'bundle.tar.gz');
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const secrets = { PGPASSWORD: 'swordfish-4711', REDIS_PASSWORD: 'halibut-4712', ADMIN_API_KEY: 'btm_live_turbot4713' };

function bundle(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const env = { PATH: process.env.PATH, ...nowhere(home), ...secrets, ...environment };
  const all = [launcher, 'support-bundle', ...args];
  return spawnSync(process.execPath, all, { encoding: 'utf8', env, cwd: home });
}

/** The files of a bundle, as the system's own tar unpacks them. */
function unpacked(file = output): Record<string, string> {
  const directory = path.join(home, 'unpacked');
  mkdirSync(directory);
  const { status, stderr } = spawnSync('tar', ['-xzf', file, '-C', directory], { encoding: 'utf8' });
  expect([status, stderr]).toEqual([0, '']);
  return Object.fromEntries(
    readdirSync(directory).map((name) => [name, readFileSync(path.join(directory, name), 'utf8')]),
  );
}

test('log, versions, configuration, doctor, status and screens are packed, each with its SHA-256', () => {
  const log = path.join(home, 'cockpit.jsonl');
  const done = bundle(['--output', output, '--log-file', log]);
  expect(done.status, done.stderr).toBe(0);
  expect(done.stdout).toContain(output);
  expect(done.stdout).toContain('Read it before you send it: tar -xzOf');
  expect(statSync(output).mode & 0o777).toBe(0o600);

  const files = unpacked();
  expect(Object.keys(files).sort()).toEqual([
    'config.json',
    'doctor.json',
    'log.jsonl',
    'manifest.json',
    'screen-200x50.txt',
    'screen-80x24.txt',
    'status.json',
    'versions.json',
  ]);
  const { files: listed } = JSON.parse(files['manifest.json'] ?? '');
  expect(listed).toHaveLength(7);
  for (const { name, bytes, sha256 } of listed) {
    const content = Buffer.from(files[name] ?? '');
    expect([name, bytes, sha256]).toEqual([name, content.length, createHash('sha256').update(content).digest('hex')]);
  }
  expect(JSON.parse(files['status.json'] ?? '')).toMatchObject({ version: 1, profile: 'production' });
  expect(JSON.parse(files['doctor.json'] ?? '')).toMatchObject({ version: 1, verdict: 'critical' });
  expect(JSON.parse(files['config.json'] ?? '').options['redis.url'].value).toBe('redis://127.0.0.1:1');
  expect(JSON.parse(files['versions.json'] ?? '')).toMatchObject({ node: process.version });
  expect(files['screen-80x24.txt']).toContain('1 HEALTH');
  expect(files['log.jsonl']).toContain('"event":"source"');
  expect(Math.max(...(files['screen-80x24.txt'] ?? '').split('\n').map((row) => row.length))).toBeLessThanOrEqual(80);
  const whole = Object.values(files).join('\n');
  for (const secret of Object.values(secrets)) expect(whole).not.toContain(secret);
});

test('only lines of a log are packed, and those redacted once more', () => {
  const log = path.join(home, 'cockpit.jsonl');
  const line = { at: 'x', level: 'info', thread: 'main', event: 'note', text: 'postgres://ops:hunter2@db/bentham' };
  writeFileSync(log, `root:x:0:0:of-another-file\n{"half":\n${JSON.stringify(line)}\n`, { mode: 0o600 });
  const done = bundle(['--output', output, '--no-doctor'], { BENTHAM_LOG_FILE: log });
  expect(done.status, done.stderr).toBe(0);
  const files = unpacked();
  expect(files['log.jsonl']).toContain('"event":"note"');
  expect(files['log.jsonl']).not.toMatch(/hunter2|of-another-file|half/);
  expect(files['doctor.json']).toBeUndefined();
});

test('no private key of a journal is packed, whatever is named as the log or was logged', async () => {
  const directory = path.join(home, 'journal');
  const settings = settingsSchema.parse({
    profile: 'production',
    ...profiles.production,
    journal: { directory, name: 'ana' },
  });
  const recorder = new Recorder(settings);
  await recorder.ready;
  await recorder.record({ kind: 'note', text: 'a note' });
  await recorder.journal.close();
  const keys = readdirSync(path.join(directory, 'keys')).map((name) => path.join(directory, 'keys', name));
  expect(keys.length).toBeGreaterThan(0);
  const pems = keys.map((file) => String(JSON.parse(readFileSync(file, 'utf8')).privateKey));
  const secret = pems.flatMap((pem) => pem.split('\n').filter((line) => line !== '' && !line.startsWith('---')));
  expect(secret.length).toBeGreaterThan(0);
  const log = path.join(home, 'cockpit.jsonl');
  const lines = pems.map((text) => JSON.stringify({ at: 'x', level: 'info', thread: 'main', event: 'note', text }));
  writeFileSync(log, `${lines.join('\n')}\n`, { mode: 0o600 });
  for (const named of [log, ...keys]) {
    const done = bundle(['--output', output, '--no-doctor', '--log-file', named], {
      BENTHAM_JOURNAL_DIRECTORY: directory,
      BENTHAM_INCIDENT_RELAY: 'redis://127.0.0.1:1',
      BENTHAM_INCIDENT_RELAY_PASSWORD: 'mackerel-4714',
    });
    expect(done.status, done.stderr).toBe(0);
    const whole = Object.values(unpacked()).join('\n');
    if (named === log) expect(whole).toContain('"event":"note"');
    expect(whole).not.toMatch(/privateKey|mackerel/);
    for (const part of secret) expect(whole).not.toContain(part);
    rmSync(output);
    rmSync(path.join(home, 'unpacked'), { recursive: true });
  }
});

test('a file that is there is never overwritten', () => {
  writeFileSync(output, 'mine');
  const done = bundle(['--output', output, '--no-doctor']);
  expect(done.status).toBe(1);
  expect(done.stderr).toContain('already exists; choose another name with --output');
  expect(readFileSync(output, 'utf8')).toBe('mine');
});

test('without a name it is written to the current directory', () => {
  const done = bundle(['--no-doctor']);
  expect(done.status, done.stderr).toBe(0);
  const made = readdirSync(home).filter((name) => name.endsWith('.tar.gz'));
  expect(made).toEqual([expect.stringMatching(/^bentham-cockpit-support-\d{8}T\d{6}Z\.tar\.gz$/)]);
  expect(Object.keys(unpacked(path.join(home, made[0] ?? '')))).not.toContain('log.jsonl');
});

test('parts that cannot be packed are named in the bundle', () => {
  const log = path.join(home, 'cockpit.jsonl');
  spawnSync('mkfifo', [log]);
  const done = bundle(['--output', output, '--no-doctor', '--log-file', log]);
  expect(done.status, done.stderr).toBe(0);
  expect(unpacked()['log.jsonl.error.txt']).toContain('is not a file');
});

test('a backend that never answers does not delay it', async () => {
  // Accepts, and says nothing.
  const mute = createServer();
  await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', () => resolve()));
  const address = mute.address();
  const port = typeof address === 'object' ? String(address?.port) : '';
  try {
    const silent = { PGPORT: port, REDIS_URL: `redis://127.0.0.1:${port}` };
    const done = bundle(['--output', output], { ...silent, BENTHAM_GATEWAY_URL: `http://127.0.0.1:${port}` });
    expect(done.status, done.stderr).toBe(0);
    expect(JSON.parse(unpacked()['status.json'] ?? '').exitCode).toBeGreaterThan(0);
  } finally {
    mute.close();
  }
});
