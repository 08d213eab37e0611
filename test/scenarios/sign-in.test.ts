// A credential plugin that asks something gets the terminal when a person says so, and the screen comes back.
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { alive, nowhere, TerminalUnderTest } from '../support/terminal.ts';

const launcher = fileURLToPath(new URL('../../bin/bentham-cockpit.cjs', import.meta.url));
let home = '';
let terminal: TerminalUnderTest;
/** The logins that the API server accepted. */
let accepted = 0;
const server = createServer((request, response) => {
  if (request.headers.authorization === 'Bearer sesame-open') accepted += 1;
  else return response.writeHead(401).end('{}');
  if (request.url === '/version') response.end('{"gitVersion":"v1.32.0"}');
  else response.writeHead(404).end('{}');
});

/** Asks for a code without showing it, as a person at a terminal would be asked. */
const plugin = `#!/bin/sh
echo $$ >"$HOME/pid"
env >"$HOME/environment"
printf 'One-time code: ' >&2
stty -echo
read -r code
stty echo
[ "$code" = 4711 ] || { echo 'wrong code' >&2; exit 1; }
printf '\\033[?1003h\\033[?25l' >&2
echo '{"kind":"ExecCredential","status":{"token":"sesame-open"}}'
`;

beforeEach(async () => {
  accepted = 0;
  home = mkdtempSync(path.join(tmpdir(), 'bentham-sign-in-'));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: './login', interactiveMode: 'Always' };
  writeFileSync(path.join(home, 'login'), plugin);
  chmodSync(path.join(home, 'login'), 0o755);
  writeFileSync(
    path.join(home, 'kubeconfig'),
    JSON.stringify({
      'current-context': 'prod-eu-1',
      clusters: [{ name: 'c', cluster: { server: `http://127.0.0.1:${(server.address() as AddressInfo).port}` } }],
      contexts: [{ name: 'prod-eu-1', context: { cluster: 'c', user: 'u' } }],
      users: [{ name: 'u', user: { exec } }],
    }),
  );
});

afterEach(async () => {
  await terminal.close();
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
  rmSync(home, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
});

/** In a shell, which has the terminal before and after. Without line editing it restores no terminal modes. */
async function open(...flags: string[]): Promise<void> {
  const environment = {
    ...nowhere(home),
    PS1: 'shell> ',
    KUBECONFIG: path.join(home, 'kubeconfig'),
    ADMIN_API_KEY: 'admin-secret-4711',
    AWS_REGION: 'eu-central-1',
    PATH: `${home}:${process.env.PATH ?? ''}`,
  };
  terminal = new TerminalUnderTest({
    program: 'bash',
    args: ['--norc', '--noprofile', '-i'],
    environment,
    columns: 110,
  });
  await terminal.shows('shell>');
  terminal.type(`${process.execPath} ${launcher} ${flags.join(' ')}\r`);
  await terminal.shows('1 HEALTH');
}

async function signIn(name = 'prod-eu-1', program = 'login'): Promise<number> {
  const types = async () => {
    terminal.press(':');
    await terminal
      .type(`sign in: ${name}`)
      .shows(new RegExp(`sign in: ${name} [^]*${program}[^]* gets\\s+the\\s+terminal`));
  };
  // It is offered a moment after the start: what is typed before marks another entry, and enter then takes none.
  await types();
  terminal.press('esc');
  await terminal.hides('↑↓ choose');
  await types();
  terminal.press('enter');
  await terminal.shows('One-time code:');
  expect(terminal.fullScreen).toBe(false);
  await terminal.shows(`PRODUCTION: sign in: ${name}`);
  return Number(readFileSync(path.join(home, 'pid'), 'utf8'));
}

/** The shell has its terminal back: what is typed is seen. */
async function leaves(): Promise<void> {
  await terminal.shows('1 HEALTH');
  expect(terminal.fullScreen).toBe(true);
  terminal.press('q');
  await terminal.shows(/shell> *$/m);
  expect(terminal.fullScreen).toBe(false);
  expect(terminal.emulator.modes.mouseTrackingMode).toBe('none');
  expect(terminal.raw.lastIndexOf('\u001b[?25h')).toBeGreaterThan(terminal.raw.lastIndexOf('\u001b[?25l'));
  await terminal.type('stty -a\r').shows(/ echo /);
  terminal.type('exit\r');
  await terminal.ends();
}

test.each([[[]], [['--observe']]])('it signs in, and the keys go to it alone (%j)', async (flags) => {
  await open(...flags);
  const refused = accepted;
  await signIn();
  // Each of them would be a key of the cockpit.
  await terminal.type('4711\r').shows('signed in: prod-eu-1');
  await expect.poll(() => accepted).toBeGreaterThan(refused);
  expect(terminal.text).not.toContain('4711');
  const environment = readFileSync(path.join(home, 'environment'), 'utf8');
  expect(environment).not.toContain('admin-secret-4711');
  expect(environment).toContain('AWS_REGION=eu-central-1');
  expect(environment).toMatch(/KUBERNETES_EXEC_INFO=.*"interactive":true/);
  await leaves();
});

test('an AWS profile with SSO is signed in to by aws, which gets the terminal', async () => {
  mkdirSync(path.join(home, '.aws'));
  writeFileSync(path.join(home, '.aws', 'config'), '[default]\nsso_session = bentham\n[profile other]\nregion = x\n');
  writeFileSync(path.join(home, 'aws'), plugin.replace('read -r', 'echo "$@" >"$HOME/said"; read -r'));
  chmodSync(path.join(home, 'aws'), 0o755);
  await open();
  await signIn('default', 'aws sso login');
  await terminal.type('4711\r').shows('signed in: AWS profile default');
  expect(readFileSync(path.join(home, 'said'), 'utf8')).toBe('sso login --profile default\n');
  expect(readFileSync(path.join(home, 'environment'), 'utf8')).not.toContain('admin-secret-4711');
  await leaves();
});

test('a wrong answer is told with the next move, and may be tried again', async () => {
  await open();
  await signIn();
  await terminal.type('no\r').shows(/not signed in: .*login failed/);
  await signIn();
  await terminal.type('4711\r').shows('signed in: prod-eu-1');
  await leaves();
});

test.each(['SIGKILL', 'SIGTERM'] as const)(
  'the screen is back after %s of the plugin, and the shell echoes',
  async (by) => {
    await open();
    process.kill(await signIn(), by);
    await terminal.shows(/not signed in: .*login failed/);
    await leaves();
  },
);

test('ctrl-c ends the plugin and not the cockpit', async () => {
  await open();
  const pid = await signIn();
  terminal.press('ctrl-c');
  await terminal.shows(/not signed in: .*login failed/);
  expect(alive(pid)).toBe(false);
  await leaves();
});

test('ctrl-z stops both, and fg goes on with the plugin', async () => {
  await open();
  const pid = await signIn();
  const isStopped = () => /^State:\s+T/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  terminal.press('ctrl-z');
  await terminal.shows('Stopped');
  // The shell was told of the cockpit's stop, not of the plugin's.
  await expect.poll(isStopped).toBe(true);
  terminal.type('fg\r');
  await expect.poll(isStopped).toBe(false);
  await terminal.type('4711\r').shows('signed in: prod-eu-1');
  await leaves();
});

test('a cockpit that is ended meanwhile leaves no plugin', async () => {
  await open();
  const pid = await signIn();
  terminal.hangUp();
  await expect.poll(() => alive(pid), { timeout: 60_000 }).toBe(false);
  expect(existsSync(home)).toBe(true);
});
