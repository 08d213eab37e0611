// Users of an auth-provider: who signs them in, and for how long.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { selfSigned } from '../../simulator/certificate.ts';
import { obtain } from '../../src/data/kubernetes/credentials.ts';
import type { KubeTarget } from '../../src/data/kubernetes/kubeconfig.ts';
import { identityOf } from '../../src/data/kubernetes/oidc.ts';
import { signInOf } from '../../src/data/kubernetes/sign-in.ts';

const own = selfSigned('issuer');
let issuer = '';
/** What was shown to it: refresh tokens, and who showed them. */
let shown: (string | null)[] = [];
let clients: unknown[] = [];
/** What it takes. */
let methods: string[] | undefined;
/** What it answers; undefined: nothing, ever. */
let answer: (() => object) | undefined;

const server = createServer(own, async (req, res) => {
  const send = (body: object, status = 200) =>
    res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  if (req.url?.endsWith('/openid-configuration')) {
    const token_endpoint_auth_methods_supported = methods;
    return send({ issuer, token_endpoint: `${issuer}/token`, token_endpoint_auth_methods_supported });
  }
  let body = '';
  for await (const chunk of req) body += chunk;
  const form = new URLSearchParams(body);
  shown.push(form.get('refresh_token'));
  clients.push(req.headers.authorization ?? form.get('client_secret'));
  if (answer) send(answer(), 'error' in answer() ? 400 : 200);
});
beforeEach(async () => {
  shown = [];
  clients = [];
  methods = undefined;
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  issuer = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
});

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
/** An identity that ends in so many seconds. */
const identity = (lasts: number, id: string) => {
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss: issuer, aud: 'cockpit', sub: 'jane', iat: now, exp: now + lasts, jti: id };
  return `${part({ alg: 'RS256' })}.${part(claims)}.c2ln`;
};
const given = (lasts: number, id: string, refresh?: string) => ({
  access_token: 'x',
  token_type: 'bearer',
  expires_in: lasts,
  id_token: identity(lasts, id),
  refresh_token: refresh,
});
const target = (config: object): KubeTarget => ({
  context: 'c',
  cluster: { name: 'c', server: 'https://127.0.0.1:1', skipTLSVerify: false },
  user: {
    name: 'jane',
    authProvider: {
      name: 'oidc',
      config: {
        'client-id': 'cockpit',
        'idp-issuer-url': issuer,
        'idp-certificate-authority-data': Buffer.from(own.cert).toString('base64'),
        'refresh-token': 'first',
        ...config,
      },
    },
  },
});

test('a valid ID token is used without a request', async () => {
  const token = identity(600, 'one');
  const { headers } = await obtain(target({ 'id-token': token }));
  expect(headers).toEqual({ authorization: `Bearer ${token}` });
  expect(shown).toEqual([]);
});

test('an expired ID token is renewed once, with the newest refresh token', async () => {
  const before = target({ 'id-token': identity(-60, 'old') });
  const untouched = structuredClone(before);
  const signIn = signInOf(before);
  answer = () => given(600, 'new', 'second');
  const renewed = await signIn();
  expect([renewed, await signIn(), shown]).toEqual([renewed, renewed, ['first']]);
  // The kubeconfig has not changed: it is the same target for whoever compares.
  expect(before).toEqual(untouched);

  const short = signInOf(target({ 'id-token': identity(-60, 'old') }));
  for (const refresh of ['second', undefined, 'third']) {
    answer = () => given(-1, 'short', refresh);
    await short().catch(() => {});
  }
  expect(shown.slice(1)).toEqual(['first', 'second', 'second']);
});

test('a client with a secret sends it in the way that the issuer supports', async () => {
  for (methods of [undefined, ['client_secret_basic', 'client_secret_post'], ['client_secret_post'], ['none']]) {
    answer = () => given(600, 'new');
    await obtain(target({ 'id-token': identity(-60, 'old'), 'client-secret': 'a:b' }));
  }
  const header = `Basic ${Buffer.from('cockpit:a%3Ab').toString('base64')}`;
  expect(clients).toEqual([header, header, 'a:b', 'a:b']);
});

