// `status` asks Kubernetes in a thread of its own, where there is another processor. What it says is the same without it,
// whatever becomes of the API server or of the thread.
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parse } from 'yaml';
import { kubernetesInThread, threadedSources } from '../../src/commands/status/worker-client.ts';
import type { Report } from '../../src/core/health/report.ts';
import { kubernetesSources } from '../../src/data/kubernetes/sources.ts';
import { ApiServer } from '../support/api-server.ts';

const file = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const launcher = file('bin/bentham-cockpit.cjs');

let home: string;
let server: ApiServer;
beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'bentham-thread-'));
  server = new ApiServer();
});
afterEach(async () => {
  await server.end();
  rmSync(home, { recursive: true, force: true });
});

const write = (name: string, text: string) => {
  const to = path.join(home, name);
  writeFileSync(to, text);
  return to;
};

/** Runs before anything else, in both threads. */
const preload = (text: string) => write('preload.cjs', `const threads = require('node:worker_threads');\n${text}`);

const kubeconfigOf = (api: ApiServer) => api.settings().kubernetes.kubeconfig ?? '';

type Ended = { code: number; stdout: string; stderr: string };

/** `status` with its thread, or by the first thread alone. */
function status({ alone = false, before = '', timeout = 60, kubeconfig = kubeconfigOf(server) } = {}): Promise<Ended> {
  const nowhere = 'http://127.0.0.1:1';
  const once = `require(${JSON.stringify(file('bin/kept.cjs'))}).runOnce(${JSON.stringify(file('dist/once.cjs'))}, 'status')`;
  const program = alone ? write('alone.cjs', once) : launcher;
  const env = {
    PATH: process.env.PATH,
    HOME: home,
    TMPDIR: home,
    NODE_OPTIONS: before === '' ? '' : `--require=${preload(before)}`,
    KUBECONFIG: kubeconfig,
    BENTHAM_CONFIG: '/dev/null',
    BENTHAM_GATEWAY_URL: nowhere,
    BENTHAM_ENVIRONMENT_GUARDED: 'false',
    BENTHAM_KUBERNETES_NAMESPACE: 'bentham',
    BENTHAM_DATABASE_REPLICA: 'null',
    PGHOST: '127.0.0.1',
    PGPORT: '1',
    REDIS_URL: 'redis://127.0.0.1:1',
    AWS_ENDPOINT_URL: nowhere,
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'id',
    AWS_SECRET_ACCESS_KEY: 'key',
    AWS_MAX_ATTEMPTS: '1',
  };
  return new Promise((resolve) => {
    const args = [program, 'status', '--json', '--timeout', String(timeout)];
    execFile(process.execPath, args, { env }, (error, stdout, stderr) => {
      resolve({ code: error ? (typeof error.code === 'number' ? error.code : -1) : 0, stdout, stderr });
    });
  });
}

/** What a report says of Kubernetes, without what differs from one run to the next: times, and how long was waited. */
function told({ code, stdout, stderr }: Ended) {
  const report = JSON.parse(stdout) as Report;
  const sources = report.sources.filter(({ fact }) =>
    ['cluster', 'pods', 'deployments', 'workloads', 'traffic'].includes(fact),
  );
  return {
    code,
    stderr,
    findings: report.findings.map(({ id, rule, verdict }) => [id, rule, verdict]),
    sources: sources.map(({ fact, state, fault }) => {
      const what = fault?.kind === 'timeout' ? undefined : fault?.what;
      return [fact, state, fault?.kind, fault?.where, what];
    }),
  };
}

const pod = {
  metadata: { name: 'one', uid: 'p', labels: { app: 'gate' } },
  spec: { containers: [{ name: 'api-gateway' }] },
  status: {
    phase: 'Running',
    containerStatuses: [{ name: 'api-gateway', state: { running: { startedAt: '2026-01-01T00:00:00Z' } } }],
  },
};
const gateway = { metadata: { name: 'api-gateway', uid: 'd' }, spec: { selector: { matchLabels: { app: 'gate' } } } };
const line = (ms: number, status = 200) =>
  `${new Date().toISOString()} {"res":{"statusCode":${status}},"responseTime":${ms}}\n`;

/** A namespace with these pods, whose log is written by `log`. */
function serves(log: (res: ServerResponse) => void, pods: readonly object[] = [pod]) {
  server.handle = ({ pathname }, res) => {
    if (pathname.endsWith('/log')) return log(res);
    if (pathname.endsWith('/deployments/api-gateway')) return void res.end(JSON.stringify(gateway));
    const items = pathname.endsWith('/pods') ? pods : pathname.endsWith('/deployments') ? [gateway] : [];
    res.end(JSON.stringify({ metadata: { resourceVersion: '1' }, items }));
  };
}
const wholeLog = (res: ServerResponse) => res.end(`${line(20)}${line(30)}${line(900, 503)}`);

const servers: Record<string, () => void> = {
  'all is there': () => serves(wholeLog),
  'a log that is cut': () => serves((res) => void res.write(line(20), () => res.destroy())),
  'lines of garbage': () => serves((res) => res.end(`\0\x1b[31m{{{\n${'x'.repeat(300_000)}\n{"res":\n${line(20)}`)),
  'no pods': () => serves(wholeLog, []),
  'a login that is refused': () => {
    server.version = (_, res) => res.writeHead(401).end('{}');
    server.handle = (_, res) => res.writeHead(401).end('{}');
  },
  'an API server that is frozen': () => {
    server.version = () => {};
    server.handle = () => {};
  },
  'an answer that is no JSON': () => {
    server.handle = (_, res) => res.end('<html>');
  },
};

