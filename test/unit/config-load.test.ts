import { expect, test } from 'vitest';
import { describeRedirection, profileNames } from '../../src/config/load.ts';
import { scopeOf } from '../../src/config/scope.ts';
import { configFile, type Given, good, load, mistakes } from '../support/configuration.ts';

test('without any configuration the profile is production', async () => {
  const { settings, from, redirected } = await good({});
  expect(settings).toMatchObject({
    profile: 'production',
    environment: { name: 'PRODUCTION', guarded: true, readOnly: false },
    kubernetes: { namespace: 'bentham-prod', deployments: { gateway: 'api-gateway' } },
    gateway: { url: 'https://api.bentham.io' },
    database: {
      primary: { host: 'db-primary.bentham.io', port: 5432, user: 'bentham' },
      replica: { host: 'db-replica.bentham.io', port: 5432, user: 'bentham' },
    },
    redis: { url: 'redis://redis.bentham.io:6379' },
    evidence: { bucket: 'bentham-evidence' },
    thresholds: { p95: { warning: 500, critical: 2000 }, queueDepth: { warning: 1000, critical: 5000 } },
    journal: { directory: '/home/ops/.local/state/bentham-cockpit/production' },
  });
  expect(from('profile')).toBe('default');
  expect(from('kubernetes.namespace')).toBe('profile production');
  expect(from('database.schema')).toBe('default');
  expect(from('kubernetes.context')).toBeUndefined();
  expect(redirected).toEqual([]);
});

test('staging has no replica and is not guarded', async () => {
  const { settings } = await good({ flags: { profile: 'staging' } });
  expect(settings.database.replica).toBeUndefined();
  expect(settings).toMatchObject({
    environment: { name: 'STAGING', guarded: false },
    kubernetes: { namespace: 'bentham-staging' },
    gateway: { url: 'https://api-staging.bentham.io' },
  });
});

test('flags win over the environment, the environment over the file, the file over the profile', async () => {
  const yaml = 'kubernetes:\n  namespace: of-file\n';
  const env = { BENTHAM_KUBERNETES_NAMESPACE: 'of-environment' };
  const flags = { namespace: 'of-flag' };
  const namespace = async (given: Given) => {
    const { settings, from } = await good(given);
    return [settings.kubernetes.namespace, from('kubernetes.namespace')];
  };
  expect(await namespace({})).toEqual(['bentham-prod', 'profile production']);
  expect(await namespace({ yaml })).toEqual(['of-file', 'file config.yaml:2']);
  expect(await namespace({ yaml, env })).toEqual(['of-environment', 'env BENTHAM_KUBERNETES_NAMESPACE']);
  expect(await namespace({ yaml, env, flags })).toEqual(['of-flag', 'flag --namespace']);
  const set = ['kubernetes.namespace=first', 'kubernetes.namespace=second'];
  expect(await namespace({ yaml, env, flags: { ...flags, set } })).toEqual(['second', 'flag --set']);
});

test('the profile is chosen in the same order', async () => {
  const yaml = 'profile: staging\nprofiles: { eu: { extends: production }, us: { extends: production } }';
  const profile = async (given: Given) => {
    const { settings, from } = await good(given);
    return [settings.profile, from('profile')];
  };
  expect(await profile({ yaml })).toEqual(['staging', 'file config.yaml:1']);
  expect(await profile({ yaml, env: { BENTHAM_PROFILE: 'eu' } })).toEqual(['eu', 'env BENTHAM_PROFILE']);
  const flags = { profile: 'us' };
  expect(await profile({ yaml, env: { BENTHAM_PROFILE: 'eu' }, flags })).toEqual(['us', 'flag --profile']);
});

