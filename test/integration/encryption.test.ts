// No secret crosses a network in clear: what the configuration makes of each connection, and what servers that keep
// every byte they are sent have been sent.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { selfSigned } from '../../simulator/certificate.ts';
import { targetsOf } from '../../src/config/targets.ts';
import type { Call } from '../../src/core/actions/call.ts';
import { toShellCommand } from '../../src/core/actions/shell-command.ts';
import { secretOpens } from '../../src/data/aws/secret-login.ts';
import { deliver } from '../../src/data/channels/channels.ts';
import { executeChannel } from '../../src/data/channels/execute.ts';
import { runCheck } from '../../src/data/doctor-check.ts';
import { encryptionProbe } from '../../src/data/encryption.ts';
import { gatewayProbe } from '../../src/data/gateway/doctor.ts';
import { readApiStudy } from '../../src/data/gateway/study-api.ts';
import { Cluster } from '../../src/data/kubernetes/client.ts';
import { loadTarget } from '../../src/data/kubernetes/kubeconfig.ts';
import { Session } from '../../src/data/postgres/session.ts';
import { askPrometheus } from '../../src/data/prometheus/source.ts';
import { dispatcherFor } from '../../src/data/proxy.ts';
import { askRedisOnce } from '../../src/data/redis/source.ts';
import { commands } from '../../src/runbook/commands.ts';
import { psql } from '../../src/runbook/manual-commands.ts';
import { good, mistakes } from '../support/configuration.ts';
import { elsewhere, type Recording, record } from '../support/recording.ts';

