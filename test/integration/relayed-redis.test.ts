// What cockpits of one incident, each on a host of its own, cost the Redis of the platform together, as it counts it.
import { afterEach, expect, test } from 'vitest';
import { startRelayServer } from '../../simulator/redis/relay-server.ts';
import { redisSource } from '../../src/data/redis/source.ts';
import type { SourceUpdate } from '../../src/data/source.ts';
import { eventually } from '../support/eventually.ts';
import { Middleman } from '../support/proxy.ts';
import { endRedis, installed, started } from '../support/redis-server.ts';
import { admits, cockpit, endCockpits, opens } from '../support/relay-cockpits.ts';

const open: { stop(): Promise<unknown> }[] = [];
afterEach(async () => {
  await endCockpits();
  await Promise.all(open.splice(0).map((one) => one.stop()));
  await endRedis();
});

async function looking(who: string, relay: number, url: string) {
  const news: SourceUpdate[] = [];
  const looks = {
    settings: { redis: { url, tls: 'disable' }, intervals: { redis: 2000, timeout: 1500 } },
    sources: (settings: Parameters<typeof redisSource>[0]) => {
      const source = redisSource(settings, { shared: true });
      const start = (tell: (one: SourceUpdate) => void, signal: AbortSignal) =>
        source.start((one) => {
          news.push(one);
          tell(one);
        }, signal);
      return [{ ...source, start }];
    },
  };
  return { made: await cockpit(who, relay, { looks }), news };
}

type Looking = Awaited<ReturnType<typeof looking>>;

const isTold = (one: SourceUpdate | undefined) => one !== undefined && 'by' in one && one.by !== undefined;
/** Waits until each has got some more. */
const go = async (all: readonly Looking[], more: number) => {
  const before = all.map(({ news }) => news.length);
  for (const [i, { news }] of all.entries())
    await eventually(() => expect(news.length).toBeGreaterThanOrEqual((before[i] ?? 0) + more));
};
/** Waits until all but one are told. */
const share = (all: readonly Looking[]) =>
  eventually(() => expect(all.filter(({ news }) => isTold(news.at(-1))).length).toBe(all.length - 1));

async function begun() {
  const relay = await startRelayServer();
  open.push(relay);
  return relay.port;
}

/** Ana and two more, whom she admits. */
async function joined(ana: Looking, relay: number, url: string): Promise<readonly Looking[]> {
  const [ben, eva] = [await looking('ben', relay, url), await looking('eva', relay, url)];
  ana.made.do(opens);
  await admits(ana.made, ben.made, eva.made);
  const all = [ana, ben, eva];
  await share(all);
  return all;
}

test.runIf(installed)('three cost it less than twice what one does, and see at once that it is another', async () => {
  const server = await started();
  const [relay, url] = [await begun(), `redis://127.0.0.1:${server.port}`];
  const asked = () => Number(/^cmdstat_info:calls=(\d+)/m.exec(server.cli('info', 'commandstats'))?.[1]);
  const perLook = async (all: readonly Looking[]) => {
    await go(all, 2);
    const before = [asked(), ...all.map(({ news }) => news.length)] as const;
    await go(all, 6);
    // redis-cli's own call counts too.
    const calls = asked() - 1 - before[0];
    return calls / Math.max(...all.map(({ news }, at) => news.length - (before[at + 1] ?? 0)));
  };
  const ana = await looking('ana', relay, url);
  const one = await perLook([ana]);
  const all = await joined(ana, relay, url);
  expect(await perLook(all)).toBeLessThan(one * 2);
  // Another server at the same address: whoever is told asks itself, then they share again.
  const again = await server.restart();
  const run = /run_id:(\w+)/.exec(again.cli('info', 'server'))?.[1];
  for (const { news } of all)
    await eventually(() => expect(news.at(-1)).toMatchObject({ fact: 'redis', value: { run } }));
  await share(all);
});

test.runIf(installed)(
  'one that nobody reaches any more is a fault for all of them, and shared again when it is back',
  async () => {
    const { port } = await started();
    const proxy = await Middleman.before('127.0.0.1', port);
    open.push(proxy);
    const [relay, url] = [await begun(), `redis://127.0.0.1:${proxy.port}`];
    const all = await joined(await looking('ana', relay, url), relay, url);
    await proxy.be('refuses');
    for (const { news } of all) await eventually(() => expect(news.at(-1)).toMatchObject({ fact: 'redis', fault: {} }));
    await proxy.be('works');
    for (const { news } of all)
      await eventually(() => expect(news.at(-1)).toMatchObject({ value: { role: 'master' } }));
    await share(all);
  },
);
