// `status --timeout`: the time runs from the start of the process, however long a busy machine took to start it.
import { existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ulid } from 'ulid';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { lateHint, lookOnce } from '../../src/commands/status/look.ts';
import { Journal } from '../../src/data/journal/journal.ts';
import { ApiServer } from '../support/api-server.ts';

let server: ApiServer;
beforeEach(() => {
  server = new ApiServer();
});
afterEach(() => server.end());

/** A busy machine may give the look no turn to say so itself. */
const brief = expect.stringMatching(/^(timed out after 0\.\d s|no answer within \d s)$/);

const nowhere = 'http://127.0.0.1:1';
const frozen = async () => {
  server.version = () => {};
  server.handle = () => {};
  await server.start();
  return server.settings({
    evidence: { endpoint: nowhere, region: 'eu-west-1' },
    backups: { rdsEndpoint: nowhere },
    credentials: { endpoint: nowhere },
    redis: { url: 'redis://127.0.0.1:1' },
    database: { primary: { host: '127.0.0.1', port: 1 } },
  });
};

test('the time before a check counts towards its deadline, and each check ends before the command', async () => {
  const look = await lookOnce(await frozen(), 3000, () => 2000);
  const { cluster } = look.world.readings;
  await look.end();
  expect(cluster).toMatchObject({ state: 'lost', fault: { kind: 'timeout', what: brief } });
});

test('after a slow start the backends still get a part of the deadline', async () => {
  const look = await lookOnce(await frozen(), 2000, () => 60_000);
  const { cluster, redis } = look.world.readings;
  await look.end();
  expect(cluster).toMatchObject({ state: 'lost', fault: { what: brief } });
  expect(redis).toMatchObject({ state: 'lost', fault: { kind: 'refused' } });
});

/** A journal with an incident that is open, and one that is over. */
async function journalWith(directory: string): Promise<void> {
  const writer = { user: 'ana', name: 'ana', host: 'here' };
  const journal = new Journal({ place: { directory }, writer, environment: 'production' });
  await journal.open();
  const [over, open] = [ulid(), ulid()];
  await journal.append({ kind: 'opened', title: 'Was slow', severity: 4, why: '' }, over);
  await journal.append({ kind: 'resolved', why: 'fast again' }, over);
  await journal.append({ kind: 'opened', title: 'API down', severity: 1, why: '' }, open);
  await journal.append({ kind: 'severity', severity: 2, why: 'one surface answers' }, open);
  await journal.close();
}