const secret = 'hunter2-and-more';
const home = mkdtempSync(path.join(tmpdir(), 'bentham-encryption-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));
const file = (name: string, text: string) => {
  const where = path.join(home, name);
  writeFileSync(where, text);
  return where;
};

describe('the effective mode', () => {
  const modes = async (env: Record<string, string>) => {
    const { settings, from } = await good({ env });
    const { primary, replica } = settings.database;
    return { primary: primary.sslMode, replica: replica?.sslMode, redis: settings.redis.tls, from };
  };

  test('production requires TLS of both databases and of Redis, and says why', async () => {
    const { from, ...found } = await modes({});
    expect(found).toEqual({ primary: 'require', replica: 'require', redis: 'require' });
    expect(from('database.primary.sslMode')).toBe('default, because the environment is guarded');
    expect(from('redis.tls')).toBe('default, because the environment is guarded');
  });

  test.each(['prefer', 'allow'])('sslmode=%s does not allow an unencrypted connection', async (mode) => {
    const { from, ...found } = await modes({ PGSSLMODE: mode });
    expect(found).toMatchObject({ primary: 'require', replica: 'require' });
    expect(from('database.replica.sslMode')).toBe(
      `env PGSSLMODE says ${mode}; require, because the environment is guarded`,
    );
  });

  test.each(['disable', 'require', 'verify-ca', 'verify-full'])('sslmode=%s stays as it is set', async (mode) => {
    expect(await modes({ PGSSLMODE: mode })).toMatchObject({ primary: mode, replica: mode });
  });

  test('redis:// alone does not allow it either; redis.tls=disable does, and rediss:// is encrypted', async () => {
    expect(await modes({ REDIS_URL: 'redis://:pw@cache:6379' })).toMatchObject({ redis: 'require' });
    expect(await modes({ REDIS_URL: 'redis://cache', BENTHAM_REDIS_TLS: 'disable' })).toMatchObject({
      redis: 'disable',
    });
    expect((await modes({ REDIS_URL: 'rediss://cache' })).redis).toBeUndefined();
    expect(await mistakes({ env: { REDIS_URL: 'rediss://cache', BENTHAM_REDIS_TLS: 'disable' } })).toEqual([
      expect.stringContaining('redis.tls=disable contradicts a rediss:// URL'),
    ]);
  });

  test.each(['127.0.0.1', '127.3.2.1', 'localhost', 'LOCALHOST', '::1'])('%s is this machine', async (host) => {
    const url = `redis://${host.includes(':') ? `[${host}]` : host}`;
    expect(await modes({ PGHOST: host, REDIS_URL: url })).toMatchObject({ primary: 'prefer', redis: undefined });
  });

  test.each(['127.0.0.1.example', 'localhost.example', 'x.localhost', '0.0.0.0', '10.0.0.1', '128.0.0.1'])(
    '%s is not',
    async (host) => {
      expect(await modes({ PGHOST: host, REDIS_URL: `redis://${host}` })).toMatchObject({
        primary: 'require',
        redis: 'require',
      });
    },
  );

  test('a Unix socket has no TLS; a replica elsewhere has', async () => {
    expect(await modes({ PGHOST: '/run/postgresql' })).toMatchObject({ primary: 'prefer', replica: 'require' });
  });

  test('an environment that is not guarded behaves like libpq', async () => {
    expect(await modes({ BENTHAM_PROFILE: 'staging' })).toMatchObject({ primary: 'prefer', redis: undefined });
    expect(await modes({ BENTHAM_PROFILE: 'staging', BENTHAM_ENVIRONMENT_GUARDED: 'yes' })).toMatchObject({
      primary: 'require',
      redis: 'require',
    });
  });

  test('copied commands require TLS as the cockpit does', async () => {
    const typed = async (env: Record<string, string>) => {
      const targets = targetsOf((await good({ env })).settings, env);
      const end = { tool: 'sql', server: 'primary', change: { text: 'SELECT 1', values: [] } } as unknown as Call;
      const look = commands.find(({ id }) => id === 'redis-memory')?.command(targets);
      return [toShellCommand(end, targets), psql(targets.primary, 'SELECT 1'), look];
    };
    const redis = 'redis-cli -h redis.bentham.io --tls INFO memory | grep used_memory_human';
    const connected = 'psql -h db-primary.bentham.io -U bentham';
    expect(await typed({})).toEqual([
      `PGSSLMODE=require ${connected} -d bentham -c 'SELECT 1'`,
      `PGSSLMODE=require ${connected} -c "SELECT 1"`,
      redis,
    ]);
    const verified = { PGSSLMODE: 'verify-full', BENTHAM_DATABASE_PRIMARY_SSL_ROOT_CERT: '/etc/our ca.crt' };
    expect((await typed(verified))[1]).toBe(`PGSSLROOTCERT='/etc/our ca.crt' ${connected} -c "SELECT 1"`);
    expect((await typed({ PGSSLMODE: 'prefer' }))[1]).toBe(`PGSSLMODE=require ${connected} -c "SELECT 1"`);
    expect((await typed({ PGSSLMODE: 'disable' }))[1]).toBe(`${connected} -c "SELECT 1"`);
  });

  test('unencrypted connections are named, and only named ones are allowed', async () => {
    const env = { BENTHAM_ENVIRONMENT_UNENCRYPTED: 'gateway, channels' };
    expect((await good({ env })).settings.environment.unencrypted).toEqual(['gateway', 'channels']);
    expect(await mistakes({ env: { BENTHAM_ENVIRONMENT_UNENCRYPTED: 'postgres' } })).toEqual([
      expect.stringContaining('gateway, prometheus, channels, credentials'),
    ]);
  });
});

describe('PostgreSQL', () => {
  async function looked(server: Recording, env: Record<string, string> = {}) {
    const { settings } = await good({
      env: { PGHOST: elsewhere, PGPORT: String(server.port), PGPASSWORD: secret, ...env },
    });
    const session = new Session(settings.database.primary);
    const outcome = await session.read(AbortSignal.timeout(60_000), 5000, (ask) => ask('SELECT 1'));
    await session.close();
    if (outcome.ok) throw new Error('it answered');
    return outcome.fault;
  }
  const sslRequest = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]).toString('latin1');
  const authentication = (kind: number, more = Buffer.alloc(0)) => {
    const message = Buffer.alloc(9);
    message.write('R');
    message.writeInt32BE(8 + more.length, 1);
    message.writeInt32BE(kind, 5);
    return Buffer.concat([message, more]);
  };
  const cleartext = authentication(3);
  const md5 = authentication(5, Buffer.from('salt'));

  test.each<Record<string, string>>([{}, { PGSSLMODE: 'prefer' }, { PGSSLMODE: 'allow' }])(
    'a server without TLS receives the TLS request and nothing else (%j)',
    async (env) => {
      const server = await record((socket) => socket.write('N'));
      expect(await looked(server, env)).toMatchObject({
        kind: 'forbidden',
        what: 'the server offers no TLS, and sslmode is require; no password sent',
        hint: expect.stringContaining('sslmode=disable'),
      });
      expect(server.text()).toBe(sslRequest);
    },
  );

  test('bytes after the promise of TLS end the connection', async () => {
    const server = await record((socket) => socket.write(Buffer.concat([Buffer.from('S'), cleartext])));
    expect(await looked(server)).toMatchObject({ kind: 'malformed' });
    expect(server.text()).toBe(sslRequest);
  });

  test.each(['prefer', 'allow'])(
    'with sslmode=%s, not guarded, the password itself is not sent in clear',
    async (mode) => {
      const server = await record((socket, _, chunk) =>
        socket.write(chunk.toString('latin1') === sslRequest ? 'N' : cleartext),
      );
      expect(await looked(server, { BENTHAM_PROFILE: 'staging', PGSSLMODE: mode })).toMatchObject({
        kind: 'forbidden',
      });
      expect(server.text()).not.toContain(secret);
    },
  );

  test('it is not sent if the server asks for it after another proof, either', async () => {
    const server = await record((socket, _, chunk) => {
      if (chunk.toString('latin1') === sslRequest) socket.write('N');
      else socket.write(chunk.toString('latin1').startsWith('p') ? cleartext : md5);
    });
    expect(await looked(server, { BENTHAM_PROFILE: 'staging' })).toMatchObject({ kind: 'forbidden' });
    expect(server.text()).toContain('md5');
    expect(server.text()).not.toContain(secret);
  });

  test('sslmode=disable allows it', async () => {
    const server = await record((socket, count) => (count === 0 ? socket.write(cleartext) : socket.destroy()));
    await looked(server, { PGSSLMODE: 'disable' });
    expect(server.text()).toContain(secret);
  });
});

