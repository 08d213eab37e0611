// What the shared AWS files say of a profile's login.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { awsProfile } from '../../src/data/aws/profile.ts';

let home = '';
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'bentham-aws-'));
  mkdirSync(join(home, '.aws'));
});
afterEach(() => rmSync(home, { recursive: true }));

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
