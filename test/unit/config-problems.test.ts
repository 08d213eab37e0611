import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { loadSettings } from '../../src/config/load.ts';
import { options } from '../../src/config/options.ts';
import { describeProblem } from '../../src/config/problem.ts';
import { configJson, configText } from '../../src/config/show.ts';
import { distance, nearest } from '../../src/core/text/did-you-mean.ts';
import { configFile, good, load, mistakes } from '../support/configuration.ts';

test('mistakes in the file are named with line, option, value and a valid value', async () => {
  const yaml = `kubernetes:
  namespce: x
database:
  primary:
    port: "5432"
    sslMode: on
redis:
  url: http://redis
thresholds:
  p95: { warning: 900, critical: 100 }
gateway: https://api
namespace: bentham
contacts: [{ role: DBA, contact: x, escalation: y, phone: z }]
environment: { guarded: yes }
admin: { command: [] }
prometheus: { url: https://u:p@prometheus }
evidence: { endpoint: https://u:hush@s3 }
`;
  expect(await mistakes({ yaml })).toEqual([
    '2: kubernetes.namespce: unknown option; did you mean kubernetes.namespace?',
    '5: database.primary.port = "5432": must be a whole number from 1 to 65535',
    '6: database.primary.sslMode = on: must be one of disable, allow, prefer, require, verify-ca, verify-full',
    '8: redis.url = http://redis: must be a redis:// or rediss:// URL',
    '10: thresholds.p95: warning must not be above critical',
    expect.stringMatching(/^11: gateway = https:\/\/api: must be a section with url, \w+, /),
    '12: namespace: unknown option; did you mean kubernetes.namespace?',
    '13: contacts.0 = {"role":"DBA","contact":"x","escalation":"y","phone":"z"}: must be a list of { role, contact, escalation }',
    '14: environment.guarded = "yes": must be true or false',
    '15: admin.command = []: must be a list of strings',
    '16: prometheus.p95Query: is missing; it must be text: PromQL query for p95 in milliseconds',
    '16: prometheus.errorRateQuery: is missing; it must be text: PromQL query for the error rate, from 0 to 1',
    '17: evidence.endpoint = https://u:•••@s3: must be a URL without a user name and password in it',
  ]);
});

test('invalid YAML is named with its line', async () => {
  const found = async (yaml: string) => (await mistakes({ yaml })).join('\n');
  expect(await found('a: [1,\nb: 2')).toMatch(/^\d+: invalid YAML: /);
  expect(await found('kubernetes:\n\tnamespace: x')).toMatch(/^2: invalid YAML: /);
  expect(await found('- a\n- b')).toMatch(/^1: must be a section with environment/);
  expect(await found('just text')).toMatch(/^1: must be a section/);
  expect(await found('redis: *nowhere')).toBe('1: redis: no anchor &nowhere before it');
  expect(await found('')).toBe('');
  expect(await found('# nothing but a comment\n')).toBe('');
  expect(await found('$schema: ./schema.json')).toBe('');
});

test('errors of the YAML parser are translated for users', async () => {
  expect(await mistakes({ yaml: 'redis:\n  url: redis://a\n---\nredis: {}\n' })).toEqual([
    '3: a second document begins here (---): put everything in the first',
  ]);
  expect(await mistakes({ yaml: 'gateway: {}\ngateway: {}' })).toEqual([
    '2: gateway is given twice: merge both sections',
  ]);
  const nines = (of: string) => `[${Array(9).fill(`*${of}`).join(', ')}]`;
  const bomb = ['x-a: &a [x, x]', ...[...'bcdefg'].map((n, i) => `x-${n}: &${n} ${nines('abcdef'.charAt(i))}`)];
  expect(await mistakes({ yaml: `${bomb.join('\n')}\ncontacts: *g` })).toEqual([
    '8: contacts: expands to too much: write the values out',
  ]);
  expect(await mistakes({ yaml: 'contacts: [{ role: DBA }]' })).toEqual([
    '1: contacts.0.contact: is missing; contacts must be a list of { role, contact, escalation }',
    '1: contacts.0.escalation: is missing; contacts must be a list of { role, contact, escalation }',
  ]);
});

test('a byte order mark, Windows line ends and an end mark are valid', async () => {
  const { settings, from } = await good({ yaml: '\ufeff---\r\nkubernetes:\r\n  namespace: eu\r\n...\r\n' });
  expect(settings.kubernetes.namespace).toBe('eu');
  expect(from('kubernetes.namespace')).toBe('file config.yaml:3');
});

