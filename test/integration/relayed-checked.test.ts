// Cockpits of one incident on several hosts share the looks at a server that does not say who it is: each host also asks it
// itself, now and then, and believes the others only while it is answered and both say the same. A real relay and a real
// server; each host has a way of its own to it.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, describe, expect, test } from 'vitest';
import type * as z from 'zod';
import type { Settings } from '../../src/config/settings.ts';
import { networkFault } from '../../src/data/network.ts';
import { readPrometheus } from '../../src/data/prometheus/source.ts';
import { measured } from '../../src/data/shared-looks/schemas.ts';
import { shareLooks } from '../../src/data/shared-looks/shared-looks.ts';
import { poll, type Result, type Source, type SourceUpdate } from '../../src/data/source.ts';
import { eventually } from '../support/eventually.ts';
import { Middleman } from '../support/proxy.ts';
import { endRedis, installed, started } from '../support/redis-server.ts';
import { admits, cockpit, endCockpits, opens } from '../support/relay-cockpits.ts';

const every = 1000;
const timeout = 900;
type Measured = z.infer<typeof measured>;

type Asked = { answers: number; asked: string[]; port: number };

const servers: Server[] = [];
const ways: Middleman[] = [];
afterAll(async () => {
  await endCockpits();
  await Promise.all(ways.map((way) => way.stop()));
  for (const server of servers) server.closeAllConnections();
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  await endRedis();
});

/** A server that is asked: what it answers, and by whom it was asked, in order. */
async function served(): Promise<Asked> {
  const asked: string[] = [];
  const server = createServer(({ headers }, response) => {
    asked.push(String(headers['x-host']));
    response.end(`{"status":"success","data":{"resultType":"scalar","result":[1,"${made.answers}"]}}`);
  });
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const made = { answers: 10, asked, port: (server.address() as AddressInfo).port };
  return made;
}

async function readBy(name: string, port: number, signal: AbortSignal): Promise<Result<Measured>> {
  try {
    const headers = { 'x-host': name, connection: 'close' };
    const answer = await fetch(`http://127.0.0.1:${port}/`, { signal, headers });
    const read = readPrometheus(await answer.text());
    if ('problem' in read) throw new Error(read.problem);
    const rest = { samples: 0, sampling: 1, window: 300_000, source: 'prometheus' } as const;
    return { ok: true, value: { p95: read.value, ...rest } };
  } catch (error) {
    return { ok: false, fault: networkFault(error, 'the server') };
  }
}

/** A cockpit on a host of its own, with a way of its own to the server. */
async function host(name: string, { port }: Asked, relay: number, mine?: (value: Measured) => Measured) {
  const way = await Middleman.before('127.0.0.1', port);
  ways.push(way);
  const news: SourceUpdate[] = [];
  const source = (settings: Settings): Source => {
    const shared = poll({
      ...{ id: 'a server', fact: 'traffic', every, timeout, from: 'a server', where: 'a server' },
      read: async (signal) => {
        const read = await readBy(name, way.port, signal);
        return read.ok && mine ? { ok: true, value: mine(read.value) } : read;
      },
      sharing: shareLooks<Measured>(settings, {
        ...{ fact: 'traffic', parts: [], value: measured, every, timeout },
        check: { verdict: ({ p95 = 0 }) => (p95 > 100 ? 'slow' : 'fast'), within: 10_000 },
      }),
    });
    const start: Source['start'] = (tell, signal) => {
      const running = shared.start((one) => {
        news.push(one);
        tell(one);
      }, signal);
      refresh = () => running.refresh();
      return running;
    };
    return { ...shared, start };
  };
  let refresh = () => {};
  const made = await cockpit(name, relay, { looks: { settings: {}, sources: (of) => [source(of)] } });
  const last = () => news.at(-1);
  return { name, made, way, news, last, refresh: () => refresh() };
}

type Host = Awaited<ReturnType<typeof host>>;

const by = (one: SourceUpdate | undefined) => (one && 'by' in one ? one.by : undefined);
const isFault = (one: SourceUpdate | undefined) => one !== undefined && 'fault' in one;
const p95 = (one: SourceUpdate | undefined) => (one?.fact === 'traffic' && 'value' in one ? one.value.p95 : undefined);

/** Waits until each has got some more. */
const go = async (all: readonly Host[], more: number) => {
  const before = all.map(({ news }) => news.length);
  for (const [i, { news }] of all.entries())
    await eventually(() => expect(news.length).toBeGreaterThanOrEqual((before[i] ?? 0) + more));
};
/** Waits until each of them was told by another one. */
const areTold = (all: readonly Host[]) =>
  Promise.all(
    all.map(({ news, last }) => {
      const from = news.length;
      return eventually(() =>
        expect(news.slice(from).map(by).concat(by(last()))).toContainEqual(expect.stringMatching(/ on /)),
      );
    }),
  );

async function three(mine?: (value: Measured) => Measured) {
  const [relay, server] = [await started(), await served()];
  const ana = await host('ana', server, relay.port);
  ana.made.do(opens);
  const ben = await host('ben', server, relay.port);
  const eva = await host('eva', server, relay.port, mine);
  await admits(ana.made, ben.made, eva.made);
  return { relay, server, all: [ana, ben, eva] as const };
}

