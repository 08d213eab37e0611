// What @kubernetes/client-node does otherwise than this product needs it: the reasons of docs/adr/0002-own-watch.md. Where
// one of these fails after an update, the library has learned it, and ours can go.
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { CoreV1Api, KubeConfig } from '@kubernetes/client-node';
import { newUsers } from '@kubernetes/client-node/dist/config_types.js';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { selfSigned } from '../../simulator/certificate.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'bentham-client-node-'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(directory, { recursive: true });
});

const write = (name: string, text: string): string => {
  const file = join(directory, name);
  writeFileSync(file, text);
  return file;
};
const cluster = 'clusters: [{name: c, cluster: {server: "https://c"}}]\n';
const signedIn = async (user: object) => {
  const config = new KubeConfig();
  config.loadFromClusterAndUser({ name: 'c', server: 'https://c', skipTLSVerify: true }, { name: 'u', ...user });
  const options: { headers?: Record<string, string>; key?: Buffer } = {};
  await config.applyToHTTPSOptions(options);
  return options;
};

test('it fails on a file of KUBECONFIG that is missing, and on a cluster that is in two', () => {
  const [one, two] = [write('one', cluster), write('two', cluster)];
  vi.stubEnv('KUBECONFIG', [one, join(directory, 'missing')].join(delimiter));
  expect(() => new KubeConfig().loadFromDefault()).toThrow('ENOENT');
  vi.stubEnv('KUBECONFIG', [one, two].join(delimiter));
  expect(() => new KubeConfig().loadFromDefault()).toThrow('Duplicate cluster');
});

test('it takes a key from a file where one stands in the kubeconfig too', async () => {
  const keyData = Buffer.from('data').toString('base64');
  expect((await signedIn({ keyFile: write('key', 'file'), keyData })).key?.toString()).toBe('file');
});

test('it knows no tokenFile, and of whom to act as only the name', () => {
  const user = { tokenFile: 'token', as: 'jane', 'as-uid': '7', 'as-groups': ['dev'] };
  const given = Object.entries(newUsers([{ name: 'u', user }])[0] ?? {}).filter(([, value]) => value);
  expect(given).toEqual([
    ['name', 'u'],
    ['impersonateUser', 'jane'],
  ]);
});

test('a credential plugin gets all secrets of the environment, is told nothing, and keeps a token that is refused', async () => {
  vi.stubEnv('PGPASSWORD', 'secret');
  const command = write(
    'plugin',
    '#!/bin/sh\nprintf \'{"status":{"token":"%s.%s.%s"}}\' $PGPASSWORD $KUBERNETES_EXEC_INFO $$\n',
  );
  chmodSync(command, 0o755);
  const config = new KubeConfig();
  config.loadFromClusterAndUser(
    { name: 'c', server: 'https://c', skipTLSVerify: true },
    { name: 'u', exec: { command } },
  );
  const ask = async () => {
    const options: { headers?: Record<string, string> } = {};
    await config.applyToHTTPSOptions(options);
    return options.headers?.Authorization;
  };
  const first = await ask();
  expect(first).toMatch(/^Bearer secret\.\d+\.$/);
  expect(await ask()).toBe(first);
});

test('it renews no ID token of OpenID Connect', async () => {
  const ended = `e30.${Buffer.from('{"exp":1}').toString('base64url')}.x`;
  const config = { 'idp-issuer-url': 'https://i', 'client-id': 'c', 'refresh-token': 'r', 'id-token': ended };
  const renewing = signedIn({ authProvider: { name: 'oidc', config } });
  // kubernetes-client/javascript#2202
  await expect(renewing).rejects.toThrow('"server" must be an instance of URL');
});

test('its typed calls open a connection each, and lose the fields that a newer server has', async () => {
  const own = selfSigned('kubernetes');
  let connections = 0;
  const server = createServer(own, (_, res) =>
    res
      .writeHead(200, { 'content-type': 'application/json' })
      .end('{"kind":"Pod","spec":{"containers":[],"newField":1}}'),
  ).on('secureConnection', () => {
    connections += 1;
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const config = new KubeConfig();
  const caData = Buffer.from(own.cert).toString('base64');
  const address = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  config.loadFromClusterAndUser({ name: 'c', server: address, caData, skipTLSVerify: false }, { name: 'u' });
  const core = config.makeApiClient(CoreV1Api);
  for (const _ of [1, 2, 3]) {
    const pod = await core.readNamespacedPod({ name: 'p', namespace: 'n' });
    expect(Object.keys(JSON.parse(JSON.stringify(pod.spec)))).toEqual(['containers']);
  }
  expect(connections).toBe(3);
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
});