test('a profile of the file extends another, has its own name, and wins over the top of the file', async () => {
  const yaml = `
display: { bell: false }
kubernetes: { namespace: for-all }
profiles:
  eu:
    extends: production
    kubernetes: { namespace: bentham-eu }
    database:
      primary: { host: db-eu.bentham.io }
      replica: null
  eu-canary:
    extends: eu
    environment: { name: CANARY }
`;
  const eu = await good({ flags: { profile: 'eu' }, yaml });
  expect(eu.settings).toMatchObject({
    profile: 'eu',
    environment: { name: 'EU', guarded: true },
    display: { bell: false },
    kubernetes: { namespace: 'bentham-eu' },
    gateway: { url: 'https://api.bentham.io' },
    database: { primary: { host: 'db-eu.bentham.io' } },
  });
  expect(eu.settings.database.replica).toBeUndefined();
  expect(eu.from('database.primary.host')).toBe('file config.yaml:9');
  expect(eu.from('environment.name')).toBe('profile eu');
  expect((await good({ yaml })).settings.kubernetes.namespace).toBe('for-all');
  const canary = await good({ flags: { profile: 'eu-canary' }, yaml });
  expect(canary.settings).toMatchObject({ environment: { name: 'CANARY' }, kubernetes: { namespace: 'bentham-eu' } });
});

test('a missing profile, a circular base and a missing base are named', async () => {
  expect(await mistakes({ flags: { profile: 'prodution' } })).toEqual([
    'flag --profile: profile = prodution: unknown profile; profiles: production, staging. Did you mean production?',
  ]);
  const yaml = 'profiles:\n  a: { extends: b }\n  b: { extends: a }\n  c:\n    extends: nowhere\n';
  expect(await mistakes({ yaml, flags: { profile: 'a' } })).toEqual(['3: profiles.b.extends: extends itself: a, b, a']);
  expect(await mistakes({ yaml, flags: { profile: 'c' } })).toEqual([
    '4: profiles.c.extends = nowhere: unknown profile; profiles: production, staging, a, b, c',
  ]);
  expect(await mistakes({ yaml, flags: { profile: '__proto__' } })).toHaveLength(1);
});

test('built-in profiles and those of the file can be chosen', async () => {
  const disk = { read: () => 'profiles: { eu: { extends: production }, staging: {} }', mode: () => 0o600 };
  const names = await profileNames({ flags: {}, environment: {}, home: '/home/ops', cwd: '/', disk });
  expect(names).toEqual(['production', 'staging', 'eu']);
});

test('a profile without a base names its missing options', async () => {
  const found = await mistakes({
    yaml: 'profiles: { bare: { redis: { url: redis://r } } }',
    flags: { profile: 'bare' },
  });
  expect(found.join('\n')).toContain('kubernetes.namespace: is missing');
  expect(found.join('\n')).toContain('gateway.url: is missing');
  expect(found.join('\n')).not.toContain('redis');
});

test('null unsets an optional value; an empty section changes nothing', async () => {
  const yaml = 'kubernetes:\ndatabase:\n  primary:\n  replica: null\nevidence: { region: null }\n';
  const { settings } = await good({ yaml, env: { BENTHAM_KUBERNETES_CONTEXT: 'prod' } });
  expect(settings.database.replica).toBeUndefined();
  expect(settings.kubernetes.namespace).toBe('bentham-prod');
  const unset = await good({
    env: { BENTHAM_DATABASE_REPLICA: 'null', AWS_REGION: 'eu-1', BENTHAM_EVIDENCE_REGION: 'null' },
  });
  expect(unset.settings.database.replica).toBeUndefined();
  expect(unset.settings.evidence.region).toBeUndefined();
  expect((await good({ flags: { set: ['database.replica=null'] } })).settings.database.replica).toBeUndefined();
  expect(await mistakes({ yaml: 'gateway: { url: null }' })).toEqual([
    '1: gateway.url: is missing; it must be text: base URL, without a path (runbook, Service Locations)',
  ]);
});

test('a path is relative to where it was set, and ~ is the home directory', async () => {
  const { settings } = await good({
    yaml: 'admin: { directory: ../bentham }\njournal: { directory: ~/journal }\nredis: { caFile: ca.pem }',
    env: { KUBECONFIG: 'kube/a::~/.kube/config', PGSSLROOTCERT: 'system' },
    flags: { set: ['redis.caFile=ca/redis.pem'] },
  });
  expect(settings.admin.directory).toBe('/home/ops/.config/bentham');
  expect(settings.journal.directory).toBe('/home/ops/journal');
  expect(settings.redis.caFile).toBe('/srv/bentham/ca/redis.pem');
  expect(settings.kubernetes.kubeconfig).toBe('/srv/bentham/kube/a:/home/ops/.kube/config');
  expect(settings.database.primary.sslRootCert).toBe('system');
});