test('merge keys fill in what a section does not set; anchors may be defined below x-', async () => {
  const yaml = `x-login: &login { user: ops, sslMode: require }
x-office: &office { port: 6000, user: nobody }
database:
  primary:
    <<: [*login, *office]
    sslMode: verify-full
profiles:
  eu: &eu
    extends: staging
    kubernetes: { namespace: bentham-eu }
  us:
    <<: *eu
    kubernetes: { namespace: bentham-us }
`;
  const { settings, from } = await good({ yaml });
  expect(settings.database.primary).toMatchObject({ user: 'ops', port: 6000, sslMode: 'verify-full' });
  expect(from('database.primary.port')).toBe('file config.yaml:2');
  const us = await good({ yaml, flags: { profile: 'us' } });
  expect(us.settings.kubernetes.namespace).toBe('bentham-us');
  expect(us.settings.gateway.url).toBe('https://api-staging.bentham.io');
  expect(await mistakes({ yaml: 'x-a: &a { usr: x }\ndatabase: { primary: { <<: *a } }' })).toEqual([
    '1: database.primary.usr: unknown option; did you mean database.primary.user?',
  ]);
});

test('a file that is no configuration is refused quickly', async () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'bentham-config-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const file = path.join(directory, 'log');
  writeFileSync(file, 'kubernetes: {}\n'.repeat(200_000));
  const problem = async (config: string) => {
    const loaded = await loadSettings({ flags: { config }, environment: {}, home: '/nowhere', cwd: '/' });
    return loaded.ok ? [] : loaded.problems.map(describeProblem);
  };
  expect(await problem(file)).toEqual([`${file}: is longer than 1 MB: check that this is the right file`]);
  expect(await problem('/dev/zero')).toEqual(['/dev/zero: is a device, not a file']);
  expect(await problem(directory)).toEqual([`${directory}: is a directory, not a file`]);
});

test('anchors may be used', async () => {
  const yaml = 'database:\n  primary: &db { user: ops, host: a }\n  replica: *db\n';
  const { settings, from } = await good({ yaml });
  expect(settings.database.replica).toMatchObject({ user: 'ops', host: 'a' });
  expect(from('database.replica.user')).toBe('file config.yaml:2');
});

test('mistakes in unused profiles are found, too', async () => {
  const yaml = 'profiles:\n  eu:\n    gatway: {}\n  "no good!": {}\n  us: 5\n  x: { extends: [a], profile: eu }\n';
  expect(await mistakes({ yaml })).toEqual([
    '3: profiles.eu.gatway: unknown option; did you mean gateway?',
    '4: profiles.no good!: a profile name has only letters, digits, - and _',
    '5: profiles.us: must be a section, as in profiles: { eu: { extends: production, kubernetes: { … } } }',
    '6: profiles.x.profile: a profile cannot set profile; use extends',
    '6: profiles.x.extends: must be a profile name',
  ]);
});

test('flags with unknown options, sections or secrets are refused with a message', async () => {
  const set = [
    'kubernetes.namspace=x',
    'database=x',
    'redis.password=hush',
    'redis.url=redis://:hush@r',
    'incident.relay=redis://:hush@r',
    'prometheus.url=https://u:hush@p',
    'nonsense=hush',
  ];
  const found = await mistakes({ flags: { set } });
  expect(found).toEqual([
    'flag --set: kubernetes.namspace: unknown option; did you mean kubernetes.namespace?',
    'flag --set: database: is a section: give one of its options, as in database.primary=…',
    'flag --set: redis.password = •••: is a secret, and other users can see the command line: use BENTHAM_REDIS_PASSWORD or the configuration file',
    'flag --set: redis.url = •••: is a secret, and other users can see the command line: use BENTHAM_REDIS_PASSWORD or the configuration file',
    'flag --set: incident.relay = •••: is a secret, and other users can see the command line: use BENTHAM_INCIDENT_RELAY_PASSWORD or the configuration file',
    'flag --set: prometheus.url = •••: is a secret, and other users can see the command line: use BENTHAM_PROMETHEUS_URL or the configuration file',
    'flag --set: nonsense: unknown option',
  ]);
});

test('an unreadable file is an error, not a missing file', async () => {
  const { loadSettings } = await import('../../src/config/load.ts');
  const denied = Object.assign(new Error('EACCES'), { code: 'EACCES' });
  const disk = {
    read: () => {
      throw denied;
    },
    mode: () => undefined,
  };
  const loaded = await loadSettings({ flags: {}, environment: {}, home: '/home/ops', cwd: '/', disk });
  expect(loaded.ok ? [] : loaded.problems.map(describeProblem)).toEqual([
    `${configFile}: cannot be read: permission denied`,
  ]);
});

/** What an optional section with a secret in it cannot be without. */
const around = {
  BENTHAM_PROMETHEUS_URL: 'http://prometheus.local',
  BENTHAM_PROMETHEUS_P95_QUERY: 'p95',
  BENTHAM_PROMETHEUS_ERROR_RATE_QUERY: 'errors',
};
const secretOptions = [...options.values()].filter((option) => option.secret);

