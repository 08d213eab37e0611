import fc from 'fast-check';
import { expect, test } from 'vitest';
import { options } from '../../src/config/options.ts';
import { describeProblem } from '../../src/config/problem.ts';
import { good, load, mistakes } from '../support/configuration.ts';

const primary = async (env: Record<string, string>, files = {}) =>
  (await good({ env, files })).settings.database.primary;

test.each([
  ['KUBECONFIG', '/a:/b', 'kubernetes.kubeconfig'],
  ['REDISCLI_AUTH', 'hush', 'redis.password'],
  ['REDIS_URL', 'rediss://redis.local:6380/2', 'redis.url'],
  ['REDIS_USERNAME', 'ops', 'redis.username'],
  ['REDIS_PASSWORD', 'hush', 'redis.password'],
  ['AWS_PROFILE', 'bentham', 'evidence.awsProfile'],
  ['AWS_REGION', 'eu-central-1', 'evidence.region'],
  ['AWS_DEFAULT_REGION', 'eu-central-1', 'evidence.region'],
  ['AWS_ENDPOINT_URL', 'http://127.0.0.1:4566', 'evidence.endpoint'],
  ['AWS_ENDPOINT_URL', 'http://127.0.0.1:4566', 'backups.rdsEndpoint'],
  ['AWS_ENDPOINT_URL', 'http://127.0.0.1:4566', 'credentials.endpoint'],
  ['AWS_ENDPOINT_URL_S3', 'http://127.0.0.1:9000', 'evidence.endpoint'],
  ['AWS_ENDPOINT_URL_RDS', 'http://127.0.0.1:9001', 'backups.rdsEndpoint'],
  ['AWS_ENDPOINT_URL_SECRETS_MANAGER', 'http://127.0.0.1:9002', 'credentials.endpoint'],
  ['ADMIN_API_KEY', 'key', 'gateway.adminApiKey'],
  ['NO_COLOR', '1', 'display.theme'],
  ['PGHOST', '/var/run/postgresql', 'database.primary.host'],
  ['PGHOSTADDR', '10.0.0.7', 'database.primary.host'],
  ['PGUSER', 'ops', 'database.primary.user'],
  ['PGPASSWORD', 'hush', 'database.primary.password'],
  ['PGDATABASE', 'other', 'database.primary.database'],
  ['PGSSLMODE', 'verify-full', 'database.primary.sslMode'],
  ['PGSSLROOTCERT', '/ca.pem', 'database.primary.sslRootCert'],
  ['PGSSLCERT', '/me.pem', 'database.primary.sslCert'],
  ['PGSSLKEY', '/me.key', 'database.primary.sslKey'],
])('%s=%s gives %s', async (variable, value, path) => {
  const { settings, from } = await good({ env: { [variable]: value } });
  const got = path.split('.').reduce<unknown>((at, name) => (at as Record<string, unknown>)[name], settings);
  expect(got).toBe(variable === 'NO_COLOR' ? 'mono' : value);
  expect(from(path)).toBe(`env ${variable}`);
});

test('BENTHAM_ wins over other variables; an empty variable counts as unset', async () => {
  const { settings, from } = await good({
    env: { PGPORT: '6000', BENTHAM_DATABASE_PRIMARY_PORT: '7000', PGUSER: '', ADMIN_API_KEY: 'a' },
  });
  expect(settings.database.primary).toMatchObject({ port: 7000, user: 'bentham' });
  expect(from('database.primary.port')).toBe('env BENTHAM_DATABASE_PRIMARY_PORT');
});

test('every option has its own variable', () => {
  const names = [...options.values()].map((option) => option.environment);
  expect(new Set(names).size).toBe(names.length);
  expect(names).toContain('BENTHAM_ENVIRONMENT_READ_ONLY');
  expect(names).toContain('BENTHAM_CHANNELS_PAGER_DUTY_ROUTING_KEY');
  for (const name of names) expect(name).toMatch(/^BENTHAM_[A-Z0-9_]+$/);
});