test.each(Object.entries(servers))('%s: the same with the thread and without', async (name, prepare) => {
  prepare();
  await server.start();
  const timeout = name.includes('frozen') ? 20 : 60;
  const both = await Promise.all([status({ timeout }), status({ timeout, alone: true })]);
  const [threaded, alone] = both.map(told);
  expect(threaded).toEqual(alone);
  expect(threaded?.stderr).toBe('');
});

test('the thread has the sources of Kubernetes, by their names', () => {
  const names = (all: readonly { id: string; facts: readonly string[] }[]) => all.map(({ id, facts }) => [id, facts]);
  const settings = server.settings();
  const prometheus = { url: 'http://127.0.0.1:1', p95Query: 'a', errorRateQuery: 'b' };
  for (const each of [settings, { ...settings, prometheus }])
    expect(names(threadedSources(each))).toEqual(names(kubernetesSources(each)));
});

const inThread = (text: string) => `if (!threads.isMainThread) { ${text} }`;

test.runIf(availableParallelism() > 1)('the thread tells each fact of Kubernetes', async () => {
  serves(wholeLog);
  await server.start();
  const heard = path.join(home, 'heard');
  const ended = await status({
    before: inThread(`const { parentPort } = threads;
      const post = parentPort.postMessage.bind(parentPort);
      parentPort.postMessage = (message) => {
        require('node:fs').appendFileSync(${JSON.stringify(heard)}, message.news.fact + '\\n');
        post(message);
      };`),
  });
  expect(ended.stderr).toBe('');
  const facts = new Set(readFileSync(heard, 'utf8').trim().split('\n'));
  expect([...facts].sort()).toEqual(['cluster', 'deployments', 'pods', 'traffic', 'workloads']);
});

test.each([
  ['cannot be started', `threads.Worker = class { constructor() { throw new Error('EAGAIN'); } };`],
  ['ends before it is asked', inThread('process.exit(1);')],
  ['fails before it is asked', inThread(`throw new Error('spoilt');`)],
  ['ends before it tells anything', inThread('threads.parentPort.postMessage = () => process.exit(1);')],
  [
    'runs out of memory when it has told a part',
    `const { Worker, parentPort } = threads;
      threads.Worker = class extends Worker {
        constructor(file, options) {
          super(file, { ...options, resourceLimits: { maxOldGenerationSizeMb: 40 } });
        }
      };
      const post = parentPort?.postMessage.bind(parentPort);
      let told = 0;
      if (post) parentPort.postMessage = (message) => {
        post(message);
        told += 1;
        if (told === 2) for (const all = []; ; ) all.push(new Array(100000).fill(told));
      };`,
  ],
])('a thread that %s: the first one asks itself', async (_, before) => {
  serves(wholeLog);
  await server.start();
  const expected = told(await status({ alone: true }));
  expect(told(await status({ before }))).toEqual(expected);
});

test('a credential plugin that does not answer ends with status', async () => {
  await server.start();
  const pid = path.join(home, 'pid');
  const config = parse(readFileSync(kubeconfigOf(server), 'utf8'));
  const [user] = config.users;
  user.user = {
    exec: {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: 'sh',
      args: ['-c', `echo $$ > ${pid}; exec sleep 600`],
      interactiveMode: 'Never',
    },
  };
  const kubeconfig = write('kubeconfig', JSON.stringify(config));
  const { sources } = told(await status({ kubeconfig, timeout: 5 }));
  expect(sources[0]).toEqual(['cluster', 'lost', 'forbidden', expect.any(String), expect.stringContaining('sh')]);
  const plugin = readFileSync(pid, 'utf8').trim();
  await expect.poll(() => existsSync(`/proc/${plugin}`)).toBe(false);
});

test('a thread that had ended before anybody listened: the first one asks itself', async () => {
  serves(wholeLog);
  await server.start();
  const thread = new Worker('process.exit()', { eval: true });
  await new Promise((resolve) => thread.once('exit', resolve));
  const settings = server.settings({ intervals: { timeout: 20_000 } });
  const over = new AbortController();
  const sources = kubernetesInThread(thread, settings, async () => kubernetesSources(settings, { once: true }));
  const heard = new Set<string>();
  const running = sources.map((source) => source.start(({ fact }) => heard.add(fact), over.signal));
  await expect.poll(() => heard.size).toBe(5);
  over.abort();
  await Promise.all(running.map(({ ended }) => ended));
});

test('a thread that stands still: unknown, in time', async () => {
  serves(wholeLog);
  await server.start();
  const still = inThread('Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);');
  const { code, sources, stderr } = told(await status({ before: still, timeout: 3 }));
  expect({ code, stderr }).toEqual({ code: 2, stderr: '' });
  const late = (fact: string, where: string) => [fact, 'lost', 'timeout', where, undefined];
  expect(sources).toEqual([
    late('cluster', 'kubernetes'),
    late('pods', 'kubernetes pods'),
    late('deployments', 'kubernetes pods'),
    late('workloads', 'kubernetes workloads'),
    late('traffic', 'gateway logs'),
  ]);
});
