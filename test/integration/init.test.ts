// `init` as a program: what it finds, writes, and leaves alone.
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { launcher } from '../support/drill.ts';
import { TerminalUnderTest } from '../support/terminal.ts';

const run = promisify(execFile);
let home = '';
beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'bentham-init-'));
  for (const name of ['.kube', '.aws']) mkdirSync(path.join(home, name));
  writeFileSync(
    path.join(home, '.kube/config'),
    'current-context: kind\ncontexts: [{name: prod-eu, context: {cluster: a, namespace: bentham-eu}}, {name: kind, context: {cluster: b}}]\n',
  );
  writeFileSync(path.join(home, '.aws/config'), '[profile one]\n[profile two]\n[sso-session three]\n');
  writeFileSync(path.join(home, '.pg_service.conf'), '[bentham]\nhost=db.example\nport=5433\npassword=hunter2\n');
});
afterEach(() => rmSync(home, { recursive: true }));

const file = () => path.join(home, '.config/bentham-cockpit/config.yaml');
const init = (...args: readonly string[]) =>
  run(process.execPath, [launcher, 'init', ...args], { env: { PATH: process.env.PATH, HOME: home } });

test('without a terminal it takes what is certain, writes once, privately and without a password', async () => {
  expect((await init()).stdout).toContain('next: bentham-cockpit config check');
  const text = readFileSync(file(), 'utf8');
  expect(text).toContain('      context: prod-eu\n      namespace: bentham-eu\n');
  expect(text).not.toMatch(/hunter2|context: kind/);
  expect(statSync(file()).mode & 0o777).toBe(0o600);
  await expect(init()).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('already exists') });
  expect(readFileSync(file(), 'utf8')).toBe(text);
  const checked = await run(process.execPath, [launcher, 'config', 'check'], {
    env: { PATH: process.env.PATH, HOME: home },
  });
  expect(checked.stdout).toContain('no errors');
});

test('--print writes nothing; a broken kubeconfig is named and does not stop it', async () => {
  writeFileSync(path.join(home, '.kube/config'), '{{{');
  const { stdout, stderr } = await init('--print');
  expect(stdout).toContain('#kubernetes:');
  expect(stderr).toMatch(/kubeconfig: .*not valid YAML/);
  expect(() => statSync(file())).toThrow();
});

test('on a terminal it asks by number or name, and ctrl-c writes nothing', async () => {
  const terminal = new TerminalUnderTest({ args: ['init'], environment: { HOME: home }, columns: 80, rows: 24 });
  try {
    await terminal.shows(/Kubernetes context of production:[\s\S]*none \[prod-eu\]:/);
    terminal.press('9\r');
    await terminal.shows('there is no 9');
    terminal.press('2\r');
    await terminal.shows(/PostgreSQL service of production:[\s\S]*none \[none\]:/);
    terminal.press('\u0003');
    await terminal.shows('nothing was written');
    expect((await terminal.ends()).code).toBe(1);
    expect(() => statSync(file())).toThrow();
  } finally {
    await terminal.close();
  }
});