test('variables are read by the option’s kind', async () => {
  const { settings } = await good({
    env: {
      BENTHAM_ENVIRONMENT_READ_ONLY: 'yes',
      BENTHAM_DISPLAY_BELL: '0',
      BENTHAM_INTERVALS_TIMEOUT: '750',
      BENTHAM_THRESHOLDS_ERROR_RATE_WARNING: '0.5',
      BENTHAM_ADMIN_COMMAND: 'pnpm --dir /srv',
      BENTHAM_LOG_FIELDS_REQUEST_ID: '["id","a b"]',
      BENTHAM_CONTACTS: '[{"role":"DBA","contact":"x","escalation":"always"}]',
    },
  });
  expect(settings).toMatchObject({
    environment: { readOnly: true },
    display: { bell: false },
    intervals: { timeout: 750 },
    thresholds: { errorRate: { warning: 0.5, critical: 5 } },
    admin: { command: ['pnpm', '--dir', '/srv'] },
    logFields: { requestId: ['id', 'a b'] },
    contacts: [{ role: 'DBA' }],
  });
});

test('a variable of the wrong kind is refused by its name', async () => {
  const env = { PGPORT: '54x', BENTHAM_DISPLAY_BELL: 'maybe', BENTHAM_INTERVALS_REDIS: '-1', PGHOST: 'a,b' };
  expect(await mistakes({ env })).toEqual([
    expect.stringMatching(/^env PGHOST: database\.primary\.host = a,b: give one host, the primary; /),
    'env PGPORT: database.primary.port = "54x": must be a whole number from 1 to 65535',
    'env BENTHAM_INTERVALS_REDIS: intervals.redis = -1: must be a whole number from 1',
    'env BENTHAM_DISPLAY_BELL: display.bell = "maybe": must be true or false',
  ]);
});

test('a misspelt BENTHAM_ variable causes a warning; a variable of the platform does not', async () => {
  const { warnings } = await load({ env: { BENTHAM_GATEWAY_ULR: 'x', BENTHAM_TENANT: 'y', BENTHAM_CONFG: '' } });
  expect(warnings.map((one) => `${one.source} ${one.right}`)).toEqual([
    'env BENTHAM_GATEWAY_ULR is not an option; did you mean BENTHAM_GATEWAY_URL?',
    'env BENTHAM_CONFG is not an option; did you mean BENTHAM_CONFIG?',
  ]);
});

test('the replica inherits the primary’s options except host and port', async () => {
  const env = {
    PGHOST: 'pg',
    PGPORT: '6000',
    PGUSER: 'ops',
    PGPASSWORD: 'hush',
    PGDATABASE: 'b',
    PGSSLMODE: 'require',
  };
  const { settings, from } = await good({ env, yaml: 'database: { replica: { user: reader } }' });
  expect(settings.database.replica).toEqual({
    host: 'db-replica.bentham.io',
    port: 5432,
    user: 'reader',
    password: 'hush',
    database: 'b',
    sslMode: 'require',
  });
  expect(from('database.replica.password')).toBe('env PGPASSWORD');
  expect((await good({ env, flags: { profile: 'staging' } })).settings.database.replica).toBeUndefined();
});

test('DATABASE_URL wins over PG*, part by part', async () => {
  const env = { PGHOST: 'of-pg', PGPASSWORD: 'of-pg', PGPORT: '1' };
  expect(
    await primary({
      ...env,
      DATABASE_URL: 'postgres://us%40er:p%3Aw@db.local:7000/app?sslmode=verify-ca&sslrootcert=ca.pem',
    }),
  ).toEqual({
    host: 'db.local',
    port: 7000,
    user: 'us@er',
    password: 'p:w',
    database: 'app',
    sslMode: 'verify-ca',
    sslRootCert: '/srv/bentham/ca.pem',
  });
  expect(await primary({ ...env, DATABASE_URL: 'postgresql://db.local' })).toMatchObject({
    host: 'db.local',
    port: 1,
    password: 'of-pg',
    database: 'bentham',
  });
  expect(await primary({ DATABASE_URL: 'postgresql:///app?host=/tmp/sockets&ssl=true' })).toMatchObject({
    host: '/tmp/sockets',
    database: 'app',
    sslMode: 'require',
  });
  expect(await primary({ DATABASE_URL: 'postgres://u@[::1]:5433/app' })).toMatchObject({ host: '::1', port: 5433 });
  for (const url of ['mysql://u:secret@h/db', 'postgres://u:secret@h:port/db', 'secret'])
    expect(await mistakes({ env: { DATABASE_URL: url } })).toEqual([
      'env DATABASE_URL: •••: must look like postgres://user@host:5432/database',
    ]);
});

