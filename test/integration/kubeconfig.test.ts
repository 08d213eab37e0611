import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls, { type TLSSocket } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { selfSigned } from '../../simulator/certificate.ts';
import { Cluster } from '../../src/data/kubernetes/client.ts';
import { type KubeTarget, loadTarget } from '../../src/data/kubernetes/kubeconfig.ts';
import { pause } from '../../src/data/source.ts';
import { fileRequestsOf } from '../support/file-requests.ts';
import { Socks } from '../support/socks.ts';

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
  it('that refers to itself without end, or holds 60,000 keys, is refused or read at once', async () => {
    const lines = [...'abcdefghi'].map((name, at, all) =>
      at === 0 ? 'a: &a [1]' : `${name}: &${name} [${Array(10).fill(`*${all[at - 1]}`)}]`,
    );
    const bomb = write('bomb', `${lines.join('\n')}\n`);
    const what = expect.stringContaining('is not valid YAML');
    expect(await loadTarget({ kubeconfig: bomb })).toMatchObject({ ok: false, fault: { what } });
    for (const begin of ['[', '{a: ', '- ', '? ']) {
      const deep = write('deep', begin.repeat(3000));
      expect(await loadTarget({ kubeconfig: deep })).toMatchObject({ ok: false, fault: { what } });
    }
    const keys = Array.from({ length: 60_000 }, (_, at) => `k${at}: 1`).join('\n');
    const many = write('many', `${config('one', 'https://one:6443')}\n${keys}\n`);
    expect(await loadTarget({ kubeconfig: many })).toMatchObject({ ok: true });
  });

  it('of a list uses the first of duplicates, and skips missing files', async () => {
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

  it('that did not change is looked at, not read again, and one that was changed is', async () => {
    const kubeconfig = write('kept', config('one', 'https://one:6443'));
    const look = () => loadTarget({ kubeconfig });
    const named = (name: string) => ({ ok: true, value: { cluster: { server: `https://${name}:6443` } } });
    // The clock of the file system is coarse: what was just written may be written again.
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 10_000 });
    try {
      expect(await look()).toMatchObject(named('one'));
      expect(await fileRequestsOf(look)).toBe(1);
      const { atime, mtime } = statSync(kubeconfig);
      write('kept', config('two', 'https://two:6443'));
      utimesSync(kubeconfig, atime, mtime);
      expect(await look()).toMatchObject(named('two'));
      write('another', config('one', 'https://one:6443'));
      renameSync(join(directory, 'another'), kubeconfig);
      expect(await look()).toMatchObject(named('one'));
      rmSync(kubeconfig);
      expect(await look()).toMatchObject({ ok: false });
    } finally {
      vi.useRealTimers();
    }
  });

  it('comes from KUBECONFIG, else from the home directory, else from the pod', async () => {
    const file = write('mine', config('mine', 'https://mine:6443'));
    expect(await loadTarget({}, { KUBECONFIG: file })).toMatchObject({ value: { context: 'mine' } });
    mkdirSync(join(directory, '.kube'));
    const inPod = { HOME: directory, KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443' };
    for (const [name, value] of Object.entries(inPod)) vi.stubEnv(name, value);
    expect(await loadTarget({})).toMatchObject({
      value: {
        context: 'in-cluster',
        cluster: { server: 'https://[fd00::1]:443', caFile: '/var/run/secrets/kubernetes.io/serviceaccount/ca.crt' },
        user: { tokenFile: '/var/run/secrets/kubernetes.io/serviceaccount/token' },
      },
    });
    vi.unstubAllEnvs();
    write('.kube/config', config('home', 'https://home:6443'));
    expect(await loadTarget({}, inPod)).toMatchObject({ value: { context: 'home' } });
  });

  it('names files relative to itself', async () => {
    const user = 'client-certificate: pki/me.crt, client-key-data: a2V5, tokenFile: ./token';
    const file = write('config', config('c', 'https://c', user));
    expect(await loadTarget({ kubeconfig: file })).toMatchObject({
      value: {
        user: {
          certFile: join(directory, 'pki/me.crt'),
          keyData: Buffer.from('key').toString('base64'),
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
  ])('that is invalid is reported, not thrown: %#', async (text, what) => {
    const outcome = await loadTarget({ kubeconfig: write('config', text) });
    expect(outcome).toMatchObject({ ok: false, fault: { kind: 'unconfigured', what: expect.stringContaining(what) } });
  });

  it.each([
    [2, 'current-context: a\ncontexts: ]\n', 'is not valid YAML'],
    [6, 'current-context: a\ncontexts:\n- name: a\n  context:\n    user: b\n    cluster: none\n', 'no usable cluster'],
    [6, config('a', 'https://a').replace('user: a', 'user: nobody'), 'no user nobody'],
    [5, config('a', 'no url'), 'no usable cluster'],
    [6, config('a', '').replace(/^clusters.*/m, 'clusters:\n- name: shared'), 'no usable cluster'],
    [5, config('a', 'https://a').replace('server:', 'proxy-url: "no url", server:'), 'has an invalid proxy-url'],
  ])('that is invalid is reported with its line, %i', async (line, text, what) => {
    const file = write('config', text);
    const fault = { where: `${file}:${line}`, what: expect.stringContaining(what) };
    expect(await loadTarget({ kubeconfig: file })).toMatchObject({ ok: false, fault });
  });

  it('with another value instead of a text ignores it', async () => {
    const user = 'token: [1], username: {a: 1}, client-key-data: 5, exec: no, as-groups: no, token-file: {}';
    const file = write(
      'config',
      config('a', 'https://a', user).replace('server:', 'certificate-authority: {}, server:'),
    );
    const loaded = await loadTarget({ kubeconfig: file });
    const plain = loaded.ok ? JSON.parse(JSON.stringify(loaded.value)) : loaded;
    expect(plain).toEqual({
      context: 'a',
      cluster: { name: 'shared', server: 'https://a', skipTLSVerify: false },
      user: { name: 'a' },
    });
  });

  it('that is missing is reported', async () => {
    expect(await loadTarget({}, { HOME: directory })).toMatchObject({
      ok: false,
      fault: { where: join(directory, '.kube', 'config'), what: 'no kubeconfig there' },
    });
  });
});

describe('credentials', () => {
  const signal = () => new AbortController().signal;
  const withServer = async (
    user: string,
    use: (cluster: Cluster, seen: (string | undefined)[], target: KubeTarget) => Promise<void>,
  ) => {
    const seen: (string | undefined)[] = [];
    raw = [];
    let refuse = 0;
    const server = createServer((req, res) => {
      seen.push(req.headers.authorization);
      raw.push(req.rawHeaders);
      if (req.url === '/refuse') return res.writeHead(401).end('{}');
      if (req.url === '/refuse-once' && refuse++ === 0) return res.writeHead(401).end('{}');
      return res.end('{}');
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const file = write('config', config('c', `http://127.0.0.1:${(server.address() as AddressInfo).port}`, user));
    const target = await loadTarget({ kubeconfig: file });
    if (!target.ok) throw new Error(target.fault.what);
    const cluster = new Cluster(target.value);
    try {
      await use(cluster, seen, target.value);
    } finally {
      await cluster.close();
      await new Promise((done) => server.close(done));
    }
  };
  let raw: string[][] = [];
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

  it('of an impersonated user are all sent: user, groups, uid and extra', async () => {
    const user = 'token: t, as: jane, as-uid: "7", as-groups: [dev, ops], as-user-extra: {Scopes: [view]}';
    await withServer(user, async (cluster) => {
      await get(cluster);
      const all = raw[0] ?? [];
      const of = (name: string) => all.filter((_, i) => i % 2 === 1 && all[i - 1]?.toLowerCase() === name);
      expect(of('impersonate-user')).toEqual(['jane']);
      expect(of('impersonate-uid')).toEqual(['7']);
      expect(of('impersonate-group').join(',')).toBe('dev,ops');
      expect(of('impersonate-extra-scopes')).toEqual(['view']);
    });
  });

  it('of a plugin are obtained without the cockpit’s passwords, webhooks and keys', async () => {
    const ours = ['PGPASSWORD', 'REDIS_URL', 'ADMIN_API_KEY', 'BENTHAM_CHANNELS_SLACK_OPS_WEBHOOK'];
    for (const name of [...ours, 'ITS_OWN']) vi.stubEnv(name, 'secret');
    const all = [...ours, 'ITS_OWN'].map((name) => `\${${name}-no}`).join('.');
    await withServer(plugin(`printf '{"status":{"token":"%s"}}' "${all}"`), async (cluster, seen) => {
      await get(cluster);
      expect(seen).toEqual(['Bearer no.no.no.no.secret']);
    });
    vi.unstubAllEnvs();
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
    ['echo "{}"', 'returned neither a token nor a certificate with its key'],
  ])('that a plugin does not return are a fault: %s', async (script, what) => {
    await withServer(plugin(script), async (cluster) => {
      expect(await get(cluster)).toMatchObject({ fault: { kind: 'forbidden', what: expect.stringContaining(what) } });
    });
  });

  it('that a plugin does not return are not requested again at once, by any connection', async () => {
    const runs = join(directory, 'failed-runs');
    await withServer(
      plugin(`echo run >> ${runs}; echo SSO session expired >&2; exit 255`),
      async (cluster, seen, target) => {
        const other = new Cluster(target);
        const answers = [...(await Promise.all([get(cluster), get(other)])), await get(cluster), await get(other)];
        for (const answer of answers)
          expect(answer).toMatchObject({
            fault: { code: 'CREDENTIALS', what: expect.stringMatching(/plugin failed: SSO session expired/) },
          });
        expect(readFileSync(runs, 'utf8')).toBe('run\n');
        // Whoever asks for it has a reason to hope.
        cluster.hasten();
        await get(cluster);
        expect(readFileSync(runs, 'utf8')).toBe('run\nrun\n');
        expect(seen).toEqual([]);
        await other.close();
      },
    );
  });

  it('that a server keeps refusing are renewed once', async () => {
    const runs = join(directory, 'refused-runs');
    const script = `echo run >> ${runs}; echo '{"status":{"token":"old"}}'`;
    await withServer(plugin(script), async (cluster) => {
      for (const _ of [1, 2, 3]) expect(await get(cluster, '/refuse')).toMatchObject({ fault: { kind: 'forbidden' } });
      expect(readFileSync(runs, 'utf8')).toBe('run\nrun\n');
    });
  });

  it('of a plugin that waits for a person name the plugin and its output, not the network', async () => {
    const runs = join(directory, 'waiting-runs');
    const go = join(directory, 'go');
    const script = `echo run >> ${runs}
      printf 'visit https://login.example/device and enter \\033[31mABCD\\n' >&2
      while [ ! -e ${go} ]; do sleep 0.05; done; echo '{"status":{"token":"late"}}'`;
    await withServer(plugin(script), async (cluster, seen) => {
      const soon = () => cluster.get({ path: '/x', timeout: 50, signal: signal(), to: 'look' });
      await expect.poll(soon).toMatchObject({
        fault: {
          kind: 'forbidden',
          code: 'LOGIN_REQUIRED',
          what: expect.stringMatching(
            /waiting for .*plugin; it may need your input; it says: visit https:.* enter ABCD$/,
          ),
          hint: expect.stringMatching(/kubectl --context \S+ version/),
        },
      });
      writeFileSync(go, '');
      expect(await get(cluster)).toMatchObject({ ok: true });
      expect(seen).toEqual(['Bearer late']);
      expect(readFileSync(runs, 'utf8')).toBe('run\n');
    });
  });

  it('of a plugin that must have a terminal are not waited for', async () => {
    const ran = join(directory, 'ran');
    const asking = plugin(`touch ${ran}`).replace(/}$/, ', interactiveMode: Always}');
    await withServer(asking, async (cluster) => {
      const what = expect.stringContaining('interactiveMode: Always');
      expect(await get(cluster)).toMatchObject({ fault: { kind: 'forbidden', what } });
      expect(existsSync(ran)).toBe(false);
    });
  });

  it('with a missing plugin or file name it', async () => {
    await withServer('exec: {command: no-such-plugin-here, installHint: get it}', async (cluster) => {
      expect(await get(cluster)).toMatchObject({ fault: { what: 'no-such-plugin-here not found', hint: 'get it' } });
    });
    await withServer('tokenFile: gone', async (cluster) => {
      expect(await get(cluster)).toMatchObject({ fault: { what: expect.stringContaining('gone does not exist') } });
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
      cluster: { name: 'c', server: `http://127.0.0.1:${port}`, skipTLSVerify: false },
      user: { name: '' },
    });
    const outcome = await cluster.get({ path: '/x', timeout: 2000, to: 'list pods in bentham' });
    await cluster.close();
    await new Promise((done) => server.close(done));
    return outcome;
  };
  it.each([
    [401, '{}', { kind: 'forbidden', what: 'not signed in (401)' }],
    [
      403,
      '{"message":"pods is forbidden: User \\"x\\" cannot list resource \\"pods\\" in API group \\"\\""}',
      { kind: 'forbidden', what: 'not allowed to list pods in bentham (403)' },
    ],
    [
      403,
      '{"message":"admission webhook \\"w\\" denied the request: on Fridays"}',
      { kind: 'forbidden', what: 'refused (403): admission webhook "w" denied the request: on Fridays' },
    ],
    [409, '{"message":"modified"}', { kind: 'malformed', what: 'conflict (409): modified' }],
    [429, '{"message":"Too many requests"}', { kind: 'limited', what: 'too many requests (429)' }],
    [404, '{"message":"pods \\"x\\" not found"}', { kind: 'malformed', what: 'not found (404): pods "x" not found' }],
    [404, '{"message":"no such API","details":{}}', { hint: 'this cluster does not serve that API' }],
    [404, '{"message":"gone","details":{"name":"x","kind":"pods"}}', { hint: 'check namespace and context' }],
    [403, '{"message":"exceeded quota: q, requested: pods=1"}', { hint: expect.stringContaining('ResourceQuota') }],
    [409, '{"message":"x","reason":"AlreadyExists"}', { what: 'exists already (409): x', hint: 'nothing to create' }],
    [422, '{"message":"bad","details":{"causes":[{"field":"spec.replicas"}]}}', { hint: 'fix spec.replicas' }],
    [422, '{"message":"bad"}', { what: 'not valid (422): bad', hint: 'fix the field that it names' }],
    [503, '<html><b>Bad</b> gateway</html>', { kind: 'unreachable', what: 'answered 503: Bad gateway' }],
    [200, 'hello', { kind: 'malformed', what: 'answer is not JSON: hello' }],
  ])('of %i %s is a fault', async (status, body, fault) => {
    expect(await answer(status, body)).toMatchObject({ ok: false, fault });
  });
});

it('a server that answers Retry-After is asked again, within the deadline', async () => {
  let asked = 0;
  const server = createServer((_, res) => {
    asked += 1;
    if (asked === 1) res.writeHead(429, { 'retry-after': '0' }).end('{}');
    else if (asked === 3) res.writeHead(503, { 'retry-after': '30' }).end('{}');
    // The other form of it: a date.
    else if (asked === 4) res.writeHead(429, { 'retry-after': new Date(Date.now() + 45_500).toUTCString() }).end('{}');
    else res.end('{"kind":"PodList"}');
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const port = (server.address() as AddressInfo).port;
  const cluster = new Cluster({
    context: 'c',
    cluster: { name: 'c', server: `http://127.0.0.1:${port}`, skipTLSVerify: false },
    user: { name: '' },
  });
  const ask = { path: '/x', timeout: 5000, to: 'list pods' };
  expect(await cluster.get(ask)).toMatchObject({ ok: true });
  expect(asked).toBe(2);
  // Longer than anybody waits here: told at once, and for how long.
  expect(await cluster.get(ask)).toMatchObject({ ok: false, status: 503, after: 30_000 });
  expect(asked).toBe(3);
  const late: unknown = await cluster.get(ask);
  expect(late).toMatchObject({ ok: false, status: 429, fault: { hint: expect.stringMatching(/^wait 4\d s/) } });
  await cluster.close();
  await new Promise((done) => server.close(done));
});

describe('a client certificate', () => {
  const withTls = async (
    use: (cluster: Cluster, seen: () => (string | undefined)[]) => Promise<void>,
    born: number,
  ) => {
    const own = selfSigned('kubernetes');
    const seen: (string | undefined)[] = [];
    const server = createTlsServer({ ...own, requestCert: true, rejectUnauthorized: false }, (req, res) => {
      const peer = (req.socket as TLSSocket).getPeerCertificate();
      seen.push(String(peer.subject?.CN));
      const valid = Date.parse(peer.valid_to) > Date.now() && String(peer.subject?.CN) !== 'old';
      return res.writeHead(valid ? 200 : 401).end('{}');
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as AddressInfo;
    const me = selfSigned(born < Date.now() ? 'me' : 'old', born);
    write('me.crt', me.cert);
    write('me.key', me.key);
    const ca = Buffer.from(own.cert).toString('base64');
    const file = write(
      'config',
      `current-context: c
clusters: [{name: prod, cluster: {server: "https://127.0.0.1:${port}", certificate-authority-data: ${ca}}}]
contexts: [{name: c, context: {cluster: prod, user: me}}]
users: [{name: me, user: {client-certificate: me.crt, client-key: me.key}}]
`,
    );
    const target = await loadTarget({ kubeconfig: file });
    if (!target.ok) throw new Error(target.fault.what);
    const cluster = new Cluster(target.value);
    await use(cluster, () => seen);
    await cluster.close();
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  };
  const ask = { path: '/x', timeout: 5000, to: 'look' };

  it('signs in, and an expired one is named', async () => {
    await withTls(async (cluster, seen) => {
      expect(await cluster.get(ask)).toMatchObject({ ok: true });
      expect(seen()).toEqual(['me']);
    }, Date.now() - 1000);
    await withTls(
      async (cluster) => {
        expect(await cluster.get(ask)).toMatchObject({
          fault: { what: 'client certificate expired 2020-02-01 (401)', hint: 'renew the certificate of context c' },
        });
      },
      Date.UTC(2020, 0, 2, 12),
    );
  });

  it('is read once for several connections', async () => {
    const read = vi.spyOn(tls, 'createSecureContext');
    try {
      await withTls(async (cluster, seen) => {
        read.mockClear();
        const answers = await Promise.all([1, 2, 3].map(() => cluster.get(ask)));
        expect(answers.every(({ ok }) => ok)).toBe(true);
        expect(seen()).toEqual(['me', 'me', 'me']);
        // Nor by each connection, which would ask for a context of its own.
        expect(read).not.toHaveBeenCalled();
      }, Date.now() - 1000);
    } finally {
      read.mockRestore();
    }
  });

  it('that was renewed in its file is used when the old one is refused', async () => {
    await withTls(async (cluster, seen) => {
      expect(await cluster.get(ask)).toMatchObject({ ok: false, status: 401 });
      const fresh = selfSigned('fresh');
      write('me.crt', fresh.cert);
      write('me.key', fresh.key);
      expect(await cluster.get(ask)).toMatchObject({ ok: true });
      expect(seen().at(-1)).toBe('fresh');
    }, Date.now() + 1000);
  });

  it('of a server with an unknown authority: the message names the kubeconfig to fix', async () => {
    const server = createTlsServer(selfSigned('other'), (_, res) => res.end('{}'));
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as AddressInfo;
    const cluster = new Cluster({
      context: 'c',
      cluster: { name: 'prod', server: `https://127.0.0.1:${port}`, skipTLSVerify: false },
      user: { name: '' },
    });
    expect(await cluster.get(ask)).toMatchObject({
      fault: { hint: 'compare certificate-authority of cluster prod in the kubeconfig' },
    });
    await cluster.close();
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  });
});

it('a server behind a SOCKS5 proxy is reached by its name, and its certificate is verified against tls-server-name', async () => {
  const own = selfSigned('kubernetes');
  const names: unknown[] = [];
  const server = createTlsServer(own, (req, res) => {
    names.push((req.socket as TLSSocket & { servername?: unknown }).servername);
    res.end('{}');
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  const socks = new Socks();
  const at = await socks.start();
  const ca = Buffer.from(own.cert).toString('base64');
  const ask = { path: '/x', timeout: 5000, to: 'look' };
  const reach = async (more: string) => {
    const file = write(
      'config',
      `current-context: c
clusters: [{name: c, cluster: {server: "https://kube.test:${port}", proxy-url: "socks5://${at}", certificate-authority-data: ${ca}${more}}}]
contexts: [{name: c, context: {cluster: c, user: ""}}]
`,
    );
    const target = await loadTarget({ kubeconfig: file });
    if (!target.ok) throw new Error(target.fault.what);
    const cluster = new Cluster(target.value);
    try {
      return await cluster.get(ask);
    } finally {
      await cluster.close();
    }
  };
  expect(await reach(', tls-server-name: localhost')).toMatchObject({ ok: true });
  expect(socks.asked).toEqual([`kube.test:${port}`]);
  expect(names).toEqual(['localhost']);
  expect(await reach('')).toMatchObject({
    fault: { what: 'certificate is for another host', hint: expect.stringContaining('tls-server-name') },
  });
  await socks.end();
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
});

it('an invalid proxy-url is reported', async () => {
  const file = write(
    'config',
    'current-context: c\nclusters: [{name: c, cluster: {server: "https://k", proxy-url: "no url"}}]\ncontexts: [{name: c, context: {cluster: c}}]\n',
  );
  expect(await loadTarget({ kubeconfig: file })).toMatchObject({
    fault: { what: 'cluster c has an invalid proxy-url' },
  });
});

it('a hanging handshake ends before the deadline of the connection', async () => {
  const sockets: Socket[] = [];
  const server = createTcpServer((socket) => {
    sockets.push(socket);
    socket.resume().on('error', () => {});
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  const cluster = new Cluster({
    context: 'c',
    cluster: { name: 'c', server: `https://127.0.0.1:${port}`, skipTLSVerify: true },
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
