// What three cockpits of one incident, each on a host of its own, cost PostgreSQL together, as the server counts it.
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { startRelayServer } from '../../simulator/redis/relay-server.ts';
import { postgresSources } from '../../src/data/postgres/sources.ts';
import type { SourceUpdate } from '../../src/data/source.ts';
import { type CountedServer, startCountedServer } from '../support/counted-server.ts';
import { eventually } from '../support/eventually.ts';
import { admits, cockpit, endCockpits, opens } from '../support/relay-cockpits.ts';

let server: CountedServer;
beforeAll(async () => {
  server = await startCountedServer();
}, 120_000);
afterAll(() => server?.stop());
afterEach(endCockpits);

const facts = ['primary', 'studies', 'surfaces'];

async function looking(name: string, relay: number, role = 'bentham') {
  const news: SourceUpdate[] = [];
  const login = {
    host: '127.0.0.1',
    port: server.port,
    sslMode: 'disable',
    user: role,
    password: role,
    database: 'bentham',
  };
  const settings = {
    database: { primary: login },
    intervals: { database: 3000, studies: 3000, surfaces: 3000, timeout: 2000 },
  };
  const looks = {
    settings,
    sources: (of: Parameters<typeof postgresSources>[0]) =>
      postgresSources(of, { shared: true }).map((source) => ({
        ...source,
        start: (tell: (one: SourceUpdate) => void, signal: AbortSignal) =>
          source.start((one) => {
            news.push(one);
            tell(one);
          }, signal),
      })),
  };
  const made = await cockpit(name, relay, { looks });
  const of = (fact: string) => news.filter((one) => one.fact === fact && 'value' in one);
  return { made, of, from: (fact: string) => of(fact).map((one) => ('from' in one ? one.from : '')) };
}

test('three cost the database less than twice what one does, and go on when the one that asks has ended', async () => {
  const relay = await startRelayServer();
  try {
    const ana = await looking('ana', relay.port);
    ana.made.do(opens);
    const told = async (all: readonly Awaited<ReturnType<typeof looking>>[], more: number) => {
      const before = all.map(({ of }) => facts.map((fact) => of(fact).length));
      for (const [i, one] of all.entries())
        for (const [j, fact] of facts.entries())
          await eventually(() =>
            expect(one.of(fact).length, fact).toBeGreaterThanOrEqual((before[i]?.[j] ?? 0) + more),
          );
    };
    const perLook = async (all: readonly Awaited<ReturnType<typeof looking>>[]) => {
      await told(all, 2);
      await server.reset();
      const before = ana.of('primary').length;
      await told(all, 4);
      return (await server.counted()).calls / (ana.of('primary').length - before);
    };
    const one = await perLook([ana]);
    const [ben, eva] = [await looking('ben', relay.port), await looking('eva', relay.port)];
    await admits(ana.made, ben.made, eva.made);
    // Each has asked who the server is.
    await told([ana, ben, eva], 3);
    const three = await perLook([ana, ben, eva]);
    expect(three).toBeLessThan(one * 2);
    for (const fact of facts)
      expect([ana, ben, eva].filter(({ from }) => / on /.test(from(fact).at(-1) ?? '')).length, fact).toBe(2);
    await ana.made.stop();
    await told([ben, eva], 3);
    for (const fact of facts)
      expect([ben, eva].filter(({ from }) => / on /.test(from(fact).at(-1) ?? '')).length, fact).toBe(1);
  } finally {
    await endCockpits();
    await relay.stop();
  }
}, 180_000);