test('DATABASE_URL may be keywords and values, as in libpq', async () => {
  const text = String.raw`host = db.local port=7000 user='us er' password='it\'s a \\' dbname=a\ b sslmode=''`;
  expect(await primary({ DATABASE_URL: text })).toMatchObject({
    host: 'db.local',
    port: 7000,
    user: 'us er',
    password: "it's a \\",
    database: 'a b',
  });
  expect(await mistakes({ env: { DATABASE_URL: "host=db password='open" } })).toEqual([
    'env DATABASE_URL: •••: must look like postgres://user@host:5432/database',
  ]);
});

test.each<Record<string, string>>([
  { DATABASE_URL: 'postgres://u:p@db1,db2:5433/app' },
  { DATABASE_URL: 'postgres://u:p@/app?host=db1,db2' },
  { DATABASE_URL: 'host=db1,db2 user=u' },
  { PGHOST: 'db1,db2' },
  { PGHOSTADDR: '10.0.0.1,10.0.0.2' },
])('a list of hosts is refused: %o', async (env) => {
  const [said = '', ...more] = await mistakes({ env });
  expect(said).toMatch(
    /^env \w+: database\.primary\.host = .*,.*: give one host, the primary; .*BENTHAM_DATABASE_REPLICA_HOST/,
  );
  expect(more).toEqual([]);
});

test('a list of ports is refused', async () => {
  expect(await mistakes({ env: { PGPORT: '5432,5433' } })).toEqual([
    'env PGPORT: database.primary.port = 5432,5433: give one port: that of the host',
  ]);
});

test('a libpq parameter that the cockpit ignores is named, wherever it is set', async () => {
  const { ignored, warnings } = await good({
    env: {
      PGTARGETSESSIONATTRS: 'read-write',
      PGAPPNAME: 'me',
      PGSERVICE: 'b',
      DATABASE_URL:
        'postgres://db/app?channel_binding=require&sslnegotiation=direct&keepalives_idle=5&connect_timeout=3&options=-c%20a%3Db&pool=5',
    },
    files: { '/home/ops/.pg_service.conf': '[b]\nuser=u\napplication_name=x\n' },
  });
  expect(warnings).toEqual([]);
  const said = ignored.map(describeProblem);
  for (const name of ['PGTARGETSESSIONATTRS: is not used: ', 'PGAPPNAME: is not used: '])
    expect(said).toContainEqual(expect.stringContaining(name));
  expect(said).toContainEqual(expect.stringMatching(/^~\/\.pg_service\.conf:3: application_name: is not used: /));
  for (const name of ['channel_binding', 'sslnegotiation', 'keepalives_idle', 'connect_timeout', 'options', 'pool'])
    expect(said).toContainEqual(expect.stringMatching(new RegExp(`^env DATABASE_URL: ${name}: is not used`)));
});

const service = `# services
[other]
host=elsewhere
[bentham]
host=db.service
port = 6001
dbname=of-service
password=p#w;d=1
sslmode=require
[bentham]
host=second
`;

test('PGSERVICE wins over PG* and is found where libpq finds it', async () => {
  const env = { PGSERVICE: 'bentham', PGHOST: 'of-pg', PGUSER: 'ops' };
  const files = { '/home/ops/.pg_service.conf': service };
  expect(await primary(env, files)).toMatchObject({
    host: 'db.service',
    database: 'of-service',
    password: 'p#w;d=1',
    sslMode: 'require',
    user: 'ops',
  });
  const { from } = await good({ env, files });
  expect(from('database.primary.host')).toBe('file ~/.pg_service.conf:5');
  expect(
    await primary({ ...env, PGSERVICEFILE: 'pg/services' }, { '/srv/bentham/pg/services': service }),
  ).toMatchObject({
    host: 'db.service',
  });
  expect(await primary({ ...env, PGSYSCONFDIR: '/etc/pg' }, { '/etc/pg/pg_service.conf': service })).toMatchObject({
    host: 'db.service',
  });
  expect(await primary({ DATABASE_URL: 'postgres://?service=bentham' }, files)).toMatchObject({ host: 'db.service' });
  expect(await mistakes({ env: { PGSERVICE: 'benthm' }, files })).toEqual([
    'env PGSERVICE: benthm: no service with this name in ~/.pg_service.conf; did you mean bentham?',
  ]);
});

