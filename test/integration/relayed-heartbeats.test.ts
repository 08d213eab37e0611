// Cockpits of one incident on several hosts tell each other that the API server lives. Each has a way of its own to it, on
// which its watches are: one that fails is found by its own heartbeats before anything turns stale.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Settings } from '../../src/config/settings.ts';
import { staleAfterBeat } from '../../src/data/kubernetes/connection.ts';
import { kubernetesSources } from '../../src/data/kubernetes/sources.ts';
import type { Source, SourceUpdate } from '../../src/data/source.ts';
import { ApiServer, type Handler } from '../support/api-server.ts';
import { eventually } from '../support/eventually.ts';
import { Middleman } from '../support/proxy.ts';
import { endRedis, installed, started } from '../support/redis-server.ts';
import { admits, cockpit, endCockpits, opens } from '../support/relay-cockpits.ts';
import { Socks } from '../support/socks.ts';

const answers: Handler = (_, res) => res.end('{"gitVersion":"v1.32.0"}');
let server: ApiServer;
let proxy: Socks;
let proxyPort = 0;
let directory = '';
let answer: Handler;
/** The logins of the heartbeats that came. */
let beats: string[] = [];
const ways: Middleman[] = [];

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'bentham-beats-'));
  server = new ApiServer();
  beats = [];
  answer = answers;
  server.version = (url, res, req) => {
    beats.push(String(req.headers.authorization));
    answer(url, res, req);
  };
  server.handle = ({ pathname, searchParams }, res) => {
    if (!pathname.endsWith('/pods')) res.writeHead(404).end('{}');
    else if (searchParams.get('watch') === 'true') res.flushHeaders();
    else res.end('{"metadata":{"resourceVersion":"1"},"items":[{"metadata":{"name":"a","uid":"a"}}]}');
  };
  await server.start();
  proxy = new Socks();
  proxyPort = Number((await proxy.start()).split(':').at(-1));
});
afterEach(async () => {
  await endCockpits();
  await Promise.all(ways.splice(0).map((way) => way.stop()));
  await proxy.end();
  await server.end();
  await endRedis();
  rmSync(directory, { recursive: true });
});

/** A cockpit on a host of its own, with a login and a way of its own. */
async function host(name: string, relay: number) {
  const way = await Middleman.before('127.0.0.1', proxyPort);
  ways.push(way);
  const { kubernetes } = server.settings();
  const kubeconfig = JSON.parse(readFileSync(kubernetes.kubeconfig ?? '', 'utf8'));
  kubeconfig.clusters[0].cluster['proxy-url'] = `socks5://127.0.0.1:${way.port}`;
  kubeconfig.users = [{ name: 'u', user: { token: name } }];
  const file = join(directory, name);
  writeFileSync(file, JSON.stringify(kubeconfig), { mode: 0o600 });
  const news: SourceUpdate[] = [];
  const heard = (source: Source): Source => ({
    ...source,
    start: (tell, signal) =>
      source.start((one) => {
        news.push(one);
        tell(one);
      }, signal),
  });
  const looks = {
    settings: { kubernetes: { kubeconfig: file, namespace: 'bentham' }, intervals: { timeout: 1500 } },
    sources: (of: Settings) =>
      kubernetesSources(of, { shared: true })
        .filter(({ facts }) => facts.some((fact) => fact === 'cluster' || fact === 'pods'))
        .map(heard),
  };
  const made = await cockpit(name, relay, { looks });
  const of = (fact: string) => news.filter((one) => one.fact === fact);
  return { name, made, way, of, last: (fact: string) => of(fact).at(-1) };
}

type Host = Awaited<ReturnType<typeof host>>;

const isFault = (one: SourceUpdate | undefined) => one !== undefined && 'fault' in one;
const isTold = (one: SourceUpdate | undefined) => one !== undefined && 'from' in one && / on /.test(one.from);

/** Waits until each has got so many more heartbeats. */
const go = (all: readonly Host[], more: number) =>
  Promise.all(
    all.map(({ of }) => {
      const { length } = of('cluster');
      return eventually(() => expect(of('cluster').length).toBeGreaterThanOrEqual(length + more));
    }),
  );