describe('Redis', () => {
  async function looked(server: Recording, env: Record<string, string> = {}) {
    const { settings } = await good({ env: { REDIS_URL: `redis://:${secret}@${elsewhere}:${server.port}`, ...env } });
    const outcome = await askRedisOnce(settings.redis, 1000, AbortSignal.timeout(60_000));
    if (outcome.ok) throw new Error('it answered');
    return outcome.fault;
  }

  test.each([
    ['says that it does not understand', '-ERR unknown command\r\n'],
    ['says that all is well', '+OK\r\n'],
    ['hangs up', undefined],
  ])('a server without TLS that %s does not receive the password', async (_, answer) => {
    const server = await record((socket) => (answer === undefined ? socket.destroy() : socket.write(answer)));
    const fault = await looked(server);
    expect(fault.hint).toContain('redis.tls=disable');
    expect(server.text()).not.toContain(secret);
    expect(server.text()).not.toMatch(/auth|hello|client/i);
  });

  test('a silent server does not, either', async () => {
    const server = await record(() => {});
    expect(await looked(server)).toMatchObject({
      kind: 'timeout',
      what: 'connected, but no answer to TLS',
      hint: expect.stringContaining('redis.tls=disable'),
    });
    expect(server.text()).not.toContain(secret);
  });

  test('redis.tls=disable allows it', async () => {
    const server = await record((socket) => socket.destroy());
    await looked(server, { BENTHAM_REDIS_TLS: 'disable' });
    expect(server.text()).toContain(secret);
  });
});