test('the look reads which incidents are open, and says so where the journal cannot be read', async () => {
  const home = mkdtempSync(path.join(tmpdir(), 'bentham-look-'));
  const directory = path.join(home, 'journal');
  const settings = await frozen();
  const journalAt = async (given: string) => {
    const look = await lookOnce({ ...settings, journal: { ...settings.journal, directory: given } }, 3000, () => 2000);
    await look.end();
    return look.journal;
  };
  try {
    expect(await journalAt(directory)).toEqual({ incidents: [] });
    expect(existsSync(directory)).toBe(false);
    await journalWith(directory);
    expect(await journalAt(directory)).toEqual({
      incidents: [expect.objectContaining({ title: 'API down', severity: 'SEV2', commander: ['ana'], control: 'ana' })],
    });
    const link = path.join(home, 'link');
    symlinkSync(directory, link);
    expect(await journalAt(link)).toEqual({
      fault: { what: expect.stringContaining(link), hint: expect.stringContaining('journal.directory') },
    });
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});

test('more time is advised only if little was given', () => {
  expect(lateHint(5000)).toBe('allow more time: --timeout 15');
  for (const given of [15_000, 60_000]) expect(lateHint(given)).not.toContain('--timeout');
});

/** A namespace of which every list is there; `lists` counts those under way, `sockets` the connections. */
async function answering(holding: (url: URL) => Promise<void> = async () => {}) {
  const seen = { most: 0, underWay: 0, sockets: new Set<unknown>() };
  const pod = { metadata: { name: 'one', uid: 'p', labels: { app: 'gate' } } };
  const gateway = {
    metadata: { name: 'api-gateway', uid: 'd' },
    spec: { selector: { matchLabels: { app: 'gate' } } },
  };
  server.handle = async (url, res, req) => {
    seen.sockets.add(req.socket);
    seen.underWay += 1;
    seen.most = Math.max(seen.most, seen.underWay);
    await holding(url);
    seen.underWay -= 1;
    const items = url.pathname.endsWith('/pods') ? [pod] : url.pathname.endsWith('/deployments') ? [gateway] : [];
    if (url.pathname.endsWith('/deployments/api-gateway')) res.end(JSON.stringify(gateway));
    else res.end(JSON.stringify({ metadata: { resourceVersion: '1' }, items }));
  };
  await server.start();
  return seen;
}

const kubernetesFacts = ['cluster', 'pods', 'deployments', 'workloads'] as const;
const unhurried = { intervals: { timeout: 20_000, traffic: 50 } };

test('a single look lists everything once over few connections, and watches nothing', async () => {
  const seen = await answering(
    // The deployments come last: only then it is known whose the pod is.
    ({ pathname }) => new Promise((resolve) => setTimeout(resolve, pathname.endsWith('/deployments') ? 300 : 20)),
  );
  const look = await lookOnce(server.settings(unhurried), 60_000, () => 0, kubernetesFacts);
  const { pods, workloads } = look.world.readings;
  await look.end();
  expect(pods).toMatchObject({ state: 'live', value: [{ name: 'one', app: 'api-gateway' }] });
  expect(workloads).toMatchObject({ state: 'live', value: { unseen: [] } });
  const paths = server.asked.map((url) => `${url.pathname}?${url.searchParams.get('fieldSelector') ?? ''}`);
  expect(server.asked.filter((url) => url.searchParams.has('watch'))).toEqual([]);
  expect(new Set(paths).size).toBe(paths.length);
  expect(paths.length).toBeGreaterThan(10);
  expect(seen.most).toBeLessThanOrEqual(6);
  expect(seen.sockets.size).toBeLessThanOrEqual(6);
});

test('a single look opens Kubernetes before it loads the next client, and loads none that it does not ask', async () => {
  await answering();
  vi.resetModules();
  const order: string[] = [];
  vi.doMock('../../src/data/redis/source.ts', async (original) => {
    order.push('redis is loaded');
    return await original();
  });
  vi.doMock('../../src/data/postgres/sources.ts', () => {
    throw new Error('nobody asked for it');
  });
  const { Connection } = await import('../../src/data/kubernetes/connection.ts');
  const open = Connection.prototype.open;
  vi.spyOn(Connection.prototype, 'open').mockImplementation(function (this: typeof Connection.prototype) {
    if (order.length === 0) order.push('Kubernetes is opened');
    return open.call(this);
  });
  const fresh = await import('../../src/commands/status/look.ts');
  const look = await fresh.lookOnce(
    server.settings({ ...unhurried, redis: { url: 'redis://127.0.0.1:1' } }),
    60_000,
    () => 0,
    ['cluster', 'redis'],
  );
  await look.end();
  vi.doUnmock('../../src/data/redis/source.ts');
  vi.doUnmock('../../src/data/postgres/sources.ts');
  vi.restoreAllMocks();
  expect(look.world.readings.cluster.state).toBe('live');
  expect(order).toEqual(['Kubernetes is opened', 'redis is loaded']);
});

test('a list that does not come costs a single look only itself', async () => {
  await answering((url) => (url.pathname.endsWith('/cronjobs') ? new Promise(() => {}) : Promise.resolve()));
  const patient = { intervals: { timeout: 1000, traffic: 50 } };
  const look = await lookOnce(server.settings(patient), 4000, () => 0, kubernetesFacts);
  const { pods, workloads } = look.world.readings;
  await look.end();
  expect(pods).toMatchObject({ state: 'live' });
  expect(workloads).toMatchObject({ state: 'live', value: { unseen: [{ kinds: 'cronjobs' }] } });
});

/** A gateway with one pod and its log; `held` lists get no answer. Gives the sockets of lists, and that of the log. */
async function logging(held: readonly string[]) {
  const sockets = { lists: new Set<unknown>(), log: new Set<unknown>() };
  const meta = { name: 'one', uid: 'p', labels: { app: 'gate' } };
  const pod = {
    metadata: meta,
    spec: { containers: [{ name: 'api-gateway' }] },
    status: {
      phase: 'Running',
      containerStatuses: [{ name: 'api-gateway', state: { running: { startedAt: '2026-01-01T00:00:00Z' } } }],
    },
  };
  const gateway = { metadata: { name: 'api-gateway', uid: 'd' }, spec: { selector: { matchLabels: { app: 'gate' } } } };
  let answered = 0;
  server.handle = async (url, res, req) => {
    const { pathname } = url;
    if (pathname.endsWith('/log')) {
      sockets.log.add(req.socket);
      res.end(`${new Date().toISOString()} {"res":{"statusCode":200},"responseTime":20}\n`);
      return;
    }
    sockets.lists.add(req.socket);
    if (held.some((kind) => pathname.endsWith(kind))) return;
    if (pathname.endsWith('/deployments/api-gateway')) return void res.end(JSON.stringify(gateway));
    // The gateway's own pods are told last, when the lists need their connections no more.
    if (url.searchParams.has('labelSelector')) {
      while (performance.now() - answered < 500) await new Promise((resolve) => setTimeout(resolve, 20));
    } else answered = performance.now();
    const items = pathname.endsWith('/pods') ? [pod] : pathname.endsWith('/deployments') ? [gateway] : [];
    res.end(JSON.stringify({ metadata: { resourceVersion: '1' }, items }));
  };
  await server.start();
  return sockets;
}

const withTraffic = [...kubernetesFacts, 'traffic'] as const;

test('the log of a single look takes a connection that the lists have left', async () => {
  const sockets = await logging([]);
  const look = await lookOnce(server.settings(unhurried), 60_000, () => 0, withTraffic);
  await look.end();
  expect(look.world.readings.traffic).toMatchObject({ state: 'live', value: { served: 1 } });
  expect(sockets.log.size).toBe(1);
  expect([...sockets.log].every((socket) => sockets.lists.has(socket))).toBe(true);
});

test('lists that get no answer keep no log waiting, and a log takes none of their last connections', async () => {
  const sockets = await logging(['/statefulsets', '/daemonsets', '/jobs', '/cronjobs']);
  const look = await lookOnce(server.settings(unhurried), 8000, () => 0, withTraffic);
  await look.end();
  expect(look.world.readings.traffic).toMatchObject({ state: 'live', value: { served: 1 } });
  expect(sockets.log.size).toBe(1);
  expect([...sockets.log].some((socket) => sockets.lists.has(socket))).toBe(false);
});
