// A secret that is not the role's login as the runbook has it is left as it is: what reads it would lose its login.
import { expect, test } from 'vitest';
import { executeSecrets } from '../../src/data/aws/secrets.ts';
import type { ExecutionContext } from '../../src/data/call-result.ts';
import { awsAnsweredBy } from '../support/aws-endpoint.ts';

const login = { username: 'bentham', password: 'old/word' };

async function rotating(secret: object) {
  const asked: string[] = [];
  const given = await awsAnsweredBy((request, response) => {
    asked.push(String(request.headers['x-amz-target']).split('.')[1] ?? '');
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(secret));
  });
  const primary = { ...given.database.primary, host: '127.0.0.1', port: 1 };
  const settings = { ...given, database: { ...given.database, primary } };
  const { signal } = new AbortController();
  const means = { settings, signal, tell: () => undefined } as unknown as ExecutionContext;
  const call = {
    tool: 'secrets',
    do: { verb: 'rotate-password', secretId: 'bentham/db', username: 'bentham' },
  } as const;
  return { ...(await executeSecrets(call, means)), asked };
}

test.each([
  ['a text', { SecretString: 'old-password' }, 'is not a JSON object'],
  ['a list', { SecretString: '["bentham","old"]' }, 'is not a JSON object'],
  ['nothing in JSON', { SecretString: 'null' }, 'is not a JSON object'],
  ['an empty text', { SecretString: '' }, 'is not a JSON object'],
  ['a password that is none', { SecretString: '{"username":"bentham","password":5}' }, 'has no field "password"'],
  ['bytes', { SecretBinary: Buffer.from('old').toString('base64') }, 'is not a JSON object'],
  ['fields of other names', { SecretString: '{"DB_PASSWORD":"old"}' }, 'has no field "password"'],
  [
    'another login',
    { SecretString: JSON.stringify({ ...login, username: 'read\u001b[2Jer' }) },
    'is the login of read',
  ],
])('a secret with %s is not changed, nor the role', async (_, secret, why) => {
  const done = await rotating(secret);
  expect(done).toMatchObject({ outcome: 'failed', hint: expect.stringContaining('by hand') as string });
  expect(done.says).toContain(why);
  expect(JSON.stringify(done)).not.toMatch(/u001b|old/);
  expect(done.asked).toEqual(['GetSecretValue']);
});

test.each([
  ['nothing yet', {}],
  ['a weak password', { username: 'bentham', password: 'bentham', dbname: 'bentham' }],
  ['a password alone', { username: '', password: 'old' }],
  ['its login, and more', { ...login, host: 'db' }],
])('where it holds %s, the role is changed first', async (_, held) => {
  const done = await rotating({ SecretString: JSON.stringify(held) });
  // No database is there.
  expect(done).toMatchObject({ outcome: 'failed', says: expect.stringContaining('refused') as string });
  expect(done.asked).toEqual(['GetSecretValue']);
});