describe('over http://', () => {
  const answer = (socket: { write(text: string): unknown }) =>
    socket.write('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}');
  const soon = () => AbortSignal.timeout(60_000);
  const at = (server: Recording) => `http://${elsewhere}:${server.port}`;
  type Asking = (url: string, allowed: Record<string, string>) => Promise<unknown>;

  const study: Asking = async (url, allowed) => {
    const { settings } = await good({ env: { BENTHAM_GATEWAY_URL: url, ADMIN_API_KEY: secret, ...allowed } });
    return readApiStudy(settings, 'study-1', soon());
  };
  const doctor: Asking = async (url, allowed) => {
    const { settings } = await good({ env: { BENTHAM_GATEWAY_URL: url, ADMIN_API_KEY: secret, ...allowed } });
    return runCheck([gatewayProbe(settings, 2000)], 5000, soon());
  };
  const prometheus =
    (login: string, env: Record<string, string>): Asking =>
    async (url, allowed) => {
      const { settings } = await good({
        env: {
          BENTHAM_PROMETHEUS_URL: url.replace('//', `//${login}`),
          BENTHAM_PROMETHEUS_P95_QUERY: 'p95',
          BENTHAM_PROMETHEUS_ERROR_RATE_QUERY: 'errors',
          ...env,
          ...allowed,
        },
      });
      const { environment, prometheus } = settings;
      if (!prometheus) throw new Error('no prometheus');
      return askPrometheus({ environment, prometheus }, dispatcherFor(new URL(url)), soon());
    };
  const channels = (url: string, allowed: Record<string, string>) =>
    good({
      env: {
        BENTHAM_CHANNELS_PAGER_DUTY_URL: url,
        BENTHAM_CHANNELS_PAGER_DUTY_ROUTING_KEY: secret,
        BENTHAM_CHANNELS_SLACK_OPS_WEBHOOK: `${url}/${secret}`,
        ...allowed,
      },
    });
  const message = { purpose: 'notify', text: 'x', dedupKey: 'k', severity: 'info', source: 's' } as const;
  const page: Asking = async (url, allowed) =>
    deliver((await channels(url, allowed)).settings, { ...message, channel: 'pagerduty' });
  const slack: Asking = async (url, allowed) =>
    deliver((await channels(url, allowed)).settings, { ...message, channel: 'slack-ops' });
  const action: Asking = async (url, allowed) => {
    const { settings } = await channels(url, allowed);
    const call = { tool: 'channel', channel: 'pagerduty', url: settings.channels.pagerDuty.url, body: '{}' } as const;
    return executeChannel(call, { settings, signal: soon() } as Parameters<typeof executeChannel>[1]);
  };

  test.each<[what: string, connection: string, ask: Asking]>([
    ['the admin key for a study', 'gateway', study],
    ['the admin key of doctor', 'gateway', doctor],
    ['a token of Prometheus', 'prometheus', prometheus('', { BENTHAM_PROMETHEUS_BEARER_TOKEN: secret })],
    ['a login of Prometheus', 'prometheus', prometheus(`ops:${secret}@`, {})],
    ['a routing key', 'channels', page],
    ['a webhook', 'channels', slack],
    ['a routing key of an action', 'channels', action],
  ])('%s is not sent, unless %s allows it', async (_, connection, ask) => {
    const server = await record(answer);
    const kept = JSON.stringify(await ask(at(server), {}));
    expect(kept).toContain('http:// is not encrypted');
    expect(kept).toContain(`environment.unencrypted=${connection}`);
    const login = (text: string) => text.includes(secret) || text.includes(btoa(`ops:${secret}`));
    expect(login(server.text())).toBe(false);
    const said = JSON.stringify(await ask(at(server), { BENTHAM_ENVIRONMENT_UNENCRYPTED: connection }));
    expect(said).not.toContain('not encrypted');
    expect(login(server.text())).toBe(true);
    // Within this machine nobody listens.
    const here = await record(answer);
    await ask(at(here).replace(elsewhere, '127.0.0.1'), {});
    expect(login(here.text())).toBe(true);
  });

  test('the database’s secret is not requested', async () => {
    const server = await record(answer);
    const env = {
      AWS_ENDPOINT_URL_SECRETS_MANAGER: at(server),
      AWS_REGION: 'eu-west-1',
    };
    const { settings } = await good({ env });
    expect(await secretOpens(settings, 'bentham/db', 'bentham', soon())).toMatchObject({
      ok: false,
      fault: { what: expect.stringContaining('http:// is not encrypted') },
    });
    expect(server.text()).toBe('');
  });

  test('a Kubernetes login is never sent, as in kubectl', async () => {
    const server = await record(answer);
    const kubeconfig = file('http', kubeconfigOf(at(server)));
    const target = await loadTarget({ kubeconfig });
    if (!target.ok) throw new Error(target.fault.what);
    const cluster = new Cluster(target.value);
    expect(await cluster.pulse(2000, soon())).toMatchObject({
      fault: { kind: 'forbidden', what: 'http:// is not encrypted: the login was not sent' },
    });
    await cluster.close();
    expect(server.text()).toBe('');
  });
});

const kubeconfigOf = (server: string, more: object = {}) =>
  JSON.stringify({
    'current-context': 'c',
    contexts: [{ name: 'c', context: { cluster: 'prod', user: 'ops' } }],
    clusters: [{ name: 'prod', cluster: { server, ...more } }],
    users: [{ name: 'ops', user: { token: secret } }],
  });

