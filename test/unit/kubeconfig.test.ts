import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Cluster } from '../../src/data/kubernetes/client.ts';
import { loadTarget } from '../../src/data/kubernetes/kubeconfig.ts';
import { pause } from '../../src/data/source.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'bentham-kubeconfig-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const write = (name: string, text: string): string => {
  const file = join(directory, name);
  writeFileSync(file, text);
  return file;
};
const config = (name: string, server: string, user = 'token: sesame') => `
apiVersion: v1
kind: Config
current-context: ${name}
clusters: [{name: shared, cluster: {server: "${server}"}}]
contexts: [{name: ${name}, context: {cluster: shared, user: ${name}, namespace: x}}]
users: [{name: ${name}, user: {${user}}}]
`;

describe('a kubeconfig', () => {
  it('of a list: what is there twice counts once, the first; what is missing is passed by', async () => {
    const one = write('one', config('first', 'https://one:6443/'));
    const two = write('two', config('second', 'https://two:6443'));
    const kubeconfig = `${join(directory, 'missing')}:${one}:${two}`;
    expect(await loadTarget({ kubeconfig })).toMatchObject({
      ok: true,
      value: { context: 'first', cluster: { server: 'https://one:6443' }, user: { token: 'sesame' } },
    });
    expect(await loadTarget({ kubeconfig, context: 'second' })).toMatchObject({
      value: { context: 'second', cluster: { server: 'https://one:6443' }, user: { name: 'second' } },
    });
  });

  it('comes from KUBECONFIG, else from the home directory, else from the pod', async () => {
    const file = write('mine', config('mine', 'https://mine:6443'));
    expect(await loadTarget({}, { KUBECONFIG: file })).toMatchObject({ value: { context: 'mine' } });
    mkdirSync(join(directory, '.kube'));
    const inPod = { HOME: directory, KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443' };
    expect(await loadTarget({}, inPod)).toMatchObject({
      value: { context: 'in-cluster', cluster: { server: 'https://[fd00::1]:443' } },
    });
    write('.kube/config', config('home', 'https://home:6443'));
    expect(await loadTarget({}, inPod)).toMatchObject({ value: { context: 'home' } });
  });

  it('names files relative to itself', async () => {
    const user = 'client-certificate: pki/me.crt, client-key-data: a2V5, tokenFile: ./token';
    const file = write('config', config('c', 'https://c', user));
    expect(await loadTarget({ kubeconfig: file })).toMatchObject({
      value: {
        user: {
          certificate: { file: join(directory, 'pki/me.crt') },
          key: { data: Buffer.from('key') },
          tokenFile: join(directory, 'token'),
        },
      },
    });
  });

  it.each([
    ['', 'no current context'],
    ['{{', 'is not valid YAML'],
    ['current-context: gone\ncontexts: [{name: "a\\u001b[2J", context: {}}]', 'no context gone'],
    ['current-context: a\ncontexts: [{name: a, context: {cluster: none}}]', 'names no usable cluster'],
    [config('a', 'https://a').replace('user: a', 'user: nobody'), 'no user nobody'],
  ])('that is wrong is said, not thrown: %#', async (text, what) => {
    const outcome = await loadTarget({ kubeconfig: write('config', text) });
    expect(outcome).toMatchObject({ ok: false, fault: { kind: 'unconfigured', what: expect.stringContaining(what) } });
  });

  it('that is nowhere is said', async () => {
    expect(await loadTarget({}, { HOME: directory })).toMatchObject({
      ok: false,
      fault: { where: join(directory, '.kube', 'config'), what: 'no kubeconfig there' },
    });
  });
});

describe('credentials', () => {
  const signal = () => new AbortController().signal;
  const withServer = async (user: string, use: (cluster: Cluster, seen: (string | undefined)[]) => Promise<void>) => {
    const seen: (string | undefined)[] = [];
    let refuse = 0;
    const server = createServer((req, res) => {
      seen.push(req.headers.authorization);
      if (req.url === '/refuse-once' && refuse++ === 0) return res.writeHead(401).end('{}');
      return res.end('{}');
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const file = write('config', config('c', `http://127.0.0.1:${(server.address() as AddressInfo).port}`, user));
    const target = await loadTarget({ kubeconfig: file });
    if (!target.ok) throw new Error(target.fault.what);
    const cluster = new Cluster(target.value);
    try {
      await use(cluster, seen);
    } finally {
      await cluster.close();
      await new Promise((done) => server.close(done));
    }
  };
  const get = (cluster: Cluster, path = '/x') => cluster.get({ path, timeout: 5000, signal: signal(), to: 'look' });
  const plugin = (script: string) => {
    const file = write('plugin', `#!/bin/sh\n${script}\n`);
    chmodSync(file, 0o755);
    return 'exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin, env: [{name: WHO, value: me}]}';
  };

  it('of a token, a password and a token file are sent', async () => {
    await withServer('token: sesame', async (cluster, seen) => {
      await get(cluster);
      expect(seen).toEqual(['Bearer sesame']);
    });
    await withServer('username: u, password: p', async (cluster, seen) => {
      await get(cluster);
      expect(seen).toEqual([`Basic ${Buffer.from('u:p').toString('base64')}`]);
    });
    write('token', 'from-file\n');
    await withServer('tokenFile: token', async (cluster, seen) => {
      await get(cluster);
      expect(seen).toEqual(['Bearer from-file']);
    });
  });

  it('of a plugin are asked for once, and again when they are refused', async () => {
    const runs = join(directory, 'runs');
    const script = `echo run >> ${runs}; printf '{"status":{"token":"%s-%s"}}' "$WHO" $(wc -l < ${runs})`;
    await withServer(plugin(script), async (cluster, seen) => {
      await Promise.all([get(cluster), get(cluster)]);
      expect(await get(cluster, '/refuse-once')).toMatchObject({ ok: true });
      expect(seen).toEqual(['Bearer me-1', 'Bearer me-1', 'Bearer me-1', 'Bearer me-2']);
    });
  });

  it.each([
    ['echo sesame not found >&2; exit 3', 'failed: sesame not found'],
    ['echo nonsense', 'did not answer with JSON'],
  ])('that a plugin does not give are a fault: %s', async (script, what) => {
    await withServer(plugin(script), async (cluster) => {
      expect(await get(cluster)).toMatchObject({ fault: { kind: 'forbidden', what: expect.stringContaining(what) } });
    });
  });

  it('whose plugin or file is missing name it', async () => {
    await withServer('exec: {command: no-such-plugin-here, installHint: get it}', async (cluster) => {
      expect(await get(cluster)).toMatchObject({ fault: { what: 'no-such-plugin-here not found', hint: 'get it' } });
    });
    await withServer('tokenFile: gone', async (cluster) => {
      expect(await get(cluster)).toMatchObject({ fault: { what: expect.stringContaining('cannot read') } });
    });
  });
});

describe('an answer', () => {
  const answer = async (status: number, body: string) => {
    const server = createServer((_, res) => res.writeHead(status).end(body));
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const port = (server.address() as AddressInfo).port;
    const cluster = new Cluster({
      context: 'c',
      cluster: { name: 'c', server: `http://127.0.0.1:${port}`, insecure: false },
      user: { name: '' },
    });
    const outcome = await cluster.get({ path: '/x', timeout: 2000, to: 'list pods in bentham' });
    await cluster.close();
    await new Promise((done) => server.close(done));
    return outcome;
  };
  it.each([
    [401, '{}', { kind: 'forbidden', what: 'not signed in (401)' }],
    [403, '{"message":"nope"}', { kind: 'forbidden', hint: 'ask for the right to list pods in bentham' }],
    [404, '{"message":"pods \\"x\\" not found"}', { kind: 'malformed', what: 'not found (404): pods "x" not found' }],
    [503, '<html><b>Bad</b> gateway</html>', { kind: 'unreachable', what: 'answered 503: Bad gateway' }],
    [200, 'hello', { kind: 'malformed', what: 'answer is not JSON: hello' }],
  ])('of %i %s is a fault', async (status, body, fault) => {
    expect(await answer(status, body)).toMatchObject({ ok: false, fault });
  });
});

it('a handshake that hangs is given up in time, long before the connection is', async () => {
  const sockets: Socket[] = [];
  const server = createTcpServer((socket) => {
    sockets.push(socket);
    socket.resume().on('error', () => {});
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  const cluster = new Cluster({
    context: 'c',
    cluster: { name: 'c', server: `https://127.0.0.1:${port}`, insecure: true },
    user: { name: '' },
  });
  const never = new AbortController().signal;
  // Connecting is given up after five seconds.
  const late = pause(4000, never).then(() => 'late');
  const pulse = await Promise.race([cluster.pulse(200, never), late]);
  expect(pulse).toMatchObject({ ok: false, fault: { kind: 'timeout' } });
  await cluster.close();
  for (const socket of sockets) socket.destroy();
  await new Promise((done) => server.close(done));
});