test('the file is --config, BENTHAM_CONFIG or the default path; a named file must exist', async () => {
  const files = {
    [configFile]: 'kubernetes: { context: usual }',
    '/xdg/bentham-cockpit/config.yaml': 'kubernetes: { context: xdg }',
    '/srv/bentham/of-env.yaml': 'kubernetes: { context: env }',
    '/srv/bentham/of-flag.yaml': 'kubernetes: { context: flag }',
  };
  const context = async (given: Given) => (await good({ files, ...given })).settings.kubernetes.context;
  expect(await context({})).toBe('usual');
  expect(await context({ env: { XDG_CONFIG_HOME: '/xdg' } })).toBe('xdg');
  expect(await context({ env: { XDG_CONFIG_HOME: 'relative' } })).toBe('usual');
  expect(await context({ env: { BENTHAM_CONFIG: 'of-env.yaml' } })).toBe('env');
  expect(await context({ env: { BENTHAM_CONFIG: 'of-env.yaml' }, flags: { config: 'of-flag.yaml' } })).toBe('flag');
  expect(await mistakes({ flags: { config: 'gone.yaml' } })).toEqual([
    'flag --config: gone.yaml: file /srv/bentham/gone.yaml does not exist',
  ]);
});

test('targets that differ from the profile are named, except in a drill', async () => {
  const env = {
    PGHOST: 'localhost',
    REDIS_URL: 'redis://:pw@127.0.0.1:7000',
    BENTHAM_GATEWAY_URL: 'https://api.bentham.io',
  };
  const { redirected } = await good({ env, flags: { namespace: 'mine' } });
  expect(redirected.map(describeRedirection)).toEqual([
    'kubernetes.namespace is mine (flag --namespace), not bentham-prod',
    'database.primary.host is localhost (env PGHOST), not db-primary.bentham.io',
    'redis.url is redis://127.0.0.1:7000 (env REDIS_URL), not redis://redis.bentham.io:6379',
  ]);
  const drilled = await good({ env: { ...env, BENTHAM_DRILL: 'calm' } });
  expect(drilled.redirected).toEqual([]);
  expect(scopeOf(drilled.settings).redirected).toBeUndefined();
  // What the file says was meant; what the shell's variables say may be forgotten, and stands on every frame.
  const filed = await good({ env: { PGHOST: 'localhost' }, yaml: 'gateway: { url: https://eu }' });
  expect(filed.redirected).toHaveLength(2);
  expect(scopeOf(filed.settings).redirected).toEqual([
    'database.primary.host is localhost (env PGHOST), not db-primary.bentham.io',
  ]);
  expect(await mistakes({ env: {}, yaml: 'environment: { redirected: [x] }' })).toHaveLength(1);
});

test('an S3 endpoint implies path style unless it is set', async () => {
  const style = async (env: Record<string, string>) => (await good({ env })).settings.evidence.pathStyle;
  expect(await style({})).toBe(false);
  expect(await style({ AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:9000' })).toBe(true);
  expect(await style({ AWS_ENDPOINT_URL_S3: 'http://s3.local', BENTHAM_EVIDENCE_PATH_STYLE: 'no' })).toBe(false);
});

test('a file with secrets that others can read is used with a warning', async () => {
  const text = 'profiles: { production: { redis: { password: hush } } }';
  const open = await load({ files: { [configFile]: { text, mode: 0o644 } } });
  expect(open).toMatchObject({ ok: true, settings: { redis: { password: 'hush' } } });
  expect(open.warnings).toEqual([
    { source: configFile, right: `contains secrets and other users can read it: chmod 600 ${configFile}` },
  ]);
  expect((await load({ files: { [configFile]: { text, mode: 0o600 } } })).warnings).toEqual([]);
  const harmless = { text: 'display: { bell: false }', mode: 0o644 };
  expect((await load({ files: { [configFile]: harmless } })).warnings).toEqual([]);
});