const areTold = (all: readonly Host[]) =>
  Promise.all(
    all.map(({ of }) => {
      const { length } = of('cluster');
      return eventually(() => expect(of('cluster').slice(length).some(isTold)).toBe(true));
    }),
  );

async function sharing(): Promise<[Host, Host, Host]> {
  const { port } = await started();
  const ana = await host('ana', port);
  ana.made.do(opens);
  const [ben, eva] = [await host('ben', port), await host('eva', port)];
  await admits(ana.made, ben.made, eva.made);
  const all: [Host, Host, Host] = [ana, ben, eva];
  await areTold(all);
  return all;
}

describe.skipIf(!installed)('over redis-server', () => {
  test('three send less than twice what one does, each its own, and nothing gets stale', async () => {
    const all = await sharing();
    const [before, shown] = [beats.length, all.map(({ of }) => of('cluster').length)];
    await go(all, 8);
    const looks = Math.max(...all.map(({ of }, at) => of('cluster').length - (shown[at] ?? 0)));
    expect(beats.length - before).toBeLessThan(looks * 2);
    expect(new Set(beats.slice(before))).toEqual(new Set(['Bearer ana', 'Bearer ben', 'Bearer eva']));
    for (const { of } of all) {
      // Nor would anything be if only its own counted.
      const own = of('cluster').filter((one) => !isTold(one));
      for (const some of [of('cluster'), own])
        for (const [i, { at }] of some.entries()) expect(at - (some[i - 1]?.at ?? at)).toBeLessThan(staleAfterBeat);
    }
  });

  test.each(['freezes', 'refuses'] as const)('a host whose way %s says so; the others go on', async (manner) => {
    const [ana, ben, eva] = await sharing();
    const { length } = eva.of('cluster');
    await eva.way.be(manner);
    await eventually(() => expect(isFault(eva.last('pods'))).toBe(true));
    // Its own heartbeat is due after one that it is told, at the latest; one may have been under way.
    expect(eva.of('cluster').length - length).toBeLessThanOrEqual(4);
    await areTold([ana, ben]);
    expect([ana, ben].some(({ last }) => isFault(last('cluster')) || isFault(last('pods')))).toBe(false);
    await go([eva], 2);
    expect(isFault(eva.last('cluster'))).toBe(true);
    await eva.way.be('works');
    await areTold([eva]);
    await eventually(() => expect(isFault(eva.last('pods'))).toBe(false));
  });

  test('a server that freezes is lost for all of them, and found again by all', async () => {
    const all = await sharing();
    const shown = all.map(({ of }) => of('cluster').length);
    answer = () => {};
    await Promise.all(all.map(({ last }) => eventually(() => expect(isFault(last('pods'))).toBe(true))));
    for (const [at, { of }] of all.entries()) expect(of('cluster').length - (shown[at] ?? 0)).toBeLessThanOrEqual(3);
    answer = answers;
    await areTold(all);
    for (const { last } of all) await eventually(() => expect(isFault(last('pods'))).toBe(false));
  });

  test('each keeps the clock that it has seen itself', async () => {
    const all = await sharing();
    // The server answers each host with another time, as if these were the hosts' clocks.
    answer = (_, res, { headers }) => {
      const ahead = ['Bearer ana', 'Bearer ben', 'Bearer eva'].indexOf(String(headers.authorization)) + 1;
      res.setHeader('date', new Date(Date.now() + ahead * 3_600_000).toUTCString()).end('{"gitVersion":"v1.32.0"}');
    };
    await go(all, 4);
    await areTold(all);
    for (const [at, { of }] of all.entries()) {
      const told = of('cluster').filter(isTold).at(-1);
      const offset = told?.fact === 'cluster' && 'value' in told ? (told.value.clockOffset ?? 0) : 0;
      expect(Math.round(offset / 3_600_000)).toBe(at + 1);
    }
  });
});