describe('doctor', () => {
  async function lines(env: Record<string, string>, own: Record<string, string> = {}) {
    const { settings } = await good({ env: { KUBECONFIG: file('https', kubeconfigOf('https://k:6443')), ...env } });
    const found = await runCheck(
      [encryptionProbe(settings, { HOME: home, ...own })],
      5000,
      AbortSignal.timeout(60_000),
    );
    return found.map(({ verdict, what, answer, todo }) => `${verdict} ${what}: ${answer}${todo ? ` → ${todo}` : ''}`);
  }

  test('names each connection that is not encrypted or not verified, and the option that changes it', async () => {
    const env = {
      PGSSLMODE: 'disable',
      BENTHAM_DATABASE_REPLICA_SSL_MODE: 'verify-ca',
      BENTHAM_REDIS_TLS: 'disable',
      BENTHAM_GATEWAY_URL: 'http://gw:3000',
      BENTHAM_PROMETHEUS_URL: 'http://prom:9090',
      BENTHAM_PROMETHEUS_P95_QUERY: 'p95',
      BENTHAM_PROMETHEUS_ERROR_RATE_QUERY: 'errors',
      AWS_ENDPOINT_URL: 'http://minio:9000',
      BENTHAM_CHANNELS_SLACK_OPS_WEBHOOK: 'http://chat/hooks/abc',
      BENTHAM_ADMIN_STAGING_HEALTH_URL: 'http://staging/health',
      KUBECONFIG: file('insecure', kubeconfigOf('https://k:6443', { 'insecure-skip-tls-verify': true })),
    };
    expect(await lines(env, { https_proxy: 'http://u:p@proxy:3128', http_proxy: 'http://u:p@proxy:3128' })).toEqual([
      'warning primary: db-primary.bentham.io:5432: not encrypted (sslMode disable) → set database.primary.sslMode to verify-full',
      'warning replica: db-replica.bentham.io:5432: encrypted, host not verified (sslMode verify-ca) → set database.replica.sslMode to verify-full',
      'warning redis: redis.bentham.io:6379: not encrypted → set redis.url to rediss://…, or redis.tls to require',
      'warning kubernetes: k:6443: encrypted, not verified (insecure-skip-tls-verify) → set certificate-authority of cluster prod in the kubeconfig, without insecure-skip-tls-verify',
      'warning gateway: gw:3000: not encrypted → set gateway.url to https://…',
      'warning prometheus: prom:9090: not encrypted → set prometheus.url to https://…',
      'warning evidence: minio:9000: not encrypted → set evidence.endpoint to https://…',
      'warning backups.rdsEndpoint: minio:9000: not encrypted → set backups.rdsEndpoint to https://…',
      'warning credentials: minio:9000: not encrypted → set credentials.endpoint to https://…',
      'warning channels.slackOps: chat: not encrypted → set channels.slackOps.webhook to https://…',
      'warning admin.stagingHealthUrl: staging: not encrypted → set admin.stagingHealthUrl to https://…',
      'warning proxy: proxy:3128: its login is not encrypted → set HTTPS_PROXY to https://…, or remove the login',
    ]);
  });

  test('reports a server with an unknown authority as encrypted and not verified', async () => {
    const [primary, replica] = await lines({});
    expect([primary, replica]).toEqual([
      expect.stringContaining('warning primary: db-primary.bentham.io:5432: encrypted, not verified'),
      expect.stringContaining('set database.replica.sslMode to verify-full, and sslRootCert'),
    ]);
    const [own] = await lines({ PGSSLROOTCERT: file('ca.crt', selfSigned('ca').cert) });
    expect(own).toBe('ok all: encrypted, and the server is verified');
    expect(await lines({ PGSSLROOTCERT: '/no/such' })).toContainEqual(
      expect.stringContaining('not verified: /no/such does not exist'),
    );
  });

  test('names unencrypted connections in an environment that is not guarded, kubernetes over http too', async () => {
    const kubeconfig = file('clear', kubeconfigOf('http://k:8080'));
    const found = await lines({ BENTHAM_PROFILE: 'staging', KUBECONFIG: kubeconfig });
    expect(found).toContainEqual(expect.stringContaining('sslMode prefer also connects without TLS'));
    expect(found).toContainEqual(
      expect.stringContaining('warning redis: redis-staging.bentham.io:6379: not encrypted'),
    );
    expect(found).toContainEqual(expect.stringContaining('warning kubernetes: k:8080: not encrypted → set server'));
  });

  test('names each connection that NODE_TLS_REJECT_UNAUTHORIZED leaves unverified', async () => {
    const found = await lines({ PGSSLMODE: 'verify-full' }, { NODE_TLS_REJECT_UNAUTHORIZED: '0' });
    expect(found.map((line) => line.split(':')[0])).toEqual([
      'warning redis',
      'warning kubernetes',
      'warning gateway',
      'warning admin.stagingHealthUrl',
      'ok others',
    ]);
  });

  test('has no warning for connections on this machine', async () => {
    const found = await lines({
      PGHOST: '127.0.0.1',
      BENTHAM_DATABASE_REPLICA: 'null',
      REDIS_URL: 'redis://localhost:7000',
      BENTHAM_GATEWAY_URL: 'http://[::1]:3000',
    });
    expect(found).toEqual([
      'ok on this machine: not encrypted or not verified: primary (127.0.0.1:5432), redis (localhost:7000), gateway ([::1]:3000)',
      'ok others: encrypted, and the server is verified',
    ]);
  });
});