async function sharing() {
  const made = await three();
  await areTold(made.all);
  return made;
}

// They wait more than they compute.
describe.skipIf(!installed).concurrent('over redis-server', () => {
  test('three ask less than twice as often as one, each asks now and then, and says who asked otherwise', async () => {
    const { server, all } = await sharing();
    const { asked } = server;
    const [before, shown] = [asked.length, all.map(({ news }) => news.length)];
    await go(all, 12);
    const count = asked.length - before;
    const looks = Math.max(...all.map(({ news }, at) => news.length - (shown[at] ?? 0)));
    expect(count).toBeLessThan(looks * 2);
    expect(new Set(asked.slice(before))).toEqual(new Set(['ana', 'ben', 'eva']));
    for (const { news, name } of all) {
      const others = news.map(by).filter((one) => one !== undefined);
      expect(others.every((one) => / on /.test(one) && !one.startsWith(name))).toBe(true);
    }
  });

  test.each(['refuses', 'freezes', 'resets', 'babbles'] as const)(
    'a host whose way %s says so, and goes on asking itself; the others share without it',
    async (manner) => {
      const { all } = await sharing();
      const [ana, ben, eva] = all;
      const shown = eva.news.length;
      await eva.way.be(manner);
      await eventually(() => expect(isFault(eva.last())).toBe(true));
      // One look for each host at most, and one that had begun.
      expect(eva.news.length - shown).toBeLessThanOrEqual(5);
      const rest = eva.news.length;
      await areTold([ana, ben]);
      await go([ana, ben], 4);
      expect([ana, ben].some(({ last }) => isFault(last()))).toBe(false);
      await eventually(() => expect(eva.news.length).toBeGreaterThan(rest));
      expect(eva.news.slice(rest).every(isFault)).toBe(true);
      await eva.way.be('works');
      await areTold([eva]);
      expect(p95(eva.last())).toBe(10);
    },
  );

  test('what is broken for all is said by all in the same look', async () => {
    const { server, all } = await sharing();
    for (const ill of [500, 10, 900]) {
      const before = all.map(({ news }) => news.length);
      server.answers = ill;
      await Promise.all(all.map(({ last }) => eventually(() => expect(p95(last())).toBe(ill))));
      for (const [at, { news }] of all.entries()) expect(news.length - (before[at] ?? 0)).toBeLessThanOrEqual(3);
    }
    // They agree about what is broken, and share that too.
    await areTold(all);
    await Promise.all(all.map(({ way }) => way.be('freezes')));
    await Promise.all(all.map(({ last }) => eventually(() => expect(isFault(last())).toBe(true))));
    await Promise.all(all.map(({ way }) => way.be('works')));
    await areTold(all);
  });

  test('a host that reaches another server believes none of what the others say', async () => {
    const {
      all: [, , eva],
    } = await three((value) => ({ ...value, p95: 800 }));
    await eventually(() => expect(p95(eva.last())).toBe(800));
    await go([eva], 6);
    expect(eva.news.map(p95).every((value) => value === 800)).toBe(true);
    expect(eva.news.every((one) => by(one) === undefined)).toBe(true);
  });

  test('whoever presses R asks itself at once', async () => {
    const { server, all } = await sharing();
    const { asked } = server;
    for (const { name, news, refresh } of all) {
      const [before, shown] = [asked.length, news.length];
      refresh();
      await eventually(() => expect(asked.slice(before)).toContain(name));
      await eventually(() => expect(news.length).toBeGreaterThan(shown));
    }
  });

  test.each(['SIGKILL', 'SIGSTOP'] as const)('with a relay that gets %s each asks itself', async (name) => {
    const { relay, all } = await sharing();
    relay.signal(name);
    for (const { made } of all) await eventually(() => expect(made.context?.relay?.state).toBe('away'));
    for (const { news, last } of all) {
      await eventually(() => expect(by(last())).toBeUndefined());
      const shown = news.length;
      await eventually(() => expect(news.length).toBeGreaterThan(shown + 3));
      expect(news.slice(shown).every((one) => by(one) === undefined && !isFault(one))).toBe(true);
    }
  });

  test('cockpits that share files are of one host', async () => {
    const { port } = await started();
    const ana = await cockpit('ana', port);
    ana.do(opens);
    // Its key is on the disk.
    await eventually(() => expect(ana.incident).toBeDefined());
    const [beside, ben] = [await cockpit('ana', port, { directory: ana.directory }), await cockpit('ben', port)];
    await admits(ana, ben);
    for (const { recorder } of [ana, beside, ben])
      await eventually(() => expect(recorder.shared?.carrier.hosts()).toBe(2));
  });

  test('who leaves is missed by nobody', async () => {
    const { all } = await sharing();
    const [ana, ben, eva] = all;
    await ana.made.stop();
    await areTold([ben, eva]);
    await go([ben, eva], 3);
    expect([...ben.news, ...eva.news].some(isFault)).toBe(false);
  });
});