const passwords = `# comment
db-replica.bentham.io:5432:*:*:of-replica
*:5432:bentham:ops:with\\:colon\\\\and:more
*:*:*:bentham:of-bentham
localhost:*:*:socket:of-socket
`;

test('a missing password comes from the first matching line of .pgpass', async () => {
  const files = { '/home/ops/.pgpass': passwords };
  const { settings, from } = await good({ files });
  expect(settings.database.primary.password).toBe('of-bentham');
  expect(settings.database.replica?.password).toBe('of-replica');
  expect(from('database.primary.password')).toBe('file ~/.pgpass:4');
  expect((await primary({ PGUSER: 'ops' }, files)).password).toBe('with:colon\\and:more');
  expect((await primary({ PGUSER: 'socket', PGHOST: '/run/pg' }, files)).password).toBe('of-socket');
  expect((await primary({ PGUSER: 'nobody' }, files)).password).toBeUndefined();
  expect((await primary({ PGPASSWORD: 'mine' }, files)).password).toBe('mine');
  const other = { '/srv/bentham/pw': '*:*:*:*:elsewhere' };
  expect((await primary({ PGPASSFILE: 'pw' }, other)).password).toBe('elsewhere');
});

test('a .pgpass that others can read is ignored with a warning, as in psql', async () => {
  const loaded = await good({ files: { '/home/ops/.pgpass': { text: passwords, mode: 0o640 } } });
  expect(loaded.settings.database.primary.password).toBeUndefined();
  expect(loaded.warnings[0]?.right).toContain('is ignored, as in psql: other users can read it. Run chmod 600');
  const odd = '/srv/$(id) x';
  const { warnings } = await good({
    env: { PGPASSFILE: odd },
    files: { [odd]: { text: passwords, mode: 0o640 } },
  });
  expect(warnings[0]?.right).toContain(`chmod 600 '${odd}'`);
});

test('any password survives .pgpass as libpq escapes it', () =>
  fc.assert(
    fc.asyncProperty(
      fc.string({ minLength: 1 }).filter((s) => !/[\r\n]/.test(s)),
      async (password) => {
        const escaped = password.replace(/[\\:]/g, '\\$&');
        const files = { '/home/ops/.pgpass': `*:*:*:*:${escaped}` };
        expect((await primary({}, files)).password).toBe(password);
      },
    ),
    { numRuns: 50 },
  ));

test('a Redis URL is split into parts that can be shown', async () => {
  const redis = async (env: Record<string, string>) => (await good({ env })).settings.redis;
  expect(await redis({ REDIS_URL: 'rediss://ops:p%40ss@redis.local:6380' })).toEqual({
    url: 'rediss://redis.local:6380',
    username: 'ops',
    password: 'p@ss',
  });
  expect(await redis({ REDIS_URL: 'redis://:of-url@r', REDIS_PASSWORD: 'of-variable' })).toEqual({
    url: 'redis://r',
    tls: 'require',
    password: 'of-variable',
  });
  const { settings } = await good({ yaml: 'redis: { url: "redis://:of-file@r:1/3" }' });
  expect(settings.redis).toEqual({ url: 'redis://r:1/3', tls: 'require', password: 'of-file' });
});

test('the URL of a relay is split in the same way, and needs TLS in a guarded environment beyond this host', async () => {
  const incident = async (env: Record<string, string>) => (await good({ env })).settings.incident;
  expect(await incident({ BENTHAM_INCIDENT_RELAY: 'rediss://ops:p%40ss@relay.local:6380' })).toMatchObject({
    relay: 'rediss://relay.local:6380',
    relayUsername: 'ops',
    relayPassword: 'p@ss',
  });
  expect(await incident({ BENTHAM_INCIDENT_RELAY: 'redis://relay.local' })).toMatchObject({ relayTls: 'require' });
  const here = await incident({ BENTHAM_INCIDENT_RELAY: 'redis://127.0.0.1:6379' });
  expect(here.relayTls).toBeUndefined();
  expect((await good({})).settings.incident.relay).toBeUndefined();
});
