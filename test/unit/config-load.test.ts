import { expect, test } from 'vitest';
import type { Flags } from '../../src/config/flags.ts';
import { type Loaded, loadSettings } from '../../src/config/load.ts';
import type { Disk } from '../../src/config/place.ts';
import { describeProblem } from '../../src/config/problem.ts';

type Files = Record<string, string | { text: string; mode: number }>;

const disk = (files: Files): Disk => ({
  read: (path) => {
    const file = files[path];
    return typeof file === 'object' ? file.text : file;
  },
  mode: (path) => {
    const file = files[path];
    return file === undefined ? undefined : typeof file === 'object' ? file.mode : 0o600;
  },
});

const config = '/home/ops/.config/bentham-cockpit/config.yaml';

const load = ({ flags = {}, env = {}, files = {} }: { flags?: Flags; env?: Record<string, string>; files?: Files }) =>
  loadSettings({ flags, environment: env, home: '/home/ops', cwd: '/srv/bentham', disk: disk(files) });

function good(loaded: Loaded) {
  if (!loaded.ok) throw new Error(loaded.problems.map(describeProblem).join('\n'));
  const { settings } = loaded;
  return { ...loaded, settings, from: (path: string) => loaded.origins.get(path)?.says };
}

function problems(loaded: Loaded): string[] {
  return loaded.ok ? [] : loaded.problems.map(describeProblem);
}

test('without anything it is production, as the runbook says', async () => {
  const { settings, from } = good(await load({}));
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
});

test('staging has no replica and is not guarded', async () => {
  const { settings } = good(await load({ flags: { profile: 'staging' } }));
  expect(settings.database.replica).toBeUndefined();
  expect(settings).toMatchObject({
    environment: { name: 'STAGING', guarded: false },
    kubernetes: { namespace: 'bentham-staging' },
    gateway: { url: 'https://api-staging.bentham.io' },
  });
});

test('flags win over the environment, the environment over the file, the file over the profile', async () => {
  const files = { [config]: 'kubernetes:\n  namespace: of-file\n' };
  const env = { BENTHAM_KUBERNETES_NAMESPACE: 'of-environment' };
  const flags = { namespace: 'of-flag' };
  const namespace = (loaded: Loaded) => {
    const { settings, from } = good(loaded);
    return [settings.kubernetes.namespace, from('kubernetes.namespace')];
  };
  expect(namespace(await load({}))).toEqual(['bentham-prod', 'profile production']);
  expect(namespace(await load({ files }))).toEqual(['of-file', 'file config.yaml:2']);
  expect(namespace(await load({ files, env }))).toEqual(['of-environment', 'env BENTHAM_KUBERNETES_NAMESPACE']);
  expect(namespace(await load({ files, env, flags }))).toEqual(['of-flag', 'flag --namespace']);
  expect(namespace(await load({ files, env, flags: { set: ['kubernetes.namespace=set'] } }))).toEqual([
    'set',
    'flag --set',
  ]);
});

test('a profile of the file extends another, has its own name, and wins over the top of the file', async () => {
  const text = `
display: { bell: false }
kubernetes: { namespace: for-all }
profiles:
  eu:
    extends: production
    kubernetes: { namespace: bentham-eu }
    database:
      primary: { host: db-eu.bentham.io }
      replica: null
`;
  const { settings, from } = good(await load({ flags: { profile: 'eu' }, files: { [config]: text } }));
  expect(settings).toMatchObject({
    profile: 'eu',
    environment: { name: 'EU', guarded: true },
    display: { bell: false },
    kubernetes: { namespace: 'bentham-eu' },
    gateway: { url: 'https://api.bentham.io' },
    database: { primary: { host: 'db-eu.bentham.io' } },
  });
  expect(settings.database.replica).toBeUndefined();
  expect(from('database.primary.host')).toBe('file config.yaml:9');
  expect(from('environment.name')).toBe('profile eu');
  expect(good(await load({ files: { [config]: text } })).settings.kubernetes.namespace).toBe('for-all');
});

test('mistakes in the file are named with file, line, option, value and what would be right', async () => {
  const text = `kubernetes:
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
`;
  expect(problems(await load({ files: { [config]: text } }))).toEqual(
    [
      '2: kubernetes.namespce: there is no such option; did you mean kubernetes.namespace?',
      '5: database.primary.port = "5432": must be a whole number from 1 to 65535',
      '6: database.primary.sslMode = on: must be one of disable, allow, prefer, require, verify-ca, verify-full',
      '8: redis.url = http://redis: must be a URL that begins with redis:// or rediss://',
      '10: thresholds.p95: warning must not be above critical',
      '11: gateway = https://api: must be a section with url, healthPath, detailedHealthPath, studyPath, adminApiKey',
      '12: namespace: there is no such option; did you mean kubernetes.namespace?',
    ].map((line) => `${config}:${line}`),
  );
});