test.each<[string, object, object, RegExp, string]>([
  [
    'that the issuer refuses',
    { error: 'invalid_grant', error_description: 'session \u001b[2Jexpired' },
    {},
    /^sign-in at 127.0.0.1:\d+ failed: answered 400: session \S*expired$/,
    'LOGIN_REQUIRED',
  ],
  ['that nothing can renew', {}, { 'refresh-token': undefined }, /has expired/, 'LOGIN_REQUIRED'],
  ['of which nothing comes', {}, {}, /returned no ID token$/, 'LOGIN_REQUIRED'],
  [
    'of which more comes than anybody reads',
    { id_token: 'x'.repeat(2_000_000) },
    {},
    /^sign-in at \S+ failed: /,
    'CREDENTIALS',
  ],
  ['of an issuer in clear', {}, { 'idp-issuer-url': 'http://issuer.example' }, /not an https:/, 'CREDENTIALS'],
  ['of an issuer that nobody trusts', {}, { 'idp-certificate-authority-data': '' }, /self-signed/, 'CREDENTIALS'],
])('one %s is a fault, not a request without a name', async (_, body, config, message, code) => {
  answer = () => body;
  const failed = obtain(target({ 'id-token': identity(-60, 'old'), ...config }));
  await expect(failed).rejects.toMatchObject({ message: expect.stringMatching(message), code });
});

test('a hanging issuer ends at the deadline', async () => {
  answer = undefined;
  const { config } = target({ 'id-token': identity(-60, 'old') }).user.authProvider;
  await expect(identityOf(config, 200)()).rejects.toThrow(/^sign-in at \S+ failed: no answer in time$/);
});

test('an unknown provider is named', async () => {
  const { user, ...rest } = target({});
  const unknown = { ...rest, user: { ...user, authProvider: { name: 'sso\u001b[2J' } } };
  await expect(obtain(unknown)).rejects.toThrow(/^auth-provider sso\S* returned no token$/);
});

describe('the auth-providers gcp and azure', () => {
  const signedIn = async (name: string, config: Record<string, string>) => {
    const { user, ...rest } = target({});
    const given = { ...rest, user: { ...user, authProvider: { name, config } } };
    const before = structuredClone(given);
    const { headers } = await obtain(given);
    expect(given).toEqual(before);
    return headers.authorization;
  };
  const command = (script: string) => {
    writeFileSync(join(directory, 'token.sh'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    return { 'cmd-path': join(directory, 'token.sh'), 'token-key': '{.credential.token}' };
  };
  let directory = '';
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'bentham provider '));
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(directory, { recursive: true });
  });

  test('the token of the kubeconfig counts as long as it lasts', async () => {
    const later = new Date(Date.now() + 60_000);
    const failing = command('exit 1');
    expect(await signedIn('gcp', { ...failing, 'access-token': 'held' })).toBe('Bearer held');
    expect(await signedIn('gcp', { ...failing, 'access-token': 'held', expiry: later.toISOString() })).toBe(
      'Bearer held',
    );
    const seconds = String(Math.ceil(later.getTime() / 1000));
    expect(await signedIn('azure', { ...failing, 'access-token': 'held', 'expires-on': seconds })).toBe('Bearer held');
    const old = { ...failing, 'access-token': 'held', expiry: '2020-01-01T00:00:00Z' };
    await expect(signedIn('gcp', old)).rejects.toThrow(/token\.sh failed$/);
  });

  test('the command runs without a shell and without the secrets of the cockpit', async () => {
    vi.stubEnv('ADMIN_API_KEY', 'admin-secret');
    vi.stubEnv('CLOUDSDK_CONFIG', '/cloud');
    const prints = `printf '{"credential":{"token":"%s|%s|%s"}}' "$ADMIN_API_KEY" "$CLOUDSDK_CONFIG" "$*"`;
    const config = { ...command(prints), 'cmd-args': 'config  $(id) ;reboot' };
    expect(await signedIn('gcp', config)).toBe('Bearer |/cloud|config $(id) ;reboot');
  });

  test.each([
    ['echo >&2 "please log in"; exit 1', /token\.sh failed: please log in$/],
    ['echo no json', /^the output of .*token\.sh is not JSON$/],
    ['echo "{}"', /^auth-provider azure returned no token$/],
  ])('%s', async (script, message) => {
    await expect(signedIn('azure', command(script))).rejects.toThrow(message);
  });

  test('the command runs again when its token has ended, and not before', async () => {
    const { user, ...rest } = target({});
    const count = join(directory, 'count');
    const runs = async (expiry: string) => {
      writeFileSync(count, '');
      const prints = `echo x >>"${count}"; echo '{"credential":{"token":"t"},"token_expiry":"${expiry}"}'`;
      const signIn = signInOf({ ...rest, user: { ...user, authProvider: { name: 'gcp', config: command(prints) } } });
      await signIn();
      expect(await signIn()).toBe('Bearer t');
      return readFileSync(count, 'utf8').length / 2;
    };
    expect(await runs('2999-01-01T00:00:00Z')).toBe(1);
    expect(await runs('2020-01-01T00:00:00Z')).toBe(2);
    expect(await runs('')).toBe(1);
  });

  test('a command that does not exist is named', async () => {
    await expect(signedIn('gcp', { 'cmd-path': '/no/gcloud' })).rejects.toThrow('/no/gcloud not found');
  });
});