test('no secret is shown in the configuration or in errors, whatever its origin', () =>
  fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...secretOptions),
      fc.stringMatching(/^[a-zA-Z0-9]{16,30}$/),
      fc.constantFrom('env', 'file', 'flag', 'broken'),
      async ({ path, environment, kind }, secret, way) => {
        const isUrl = path.endsWith('webhook') || path.endsWith('webhooks.urls');
        const value = isUrl && way !== 'broken' ? `https://hooks.local/${secret}` : secret;
        const inFile = way === 'file' && kind !== 'list' ? value : [value];
        const names = path.split('.');
        const nested = (inner: unknown) => names.reduceRight<unknown>((at, name) => ({ [name]: at }), inner);
        const loaded = await load({
          env: way === 'env' ? { ...around, [environment]: value } : around,
          ...(way === 'flag' ? { flags: { set: [`${path}=${value}`] } } : {}),
          ...(way === 'file' || way === 'broken' ? { yaml: JSON.stringify(nested(inFile)) } : {}),
        });
        const text = loaded.ok
          ? configText(loaded) + JSON.stringify(configJson(loaded))
          : loaded.problems.map(describeProblem).join('\n');
        expect(text).not.toContain(secret);
        expect(text).toContain('•••');
        expect(loaded.ok).toBe(way === 'env' || way === 'file');
      },
    ),
    { numRuns: 60 },
  ));

test('no file and no value makes the loader throw', () =>
  fc.assert(
    fc.asyncProperty(fc.string(), fc.jsonValue(), fc.string({ unit: 'binary' }), async (yaml, json, text) => {
      await load({ yaml });
      await load({ yaml: JSON.stringify({ kubernetes: json, profiles: json, profile: json, redis: { url: text } }) });
      await load({ env: { DATABASE_URL: text, PGSERVICE: text, REDIS_URL: text, BENTHAM_CONTACTS: text } });
    }),
    { numRuns: 60 },
  ));

test('hostile text in a value does not reach the terminal', async () => {
  const [found] = await mistakes({ env: { BENTHAM_GATEWAY_URL: '\u001b[2Jhttp\u202e://x\n' } });
  expect(found).not.toMatch(/[\u001b\u202e\n]/);
});

test('suggestions allow for typing errors', () => {
  expect(distance('namespace', 'namespace')).toBe(0);
  expect(distance('namesapce', 'namespace')).toBe(1);
  expect(distance('nmespace', 'namespace')).toBe(1);
  expect(distance('', 'abc')).toBe(3);
  expect(nearest('prodution', ['staging', 'production'])).toBe('production');
  expect(nearest('nothing', ['staging', 'production'])).toBeUndefined();
});

/** Nine lines: each refers ten times to the one before it. */
const bomb = (refer: (names: string) => string) =>
  [...'abcdefghi']
    .map((name, at, all) => {
      const before = all[at - 1];
      return `x-${name}: &${name} ${before ? refer(Array(10).fill(`*${before}`).join(', ')) : '{ namespace: x }'}`;
    })
    .join('\n');

test.each([
  ['merges in a section', `${bomb((names) => `{ <<: [${names}] }`)}\nkubernetes: *i`],
  ['merges in a profile', `${bomb((names) => `{ <<: [${names}] }`)}\nprofiles: { eu: *i }`],
  ['a section that merges itself', 'kubernetes: &k { <<: *k }'],
  ['more references than anybody writes', `x-a: &a 1\nx-b: [${'*a, '.repeat(20_000)}]`],
])('%s are refused at once', async (_, yaml) => {
  expect(await mistakes({ yaml })).toEqual([
    expect.stringContaining('anchors and merges (&, *, <<) expand to too much: write the values out'),
  ]);
});

test('endless references in a list are refused', async () => {
  const yaml = `${bomb((names) => `[${names}]`)}\ncontacts: *i`;
  expect(await mistakes({ yaml })).toEqual(['10: contacts: expands to too much: write the values out']);
});

test('files of 60,000 keys, of 100,000 brackets and of no YAML at all are refused with a short message', async () => {
  const keys = Array.from({ length: 60_000 }, (_, at) => `k${at}: 1`).join('\n');
  const said = async (yaml: string) => (await mistakes({ yaml })).join('\n');
  expect(await said(keys)).toContain('has more than 10000 entries: check that this is the right file');
  for (const depth of [5_000, 100_000])
    for (const piece of ['[', '{a: ', '- '])
      expect(await said(`profiles: ${piece.repeat(depth)}`)).not.toMatch(/call stack|overflow|regular expression/i);
  expect(await mistakes({ yaml: `profiles: ${'['.repeat(100_000)}` })).toEqual(['1: invalid YAML: nested too deeply']);
  expect((await said('a: '.repeat(100_000))).split('\n').length).toBeLessThan(30);
});

test('a very long unknown name is refused at once, without a suggestion', async () => {
  const [said = ''] = await mistakes({ yaml: `? ${'k'.repeat(800_000)}\n: 1` });
  expect(said).toContain('kkkk');
  expect(said.length).toBeLessThan(2100);
});
