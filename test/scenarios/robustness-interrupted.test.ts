// Ctrl-C ends a command at once, whatever it waits for: backends that take connections and never answer, and a credential
// plugin that hangs, which ends with it.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launcher } from '../support/drill.ts';
import { alive } from '../support/terminal.ts';

let home = '';
let server: Server;
let environment: NodeJS.ProcessEnv = {};
let connected = 0;

const kubeconfig = (name: string, cluster: string, user: object) => {
  const file = path.join(home, name);
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'frozen', cluster: { server: cluster } }],
    users: [{ name: 'ana', user }],
    contexts: [{ name: 'frozen', context: { cluster: 'frozen', user: 'ana', namespace: 'bentham-prod' } }],
    'current-context': 'frozen',
  };
  writeFileSync(file, JSON.stringify(config));
  return file;
};

beforeAll(async () => {
  home = mkdtempSync(path.join(tmpdir(), 'bentham-interrupted-'));
  server = createServer((socket) => {
    connected += 1;
    socket.on('error', () => {}).resume();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  environment = {
    PATH: process.env.PATH,
    HOME: home,
    TMPDIR: home,
    BENTHAM_PROFILE: 'production',
    BENTHAM_PERSON: 'ana',
    BENTHAM_GATEWAY_URL: url,
    BENTHAM_DATABASE_REPLICA_HOST: '127.0.0.1',
    BENTHAM_DATABASE_REPLICA_PORT: String(port),
    PGHOST: '127.0.0.1',
    PGPORT: String(port),
    PGUSER: 'ana',
    PGPASSWORD: 'p',
    PGSSLMODE: 'disable',
    REDIS_URL: `redis://127.0.0.1:${port}`,
    KUBECONFIG: kubeconfig('frozen.json', url, { token: 't' }),
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'k',
    AWS_SECRET_ACCESS_KEY: 's',
    AWS_ENDPOINT_URL: url,
    BENTHAM_CHANNELS_PAGER_DUTY_API_URL: url,
    BENTHAM_CHANNELS_PAGER_DUTY_API_TOKEN: 't',
    BENTHAM_CHANNELS_PAGER_DUTY_SERVICE: 'PABC123',
  };
});
afterAll(() => {
  server.close();
  rmSync(home, { recursive: true, force: true });
});

/** Runs a command until `waits`, and presses Ctrl-C. Gives the code that a shell would show. */
async function interrupted(words: string, waits: () => boolean, env = environment) {
  const child = spawn(process.execPath, [launcher, ...words.split(' ')], {
    env,
    cwd: home,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (data) => {
      said += data;
    });
  const ended = new Promise<number>((resolve) =>
    child.once('exit', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : -1))),
  );
  await expect.poll(waits, { timeout: 30_000 }).toBe(true);
  child.kill('SIGINT');
  const code = await ended;
  return { code, said };
}

const cancelled = 4;
const commands: readonly [string, number][] = [
  ['status --timeout 300', 130],
  ['doctor --timeout 300', 130],
  ['support-bundle', 130],
  ['logs api-gateway', 130],
  ['pods', 130],
  ['sessions', 130],
  ['waits', 130],
  ['keys', 130],
  ['evidence', 130],
  ['backups', 130],
  ['study s1', 130],
  ['oncall', 130],
  ['run evict-redis --prefix cache: --dry-run', cancelled],
  ['run retry-jobs --study s1 --dry-run', cancelled],
  ['run restart-deployment --deployment api-gateway --dry-run', cancelled],
  ['run restore-evidence --file k --version v --dry-run', cancelled],
];

test.each(commands)(
  '%s is interrupted while what it asks is frozen',
  async (words, code) => {
    const before = connected;
    const ended = await interrupted(words, () => connected > before);
    expect(ended.code, ended.said).toBe(code);
    expect(ended.said).not.toMatch(/^\s+at /m);
  },
  60_000,
);

test.each(commands.filter(([words]) => /^(status|doctor|logs|pods|run restart)/.test(words)))(
  '%s is interrupted while a credential plugin hangs, and takes it along',
  async (words, code) => {
    const file = path.join(home, 'pid');
    rmSync(file, { force: true });
    const exec = {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: 'sh',
      args: ['-c', `echo $$ > '${file}.new'; mv '${file}.new' '${file}'; exec sleep 300`],
      interactiveMode: 'Never',
    };
    const KUBECONFIG = kubeconfig('plugin.json', 'https://127.0.0.1:1', { exec });
    const ended = await interrupted(words, () => existsSync(file), { ...environment, KUBECONFIG });
    expect(ended.code, ended.said).toBe(code);
    await expect.poll(() => alive(Number(readFileSync(file, 'utf8'))), { timeout: 30_000 }).toBe(false);
  },
  60_000,
);
