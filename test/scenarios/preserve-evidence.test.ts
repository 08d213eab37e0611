// Preserving evidence on the embedded Bentham: the plan says what and how much, the archive is read back, its hash stands
// in the journal, and the bucket has the same bytes under Object Lock.
import { execFile, execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { GetObjectCommand, HeadObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Drill } from '../../simulator/drill.ts';
import { runExitCode } from '../../src/core/actions/run.ts';
import { type Acting, acting } from '../support/acting.ts';
import { drillOf, launcher } from '../support/drill.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'bentham-preserve-'));
let drill: Drill;
let cockpit: Acting;
let s3: S3Client;

const of = (name: string): string => drill.environment[name] ?? '';

beforeAll(async () => {
  drill = await drillOf('security');
  // The AWS clients find their credentials where they always do.
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) vi.stubEnv(name, of(name));
  s3 = new S3Client({ endpoint: of('AWS_ENDPOINT_URL_S3'), region: of('AWS_REGION'), forcePathStyle: true });
  cockpit = await acting(drill.environment);
}, 120_000);
afterAll(async () => {
  vi.unstubAllEnvs();
  s3?.destroy();
  await cockpit?.stop();
  await drill?.stop();
  rmSync(directory, { recursive: true, force: true });
});

/** What the command line prints and returns. The drill runs in this process: it must not be kept from answering. */
function program(...args: readonly string[]): Promise<{ code: number; text: string }> {
  const env = { ...process.env, ...drill.environment };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [launcher, ...args], { env }, (_, text) =>
      resolve({ code: child.exitCode ?? -1, text }),
    );
  });
}

test('into a bucket, under its Object Lock', async () => {
  const plan = await cockpit.plan('preserve-evidence', { to: 's3://bentham-evidence/incidents' });
  expect(plan).toMatchObject({ phase: 'planned', risk: 'reversible', onlyReads: undefined });
  expect(plan.plan?.impact.join('\n')).toMatch(/Logs of \d+ containers in \d+ pods: about [\d.]+ [kM]?B/);
  expect(plan.plan?.impact).toContain('Object Lock: the bucket retains it for 14 days (GOVERNANCE).');
  const run = await cockpit.confirm(plan);
  expect(run).toMatchObject({ outcome: 'verified' });
  const { archive = '', key = '' } = run.plan?.baseline ?? {};
  const sha256 = execFileSync('sha256sum', [archive], { encoding: 'utf8' }).slice(0, 64);
  expect(run.says).toContain(sha256);
  expect(run.says).toMatch(/the same SHA-256, locked until .* \(GOVERNANCE\)/);
  const at = { Bucket: 'bentham-evidence', Key: key };
  const { Body } = await s3.send(new GetObjectCommand(at));
  expect(readFileSync(archive).equals((await Body?.transformToByteArray()) ?? Buffer.alloc(0))).toBe(true);
  const head = await s3.send(new HeadObjectCommand(at));
  expect(head.Metadata).toEqual({ sha256 });
  expect(head.ObjectLockRetainUntilDate?.getTime()).toBeGreaterThan(Date.now() + 13 * 86_400_000);
  const journal = of('BENTHAM_JOURNAL_DIRECTORY');
  const lines = readdirSync(journal)
    .filter((name) => name.endsWith('.jsonl'))
    .map((name) => readFileSync(path.join(journal, name), 'utf8'));
  expect(lines.join('')).toMatch(new RegExp(`"phase":"verified"[^\n]*${sha256}`));
}, 120_000);

test('has what an incident needs, without secrets', async () => {
  const made = await program('run', 'preserve-evidence', '--to', directory, '--yes', '--json');
  const run = JSON.parse(made.text) as { outcome: keyof typeof runExitCode; says: string };
  expect(run.outcome).toBe('verified');
  expect(made.code).toBe(runExitCode.verified);
  const [archive = ''] = /\/\S+\.tar\.gz/.exec(run.says) ?? [];
  const names = execFileSync('tar', ['-tzf', archive], { encoding: 'utf8' });
  for (const name of [
    'readings.json',
    'surfaces.json',
    'status.json',
    'database/primary/sessions.json',
    'database/primary/locks.json',
    'database/replica/sessions.json',
    'kubernetes/events.json',
    'kubernetes/pods.json',
    'kubernetes/nodes.json',
    'manifest.json',
    'SHA256SUMS',
  ])
    expect(names).toContain(`/${name}\n`);
  expect(names).toMatch(/\/logs\/api-gateway-[^/]+\/[^/]+\.log\n/);
  expect(names).toMatch(/\/journal\/\S+\.jsonl\n/);
  const text = execFileSync('tar', ['-xzOf', archive], { encoding: 'utf8', maxBuffer: 1e9 });
  for (const name of ['PGPASSWORD', 'AWS_SECRET_ACCESS_KEY', 'ADMIN_API_KEY'])
    expect(text).not.toContain(drill.environment[name] ?? 'absent');
  const verified = await program('evidence', 'verify', archive, '--json');
  expect(JSON.parse(verified.text)).toMatchObject({ intact: true, problems: [], code: verified.code });
  expect(verified.code).toBe(0);
  expect((await program('evidence', 'verify', path.join(directory, 'none.tar.gz'))).code).toBe(3);
  expect((await program('evidence', 'verify', launcher)).code).toBe(2);
}, 120_000);

test('the next step that it prints checks the archive', async () => {
  const made = await program('run', 'preserve-evidence', '--to', directory, '--yes');
  expect(made.code).toBe(runExitCode.verified);
  const [, command = ''] =
    /next: check the archive[^\n]*\n {4}(bentham-cockpit evidence verify .+)/.exec(made.text) ?? [];
  const words = execFileSync('/bin/sh', ['-c', `printf '%s\\n' ${command}`], { encoding: 'utf8' })
    .trim()
    .split('\n');
  const verified = await program(...words.slice(1));
  expect(verified.text).toContain('every file has the hash');
}, 120_000);

test('whole needs two words typed on a terminal; --yes is not enough', async () => {
  const plan = await cockpit.plan('preserve-evidence', { content: 'whole', to: directory });
  expect(plan).toMatchObject({ risk: 'irreversible', accepts: ['whole', 'PRODUCTION'] });
  expect(plan.plan?.warnings?.join()).toContain('secrets and personal data');
  cockpit.runner.cancel(plan.id);
  const refused = await program('run', 'preserve-evidence', '--content', 'whole', '--yes', '--to', directory);
  expect(refused.code).toBe(runExitCode.refused);
});

test('a destination that others can write, and what is none, are refused', async () => {
  const open = path.join(directory, 'open');
  mkdirSync(open);
  // As /tmp is; mkdir's mode would go through the umask.
  chmodSync(open, 0o1777);
  expect(await cockpit.plan('preserve-evidence', { to: open })).toMatchObject({ outcome: 'refused' });
  for (const to of ['relative/path', 's3://', 's3://UPPER/x', 'https://x/y', '-rf'])
    expect(await cockpit.plan('preserve-evidence', { to })).toMatchObject({ outcome: 'refused' });
  const absent = await cockpit.plan('preserve-evidence', { to: 's3://no-such-bucket/x' });
  expect(absent.plan?.impact.join()).toContain('Object Lock of the bucket is unknown');
  const run = await cockpit.confirm(absent);
  expect(run).toMatchObject({ outcome: 'failed', hint: expect.stringContaining('upload it by hand') as string });
  expect(existsSync(run.plan?.baseline?.archive ?? '')).toBe(true);
}, 60_000);
