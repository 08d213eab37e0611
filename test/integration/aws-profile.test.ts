// What the shared AWS files say of a profile's login.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type Settings, settingsSchema } from '../../src/config/settings.ts';
import { readBackups } from '../../src/data/aws/backups.ts';
import { s3Client } from '../../src/data/aws/clients.ts';
import { keysOfProcess } from '../../src/data/aws/credential-process.ts';
import { awsProbes } from '../../src/data/aws/doctor.ts';
import { awsProfile } from '../../src/data/aws/profile.ts';

let home = '';
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'bentham-aws-'));
  mkdirSync(join(home, '.aws'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true });
});

const config = `
# [profile commented]
[default]
region = eu-central-1
[profile people]
sso_session = bentham
[ profile  old ]
sso_start_url=https://x.awsapps.com/start
s3 =
  credential_process = /nested
[profile machine]
credential_process = "/opt/bin/login tool" --account 'a b'
[profile machine-keys]
credential_process = /opt/bin/login
aws_access_key_id = AKIA
[profile role]
role_arn = arn:aws:iam::1:role/x
credential_process = /opt/bin/login
[sso-session bentham]
sso_start_url = https://x
`;

it.each<[string | undefined, Record<string, string>, object]>([
  [undefined, {}, { name: 'default', sso: false, process: undefined }],
  ['people', {}, { name: 'people', sso: true, process: undefined }],
  ['old', {}, { sso: true, process: undefined }],
  [undefined, { AWS_PROFILE: 'people' }, { name: 'people', sso: true }],
  [undefined, { AWS_PROFILE: 'people', AWS_ACCESS_KEY_ID: 'AKIA' }, { sso: true }],
  ['machine', {}, { sso: false, process: `"/opt/bin/login tool" --account 'a b'` }],
  ['machine-keys', {}, { process: undefined }],
  ['role', {}, { process: undefined }],
  ['commented', {}, { sso: false, process: undefined }],
  ['bentham', {}, { sso: false }],
  ['credentials-only', {}, { process: '/opt/bin/other' }],
])('%s %j', async (profile, environment, expected) => {
  writeFileSync(join(home, '.aws', 'config'), config);
  writeFileSync(join(home, '.aws', 'credentials'), '[credentials-only]\r\ncredential_process = /opt/bin/other\r\n');
  expect(await awsProfile(profile, { HOME: home, ...environment })).toMatchObject(expected);
});

it('other files, or none', async () => {
  const file = join(home, 'elsewhere');
  writeFileSync(file, '[profile people]\nsso_session = x\n');
  expect(await awsProfile('people', { HOME: home, AWS_CONFIG_FILE: file })).toMatchObject({ sso: true });
  expect(await awsProfile('people', { HOME: '/nowhere' })).toEqual({ name: 'people', sso: false, process: undefined });
});

const keys = '{"Version":1,"AccessKeyId":"AKIA","SecretAccessKey":"s","Expiration":"2999-01-01T00:00:00Z"}';

/** The keys come from a script. */
function keysFrom(script: string): Settings {
  writeFileSync(join(home, '.aws', 'config'), `[default]\ncredential_process = sh ${join(home, 'login')}\n`);
  writeFileSync(join(home, 'login'), script);
  vi.stubEnv('HOME', home);
  vi.stubEnv('AWS_REGION', 'eu-central-1');
  for (const name of ['AWS_PROFILE', 'AWS_ACCESS_KEY_ID', 'AWS_CONFIG_FILE']) vi.stubEnv(name, undefined);
  return settingsSchema.parse({
    profile: 'test',
    environment: { name: 'TEST', guarded: false },
    kubernetes: { namespace: 'bentham' },
    gateway: { url: 'http://127.0.0.1:1' },
    database: { primary: { host: '127.0.0.1' } },
    redis: { url: 'redis://127.0.0.1' },
  });
}

it('a credential_process runs once for all clients, and without the secrets of the cockpit', async () => {
  vi.stubEnv('ADMIN_API_KEY', 'admin-secret');
  const settings = keysFrom(`env >>${join(home, 'environment')}; echo '${keys}'`);
  for (const _ of [1, 2]) {
    const client = await s3Client(settings, 1000);
    expect(await client.config.credentials()).toMatchObject({ accessKeyId: 'AKIA', secretAccessKey: 's' });
    client.destroy();
  }
  const environment = readFileSync(join(home, 'environment'), 'utf8');
  expect(environment).not.toContain('admin-secret');
  expect(environment.match(/^AWS_REGION=eu-central-1$/gm)).toHaveLength(1);
});

it('a look ends with its signal, however long a credential_process takes', async () => {
  const settings = keysFrom('exec sleep 20');
  const looks = [
    (signal: AbortSignal) => readBackups(settings, signal),
    ...awsProbes(settings, 60_000).map(({ run }) => run),
  ];
  expect(looks).toHaveLength(4);
  for (const look of looks) {
    const stop = new AbortController();
    const looking = look(stop.signal);
    setTimeout(() => stop.abort(), 50);
    // Else the process would be waited for.
    const late = new Promise((resolve) => setTimeout(resolve, 10_000, 'late').unref());
    expect(await Promise.race([looking, late])).not.toBe('late');
  }
});

it.each([
  ['echo >&2 "session expired, run login"; exit 1', /^credential_process \S+ failed: session expired, run login$/],
  ['echo nothing', /^credential_process \S+ printed no credentials$/],
  ['echo "{}"', /^credential_process \S+ printed no credentials$/],
])('a credential_process that says %s', async (script, message) => {
  writeFileSync(join(home, 'login'), `${script}\n`);
  const failed = keysOfProcess(`sh ${join(home, 'login')}`);
  await expect(failed).rejects.toMatchObject({
    name: 'CredentialsProviderError',
    message: expect.stringMatching(message),
  });
});
