// Secrets are planted wherever one may be configured, in forms that are right and in forms that are not; no command's
// output, error or journal has one of them.
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { launcher } from '../support/drill.ts';

let home = '';
beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'bentham-secrets-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const nowhere = '127.0.0.1:1';
const everywhere = {
  PGHOST: '127.0.0.1',
  PGPORT: '1',
  PGPASSWORD: 'MARK-pg',
  BENTHAM_DATABASE_REPLICA_HOST: '127.0.0.1',
  BENTHAM_DATABASE_REPLICA_PORT: '1',
  BENTHAM_DATABASE_REPLICA_PASSWORD: 'MARK-replica',
  REDIS_URL: `redis://ops:MARK-redis@${nowhere}`,
  ADMIN_API_KEY: 'MARK-admin',
  AWS_ACCESS_KEY_ID: 'AKIAMARK0123456789AB',
  AWS_SECRET_ACCESS_KEY: 'MARK-aws',
  AWS_SESSION_TOKEN: 'MARK-session',
  AWS_REGION: 'eu-west-1',
  AWS_ENDPOINT_URL: `http://${nowhere}`,
  BENTHAM_GATEWAY_URL: `http://${nowhere}`,
  BENTHAM_CHANNELS_PAGER_DUTY_URL: `http://${nowhere}`,
  BENTHAM_CHANNELS_PAGER_DUTY_ROUTING_KEY: 'MARK-routing',
  BENTHAM_CHANNELS_SLACK_ALERTS_WEBHOOK: `http://${nowhere}/services/MARK-slack`,
  BENTHAM_CHANNELS_SLACK_OPS_WEBHOOK: `http://${nowhere}/webhookb2/MARK-teams`,
  BENTHAM_PROMETHEUS_URL: `http://ops:MARK-prom@${nowhere}`,
  BENTHAM_PROMETHEUS_P95_QUERY: 'p95',
  BENTHAM_PROMETHEUS_ERROR_RATE_QUERY: 'rate',
  BENTHAM_PROMETHEUS_BEARER_TOKEN: 'MARK-bearer',
  HTTPS_PROXY: `http://ops:MARK-proxy@${nowhere}`,
  http_proxy: `http://ops:MARK-proxy@${nowhere}`,
};

function run(args: readonly string[], environment: Record<string, string>): Promise<string> {
  const env = { PATH: process.env.PATH ?? '', HOME: home, KUBECONFIG: path.join(home, 'kubeconfig'), ...environment };
  return new Promise((resolve) => {
    execFile(process.execPath, [launcher, ...args], { env, timeout: 60_000 }, (_, stdout, stderr) =>
      resolve(`$ ${args.join(' ')}\n${stdout}${stderr}`),
    );
  });
}

/** Everything below a directory, as text. */
function written(directory: string): string {
  return readdirSync(directory, { withFileTypes: true })
    .filter(({ name }) => name !== 'node-compile-cache')
    .map(({ name }) => path.join(directory, name))
    .map((file) => (statSync(file).isDirectory() ? written(file) : `${file}\n${readFileSync(file, 'utf8')}`))
    .join('\n');
}

const commands: readonly (readonly string[])[] = [
  ['config'],
  ['config', '--json'],
  ['config', 'check'],
  ['doctor'],
  ['doctor', '--json'],
  ['status', '--all', '--timeout', '4'],
  ['status', '--json', '--timeout', '4'],
  ['incident', 'open', '--severity', '2', '--why', 'slow'],
  ['incident', 'export'],
];

test('a valid secret is in no output and in no file', async () => {
  writeFileSync(
    path.join(home, 'kubeconfig'),
    JSON.stringify({
      'current-context': 'c',
      clusters: [{ name: 'c', cluster: { server: `http://${nowhere}`, 'proxy-url': `http://x:MARK-kube@${nowhere}` } }],
      contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
      users: [{ name: 'u', user: { token: 'MARK-token' } }],
    }),
    { mode: 0o600 },
  );
  const said: string[] = [];
  for (const command of commands) said.push(await run(command, everywhere));
  rmSync(path.join(home, 'kubeconfig'));
  expect(said.join('\n')).toContain('connection refused');
  expect([...said, written(home)].filter((text) => text.includes('MARK'))).toEqual([]);
}, 120_000);

test('an invalid secret is not repeated in its error', async () => {
  const wrong: Record<string, string>[] = [
    { DATABASE_URL: 'postgres://bentham:MARK/a@b@db:5432/x' },
    { DATABASE_URL: 'postgres://bentham:MARK@db:port/x' },
    { DATABASE_URL: 'mysql://bentham:MARK@db/x' },
    { DATABASE_URL: 'host=db password=MARK' },
    { REDIS_URL: 'redis://:MARK/a@b@cache' },
    { REDIS_URL: 'cache:MARK@6379' },
    { BENTHAM_GATEWAY_URL: 'https://u:MARK@api' },
    { BENTHAM_GATEWAY_URL: 'https://u:MARK/x@api' },
    { BENTHAM_CHANNELS_SLACK_OPS_WEBHOOK: 'hooks/MARK' },
    { BENTHAM_CHANNELS_PAGER_DUTY_URL: 'http://u:MARK@x' },
    { BENTHAM_PROMETHEUS_URL: 'ftp://u:MARK@x' },
  ];
  for (const given of wrong) {
    const said = await run(['config', 'check'], given);
    expect(`${Object.keys(given)}: ${said}`).not.toContain('MARK');
  }
  const file = path.join(home, 'c.yaml');
  writeFileSync(
    file,
    'gatway: {adminApiKey: MARK}\nredis: {pasword: MARK, url: "redis://:MARK@x", password: [MARK]}\n',
  );
  for (const args of [
    ['config', 'check', '--config', file],
    ['config', '--set', 'redis.password=MARK'],
    ['config', '--set', 'redis.url=redis://:MARK/x@y'],
  ]) {
    const [, ...lines] = (await run(args, {})).split('\n');
    expect(lines.join('\n')).not.toContain('MARK');
  }
}, 120_000);
