// Cockpits of one incident on several hosts tell each other that the API server lives. Each has a way of its own to it, on
// which its watches are: one that fails is found by its own heartbeats before anything turns stale.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { staleAfterBeat } from '../../src/data/kubernetes/connection.ts';
import { ApiServer, type Handler } from '../support/api-server.ts';
import { areTold, areWell, go, Hosts, isFault, isTold, onePod } from '../support/beating-hosts.ts';
import { eventually } from '../support/eventually.ts';
import { endRedis, installed } from '../support/redis-server.ts';
import { endCockpits } from '../support/relay-cockpits.ts';
import { Socks } from '../support/socks.ts';

const answers: Handler = (_, res) => res.end('{"gitVersion":"v1.32.0"}');
let server: ApiServer;
let proxy: Socks;
let hosts: Hosts;
let answer: Handler;
/** The logins of the heartbeats that came. */
let beats: string[] = [];

beforeEach(async () => {
  server = new ApiServer();
  beats = [];
  answer = answers;
  server.version = (url, res, req) => {
    beats.push(String(req.headers.authorization));
    answer(url, res, req);
  };
  server.handle = onePod;
  await server.start();
  proxy = new Socks();
  hosts = new Hosts(server, `socks5://${await proxy.start()}`);
});
afterEach(async () => {
  await endCockpits();
  await hosts.end();
  await proxy.end();
  await server.end();
  await endRedis();
});

const three = () => hosts.sharing('ana', 'ben', 'eva');

describe.skipIf(!installed)('over redis-server', () => {
  test('three send less than twice what one does, each its own, and nothing gets stale', async () => {
    const all = await three();
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
    const [ana, ben, eva] = await three();
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
    const all = await three();
    const shown = all.map(({ of }) => of('cluster').length);
    answer = () => {};
    await Promise.all(all.map(({ last }) => eventually(() => expect(isFault(last('pods'))).toBe(true))));
    for (const [at, { of }] of all.entries()) expect(of('cluster').length - (shown[at] ?? 0)).toBeLessThanOrEqual(3);
    answer = answers;
    await areTold(all);
    await areWell(all);
  });

  test('each keeps the clock that it has seen itself', async () => {
    const all = await three();
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
