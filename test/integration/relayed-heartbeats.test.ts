// Cockpits of one incident on several hosts tell each other that the API server lives. Each has a way of its own to it, on
// which its watches are: one that fails is found by its own heartbeats before anything turns stale.
import { afterAll, describe, expect, test } from 'vitest';
import { staleAfterBeat } from '../../src/data/kubernetes/connection.ts';
import { ApiServer } from '../support/api-server.ts';
import { areTold, go, Hosts, isFault, isTold } from '../support/beating-hosts.ts';
import { eventually } from '../support/eventually.ts';
import { endRedis, installed } from '../support/redis-server.ts';
import { endCockpits } from '../support/relay-cockpits.ts';
import { Socks } from '../support/socks.ts';

const begun: Hosts[] = [];
afterAll(async () => {
  await endCockpits();
  await Promise.all(begun.map((hosts) => hosts.end()));
  await endRedis();
});

async function three() {
  const hosts = await Hosts.of(new ApiServer(), 'socks5', new Socks());
  begun.push(hosts);
  return { hosts, all: await hosts.sharing('ana', 'ben', 'eva') };
}

// They wait more than they compute.
describe.skipIf(!installed).concurrent('over redis-server', () => {
  test('three send less than twice what one does, each its own, and nothing gets stale', async () => {
    const { hosts, all } = await three();
    const { count, by, looks } = await hosts.sent(all, 8);
    expect(count).toBeLessThan(looks * 2);
    expect(by).toEqual(new Set(['Bearer ana', 'Bearer ben', 'Bearer eva']));
    for (const { of } of all) {
      // Nor would anything be if only its own counted.
      const own = of('cluster').filter((one) => !isTold(one));
      for (const some of [of('cluster'), own])
        for (const [i, { at }] of some.entries()) expect(at - (some[i - 1]?.at ?? at)).toBeLessThan(staleAfterBeat);
    }
  });

  test.each(['freezes', 'refuses'] as const)('a host whose way %s says so; the others go on', async (manner) => {
    const { all } = await three();
    const [ana, ben, eva] = all;
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
    const { hosts, all } = await three();
    await hosts.areLostAndFound(all);
  });

  test('each keeps the clock that it has seen itself', async () => {
    const { hosts, all } = await three();
    // The server answers each host with another time, as if these were the hosts' clocks.
    hosts.answer = (_, res, { headers }) => {
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
